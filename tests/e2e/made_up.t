#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The made-up database of the feel benchmark, a small one: its sums agree with each other as those of a recording do, two runs
# make the same, and every report can be made of it, the first rows being the same with and without a limit.
use strict;
use warnings;
use Harness;
use Test::More;

need(qw(sqlite3));

my $make = "$BUILD/tests/bench/feel/feel_db";
my ($db, $other) = ("$DIR/made_up.db", "$DIR/other.db");
is(run($make, $_, 500, 20_000)->{status}, 0, 'made') for $db, $other;
is(sql($db, 'select count(*) from stack'), 20_000, 'as many stacks as asked for');
is(sql($db, 'select count(*) from site'), 500, 'and sites');
ok(slurp($db) eq slurp($other), 'two are the same');
is(run($make, "$DIR/none/x.db")->{status}, 1, 'no file where there can be none');
is(run($make, $db, 'x')->{status}, 2, 'a number is a number');

my %process = (allocations => 1, allocated_bytes => 2, peak_bytes => 3, leaked_bytes => 4, leaked_allocations => 5, temporary_allocations => 6,
	reallocations => 8, frees => 10, wait_ns => 20, blocked_ns => 22);
for my $column (sort keys %process) {
	is(sql($db, "select sum(value) from $_ where cost_id = $process{$column}"), sql($db, "select sum($column) from process"), "$_: $column")
		for qw(total site_total);
}
my %none = (
	'blocks die once' => 'select sum(allocations) - (select sum(blocks) from escaped) from process',
	'slices' => 'select sum(allocations) - (select sum(count) from span_sum where class = 1) from process',
	'live bytes' => 'select sum(leaked_bytes) - (select sum(amount) from span_sum where class = 1 and end_slice = 0) from process',
	'the course' => 'select count(*) from (select process_id, slice, sum(count), sum(amount) from span_sum join thread on thread.id = thread_id
		where class = 1 group by 1, 2 except select process_id, slice, allocations, allocated_bytes from timeline)',
	'sizes' => "select count(*) from (select process_id, low, sum(count), sum(amount) from histogram where kind = 'size' group by 1, 2
		except select process_id, low, sum(count), sum(amount) from span_histogram where kind = 'size' group by 1, 2)",
	'lifetimes' => "select sum(frees) - (select sum(count) from histogram where kind = 'lifetime') from process",
	'owners' => 'select sum(blocks) - (select sum(blocks) from escaped where class < 3) from owner',
	'stacks' => 'select count(*) from stack left join stack p on p.id = stack.parent_id where stack.depth <> coalesce(p.depth, 0) + 1',
	'sites' => 'select count(*) from (select cost_id, site_id, thread_id, sum(value) from total join stack on stack.id = stack_id group by 1, 2, 3
		except select * from site_total)',
);
is(sql($db, $none{$_}), 0, "$_ agree") for sort keys %none;

for my $name (qw(summary hotspots leaks temporary sizes lifetimes escapes owners wrappers callers functions locks waits holders blocked lock-order
	threads thread-sites growth slack modules kinds timeline advice)) {
	my ($few, $all) = map { culprit({timeout => 60}, 'report', $name, '--format=csv', "--limit=$_", $db) } 7, 0;
	is("$few->{status} $all->{status}", '0 0', "report $name") or diag($few->{err}, $all->{err});
	next if $name eq 'callers'; # a tree: a limit takes from all of it
	ok(index($all->{out}, $few->{out}) == 0 && ($few->{out} =~ tr/\n//) <= 8, "report $name: the first rows");
}
done_testing;
