#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Runs the unit tests, each a cmocka program built under AddressSanitizer and UndefinedBehaviorSanitizer.
use strict;
use warnings;
use Test::More;

my $build = ($ENV{CULPRIT_BUILD} || 'build') . '/san/unit';
$ENV{UBSAN_OPTIONS} = 'halt_on_error=1:print_stacktrace=1';
my @names = map { m{([^/]+)\.c$} } sort glob 'tests/unit/test_*.c';
plan skip_all => 'no unit tests' unless @names;
for my $name (@names) {
	my $out = `$build/$name 2>&1`;
	my ($passed) = $out =~ /\[  PASSED  \] (\d+) test/;
	ok($? == 0 && $passed, "$name: " . ($passed || 0) . ' passed') or diag($out);
}
done_testing;
