#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Programs linked with another allocator: every call counts once, as it does with glibc's, though tcmalloc's and jemalloc's
# operator new do not go through malloc.
use strict;
use warnings;
use Harness;
use Test::More;

need(qw(sqlite3 g++));
my @libraries = ('libtcmalloc_minimal.so.4', 'libjemalloc.so.2', 'libmimalloc.so.2');
my @columns = qw(allocations frees reallocations allocated_bytes leaked_allocations leaked_bytes lost_events);
sub figures { my ($db) = @_; my $p = summary_of($db); return join ' ', map { "$_=$p->{$_}" } @columns; }

for my $example ('new_kinds.cc', 'exceptions.cc', 'hot_spot.c', 'growing_realloc.c') {
	my ($name) = $example =~ /(\w+)/;
	my $glibc = record("$name.glibc", example($name));
	for my $library (@libraries) {
		my $compiler = $example =~ /cc$/ ? 'g++' : 'gcc';
		my $program = "$DIR/$name-$library";
		my $built = run($compiler, '-O2', '-g', "$TOP/examples/$example", '-o', $program, '-Wl,--no-as-needed', "-l:$library");
		SKIP: {
			skip "$library is not there", 1 if $built->{status};
			my $checked = $LONG || $library =~ /jemalloc/; # which is slow
			my $r = record({options => [$checked ? '--check-stacks' : ()]}, "$name.$library", $program);
			is("$r->{status} $r->{out}", "$glibc->{status} $glibc->{out}", "$name with $library: output");
			# The library's own start makes and leaves a few blocks more; the program's own sites are the same.
			my $sites = "select function, allocations, allocated_bytes, leaked_bytes from hotspots where file like '%$example' order by function, allocations, allocated_bytes";
			is(sql($r->{db}, $sites), sql($glibc->{db}, $sites), "$name with $library: the program's sites") or diag(figures($r->{db}), "\n", figures($glibc->{db}));
			for my $kind ('new', 'new[]') {
				my $count = "select coalesce(sum(allocations), 0) from kind_total where kind = '$kind'";
				my $more = sql($r->{db}, $count) - sql($glibc->{db}, $count); # the library's own start
				ok($more >= 0 && $more <= 4, "$name with $library: $kind") or diag("$more more") if $compiler eq 'g++';
			}
			is(summary_of($r->{db})->{stack_differences}, 0, "$name with $library: no difference from libunwind's stacks") if $checked;
		}
	}
}

# Every call of the heap, of threads that free for each other: linked with the allocator, and with it preloaded beside culprit.
sub known { my ($db) = @_; return sql($db, "select group_concat(function || ' ' || allocations || ' ' || allocated_bytes || ' ' || leaked_allocations, x'0a') from
	(select function, sum(allocations) as allocations, sum(allocated_bytes) as allocated_bytes, sum(leaked_allocations) as leaked_allocations from hotspots
	where file like '%allocator_calls.c' and function not in ('main', 'run') group by function order by function)"); }
for my $library (undef, @libraries, 'libtcmalloc.so.4') {
	my ($path) = $library ? grep { -e } map { "$_/$library" } qw(/usr/lib/x86_64-linux-gnu /usr/lib64 /usr/lib /usr/local/lib) : '';
	SKIP: {
		skip "$library is not there", 1 unless defined $path;
		my $linked = program('allocator_calls');
		my @ways = ['preloaded', $path ? {LD_PRELOAD => $path} : {}, $linked];
		if ($library) {
			my $built = run('gcc', '-O2', '-g', '-pthread', '-Wno-alloc-size-larger-than', "$TOP/tests/e2e/programs/allocator_calls.c", '-o', "$DIR/calls-$library",
				'-Wl,--no-as-needed', $path);
			is($built->{status}, 0, "linked with $library") or diag($built->{err});
			push @ways, ['linked', {}, "$DIR/calls-$library"];
		}
		for (@ways) {
			my ($way, $env, $program) = @$_;
			my $name = $library ? "$library $way" : 'glibc';
			my $alone = run({env => $env}, $program);
			my $r = record({env => $env}, "calls.$name", $program);
			is("$r->{status} $r->{out}", "0 $alone->{out}", "$name: threads use the heap as they do alone") or diag($alone->{out});
			is(known($r->{db}), join("\n", sort grep { !/^errno/ } split /\n/, $alone->{out}), "$name: and every block is counted");
			is(sql($r->{db}, 'select lost_events, unmatched_frees, implied_frees from process'), '0|0|0', "$name: no loose ends");
		}
	}
}

my $program = "$DIR/jemalloc_calls";
SKIP: {
	skip 'jemalloc is not there', 1 if run('gcc', '-O2', '-g', "$TOP/tests/e2e/programs/jemalloc_calls.c", '-o', $program,
		'-Wl,--no-as-needed', '-l:libjemalloc.so.2')->{status};
	my $r = record('jemalloc', $program);
	is($r->{out}, "with jemalloc\n", 'jemalloc calls: output');
	is(sql($r->{db}, "select sum(allocations), sum(allocated_bytes), sum(leaked_allocations) from hotspots where function = 'calls'"),
		'400|522800|0', 'jemalloc calls: mallocx, rallocx, xallocx');
	is(sql($r->{db}, "select group_concat(kind || '=' || allocations, ' ') from (select * from kind_total where kind in ('mallocx', 'realloc') order by kind)"),
		'mallocx=200 realloc=200', 'jemalloc calls: by kind');
}
# The names are culprit's exports, so that a program that asks whether they are there finds them: they have to work.
my $served = record('no-jemalloc', program('jemalloc_calls'));
is($served->{status}, 0, "a program that asks for jemalloc's names is served");
is(sql($served->{db}, "select coalesce(sum(leaked_allocations), 0) from hotspots where function = 'calls'"), 0, 'and nothing of it leaks');
done_testing;
