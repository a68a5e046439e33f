#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# --check-stacks compares every stack with libunwind's while it records: no difference on any of these, and stacks are
# complete: those of the examples start at _start or clone, and are as deep as the program says.
use strict;
use warnings;
use Harness;
use Test::More;

need('sqlite3');
sub checked {
	my ($name, $o, @command) = @_;
	my $r = record({%$o, timeout => 120, options => ['--check-stacks', @{$o->{options} || []}]}, $name, @command);
	my $plain = run($o, @command);
	is($r->{out}, $plain->{out}, "$name: output");
	for my $p (rows($r->{db}, 'select command, allocations, stacks_checked, stack_differences from process')) {
		is($p->{stack_differences}, 0, "$name, $p->{command}: $p->{stacks_checked} stacks checked, no difference");
		cmp_ok($p->{stacks_checked}, '>', 0, "$name, $p->{command}: stacks were checked") if $p->{allocations};
	}
	return $r->{db};
}

checked($_, {}, example($_)) for qw(exceptions long_jump signal_stack loader fibers hand_over new_kinds forking hot_spot);
my $db = checked('deep', {}, example('deep'));
cmp_ok(sql($db, 'select max(depth) from stack'), '>=', 312, 'deep: 310 frames and their callers');

# -O2 without frame pointers and -O0 with them, the same program.
for my $flags ('-O0', '-O2 -fomit-frame-pointer', '-O3 -fno-plt -mstackrealign', '-Os -fno-omit-frame-pointer') {
	my $name = 'exceptions' . $flags =~ s/[^\w]+/_/gr;
	my $built = run('g++', split(' ', $flags), '-g', "$TOP/examples/exceptions.cc", '-o', "$DIR/$name");
	is($built->{status}, 0, "$name: built") or next;
	checked($name, {}, "$DIR/$name");
}
checked('sqlite3', {}, 'sqlite3', ':memory:', ".read $TOP/tests/e2e/input/script.sql");
checked('python3', {env => {PYTHONHASHSEED => 0}}, '/usr/bin/python3', '-c',
	'import json, threading; t = [threading.Thread(target=lambda: json.dumps(list(range(3000)))) for i in range(3)]; [x.start() for x in t]; [x.join() for x in t]; print(len(t))');
checked('gcc', {}, 'gcc', '-O1', '-S', "$TOP/tests/e2e/input/list.c", '-o', '/dev/stdout');

SKIP: {
	skip 'redis-server is not there', 1 unless have('redis-server') && have('redis-benchmark');
	my $port = free_port();
	my $pid = start('redis', $CULPRIT, 'record', '--check-stacks', '-o', "$DIR/redis.trace", '--',
		'redis-server', '--port', $port, '--save', '', '--appendonly', 'no', '--dir', $DIR);
	ok(wait_for_port($port), 'redis: answers') or skip 'no redis', 1;
	run({timeout => 100}, 'redis-benchmark', '-p', $port, '-q', '-n', 3000, '-t', 'set,lpush,hset,zadd,lrange_100');
	stop($pid, 'TERM');
	is(culprit('analyze', "$DIR/redis.trace")->{status}, 0, 'redis: the trace can be analyzed');
	my $p = summary_of("$DIR/redis.trace.db");
	is($p->{stack_differences}, 0, "redis: $p->{stacks_checked} stacks checked, no difference");
	cmp_ok($p->{stacks_checked}, '>', 10000, 'redis: stacks were checked');
}

# The example's outermost frames: nothing is lost at the root, in main's thread and in others.
for (['hot_spot', '_start'], ['hand_over', '_start|clone3?|__clone3?']) {
	my ($name, $roots) = @$_;
	my $found = sql("$DIR/$name.trace.db", "select group_concat(distinct function) from stack join frames using(frame_id) where depth = 1
		and stack.id in (with recursive up(id, site) as (select stack.id, function from stack join sites using(site_id)
		where function in ('word_new', 'job_new') union select parent_id, site from stack join up using(id)) select id from up)");
	like($found, qr/^($roots)(,($roots))*$/, "$name: stacks start where threads do");
}
done_testing;
