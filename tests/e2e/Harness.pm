# SPDX-License-Identifier: MIT
#
# What the e2e tests are written with: run programs with and without culprit in a directory of their own, ask the
# resulting database, and compare. Every test file gets a fresh directory, removed at its end with what it started.
package Harness;
use strict;
use warnings;
use Cwd qw(abs_path getcwd);
use Exporter 'import';
use File::Temp 'tempdir';
use IO::Socket::INET;
use JSON::PP;
use POSIX ':sys_wait_h';
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw($TOP $BUILD $CULPRIT $SAN_CULPRIT $SHIM $LONG $DIR example program run start stop culprit san_culprit record
	sql row rows need have free_port wait_for_port wait_until slurp spew summary_of native_environment one_line_of);

our $TOP = abs_path(getcwd());
our $BUILD = abs_path($ENV{CULPRIT_BUILD} || 'build');
our $CULPRIT = "$BUILD/culprit";
our $SAN_CULPRIT = "$BUILD/san/culprit";
our $SHIM = "$BUILD/libculprit.so";
our $LONG = $ENV{CULPRIT_LONG} ? 1 : 0;
our $DIR = tempdir('culprit-test-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my %started;

$ENV{ASAN_OPTIONS} = 'detect_leaks=1:abort_on_error=0:exitcode=99:allocator_may_return_null=1';
$ENV{UBSAN_OPTIONS} = 'halt_on_error=1:print_stacktrace=1:exitcode=99';
$ENV{LC_ALL} = 'C';
$ENV{TZ} = 'UTC';
delete $ENV{$_} for grep { /^CULPRIT_(?!BUILD|LONG|FUZZ|KILL)/ || /^DEBUGINFOD/ } keys %ENV;

sub example { return "$BUILD/examples/$_[0]"; }
sub program { return "$BUILD/tests/e2e/programs/$_[0]"; }
sub have { return !system("command -v $_[0] > /dev/null 2>&1"); }
sub need { for (@_) { plan(skip_all => "$_ is not there") unless have($_); } }
sub slurp { my ($f) = @_; open my $in, '<:raw', $f or return ''; local $/; my $t = <$in>; return defined $t ? $t : ''; }
sub spew { my ($f, $text) = @_; open my $out, '>:raw', $f or die "$f: $!"; print $out $text; close $out or die "$f: $!"; }

# Child side of run and start: its own process group, in $DIR, with the redirections and environment of %$o.
sub launch {
	my ($o, @command) = @_;
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	return $pid if $pid;
	POSIX::setpgid(0, 0);
	chdir($o->{cd} || $DIR) or POSIX::_exit(126);
	open STDIN, '<', $o->{in} || '/dev/null' or POSIX::_exit(126);
	open STDOUT, '>', $o->{out} or POSIX::_exit(126);
	open STDERR, '>', $o->{err} or POSIX::_exit(126);
	$ENV{PWD} = $o->{cd} || $DIR;
	for (keys %{$o->{env} || {}}) {
		if (defined $o->{env}{$_}) { $ENV{$_} = $o->{env}{$_} } else { delete $ENV{$_} }
	}
	if ($o->{limit}) {
		exec 'sh', '-c', "ulimit $o->{limit}; exec \"\$@\"", 'sh', @command;
	} else {
		exec { $command[0] } @command;
	}
	POSIX::_exit(127);
}

# Runs a command to its end. {in, env, cd, limit (of ulimit), timeout (s, 60)} first when given.
# Returns {status, signal, out, err, seconds, timed_out}.
my $runs = 0;
sub run {
	my $o = ref $_[0] eq 'HASH' ? shift : {};
	my %o = (%$o, out => "$DIR/.out" . ++$runs, err => "$DIR/.err$runs");
	my $begin = time;
	my $pid = launch(\%o, @_);
	my $deadline = $begin + ($o->{timeout} || 60);
	my $timed_out = 0;
	while (waitpid($pid, WNOHANG) == 0) {
		if (time > $deadline) {
			$timed_out = 1;
			kill 'KILL', -$pid, $pid;
			waitpid $pid, 0;
			last;
		}
		sleep(time - $begin < 0.1 ? 0.002 : 0.01);
	}
	my $s = $?;
	my %r = (status => $s >> 8, signal => $s & 127, out => slurp($o{out}), err => slurp($o{err}),
		seconds => time - $begin, timed_out => $timed_out);
	unlink $o{out}, $o{err};
	diag("no end after $r{seconds} s: @_") if $timed_out;
	return \%r;
}

# Starts a command; its output goes to $DIR/NAME.out and .err. stop(pid, signal) ends it and returns its wait status.
sub start {
	my $o = ref $_[0] eq 'HASH' ? shift : {};
	my $name = shift;
	my $pid = launch({%$o, out => "$DIR/$name.out", err => "$DIR/$name.err"}, @_);
	$started{$pid} = 1;
	return $pid;
}

sub stop {
	my ($pid, $signal, $seconds) = @_;
	kill $signal, $pid if $signal;
	my $deadline = time + ($seconds || 20);
	while (waitpid($pid, WNOHANG) == 0) {
		if (time > $deadline) {
			diag("process $pid does not end");
			kill 'KILL', -$pid, $pid;
			waitpid $pid, 0;
			delete $started{$pid};
			return -1;
		}
		sleep 0.01;
	}
	delete $started{$pid};
	return $?;
}

END {
	my $status = $?;
	kill 'KILL', -$_, $_ for keys %started;
	$? = $status;
}

sub culprit { my $o = ref $_[0] eq 'HASH' ? shift : {}; return run($o, $CULPRIT, @_); }
sub san_culprit { my $o = ref $_[0] eq 'HASH' ? shift : {}; return run($o, $SAN_CULPRIT, @_); }

# record([options], command...) into $DIR/NAME.trace, and analyze. Returns run's result with {trace, db}.
sub record {
	my $o = ref $_[0] eq 'HASH' ? shift : {};
	my ($name, @command) = @_;
	my @options = @{$o->{options} || []};
	my $r = culprit($o, 'record', '-o', "$DIR/$name.trace", @options, '--', @command);
	$r->{trace} = "$DIR/$name.trace";
	$r->{db} = "$DIR/$name.trace.db";
	my $a = culprit('analyze', $r->{trace});
	is($a->{status}, 0, "$name: the trace can be analyzed") or diag($a->{err});
	return $r;
}

# The rows of a query as hashes; its first row; its first value.
sub rows {
	my ($db, $query) = @_;
	my $text = run('sqlite3', '-json', $db, $query);
	if ($text->{status}) { diag("$query: $text->{err}"); return (); }
	return $text->{out} =~ /\S/ ? @{decode_json($text->{out})} : ();
}
sub row { my ($first) = rows(@_); return $first || {}; }
sub sql { my ($db, $query) = @_; my $r = run('sqlite3', $db, $query); diag($r->{err}) if $r->{status}; chomp $r->{out}; return $r->{out}; }
sub summary_of { my ($db) = @_; return row($db, 'select * from process where id = 1'); }

sub one_line_of { my ($text) = @_; return $text =~ /\A[^\n]+\n\z/ ? 1 : 0; }

sub free_port {
	my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!";
	return $s->sockport;
}

sub wait_until {
	my ($seconds, $what) = @_;
	my $deadline = time + $seconds;
	while (time < $deadline) {
		return 1 if $what->();
		sleep 0.02;
	}
	return 0;
}

sub wait_for_port {
	my ($port) = @_;
	return wait_until(20, sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 1) });
}
1;
