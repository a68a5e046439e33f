#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Recordings that are paused and go on, that end by themselves, that keep their last part. A program that does what it is told
# says what was called when, so counts are exact; others prove that nobody comes to harm.
use strict;
use warnings;
use Fcntl;
use Harness;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX 'mkfifo';
use Test::More;
use Time::HiRes qw(sleep time);

need('sqlite3');

# --- the program that is told what to do ---------------------------------------------------------------------------------

my $told = 0;
sub begin {
	my ($env, @command) = @_;
	my $name = 'told' . ++$told;
	mkfifo("$DIR/$name.in", 0600) or die $!;
	sysopen my $in, "$DIR/$name.in", O_RDWR or die $!;
	my $pid = start({in => "$DIR/$name.in", env => $env}, $name, @command);
	my $p = {pid => $pid, in => $in, name => $name, done => 0};
	wait_until(20, sub { ($p->{target}) = slurp("$DIR/$name.out") =~ /^ready (\d+)/ }) or diag(slurp("$DIR/$name.err"));
	return $p;
}
sub tell_it {
	my ($p, @lines) = @_;
	for (@lines) {
		syswrite $p->{in}, "$_\n";
		$p->{done}++;
		my $deadline = time + 20;
		while ((() = slurp("$DIR/$p->{name}.out") =~ /^done$/mg) < $p->{done}) {
			return diag("no answer to $_") if time > $deadline;
			sleep 0.001;
		}
	}
}
# The program's end of the pipe is one of two that are open for writing: it ends when asked.
sub finish {
	my ($p) = @_;
	syswrite $p->{in}, "quit\n";
	my $status = stop($p->{pid}, 0, 60);
	return ($status, slurp("$DIR/$p->{name}.out"), slurp("$DIR/$p->{name}.err"));
}
sub ctl {
	my ($who, @words) = @_;
	my $r = culprit('ctl', $who, @words);
	is($r->{status}, 0, "ctl @words") or diag($r->{err});
	return $r;
}
sub allocations_in {
	my ($db, $function) = @_;
	return sql($db, "select coalesce(sum(value), 0) from total join stack on stack.id = stack_id join sites using(site_id) " .
		"where cost_id = 1 and function = '$function'");
}
sub losses { my ($trace) = @_; return (split /\n/, culprit('report', 'summary', $trace)->{out})[1] // ''; }

# --- counts, phase by phase ------------------------------------------------------------------------------------------------

for my $how ('record', 'preloaded') {
	my $trace = "$DIR/$how.trace";
	my $p = $how eq 'record' ? begin({}, $CULPRIT, 'record', '--off', '-o', $trace, '--', program('switched'))
		: begin({LD_PRELOAD => $SHIM, CULPRIT_OFF => 1, CULPRIT_OUTPUT => $trace}, program('switched'));
	wait_until(10, sub { -s $trace });
	my $who = $how eq 'record' ? $p->{pid} : $p->{target};
	tell_it($p, 'pairs 5000', 'locks 70', 'keep 3');
	for my $round (1 .. 3) {
		ctl($who, 'on');
		tell_it($p, 'pairs 100', 'locks 10', 'keep 4', 'thread 20', 'fork 30');
		ctl($p->{target}, 'off');
		tell_it($p, 'pairs 7000', 'locks 700', 'keep 5', 'thread 900', 'fork 800');
	}
	ctl($trace, 'mark', "it's, \"over\"");
	my ($status) = finish($p);
	is($status, 0, "$how: exit status");
	wait_until(20, sub { culprit('analyze', $trace)->{status} == 0 && sql("$trace.db", "select value from meta where key = 'complete'") });
	is(allocations_in("$trace.db", 'pairs'), 3 * (100 + 20 + 30), "$how: pairs");
	is(allocations_in("$trace.db", 'keep'), 3 * 4, "$how: blocks kept");
	is(sql("$trace.db", "select group_concat(acquisitions) from lock where name in ('inner', 'outer')"), '30,30', "$how: locks");
	is(sql("$trace.db", 'select sum(lost_events) from process'), 0, "$how: nothing lost");
	is(sql("$trace.db", "select group_concat(kind || name, ' ') from (select * from mark order by id)"),
		"paused resumed paused resumed paused resumed paused markit's, \"over\"", "$how: marks");
	like(losses($trace), qr/the recording was off for [\d.]+ \w+ in 4 spans/, "$how: the report says so");
	my $leaked = sql("$trace.db", 'select leaked_allocations from process where id = 1');
	ok($leaked >= 12 && $leaked <= 14, "$how: what is kept, and the C library's table of a thread");
	like(losses($trace), qr/and $leaked blocks from before that count as leaked may have been freed/, "$how: and how many leaks are uncertain");
	my @marks = @{decode_json(culprit('report', 'marks', '--format=json', $trace)->{out})};
	is(scalar @marks, 8, "$how: report marks");
}

# --- what happens across a switch ------------------------------------------------------------------------------------------

{
	my $trace = "$DIR/across.trace";
	my $p = begin({}, $CULPRIT, 'record', '-o', $trace, '--', program('switched'));
	tell_it($p, 'keep 100', 'hold');
	ctl($trace, 'off');
	tell_it($p, 'drop', 'release', 'locks 5', 'hold');
	ctl($trace, 'on');
	tell_it($p, 'release', 'locks 8', 'keep 50', 'drop', 'hold');
	ctl($trace, 'off');
	ctl($trace, 'off');
	tell_it($p, 'release');
	ctl($trace, 'on');
	tell_it($p, 'locks 1');
	ctl($trace, 'flush');
	my $growing = "$DIR/growing.trace";
	is(run('cp', $trace, $growing)->{status}, 0, 'a copy of what is there');
	is(culprit('analyze', $growing)->{status}, 0, 'it can be analyzed');
	is(allocations_in("$growing.db", 'keep'), 150, 'flush: all is there');
	is(sql("$growing.db", "select acquisitions from lock where name = 'outer'"), 1 + 8 + 1 + 1, 'flush: counters too');
	finish($p);
	is(culprit('analyze', $trace)->{status}, 0, 'across: the trace can be analyzed');
	is(sql("$trace.db", "select acquisitions || ',' || contended from lock where name = 'outer'"), '11,0', 'across: the lock held is counted once each');
	is(sql("$trace.db", "select acquisitions from lock where name = 'inner'"), 9, 'across: the inner one');
	is(sql("$trace.db", 'select count(*) from lock_order'), 1, 'across: one order of locks, and no other for locks let go of unseen');
	my $s = summary_of("$trace.db");
	is($s->{lost_events}, 0, 'across: nothing lost');
	cmp_ok($s->{leaked_allocations}, '<=', 100, 'across: what was freed unseen counts as leaked at the most');
	is($s->{allocations} - $s->{frees}, $s->{leaked_allocations} + $s->{implied_frees}, 'across: frees add up');
}

# More locks than the first tables hold end while nobody looks.
{
	my $trace = "$DIR/unseen.trace";
	my $p = begin({}, $CULPRIT, 'record', '-o', $trace, '--', program('switched'));
	tell_it($p, 'meet 30000');
	ctl($trace, 'off');
	tell_it($p, 'part', 'meet 30000', 'part', 'meet 300');
	ctl($trace, 'on');
	tell_it($p, 'part', 'meet 20000', 'part');
	is((finish($p))[0], 0, 'locks destroyed in a pause: exit status');
	is(culprit('analyze', $trace)->{status}, 0, 'unseen: the trace can be analyzed');
	is(sql("$trace.db", "select sum(acquisitions) from lock where name like 'mutexes%'"), 50_000, 'unseen: acquisitions before and after');
	is(sql("$trace.db", "select count(*) from lock where name like 'mutexes%'"), 50_000, 'unseen: none is taken for the one that was there before');
}

# The first that a thread does once it is recorded, it does in a child of vfork.
{
	my $trace = "$DIR/late.trace";
	mkfifo("$DIR/late.in", 0600) or die $!;
	sysopen my $in, "$DIR/late.in", O_RDWR or die $!;
	my $pid = start({in => "$DIR/late.in"}, 'late', $CULPRIT, 'record', '--off', '-o', $trace, '--', program('in_vfork'), 'late');
	wait_until(20, sub { slurp("$DIR/late.out") =~ /ready/ });
	ctl($trace, 'on');
	syswrite $in, "\n";
	is(stop($pid) >> 8, 17, 'a child of vfork comes first: exit status');
	is(culprit('analyze', $trace)->{status}, 0, 'late: the trace can be analyzed');
	is(allocations_in("$trace.db", 'known'), 1000, 'late: what the program does after it');
	is(sql("$trace.db", 'select count(*) from process'), 1, 'late: one process');
}

# --- status, errors --------------------------------------------------------------------------------------------------------

{
	my $trace = "$DIR/status.trace";
	my $p = begin({}, $CULPRIT, 'record', '-o', $trace, '--', program('switched'));
	tell_it($p, 'pairs 500');
	ctl($trace, 'flush');
	my $status = ctl($p->{target}, 'status')->{out};
	like($status, qr/^state +on$/m, 'status: on');
	like($status, qr/^trace +\Q$trace\E$/m, 'status: the trace');
	like($status, qr/^collector +$p->{pid}$/m, 'status: the collector');
	like($status, qr/^process +$p->{target} switched$/m, 'status: the process');
	like($status, qr/^lost +0$/m, 'status: lost');
	like($status, qr/^stacks +[1-9]\d*\nprocesses +1\nthreads +1$/m, 'status: how much there was to tell apart');
	my ($events) = $status =~ /^events +(\d+)$/m;
	cmp_ok($events, '>=', 1000, 'status: events');
	ctl($trace, 'off');
	like(ctl($trace, 'status')->{out}, qr/^state +off$/m, 'status: off');
	for (['ctl', $trace], ['ctl', $trace, 'of'], ['ctl', $trace, 'mark'], ['ctl', $trace, 'on', 'now'], ['ctl', $trace, 'mark', "a\nb"],
		['ctl'], ['record', '--delay=5', 'true'], ['record', '--keep=7x', 'true'], ['record', '--max-size=1k', 'true'],
		['record', '--duration=-1s', 'true'], ['record', '--duration=nans', 'true']) {
		my $r = culprit(@$_);
		ok($r->{status} == 2 && one_line_of($r->{err}), "usage: @$_[0 .. $#$_]") or diag("$r->{status} $r->{err}");
	}
	my $r = culprit('ctl', $$, 'on');
	my $another = qr/process $$ is not recorded by anyone who would say so/; # somebody else's recording is just ending
	ok($r->{status} == 1 && $r->{err} =~ /^culprit: (no process $$ is being recorded$|$another)/, 'no such recording') or diag($r->{err});
	$r = culprit('ctl', "$DIR/nothing.trace", 'on');
	ok($r->{status} == 1 && one_line_of($r->{err}), 'no such trace') or diag($r->{err});
	finish($p);
	$r = culprit('ctl', $trace, 'status');
	ok($r->{status} == 1 && $r->{err} =~ /is not (?:being recorded|recorded by anyone who would say so)/, 'a recording that is over') or diag($r->{err});
}

# --- a thousand switches in a storm ------------------------------------------------------------------------------------------

# The sockets of recordings, as anybody can list them; the one whose trace it is.
sub control_socket {
	my ($trace) = @_;
	for my $name (slurp('/proc/net/unix') =~ /\@(culprit-[0-9a-f]+\.control)$/mg) {
		return $name if order($name, 'status') =~ /^trace \Q$trace\E$/m;
	}
	return '';
}
sub order {
	my ($name, $request) = @_;
	my $s = IO::Socket::UNIX->new(Peer => "\0$name", Type => SOCK_STREAM) or return '';
	print $s "$request\n";
	local $/;
	return <$s> // '';
}

{
	my $r = culprit('record', '--off', '-o', "$DIR/never.trace", '--', 'true');
	is($r->{status}, 0, 'never on: the command runs');
	like($r->{err}, qr/^culprit: nothing was recorded: the recording was off from beginning to end.*ctl/, '... and record says why nothing was recorded');
	like(losses("$DIR/never.trace"), qr/no event arrived: the recording was never on/, '... and so do reports');
}

{
	my $native = begin({}, program('switched'), 4);
	my (undef, $native_out) = finish($native);
	my ($sum) = $native_out =~ /^sum (\d+)$/m;
	ok($sum, 'the storm without a recorder');
	my $trace = "$DIR/storm.trace";
	my $p = begin({}, $CULPRIT, 'record', '-o', $trace, '--', program('switched'), 4);
	my $name = control_socket($trace);
	ok($name, 'its socket');
	my $heard = grep { order($name, $_ % 2 ? 'off' : 'on') eq "ok\n" } 1 .. 1000;
	is($heard, 1000, 'a thousand switches');
	my ($status, $out, $err) = finish($p);
	is($status, 0, 'the storm ends well') or diag($err);
	is(($out =~ /^sum (\d+)$/m)[0], $sum, 'and has done the same');
	is(culprit('analyze', $trace)->{status}, 0, 'its trace can be analyzed');
	is(sql("$trace.db", 'select sum(lost_events) from process'), 0, 'nothing was lost');
	is(sql("$trace.db", "select count(*) from mark where kind = 'paused'") . sql("$trace.db", "select count(*) from mark where kind = 'resumed'"),
		'500500', 'all switches are marked');
	my $s = summary_of("$trace.db");
	is($s->{allocations} - $s->{frees}, $s->{leaked_allocations} + $s->{implied_frees}, 'frees add up');
	is(sql("$trace.db", "select count(*) from stack join frame on frame.id = frame_id join function on function.id = function_id " .
		"where parent_id = 0 and function.name like '%storm%'"), 0, 'stacks are whole');

	# Requests that are none, slow ones, and more of them than there is room for, harm nobody.
	$p = begin({}, $CULPRIT, 'record', '-o', "$DIR/odd.trace", '--', program('switched'));
	$name = control_socket("$DIR/odd.trace");
	my @idle = map { IO::Socket::UNIX->new(Peer => "\0$name", Type => SOCK_STREAM) } 1 .. 20;
	like(order($name, 'nonsense'), qr/^error /, 'a word nobody knows');
	is(order($name, 'x' x 2000), '', 'a line that is too long');
	like(order($name, "sta\0tus"), qr/^(error .*)?$/s, 'a line with a NUL');
	undef @idle;
	tell_it($p, 'pairs 10');
	is((finish($p))[0], 0, 'the program goes on');
}

# --- recordings that end by themselves ------------------------------------------------------------------------------------------

{
	my $p = begin({}, $CULPRIT, 'record', '-o', "$DIR/timed.trace", '--delay=500ms', '--duration=1s', '--', program('switched'));
	tell_it($p, 'pairs 1000');
	wait_until(10, sub { culprit('ctl', "$DIR/timed.trace", 'status')->{out} =~ /^state +on$/m });
	tell_it($p, 'pairs 77');
	ok(wait_until(10, sub { culprit('ctl', "$DIR/timed.trace", 'status')->{status} == 1 }), 'delay and duration: it ends while the program runs');
	tell_it($p, 'pairs 1000');
	is(culprit('analyze', "$DIR/timed.trace")->{status}, 0, 'delay and duration: the trace is there already');
	is(sql("$DIR/timed.trace.db", "select value from meta where key = 'complete'"), 1, 'delay and duration: and complete');
	is(allocations_in("$DIR/timed.trace.db", 'pairs'), 77, 'delay and duration: what was called in between');
	is(sql("$DIR/timed.trace.db", "select group_concat(kind, ' ') from (select kind from mark order by id)"), 'paused resumed ended', 'delay and duration: marks');
	like(losses("$DIR/timed.trace"), qr/the recording ended before its processes: its time was over/, 'delay and duration: reports say so');
	my ($status, undef, $err) = finish($p);
	is($status, 0, 'delay and duration: exit status');
	like($err, qr/the recording ended before its processes: its time was over/, 'delay and duration: record says so');
}
for my $preload (0, 1) {
	my $trace = "$DIR/size$preload.trace";
	my $r = $preload
		? run({env => {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => $trace, CULPRIT_MAX_SIZE => '200k'}}, "$BUILD/tests/bench/storm", 2, 1)
		: culprit('record', '-o', $trace, '--max-size=200k', '--', "$BUILD/tests/bench/storm", 2, 1);
	is($r->{status}, 0, 'size limit: the program ends well') or diag($r->{err});
	my $size = -s $trace;
	ok($size >= 200_000 && $size < 600_000, "size limit: $size bytes");
	is(culprit('analyze', $trace)->{status}, 0, 'size limit: the trace can be analyzed');
	is(sql("$trace.db", "select value from meta where key = 'complete'"), 1, 'size limit: it is complete');
	like(losses($trace), qr/it had reached its size limit/, 'size limit: reports say so');
}

# --- the last of it -------------------------------------------------------------------------------------------------------------

for my $keep ('300k', '1s') {
	my $trace = "$DIR/keep.trace";
	unlink glob "$trace*";
	my $pid = start('keep', $CULPRIT, 'record', '-o', $trace, "--keep=$keep", '--', "$BUILD/tests/bench/storm", 2, 4);
	my ($most, $looks, $bad) = (0, 0, '');
	while (kill(0, $pid) && $looks < 400) {
		my $size = -s $trace // 0;
		$most = $size if $size > $most;
		if (++$looks % 20 == 0) {
			my $r = culprit('report', 'summary', '--format=csv', $trace);
			$bad .= $r->{err} if $r->{status};
		}
		sleep 0.02;
		last if waitpid($pid, POSIX::WNOHANG) == $pid;
	}
	is($?, 0, "keep $keep: the program ends well");
	is($bad, '', "keep $keep: reports while it goes on");
	cmp_ok($most, '<', 600_000, "keep $keep: it is never much larger") if $keep eq '300k';
	ok(!-e "$trace.new", "keep $keep: nothing is left beside it");
	is(culprit('analyze', $trace)->{status}, 0, "keep $keep: the trace can be analyzed");
	is(sql("$trace.db", "select value from meta where key = 'complete'"), 1, "keep $keep: it is complete");
	my ($span, $unit) = losses($trace) =~ /the first ([\d.]+) (m?s) are not kept/;
	ok($span, "keep $keep: reports say what is not");
	$span = ($span // 0) * (($unit // '') eq 'ms' ? 0.001 : 1);
	my $first = sql("$trace.db", 'select min(slice.start_ns) / 1e9 from timeline join slice on slice.id = slice where timeline.allocations > 0');
	my $end = sql("$trace.db", "select value / 1e9 from meta where key = 'duration_ns'");
	cmp_ok($first, '>=', $span - 1.1, "keep $keep: what is left begins there (blocks of two threads overlap)");
	ok($end - $span > 0.9 && $end - $span < 2.2, "keep $keep: $span of $end s are not kept") if $keep eq '1s';
	is(sql("$trace.db", 'select count(*) from thread where lost_events'), 0, "keep $keep: nothing is lost");
	is(sql("$trace.db", "select count(*) from function where name = 'block_make'"), 1, "keep $keep: names are there");
	my $s = summary_of("$trace.db");
	cmp_ok($s->{unmatched_frees}, '<=', 1100, "keep $keep: frees of older blocks are no more than there were blocks");
	is($s->{allocations} - $s->{frees}, $s->{leaked_allocations} + $s->{implied_frees}, "keep $keep: frees add up");
}
{
	my $r = culprit('record', '-o', '/dev/null', '--keep=10m', '--', program('switched'));
	is($r->{status}, 0, 'keep: not of a device, and nobody comes to harm');
}

# --- redis ----------------------------------------------------------------------------------------------------------------------

SKIP: {
	skip 'redis is not there', 1 unless have('redis-server') && have('redis-cli') && have('redis-benchmark');
	for (['--max-size=100k', qr/size limit/], ['--duration=1s', qr/time was over/], ['--keep=100k', qr/are not kept/],
		['--delay=300ms', qr/was off for/]) {
		my ($option, $says) = @$_;
		my ($port, $trace) = (free_port(), "$DIR/redis.trace");
		unlink glob "$trace*";
		my $pid = start('redis', $CULPRIT, 'record', '-o', $trace, $option, '--', 'redis-server', '--port', $port, '--save', '', '--dir', $DIR);
		wait_for_port($port);
		sleep 0.5 if $option =~ /delay/;
		my $load = run({timeout => 120}, 'redis-benchmark', '-p', $port, '-q', '-n', 40000, '-c', 8, '-r', 20000, '-d', 100, '-t', 'set,lpush');
		is($load->{status}, 0, "redis $option: the load is served");
		wait_until(5, sub { culprit('ctl', $trace, 'status')->{status} }) if $option =~ /duration/;
		like(run('redis-cli', '-p', $port, 'ping')->{out}, qr/PONG/, "redis $option: it answers");
		run('redis-cli', '-p', $port, 'shutdown', 'nosave');
		is(stop($pid), 0, "redis $option: exit status");
		is(culprit('analyze', $trace)->{status}, 0, "redis $option: the trace can be analyzed");
		like(losses($trace), $says, "redis $option: reports say so");
		cmp_ok(-s $trace, '<', 200_000, "redis $option: its size") if $option =~ /keep/;
		is(sql("$trace.db", "select value from meta where key = 'complete'") . sql("$trace.db", 'select sum(lost_events) from process'), '10',
			"redis $option: complete, nothing lost");
	}
}

# --- killing --------------------------------------------------------------------------------------------------------------------

srand 7;
for my $n (1 .. ($LONG ? 60 : 6)) {
	my $trace = "$DIR/killed.trace";
	unlink glob "$trace*";
	my ($ring, $whom) = ($n % 2, qw(target collector both)[$n % 3]);
	my $what = "$n: $whom, " . ($ring ? 'keeping the last' : 'paused');
	my $p = begin({}, $CULPRIT, 'record', '-o', $trace, $ring ? '--keep=100k' : '--off', '--', program('switched'), 4);
	my $name = control_socket($trace);
	sleep rand 0.3;
	order($name, 'on') unless $ring;
	sleep rand 0.2;
	order($name, 'off') unless $ring;
	my ($collector, $target) = ($p->{pid}, $p->{target});
	kill 'KILL', $collector if $whom ne 'target';
	kill 'KILL', $target if $whom ne 'collector';
	if ($whom eq 'collector') {
		my $sum;
		syswrite $p->{in}, "quit\n";
		ok(wait_until(40, sub { ($sum) = slurp("$DIR/$p->{name}.out") =~ /^sum (\d+)$/m }), "kill $what: the program goes on to its end");
		wait_until(10, sub { !kill 0, $target });
	}
	stop($collector, 0, 30);
	my $a = culprit('analyze', $trace);
	is($a->{status}, 0, "kill $what: the trace reads to its last block") or diag($a->{err});
	next if $a->{status};
	is(sql("$trace.db", "select value from meta where key = 'complete'"), $whom eq 'target' ? 1 : 0, "kill $what: and says whether it was cut");
	is(sql("$trace.db", "select ended from process where id = 1"), 'signal 9', "kill $what: how it ended") if $whom eq 'target';
	is(sql("$trace.db", 'select coalesce(sum(lost_events), 0) from process'), 0, "kill $what: nothing lost"); # killed at once: no process
	kill 'KILL', $target;
}

done_testing();
