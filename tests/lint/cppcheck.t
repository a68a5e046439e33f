#!/usr/bin/perl
# SPDX-License-Identifier: MIT
use strict;
use warnings;
use Test::More;

plan skip_all => 'cppcheck is not there' unless `sh -c 'command -v cppcheck'`;
my @layers = grep { -d $_ && glob("$_/*.c") } qw(trace preload collector analyzer/base analyzer/store analyzer/ingest analyzer/report analyzer/export tui cli);
for my $layer (@layers) {
	my $found = `cppcheck --quiet --enable=warning,performance,portability --inline-suppr --std=c11 --error-exitcode=1 -I. \\
		--suppress=missingIncludeSystem --template='{file}:{line}: {id}: {message}' $layer 2>&1`;
	is($found, '', "cppcheck $layer");
}
done_testing;
