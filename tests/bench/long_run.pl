#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A long run: redis under a steady, moderate load for as long as one likes, recorded, with everything that might grow looked at
# every so often. The load is bounded in itself (keys are rewritten, or expire), so what still grows in the second half of the
# run grows with time alone, and that must be nothing but the trace.
#
#   tests/bench/long_run.pl [--minutes=60] [--rate=25000] [--every=15] [--bgsave=180] [--dir=DIR] [-- RECORD-OPTION ...]
#
# Writes DIR/samples.tsv, a line each sample, and prints what it comes to. CULPRIT_BUILD says which culprit. Ends with 1 if
# something grew that must not.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Temp 'tempdir';
use Getopt::Long;
use IO::Select;
use IO::Socket::INET;
use POSIX ':sys_wait_h';
use Time::HiRes qw(sleep time);

my %o = (minutes => 60, rate => 25000, every => 15, bgsave => 180);
GetOptions(\%o, 'minutes=f', 'rate=i', 'every=f', 'bgsave=f', 'dir=s') or exit 2;
my $culprit = abs_path($ENV{CULPRIT_BUILD} || 'build') . '/culprit';
my $dir = $o{dir} || tempdir('culprit-long-XXXXXX', TMPDIR => 1);
mkdir $dir;
my $trace = "$dir/redis.trace";
my %children;
$SIG{INT} = $SIG{TERM} = sub { exit 130 };
END { my $status = $?; kill 'TERM', keys %children if %children; $? = $status; }

sub slurp { open my $in, '<', $_[0] or return ''; local $/; return <$in> // ''; }

sub spawn {
	my (@command) = @_;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		%children = ();
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$dir/log";
		open STDERR, '>&', \*STDOUT;
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	return $children{$pid} = $pid;
}

sub connect_to { return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $_[0], Timeout => 2); }

# --- the load -----------------------------------------------------------------------------------------------------------------

sub command { return '*' . @_ . "\r\n" . join '', map { '$' . length($_) . "\r\n$_\r\n" } @_; }

my $value = join '', map { chr(33 + $_ * 7 % 90) } 1 .. 400;
sub some { return substr $value, 0, 1 + rand 399; }

# The next so many commands: old keys written anew, new keys that expire, and some of everything that has memory of its own.
my $fresh = 0;
sub burst {
	my ($count) = @_;
	my $text = '';
	for (1 .. $count) {
		my $kind = rand 100;
		my $old = 'old:' . int rand 50000;
		if ($kind < 40) { $text .= command('SET', $old, some()) }
		elsif ($kind < 65) { $text .= command('SET', 'new:' . $fresh++, some(), 'EX', 5 + int rand 25) }
		elsif ($kind < 78) { $text .= command('GET', $old) }
		elsif ($kind < 82) { $text .= command('DEL', $old) }
		elsif ($kind < 86) { $text .= command('INCR', 'count:' . int rand 1000) }
		elsif ($kind < 90) { $text .= command('LPUSH', 'list:' . int rand 200, some()) }
		elsif ($kind < 93) { $text .= command('LTRIM', 'list:' . int rand 200, 0, 99) }
		elsif ($kind < 96) { $text .= command('HSET', 'hash:' . int rand 200, 'f' . int rand 300, some()) }
		elsif ($kind < 99) { $text .= command('ZADD', 'set:' . int rand 100, int rand 1e6, 'm' . int rand 500) }
		else { $text .= command('EVAL', 'return redis.call("strlen", KEYS[1])', 1, $old) }
	}
	return $text;
}

# Sends a burst every 20 ms and waits for its answers, by a new connection every five seconds; never to catch up.
sub load {
	my ($port) = @_;
	my ($socket, $until, $n) = (undef, 0, 0);
	while (1) {
		my $begin = time;
		if ($begin > $until) {
			$socket = connect_to($port) or return;
			$until = $begin + 5;
		}
		my $mark = 'end-of-' . ++$n;
		my ($out, $in) = (burst($o{rate} / 50) . command('ECHO', $mark), '');
		while ($in !~ /\Q$mark\E\r\n\z/) {
			my $writing = IO::Select->new(length $out ? $socket : ());
			my ($can_read, $can_write) = IO::Select->select(IO::Select->new($socket), $writing, undef, 30);
			return unless $can_read;
			if (@$can_write) {
				my $sent = syswrite($socket, $out, 65536) // return;
				substr $out, 0, $sent, '';
			}
			if (@$can_read) {
				sysread($socket, my $some, 1 << 20) or return;
				$in = substr($in, -40) . $some;
			}
		}
		my $left = 0.02 - (time - $begin);
		sleep $left if $left > 0;
	}
}

# --- looking ------------------------------------------------------------------------------------------------------------------

sub ask {
	my ($port, @words) = @_;
	my $socket = connect_to($port) or return '';
	print $socket command(@words);
	my $text = '';
	while (sysread $socket, my $some, 65536) {
		$text .= $some;
		last if $text =~ /\A[+:-].*\r\n\z/ || ($text =~ /\A\$(\d+)\r\n/ && length($text) >= $1 + $+[0] + 2);
	}
	return $text;
}

# KiB: what a process has of its own and its share of the rest, and of that what lies in the recording's memory.
sub memory_of {
	my ($pid, $name) = @_;
	my %m = ("${name}_pss" => 0, "${name}_anonymous" => 0, "${name}_segment" => 0);
	my $inside = 0;
	for (split /\n/, slurp("/proc/$pid/smaps")) {
		$inside = /memfd:culprit/ ? 1 : 0 if /^[0-9a-f]+-[0-9a-f]+ /;
		$m{"${name}_pss"} += $1 if /^Pss: +(\d+)/;
		$m{"${name}_anonymous"} += $1 if /^Anonymous: +(\d+)/;
		$m{"${name}_segment"} += $1 if $inside && /^Rss: +(\d+)/;
	}
	$m{"${name}_rss"} = $1 if slurp("/proc/$pid/status") =~ /VmRSS:\s+(\d+)/;
	my @stat = split ' ', slurp("/proc/$pid/stat") =~ s/.*\) //r;
	$m{"${name}_cpu"} = ($stat[11] + $stat[12]) / POSIX::sysconf(&POSIX::_SC_CLK_TCK);
	$m{"${name}_descriptors"} = () = glob "/proc/$pid/fd/*";
	return %m;
}

my @columns = qw(seconds commands keys saves used_kib redis_rss redis_pss redis_anonymous redis_segment redis_cpu redis_descriptors shim_kib
	collector_rss collector_pss collector_anonymous collector_segment collector_cpu collector_descriptors
	trace_bytes events lost stacks processes threads);

sub sample {
	my ($redis, $collector, $port, $begin) = @_;
	my $info = ask($port, 'INFO');
	my $text = join '', `$culprit ctl $redis status 2>&1`;
	my %s = (memory_of($redis, 'redis'), memory_of($collector, 'collector'), seconds => int(time - $begin), trace_bytes => -s $trace);
	for (['commands', 'total_commands_processed'], ['used_kib', 'used_memory'], ['resident', 'allocator_resident'], ['saves', 'total_forks']) {
		$s{$_->[0]} = $info =~ /^$_->[1]:(\d+)/m ? $1 : 0;
	}
	$s{keys} = $info =~ /keys=(\d+)/ ? $1 : 0;
	$s{used_kib} = int($s{used_kib} / 1024);
	$s{shim_kib} = $s{redis_anonymous} - int($s{resident} / 1024); # and the stack, and what libc and redis have of their own
	for my $name (qw(events lost stacks processes threads)) { $s{$name} = $text =~ /^$name +(\d+)$/m ? $1 : -1; }
	return \%s;
}

# --- the end ------------------------------------------------------------------------------------------------------------------

# Runs a command; returns its wait status, seconds, and the most KiB it had resident.
sub measured {
	my (@command) = @_;
	my $begin = time;
	my $pid = spawn(@command);
	my $most = 0;
	while (waitpid($pid, WNOHANG) == 0) {
		$most = $1 if slurp("/proc/$pid/status") =~ /VmHWM:\s+(\d+)/;
		sleep 0.05;
	}
	my $status = $?;
	delete $children{$pid};
	return ($status, time - $begin, $most);
}

# The medians of the second and of the last fifth: between them nothing may grow that the load does not make grow.
sub median { my @v = sort { $a <=> $b } @_; return $v[@v / 2]; }

sub verdict {
	my ($samples, $name, $slack) = @_;
	my $fifth = int(@$samples / 5) || 1;
	my @v = map { $_->{$name} } @$samples;
	my ($early, $late) = (median(@v[$fifth .. 2 * $fifth - 1]), median(@v[-$fifth .. -1]));
	my $grows = $late > $early * 1.02 + $slack;
	printf "%-24s %12d %12d %12d %12d%s\n", $name, $v[0], $early, $late, (sort { $b <=> $a } @v)[0], $grows ? '   GROWS' : '';
	return $grows;
}

my $port = do { my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die; $s->sockport };
my $recorder = spawn($culprit, 'record', '-o', $trace, @ARGV, '--', 'redis-server', '--port', $port, '--save', '', '--dir', $dir);
for (1 .. 200) { last if connect_to($port); sleep 0.05; }
my ($redis) = ask($port, 'INFO', 'server') =~ /process_id:(\d+)/ or die "redis does not answer: see $dir/log\n";
my $loader = fork // die;
if (!$loader) { %children = (); $SIG{TERM} = 'DEFAULT'; load($port); POSIX::_exit(0); }
$children{$loader} = $loader;

open my $tsv, '>', "$dir/samples.tsv" or die;
$tsv->autoflush(1);
print $tsv join("\t", @columns), "\n";
my ($begin, $saved, @samples) = (time, time);
while (time - $begin < $o{minutes} * 60) {
	sleep $o{every};
	if (time - $saved >= $o{bgsave}) { ask($port, 'BGSAVE'); $saved = time; }
	die "the load has ended: see $dir/log\n" if waitpid($loader, WNOHANG);
	my $s = sample($redis, $recorder, $port, $begin);
	push @samples, $s;
	print $tsv join("\t", map { $s->{$_} } @columns), "\n";
}
kill 'TERM', $loader;
waitpid $loader, 0;
delete $children{$loader};
ask($port, 'SHUTDOWN', 'NOSAVE');
waitpid $recorder, 0;
my $status = $?;
delete $children{$recorder};
my $hours = (time - $begin) / 3600;

my $last = $samples[-1];
printf "%.1f minutes, %.0f commands a second, %d saves; redis ended with %d\n", $hours * 60, $last->{commands} / $last->{seconds}, $last->{saves}, $status >> 8;
printf "%-24s %12s %12s %12s %12s\n", '', 'first', 'early', 'late', 'most';
my $grown = 0;
# KiB to spare: redis's own counts go up and down with its saves.
$grown += verdict(\@samples, @$_) for (['collector_rss', 512], ['collector_anonymous', 512], ['collector_segment', 512], ['collector_descriptors', 1],
	['redis_segment', 512], ['redis_descriptors', 2], ['stacks', 200], ['threads', 2 * ($last->{saves} + 1)]);
verdict(\@samples, $_, 0) for qw(used_kib redis_rss redis_pss redis_anonymous shim_kib collector_pss keys);
printf "cpu: redis %.1f s, collector %.1f s\n", $last->{redis_cpu}, $last->{collector_cpu};
printf "trace: %.1f MB, %.1f MB an hour, %.2f bytes an event, %.3g events; lost %d\n", (-s $trace) / 1e6, (-s $trace) / 1e6 / $hours,
	(-s $trace) / $last->{events}, $last->{events}, $last->{lost};
my ($failed, $took, $most) = measured($culprit, 'analyze', $trace);
printf "analyze: status %d, %.1f s, %.1f M events a second, at most %.1f MB resident, database %.1f MB\n", $failed >> 8, $took,
	$last->{events} / $took / 1e6, $most / 1024, (-s "$trace.db") / 1e6;
print `$culprit report summary $trace.db`;
exit($grown || $status || $failed || $last->{lost} ? 1 : 0);
