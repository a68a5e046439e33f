#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Runs every fuzzer for CULPRIT_FUZZ_SECONDS. The corpus grows in the build directory from the seeds beside the source,
# so that a next run goes on where this one ended.
use strict;
use warnings;
use File::Path 'make_path';
use Test::More;

my $build = ($ENV{CULPRIT_BUILD} || 'build') . '/clang/fuzz';
my $seconds = $ENV{CULPRIT_FUZZ_SECONDS} || 4;
my @names = map { m{([^/]+)\.c$} } sort glob 'tests/fuzz/fuzz_*.c';
plan skip_all => 'no fuzzers' unless @names;
for my $name (@names) {
	my $corpus = "$build/corpus/$name";
	make_path($corpus, "$build/found");
	my $seeds = -d "tests/fuzz/corpus/$name" ? "tests/fuzz/corpus/$name" : '';
	my $out = `$build/$name -max_total_time=$seconds -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \\
		-artifact_prefix=$build/found/$name- $corpus $seeds 2>&1`;
	my $status = $?;
	my ($runs) = $out =~ /stat::number_of_executed_units:\s*(\d+)/;
	ok($status == 0 && $runs, "$name: " . ($runs || 0) . ' inputs') or diag(substr $out, -3000);
}
done_testing;
