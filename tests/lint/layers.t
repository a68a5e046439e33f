#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The layers of the house, read from the #include lines: who may use whom, and that each third-party header stays with
# one or two files.
use strict;
use warnings;
use lib 'tests/lint';
use Sources;
use Test::More;

# layer => what it may include of ours, besides itself
my %may = (
	'trace'           => [],
	'preload'         => ['trace'],
	'collector'       => ['trace'],
	'analyzer/base'   => [],
	'analyzer/store'  => ['analyzer/base'],
	'analyzer/ingest' => ['analyzer/store', 'analyzer/base', 'trace'],
	'analyzer/report' => ['analyzer/store', 'analyzer/base'],
	'analyzer/export' => ['analyzer/store', 'analyzer/base'],
	'tui'             => ['analyzer/report', 'analyzer/export', 'analyzer/store', 'analyzer/base'],
	'cli'             => [qw(trace collector analyzer/base analyzer/store analyzer/ingest analyzer/report analyzer/export tui)],
);
# third-party header => layers it may be in
my %third = (
	qr/^sqlite3\.h$/           => [qw(analyzer/store)],
	qr/^zstd\w*\.h$/           => [qw(collector analyzer/ingest)],
	qr/^(elfutils|libiberty)\/|^(dwarf|libelf|gelf|demangle)\.h$/ => [qw(analyzer/ingest)],
	qr/^libunwind.*\.h$/       => [qw(preload)],
	qr/^(n?curses|term|panel|menu)\.h$|^ncursesw?\//  => [qw(tui)],
);
my %forbidden = (
	'trace'   => qr/^(stdio|malloc|stdlib|unistd|fcntl|pthread)\.h$/,
	'preload' => qr/^stdio\.h$/,
);

my (%users, @wrong);
for my $file (files(qr{^(trace|preload|collector|analyzer|tui|cli)/.*\.[ch]$})) {
	my $layer = layer_of($file);
	push @wrong, "$file: no such layer" unless $may{$layer};
	for (split /\n/, text($file)) {
		if (/^\s*#\s*include\s*"([^"]+)"/) {
			my $included = $1;
			my $of = layer_of($included);
			push @wrong, "$file: \"$included\" is not written from the top" unless -f $included || $of eq 'gen';
			next if $of eq $layer || grep { $_ eq $of } @{$may{$layer} || []};
			push @wrong, "$file: $layer may not include \"$included\"";
		} elsif (/^\s*#\s*include\s*<([^>]+)>/) {
			my $header = $1;
			push @wrong, "$file: $layer does without <$header>" if $forbidden{$layer} && $header =~ $forbidden{$layer};
			for my $pattern (keys %third) {
				next unless $header =~ /$pattern/;
				$users{$header}{$file} = 1;
				push @wrong, "$file: <$header> belongs to @{$third{$pattern}}" unless grep { $_ eq $layer } @{$third{$pattern}};
			}
		} elsif (/^\s*#\s*include\s*\S+\.c"/) {
			push @wrong, "$file: includes a .c file";
		}
	}
}
is("@wrong[0 .. ($#wrong > 20 ? 20 : $#wrong)]", '', 'includes run downward only') or diag(join "\n", @wrong);

for my $header (sort keys %users) {
	my @files = sort keys %{$users{$header}};
	cmp_ok(scalar @files, '<=', 2, "<$header> is included by one or two files") or diag("@files");
}
done_testing;
