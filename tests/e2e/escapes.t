#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# How far blocks outlive the calls that made them: programs that write the truth down, compiled in two ways; and sums that
# must hold for any program.
use strict;
use warnings;
use Harness;
use Test::More;

need(qw(sqlite3));

# --- truth ---

# What a program's source says, as lines "site class owner level blocks uncertain".
sub truth {
	my ($name, $word) = @_;
	my ($file) = glob "$TOP/examples/$name.c*";
	return sort map { /^\W+$word:\s+(\S.*?)\s*$/ && $1 !~ /^site\s/ ? join(' ', split ' ', $1) : () } split /\n/, slurp($file);
}

# What the database says of the sites in that source.
sub found {
	my ($db, $name) = @_;
	return sort split /\n/, sql($db, "select replace(substr(s.function, 1, instr(s.function || '(', '(') - 1), ' ', '') || ' ' ||
		case class when 1 then 'local' when 2 then 'caller' when 3 then 'thread' else 'retained' end || ' ' ||
		coalesce(substr(o.function, 1, instr(o.function || '(', '(') - 1), '-') || ' ' || level || ' ' || sum(blocks) || ' ' || sum(uncertain)
		from escaped join stack made on made.id = stack_id join sites s on s.site_id = made.site_id
		left join stack owner on owner.id = owner_id left join frames o on o.frame_id = owner.frame_id
		where s.file like '%/$name.c%' group by s.function, class, o.function, level");
}

# The sums that hold for every database.
sub sums {
	my ($db, $what) = @_;
	is(sql($db, 'select (select coalesce(sum(blocks), 0) || " " || coalesce(sum(bytes), 0) from escaped)'),
		sql($db, 'select sum(allocations) || " " || sum(allocated_bytes) from process'), "$what: all blocks are of a class, and counted once");
	is(sql($db, 'select count(*) from (select sum(blocks) b, sum(bytes) s, sum(a) a, sum(s2) s2 from
		(select stack_id, thread_id, blocks, bytes, 0 a, 0 s2 from escaped union all
		select stack_id, thread_id, 0, 0, value * (cost_id = 1), value * (cost_id = 2) from total where cost_id in (1, 2))
		group by stack_id, thread_id) where b <> a or s <> s2'), 0, "$what: of each stack in each thread, too");
	is(sql($db, 'select coalesce(sum(blocks), 0) || " " || coalesce(sum(bytes), 0) from escaped where class = 4'),
		sql($db, 'select sum(leaked_allocations) || " " || sum(leaked_bytes) from process'), "$what: retained is leaked");
	is(sql($db, 'select count(*) from (select stack_id, thread_id, sum(value * (cost_id = 2) - value * (cost_id in (12, 13, 14))) d
		from total where cost_id in (2, 12, 13, 14) group by 1, 2) where d <> 0'), 0, "$what: local, escaped and retained bytes add up");
	is(sql($db, 'select (select sum(value) from total where cost_id = 12) is (select nullif(sum(bytes), 0) from escaped where class = 1)
		and (select sum(value) from total where cost_id = 14) is (select nullif(sum(bytes), 0) from escaped where class = 4)'), 1,
		"$what: they are those of the classes");
	is(sql($db, 'select count(*) from escaped where blocks < 1 or uncertain > blocks or (uncertain > 0 and class <> 2) or (level > 0) <> (class = 2 and owner_id > 0)
		or (class = 1 and owner_id = 0) or (class = 4 and owner_id + free_stack_id > 0) or (class = 3) <> (free_thread_id > 0)'), 0,
		"$what: every row can be");
	is(sql($db, 'select count(*) from escaped e join stack o on o.id = owner_id where class < 3 and not exists
		(with recursive up(id) as (select e.stack_id union all select parent_id from up join stack using (id)) select 1 from up where id = o.id)'), 0,
		"$what: owners lie on the stacks they own blocks of") if sql($db, 'select count(*) < 20000 from escaped');
	is(sql($db, 'select coalesce(sum(blocks), 0) || " " || coalesce(sum(bytes), 0) from escaped where class < 3 and owner_id > 0'),
		sql($db, 'select coalesce(sum(blocks), 0) || " " || coalesce(sum(bytes), 0) from owner'), "$what: what owners own");
	is(sql($db, 'select count(*) from owner where max_blocks > blocks or max_bytes > bytes or activations > blocks or activations * max_blocks < blocks'), 0,
		"$what: owners' figures can be");
}

# Both builds of a program. Gives the databases.
sub of {
	my ($name) = @_;
	my %db;
	for my $build ('', '-O0') {
		my $plain = run(example($name . $build));
		my $r = record($name . $build, example($name . $build));
		is("$r->{status} $r->{signal} $r->{out}", "$plain->{status} $plain->{signal} $plain->{out}", "$name$build: does what it does");
		is(join("\n", found($r->{db}, $name)), join("\n", truth($name, 'truth')), "$name$build: the truth");
		sums($r->{db}, $name . $build);
		$db{$build} = $r->{db};
	}
	return %db;
}

sub owner { my ($db, $function) = @_; return sql($db, "select activations || ' ' || blocks || ' ' || max_blocks from owner join function on function.id = function_id where name = '$function' or name like '$function(%'"); }

of('escape_return');
of('escape_out_parameter');
of('escape_growing');
of('escape_three_up');
my %db = of('escape_handler');
is(owner($db{$_}, 'request_handle'), '500 2000 4', "escape_handler$_: each call is an activation, though it looks like the last") for keys %db;
%db = of('escape_queue');
is(sql($db{$_}, "select group_concat(distinct t.start_function || ' ' || f.start_function) from escaped join thread t on t.id = thread_id
	join thread f on f.id = free_thread_id where class = 3 and blocks > 1"), 'produce consume', "escape_queue$_: from whom to whom") for keys %db;
%db = of('escape_cached');
is(owner($db{$_}, 'value_handle'), '200 200 1', "escape_cached$_: a key an activation") for keys %db;
of('escape_session');
of('escape_recursion');
of('escape_exception');
of('escape_long_jump');
of('escape_containers');
of('escape_callback');
of('escape_coroutine');
of('escape_retained');
of('escape_local');
of('escape_limits');
of('escape_wrappers');
for my $build ('', '-O0') {
	my $db = "$DIR/wrapper$build.db";
	culprit('analyze', '--wrapper=^buffer_', '-o', $db, "$DIR/escape_wrappers$build.trace");
	is(join("\n", found($db, 'escape_wrappers')), join("\n", truth('escape_wrappers', 'truth-wrapper')), "escape_wrappers$build: told of one more");
	sums($db, "escape_wrappers$build, told");
}
for my $name (map { m{([^/]+)\.cc?$} } glob "$TOP/examples/escape_*.c*") {
	my @truth = truth($name, 'truth');
	cmp_ok(scalar @truth, '>', 0, "$name: says something");
}

# --- when frees have no stacks, nothing can be said of calls ---

my $r = record({options => ['--no-free-stacks']}, 'stackless', example('escape_queue'));
is(join("\n", found($r->{db}, 'escape_queue')), "cell_new caller - 0 64 64\njob_new thread [unknown] 0 2000 0", 'no stacks of frees: threads and no more');
sums($r->{db}, 'no stacks of frees');
like(sql($r->{db}, "select value from meta where key = 'notes'"), qr/^frees were recorded without their stacks: /m, 'no stacks of frees: the notes say so');
unlike(sql($db{''}, "select value from meta where key = 'notes'"), qr/stacks/, 'no such note otherwise');

# --- programs that were not made for this ---

$r = record('sqlite3', 'sqlite3', ':memory:', ".read $TOP/tests/e2e/input/script.sql");
sums($r->{db}, 'sqlite3');
cmp_ok(sql($r->{db}, 'select count(*) from escaped where class = 1'), '>', 0, 'sqlite3: some are local');
cmp_ok(sql($r->{db}, 'select count(*) from escaped where class = 2 and level > 0'), '>', 0, 'sqlite3: some belong to callers');

SKIP: {
	skip('python3 is not there', 1) unless have('python3');
	$r = record('python3', 'python3', '-c', 'import json; print(len(json.dumps([{"n": i, "s": str(i) * 3} for i in range(2000)])))');
	sums($r->{db}, 'python3');
}

SKIP: {
	skip('redis is not there', 1) unless have('redis-server') && have('redis-benchmark');
	my $port = free_port();
	my $pid = start('redis', $CULPRIT, 'record', '-o', "$DIR/redis.trace", '--', 'redis-server', '--port', $port, '--save', '', '--dir', $DIR);
	ok(wait_for_port($port), 'redis-server runs');
	run('redis-benchmark', '-p', $port, '-q', '-n', 5000, '-c', 10, '-t', 'set,lpush,lrange_100');
	run('redis-cli', '-p', $port, 'shutdown', 'nosave');
	is(stop($pid, 0, 40), 0, 'redis-server ends');
	is(culprit('analyze', "$DIR/redis.trace")->{status}, 0, 'its trace can be analyzed');
	sums("$DIR/redis.trace.db", 'redis-server');
	cmp_ok(sql("$DIR/redis.trace.db", 'select count(*) from escaped where class = 2 and level > 0'), '>', 0, 'redis-server: callers own some');
}

$r = record('storm', "$BUILD/tests/bench/storm", 3, 0.3);
sums($r->{db}, 'storm');
is(sql($r->{db}, 'select count(*) from escaped where class = 3'), 0, 'storm: each thread frees its own');
$r = record('forking', example('forking'));
sums($r->{db}, 'forking');
done_testing;
