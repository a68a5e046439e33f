#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Each example gets the finding that its first lines promise, and prints what it prints without culprit.
use strict;
use warnings;
use Harness;
use Test::More;

need('sqlite3');

# SQL for a site's numbers by function name.
sub site {
	my ($db, $function, @columns) = @_;
	my $columns = join ', ', map { "coalesce(sum($_), 0)" } @columns;
	return sql($db, "select $columns from hotspots where function = '$function' or function like '$function(%'");
}

my %seen;
sub of {
	my ($name) = @_;
	$seen{$name} = 1;
	my $plain = run(example($name));
	my $r = record($name, example($name));
	is("$r->{status} $r->{signal}", "$plain->{status} $plain->{signal}", "$name: exit status");
	is($r->{out}, $plain->{out}, "$name: output");
	unlike($r->{err}, qr/error|assert/i, "$name: no complaint");
	return $r->{db};
}

my $db = of('hot_spot');
is(site($db, 'word_new', 'allocations'), 60000, 'hot_spot: word_new');
is(site($db, 'line_new', 'allocations'), 6000, 'hot_spot: line_new');
is(site($db, 'index_grow', 'allocations'), 11, 'hot_spot: index_grow');
is(sql($db, 'select function from hotspots order by allocations desc limit 1'), 'word_new', 'hot_spot: the first is word_new');
is(sql($db, "select line > 20 and file like '%hot_spot.c' from hotspots where function = 'word_new'"), 1, 'hot_spot: file and line');
is(sql($db, "with recursive up(leaf, id) as (select id, id from stack union all select leaf, parent_id from up join stack using(id) where parent_id > 0)
	select sum(value) from total where cost_id = 1 and stack_id in
	(select leaf from up join stack using(id) join frames using(frame_id) where function = 'header_parse')"), 6000, 'hot_spot: a tenth by way of header_parse');

$db = of('leak');
is(site($db, 'session_open', qw(leaked_allocations leaked_bytes)), '1000|24000', 'leak: session_open');
is(sql($db, 'select at_peak_bytes from hotspots order by at_peak_bytes desc limit 1'), 1 << 20, 'leak: the cache is the peak');

$db = of('temporary');
is(site($db, 'message_format', qw(allocations temporary_allocations)), '50000|50000', 'temporary: message_format');
is(site($db, 'message_keep', qw(allocations leaked_allocations)), '500|0', 'temporary: message_keep');

$db = of('growing_realloc');
is(site($db, 'append_one', 'allocations'), 4096, 'growing_realloc: append_one');
is(site($db, 'append_doubling', 'allocations'), 13, 'growing_realloc: append_doubling');
is(summary_of($db)->{reallocations}, 4095 + 12, 'growing_realloc: reallocations');

$db = of('new_kinds');
is(sql($db, "select allocations from kind_total where process_id = 1 and kind = 'new[]'"), 3, 'new_kinds: new[]');
cmp_ok(sql($db, "select allocations from kind_total where process_id = 1 and kind = 'new'"), '>=', 4 + 200 + 50, 'new_kinds: new');
is(site($db, 'kept_forever', qw(leaked_allocations leaked_bytes)), '1|48', 'new_kinds: kept_forever');

$db = of('exceptions');
is(site($db, 'after_all', qw(leaked_allocations)), 0, 'exceptions: after_all');
is(sql($db, "select sum(leaked_allocations) from hotspots where module not like '%libstdc++%' and module not like '%libc.so%'"), 0,
	'exceptions: all freed');
is(sql($db, "select count(*) > 0 from stack join frames using(frame_id) where function = 'attempt' or function like 'attempt(%'"), 1, 'exceptions: attempt is there');

$db = of('long_jump');
is(site($db, 'descend', qw(allocations leaked_allocations)), '18982|6328', 'long_jump: descend');
is(site($db, 'after', qw(allocations leaked_allocations)), '1000|0', 'long_jump: after');

$db = of('signal_stack');
is(site($db, 'on_signal', qw(allocations temporary_allocations)), '2000|2000', 'signal_stack: on_signal');

$db = of('loader');
is(site($db, 'plugin_work', qw(allocations leaked_allocations leaked_bytes)), '2000|20|200', 'loader: plugin_work by name, after it was unloaded');
like(sql($db, "select module from hotspots where function = 'plugin_work'"), qr/loader_plugin[.]so$/, 'loader: its module');

$db = of('fibers');
is(site($db, 'fiber_step', qw(allocations leaked_allocations)), '4000|0', 'fibers: fiber_step');

$db = of('hand_over');
is(site($db, 'job_new', qw(allocations leaked_allocations temporary_allocations)), '100000|0|0', 'hand_over: job_new');
is(sql($db, "select group_concat(name, ' ') from (select name from thread order by name)"), 'consumer hand_over producer', 'hand_over: threads, whoever comes first');
is(summary_of($db)->{threads}, 3, 'hand_over: 3 threads');

$db = of('forking');
is(sql($db, 'select count(*) from process'), 5, 'forking: five processes');
# How a process ends that is not the collector's child is known from Linux 6.15 on, else it is unknown.
like(sql($db, "select group_concat(ended, ', ') from (select ended from process order by id)"),
	qr/^exit 0, (exit 0|unknown), (exec|unknown), (exit 0|unknown), (signal 9|unknown)$/, 'forking: how they ended');
is(sql($db, 'select count(distinct pid) from process'), 4, 'forking: the exec goes on under its pid');
is(sql($db, 'select min(parent_id) || max(parent_id) from process where parent_id is not null'), '13', 'forking: parents');
is(site($db, 'parent_work', 'allocations'), 101, 'forking: parent_work');
is(site($db, 'child_work', 'allocations'), 150, 'forking: child_work');

$db = of('deep');
is(site($db, 'down', qw(allocations leaked_allocations)), '6200|0', 'deep: down');
cmp_ok(sql($db, 'select max(depth) from stack'), '>=', 311, 'deep: complete stacks');

# Some have tests of their own.
my $elsewhere = join '', map { slurp($_) } grep { !/examples[.]t$/ } glob "$TOP/tests/e2e/*.t";
is(join(' ', grep { !$seen{$_} && $elsewhere !~ /\b(of|example)\('$_'/ }
	map { m{([^/]+)\.cc?$} && $1 !~ /_plugin$/ ? $1 : () } glob "$TOP/examples/*.c*"), '', 'no example left out');
done_testing;
