#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What holds for every file: its name is its own, it opens with a licence line, no file or function is too long to be
# read in one go, nothing is left for later, nothing speaks of one particular machine.
use strict;
use warnings;
use lib 'tests/lint';
use Sources;
use Test::More;

my $longest_file = 400;
my $longest_function = 80;
my @text = grep { !m{/(golden|corpus|screens)/|\.(bin|gz|png|trace)$} && -T $_ } files(qr/./);
my @code = grep { m{\.[ch]$} } files(qr{^(trace|preload|collector|analyzer|tui|cli)/});

sub none { my ($name, @found) = @_; ok(!@found, $name) or diag(join "\n", @found); }

my %seen;
push @{$seen{(split m{/}, $_)[-1]}}, $_ for grep { /\.(c|h|cc|sql|pm)$/ && !m{^examples/} } @text;
none('file names are unique', map { join ' and ', @{$seen{$_}} } grep { @{$seen{$_}} > 1 } sort keys %seen);

my $licensed = qr{(\.(c|h|cc|sql|mk|sh|t|pm|pl|py|map)|(^|/)Makefile|^\.ci/run|^tests/deps)$};
none('every source file has its licence line',
	grep { text($_) !~ /\A(#!.*\n)?.{0,12}SPDX-License-Identifier: MIT/ } grep { $_ =~ $licensed } @text);
none("files have at most $longest_file lines", grep { (() = text($_) =~ /\n/g) > $longest_file } @code);

# A definition starts at column 0, its body is between a line "{" and a line "}" at column 0.
my @long;
for my $file (grep { /\.c$/ } @code) {
	my ($name, $start) = ('', 0);
	my $n = 0;
	for (split /\n/, text($file)) {
		$n++;
		$name = $1 if /^[A-Za-z_].*?(\w+)\(/;
		$start = $n if /^\{/;
		push @long, "$file: $name has " . ($n - $start - 1) . ' lines' if /^\}\s*$/ && $start && $n - $start - 1 > $longest_function;
		$start = 0 if /^\}/;
	}
}
none("functions have at most $longest_function lines", @long);

my @words;
my $later = join '|', 'TO' . 'DO', 'FIX' . 'ME', 'XX' . 'X\b', 'HA' . 'CK\b';
my $machine = join '|', '/wo' . 'rk/', '/ho' . 'me/[a-z]', '/ro' . 'ot/', '/Us' . 'ers/';
for my $file (@text) {
	my $n = 0;
	for (split /\n/, text($file)) {
		$n++;
		push @words, "$file:$n: left for later" if /\b($later)/;
		push @words, "$file:$n: a path of one machine" if m{(?<![\w.])($machine)};
		push @words, "$file:$n: blanks at the end of the line" if /[ \t]$/ && $file !~ /\.md$/;
	}
}
none('nothing is left for later, nothing tied to one machine', @words);

none('headers are guarded by their own name', grep {
	my ($layer, $stem) = m{([^/]+)/([^/]+)\.h$};
	my $guard = uc "${layer}_${stem}_H";
	$guard =~ s/\W/_/g;
	text($_) !~ /#ifndef $guard\n#define $guard\n/
} grep { /\.h$/ } @code);
done_testing;
