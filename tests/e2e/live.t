#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A service that never ends: whatever reads a trace can read it while it is being written, up to its last block, says up to when it
# speaks, and tells more the next time; also while the recording is paused, forgets what is old, or begins anew in the same file.
# A program that does what it is told says what has to be there. The terminal's part of it is in tests/tui/background.t.
use strict;
use warnings;
use Fcntl;
use Harness;
use POSIX 'mkfifo';
use Test::More;
use Time::HiRes qw(sleep time);

need('sqlite3');

my $told = 0;
sub begin {
	my ($trace, @options) = @_;
	my $name = 'told' . ++$told;
	mkfifo("$DIR/$name.in", 0600) or die $!;
	sysopen my $in, "$DIR/$name.in", O_RDWR or die $!;
	my $pid = start({in => "$DIR/$name.in"}, $name, $CULPRIT, 'record', '-q', '-o', $trace, @options, '--', program('switched'));
	my $p = {pid => $pid, in => $in, name => $name, done => 0};
	wait_until(20, sub { slurp("$DIR/$name.out") =~ /^ready/ }) or diag(slurp("$DIR/$name.err"));
	return $p;
}
sub tell_it {
	my ($p, @lines) = @_;
	for (@lines) {
		syswrite $p->{in}, "$_\n";
		$p->{done}++;
		wait_until(30, sub { (() = slurp("$DIR/$p->{name}.out") =~ /^done$/mg) >= $p->{done} }) or diag("no answer to $_");
	}
}
sub finish { my ($p) = @_; syswrite $p->{in}, "quit\n"; return stop($p->{pid}, 0, 60); }
sub ctl { my $r = culprit('ctl', @_); is($r->{status}, 0, "ctl @_[1 .. $#_]") or diag($r->{err}); }
sub seconds_of { my ($text) = @_; my ($minutes, $n, $unit) = $text =~ /^(?:(\d+)m )?([\d.]+) ?(ms|s)$/ or return -1; return ($minutes // 0) * 60 + ($unit eq 'ms' ? $n / 1000 : $n); }

# Up to when a text says that it speaks, in seconds; -1: it does not say so.
sub up_to { my ($text) = @_; return $text =~ /still being written.*up to ((?:\d+m )?[\d.]+ ?m?s)/ ? seconds_of($1) : -1; }

# Runs what reads a trace: it has to succeed, and to say nothing on stderr but that.
sub reads {
	my ($what, @command) = @_;
	my $r = culprit(@command);
	is($r->{status}, 0, $what) or diag($r->{err});
	my $told = join '', grep { !/still being written/ } split /^/, $r->{err};
	is($told, '', "$what: no complaint");
	return $r;
}

# --- everything that reads, time and again --------------------------------------------------------------------------------

my $trace = "$DIR/live.trace";
my $before = "$DIR/before.trace";
{
	my $p = begin($trace);
	my ($made, $last) = (0, 0);
	for my $round (1 .. 3) {
		tell_it($p, "pairs 1000", "keep 500", 'locks 20', "fork 100");
		ctl($trace, 'flush');
		$made += 500;
		my $r = reads("summary $round", 'report', 'summary', $trace);
		cmp_ok(up_to($r->{out}), '>', $last, "summary $round: speaks of more than before");
		$last = up_to($r->{out});
		like($r->{out}, qr/ended: running/, "summary $round: of a program that runs");
		my $sites = reads("hot spots $round", 'report', 'hotspots', '--format=csv', $trace);
		like($sites->{out}, qr/^keep,[^\n]*?,$made,@{[$made * 56]},/m, "hot spots $round: exactly what there was until then");
		cmp_ok(up_to($sites->{err}), '>=', $last, "hot spots $round: and until when");
		my $folded = reads("export $round", 'export', 'folded', '--cost=leaked_bytes', $trace);
		like($folded->{out}, qr/;keep @{[$made * 56]}$/m, "export $round: as much");
		cmp_ok(up_to($folded->{err}), '>=', $last, "export $round: and until when");
		is(reads("sql $round", 'sql', '--format=csv', $trace, "select value from meta where key = 'growing'")->{out}, "value\n1\n", "sql $round: it knows that too");
		is(sql("$trace.db", "select count(*) from process where parent_id = 1 and ended = 'exit 0'"), $round, "sql $round: a child more");
		is(sql("$trace.db", "select acquisitions from lock where name = 'outer'"), 20 * $round, "sql $round: locks");
		if ($round == 1) { run('cp', $trace, $before); next; }
		my $diff = reads("diff $round", 'diff', $before, $trace);
		like($diff->{out}, qr/^\+\S+ KiB .*\bkeep\b/m, "diff $round: what has grown");
	}
	my ($names) = culprit('report')->{err} =~ /names are ([a-z, -]+)/;
	my @reports = split /, /, $names // '';
	cmp_ok(scalar @reports, '>=', 10, 'there are reports');
	for my $name (@reports) {
		my $r = culprit('report', $name, '--limit=3', $trace);
		like("$r->{status} $r->{err}", qr/^0 $/, "report $name");
	}
	reads('check', 'check', '--max=lost_events=0', $trace);
	reads('dump', 'dump', $trace);

	# paused: it speaks of all the time until now, and of nothing more
	ctl($trace, 'off');
	my $paused = up_to(reads('paused', 'report', 'summary', $trace)->{out});
	tell_it($p, 'keep 99');
	my $r;
	ok(wait_until(10, sub { $r = culprit('report', 'summary', $trace); up_to($r->{out}) > $paused + 0.5 }), 'paused: time goes on') or diag($r->{out});
	like(reads('paused', 'report', 'hotspots', '--format=csv', $trace)->{out}, qr/^keep,[^\n]*?,1500,/m, 'paused: nothing else does');
	ctl($trace, 'on');
	tell_it($p, 'keep 500');
	ctl($trace, 'flush');
	like(reads('on', 'report', 'hotspots', '--format=csv', $trace)->{out}, qr/^keep,[^\n]*?,2000,/m, 'on again: then it does');

	is(finish($p), 0, 'the end');
	$r = reads('ended', 'report', 'summary', $trace);
	is(up_to($r->{out}), -1, 'ended: it speaks of all');
	like($r->{out}, qr/ended: exit 0/, 'ended: how');
}

# --- in the middle of whatever happens ------------------------------------------------------------------------------------

# Reads in a loop for so many seconds while $steps is called in between; every time has to succeed.
sub hammer {
	my ($name, $seconds, $what, $trace) = @_;
	my ($n, @bad, @texts) = (0);
	my $deadline = time + $seconds;
	while (time < $deadline || $n < 8) {
		my @command = @{$what->[$n++ % @$what]};
		my $r = culprit(@command, $trace);
		my $complaints = join '', grep { !/still being written/ } split /^/, $r->{err};
		push @bad, "@command: status $r->{status}, $complaints" if $r->{status} || ($complaints && !/are not kept/);
		push @texts, $r->{out} if $command[1] eq 'summary';
	}
	is(join("\n", @bad), '', "$name: read $n times without an error");
	return @texts;
}
my @readers = (['report', 'summary'], ['report', 'hotspots'], ['export', 'folded'], ['report', 'locks'], ['report', 'threads']);
my $busy = 'my @keep; while (1) { push @keep, "y" x 50 for 1 .. 20; my @a = map { "x" x $_ } 1 .. 300; select undef, undef, undef, 0.002 }';
my $time = $LONG ? 30 : 2;
{
	my $pid = start('busy', $CULPRIT, 'record', '-q', '-o', "$DIR/busy.trace", '--', 'perl', '-e', $busy);
	wait_until(20, sub { -s "$DIR/busy.trace" });
	my @texts = hammer('busy', $time, \@readers, "$DIR/busy.trace");
	my @times = map { up_to($_) } @texts;
	is(join(' ', @times), join(' ', sort { $a <=> $b } @times), 'busy: each speaks of as much as the one before, or more');
	is(scalar(grep { $_ < 0 } @times), 0, 'busy: and says so');
	stop($pid, 'TERM');
}
for my $keep ('100k', '1s') {
	my $trace = "$DIR/keep.trace";
	my $pid = start('keep', $CULPRIT, 'record', '-q', "--keep=$keep", '-o', $trace, '--', 'perl', '-e', $busy);
	wait_until(20, sub { -s $trace });
	my ($first) = map { (stat)[1] } $trace;
	ok(wait_until(30, sub { (stat $trace)[1] != $first }), "--keep=$keep: the file is another one by now");
	my @texts = hammer("--keep=$keep", $time, \@readers, $trace);
	like($texts[-1], qr/the first [\d.]+ m?s are not kept/, "--keep=$keep: it says what it does not know any more");
	is(scalar(grep { up_to($_) < 0 } @texts), 0, "--keep=$keep: and up to when it speaks, whichever file it has read");
	stop($pid, 'TERM');
	is(join(' ', glob "$trace.new*"), '', "--keep=$keep: nothing is left beside it");
	unlink $trace;
}
{
	my $trace = "$DIR/again.trace";
	my $pid = start('again', 'sh', '-c', "while :; do $CULPRIT record -q -o $trace -- perl -e '$busy' & sleep 0.4; kill \$!; wait; done");
	wait_until(20, sub { -s $trace });
	hammer('a recording that begins again and again', $time, \@readers, $trace);
	kill 'KILL', -$pid;
	stop($pid);
}

done_testing;
