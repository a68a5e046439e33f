#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Killing at random moments. The target: whatever it had published is in the trace; it keeps its own count of the calls
# that returned, which the recorded ones may not fall short of. The collector: the target ends as ever, and the trace
# reads up to its last block.
use strict;
use warnings;
use Harness;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

need('sqlite3');
srand 2;

sub children_of { my ($pid) = @_; return grep { /^\d+$/ } split ' ', slurp("/proc/$pid/task/$pid/children"); }
sub command_of { my ($pid) = @_; my $c = slurp("/proc/$pid/comm"); chomp $c; return $c; }

# The processes of a recording: the target (runs the counter) and the collector.
sub cast {
	my ($pid) = @_;
	my (@all, %cast);
	my @todo = ($pid);
	while (@todo) { my $p = shift @todo; push @all, $p; push @todo, children_of($p); }
	for (@all) { $cast{command_of($_) eq 'counter' ? 'target' : 'collector'} ||= $_; }
	return \%cast;
}
sub counted {
	my ($file) = @_;
	my @n = unpack 'Q*', slurp($file);
	my ($allocations, $frees) = (0, 0);
	for my $i (0 .. 15) { $allocations += $n[8 * $i] || 0; $frees += $n[8 * $i + 1] || 0; }
	return ($allocations, $frees);
}
sub recorded {
	my ($db) = @_;
	my $sites = "select coalesce(sum(value), 0) from total join stack on stack.id = stack_id join sites using(site_id)";
	return (sql($db, "$sites where cost_id = 1 and function = 'work_allocate'"),
		sql($db, "select coalesce(sum(frees), 0) from process"));
}

my $kills = $LONG ? 200 : 8;
for my $n (1 .. $kills) {
	my $threads = 1 + $n % 3;
	my ($count, $trace) = ("$DIR/count", "$DIR/kill.trace");
	unlink $count, $trace, "$trace.db";
	my $preload = $n % 4 == 0;
	my $pid = $preload
		? start({env => {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => $trace}}, 'kill', program('counter'), $count, $threads)
		: start('kill', $CULPRIT, 'record', '-o', $trace, '--', program('counter'), $count, $threads);
	my $target;
	wait_until(10, sub { $target = cast($pid)->{target}; $target && -s $count && (counted($count))[0] > 0 });
	ok($target, "kill $n: the target runs") or next;
	sleep(0.02 + rand 0.4);
	kill 'KILL', $target;
	my $status = stop($pid);
	is($preload ? $status & 127 : $status >> 8, $preload ? 9 : 137, "kill $n: the status tells of it");
	my $complete = wait_until(15, sub {
		culprit('analyze', $trace)->{status} == 0 && sql("$trace.db", "select value from meta where key = 'complete'") eq '1' });
	ok($complete, "kill $n: the trace ends in order");
	my ($allocations, $frees) = counted($count);
	my ($got_allocations, $got_frees) = recorded("$trace.db");
	ok($got_allocations >= $allocations && $got_allocations <= $allocations + $threads,
		"kill $n: $got_allocations allocations recorded, $allocations returned, $threads threads");
	ok($got_frees >= $frees && $got_frees <= $frees + $threads + 3, "kill $n: $got_frees frees recorded, $frees returned");
	is(sql("$trace.db", 'select ended from process where id = 1'), 'signal 9', "kill $n: and the summary tells of it");
}

# A collector that comes when all is over.
{
	my ($major, $minor) = (POSIX::uname())[2] =~ /^(\d+)\.(\d+)/;
	spew("$DIR/late", "#!/bin/sh\nsleep 0.3\nexec $CULPRIT \"\$@\"\n");
	chmod 0755, "$DIR/late";
	for (['exit', 'exit 3'], ['abort', 'signal 6'], ['segfault', 'signal 11']) {
		my ($how, $ended) = @$_;
		my $trace = "$DIR/late.$how.trace";
		run({env => {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => $trace, CULPRIT_COLLECTOR => "$DIR/late"}}, program('ending'), $how);
		ok(wait_until(15, sub { -s $trace && culprit('analyze', $trace)->{status} == 0 &&
			sql("$trace.db", "select value from meta where key = 'complete'") eq '1' }), "$how, and then a collector: the trace is whole");
		is(sql("$trace.db", "select sum(allocations) from hotspots where function = 'before'"), 12345, "$how, and then a collector: every allocation is there");
		my $told = $how eq 'exit' || $major * 1000 + $minor >= 6016; # by the program itself, by the kernel
		is(sql("$trace.db", 'select ended from process where id = 1'), $told ? $ended : 'unknown', "$how, and then a collector: how it ended");
	}
}

my $collector_kills = $LONG ? 50 : 3;
for my $n (1 .. $collector_kills) {
	my ($count, $trace) = ("$DIR/count", "$DIR/collector.trace");
	unlink $count, $trace, "$trace.db";
	my $rounds = 3_000_000;
	my $pid = start({env => {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => $trace}}, 'collector', program('counter'), $count, 2, $rounds);
	my $collector;
	wait_until(10, sub { ($collector) = map { m{/proc/(\d+)/} } grep { slurp($_) =~ /culprit\0collect/ && slurp($_) =~ /\Q$trace\E/ || collector_of($_, $trace) } glob '/proc/[0-9]*/cmdline'; $collector && -s $trace });
	ok($collector, "collector $n: there is one") or do { stop($pid, 'KILL'); next; };
	sleep(0.1 + rand 0.4);
	my $alive = kill 0, $pid;
	kill 'KILL', $collector;
	my $status = stop($pid, undef, 60);
	is($status, 0, "collector $n killed: the target ends as ever");
	is(slurp("$DIR/collector.out"), "all rounds done\n", "collector $n killed: with its output");
	my ($allocations) = counted($count);
	is($allocations, 2 * $rounds, "collector $n killed: having done all its work");
	my $a = culprit('analyze', $trace);
	is($a->{status}, 0, "collector $n killed: the trace is readable") or diag($a->{err});
	is(sql("$trace.db", "select value from meta where key = 'complete'"), 0, "collector $n killed: and says that it is cut");
	my ($got) = recorded("$trace.db");
	ok($got > 0 && $got <= $allocations, "collector $n killed: $got of $allocations are there");
}

# A collector by its open output, where its command line does not name it.
sub collector_of {
	my ($file, $trace) = @_;
	my ($pid) = $file =~ m{/proc/(\d+)/};
	return 0 unless command_of($pid) =~ /^culprit/;
	return grep { (readlink($_) || '') eq $trace } glob "/proc/$pid/fd/*";
}
done_testing;
