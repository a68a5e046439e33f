#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The manual against the program: every command has a page, every option is in the page of its command and no other is, every
# report and its columns, every cost and every view of the terminal is there.
use strict;
use warnings;
use Harness;
use Test::More;

# A page as words: escapes resolved, macros and fonts gone.
sub page {
	my ($name) = @_;
	my $text = slurp("$TOP/man/$name.1");
	$text =~ s/\\f[A-Z]//g;
	$text =~ s/\\([-e ])/$1 eq 'e' ? '\\' : $1/ge;
	return $text;
}
sub missing { my ($text, @words) = @_; return join ' ', grep { $text !~ /(?<![\w-])\Q$_\E(?![\w-])/ } @words; }

my $help = culprit('--help')->{out};
my @commands = $help =~ /^  ([a-z]+) {2,}\S/mg;
cmp_ok(scalar @commands, '>=', 11, "commands: @commands");
my $all = page('culprit');
is(missing($all, @commands), '', 'culprit(1) names every command');
for my $command (@commands) {
	my $page = page("culprit-$command");
	ok($page, "culprit-$command(1)") or next;
	my @options = map { /^ {2}(?:-\w, |    )--([a-z-]+)/ ? $1 : () } split /\n/, culprit($command, '--help')->{out};
	is(missing($page, map { "--$_" } @options), '', "culprit-$command(1) has every option: @options");
	my %there = map { $_ => 1 } @options;
	my ($section) = $page =~ /^\.SH OPTIONS\n(.*?)(?=^\.SH |\z)/ms;
	my @said = map { /--([a-z-]+)/g } grep { !/^\.(?!TP)/ || /^\.B[IR]? .*--/ } ($section // '') =~ /^\.TP\n(\.[^\n]*)/mg;
	is(join(' ', grep { !$there{$_} } @said), '', "culprit-$command(1) has no others: @said");
	like($all, qr/culprit-$command \(1\)/, "culprit(1) leads to culprit-$command(1)");
}

# --- reports, costs, views --------------------------------------------------------------------------------------------------

my $trace = record('leak', example('leak'))->{trace};
my ($list) = culprit('report', '--help')->{out} =~ /^Reports .*?:\n(.*?)\n\n/ms;
my @reports = ($list // '') =~ /^  ([a-z-]+) /mg;
cmp_ok(scalar @reports, '>=', 25, "reports: @reports");
my ($described) = page('culprit-report') =~ /^\.SH REPORTS\n(.*?)(?=^\.SH )/ms;
my %about = $described =~ /^\.TP\n\.B ([a-z-]+)\n(.*?)(?=^\.TP\n|\z)/msg;
is(join(' ', sort keys %about), join(' ', sort @reports), 'culprit-report(1) has every report and no other');
for my $report (@reports) {
	my ($head) = split /\n/, culprit('report', $report, '--format=csv', $trace)->{out};
	is(missing($about{$report} // '', split /,/, $head // 'none'), '', "culprit-report(1): columns of $report");
}

my ($costs) = culprit('export', 'folded', '--cost=none', $trace)->{err} =~ /; there are (.*)/;
my @costs = split /, /, ($costs // '');
cmp_ok(scalar @costs, '>=', 20, "costs: @costs");
is(missing(page('culprit-export'), @costs), '', 'culprit-export(1) has every cost');

my @views = map { /^\W*\d+  (\S(?: ?\S)*)  / ? $1 : () } split /\n/, slurp("$TOP/tests/tui/golden/small-views.txt");
cmp_ok(scalar @views, '>=', 20, "views: @views");
my ($shown) = page('culprit-tui') =~ /^\.SH VIEWS\n(.*?)(?=^\.SH )/ms;
my %view = map { $_ => 1 } $shown =~ /^\.B (?:\d )?(.*)$/mg;
is(join(', ', grep { !$view{$_} } @views), '', 'culprit-tui(1) has every view');
my ($keys) = page('culprit-tui') =~ /^\.SH KEYS\n(.*?)(?=^\.SH )/ms;
my @keys = slurp("$TOP/tui/keymap.c") =~ /^\t\{ '(\S)', ACTION_/mg;
is(join(' ', grep { $keys !~ /(?:^\.B |, )\Q$_\E(?:,|$)/m } grep { !/[0-9+hl]/ } @keys), '', 'and every key');

SKIP: {
	skip 'groff is not there', 1 unless have('groff');
	is(run('sh', '-c', 'groff -man -Tutf8 -ww -z "$@" 2>&1', 'sh', glob("$TOP/man/*.1"))->{out}, '', 'groff has nothing to say about the pages');
}
done_testing;
