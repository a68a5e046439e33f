#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# culprit.h: pools, marks and names of locks from the program itself; however it is compiled, and with nobody listening.
use strict;
use warnings;
use Harness;
use Test::More;

need('gcc');

my @ways = (['pie', 'gcc', '-O2', '-fPIE', '-pie'], ['fixed', 'gcc', '-O1', '-fno-pic', '-no-pie'],
	['plus', 'g++', '-x', 'c++', '-O2', '-std=c++17', '-fpermissive', '-w'], ['clang', 'clang', '-O2']);
for my $way (@ways) {
	my ($name, $compiler, @flags) = @$way;
	SKIP: {
		skip "no $compiler", 15 unless have($compiler);
		my $built = run($compiler, '-g', '-pthread', @flags, '-o', "$DIR/$name", "$TOP/tests/e2e/programs/own_pools.c");
		is($built->{status}, 0, "$name: compiled with nothing to link with") or diag($built->{err});
		is(run("$DIR/$name")->{out}, "done\n", "$name: runs without us");
		my $r = record($name, "$DIR/$name");
		is($r->{status}, 0, "$name: and with us");
		my $figures = 'sum(allocations), sum(allocated_bytes), sum(live_allocations), sum(live_bytes), sum(peak_bytes)';
		my $of = sub { sql($r->{db}, "select $figures from pool join stacks using (stack_id) where stack like '%;$_[0];%'") };
		is($of->('use_first'), '100|2400|25|600|624', "$name: a pool whose blocks come back one by one");
		is($of->('use_second'), '50|50000|10|10000|10000', "$name: one that is emptied at once");
		is(summary_of($r->{db})->{allocated_bytes} < 10000, 1, "$name: neither is in the heap's figures");
		is(sql($r->{db}, 'select count(distinct address) from pool'), 2, "$name: two pools");
		is(sql($r->{db}, "select group_concat(name, ',') from mark where kind = 'mark'"), 'pools begin,pools end', "$name: marks");
		is(sql($r->{db}, "select acquisitions from lock where name = 'first life'"), 1, "$name: a lock by its name");
		is(sql($r->{db}, "select acquisitions from lock where name = 'second life?[31m'"), 3, "$name: the next in its place by its own");
		is(sql($r->{db}, "select acquisitions from lock where name = 'the plain one'"), 3, "$name: one that needs no init");
		is(sql($r->{db}, "select count(*) from lock where name like '%unnamed%' and acquisitions = 3"), 1, "$name: one that nobody named");
		is(sql($r->{db}, "select count(*) from lock where name like 'a word%'"), 0, "$name: the last name holds");
		my $report = culprit('report', 'pools', '--format=csv', $r->{trace});
		like($report->{out}, qr/^take,.*,50,50000,/m, "$name: report pools") or diag($report->{err}, $report->{out});
		is(culprit('dump', '--events', $r->{trace})->{status}, 0, "$name: dump knows them");
	}
}

# Somebody who only wants marks, and who has no library of ours: C++ and C, all warnings.
for my $c (['gcc', '-std=gnu99', '-xc'], ['gcc', '-std=gnu11', '-xc'], ['g++', '-std=c++11', '-xc++']) {
	spew("$DIR/user", "#include \"culprit.h\"\nint main(void) { culprit_mark(\"x\"); return 0; }\n");
	my $r = run(@$c, '-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror', '-I', "$TOP/include", '-o', "$DIR/user.out", "$DIR/user");
	is($r->{status}, 0, "@$c takes the header without a warning") or diag($r->{err});
}
SKIP: {
	my $r = run('gcc', '-static', '-g', '-pthread', '-o', "$DIR/static", "$TOP/tests/e2e/programs/own_pools.c");
	skip 'no static libc', 1 if $r->{status};
	is(run("$DIR/static")->{out}, "done\n", 'in a static program it does nothing');
}

done_testing;
