#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The C library's semantics still hold: what every call on every kind of lock returns in every state, with and without
# culprit, is the same to the byte; alone, beside another thread, and in a forked child (see programs/conformance.h).
use strict;
use warnings;
use Harness;
use Test::More;

need('sqlite3');

# The first lines that differ, with the headline each stands under.
sub differences {
	my ($alone, $under) = @_;
	my @a = split /\n/, $alone;
	my @b = split /\n/, $under;
	my ($head, @found) = '';
	for my $i (0 .. ($#a > $#b ? $#a : $#b)) {
		my ($x, $y) = map { defined $_ ? $_ : '(nothing)' } $a[$i], $b[$i];
		$head = $x if $x =~ /^\S/;
		push @found, "$head\n  alone:  $x\n  under:  $y" if $x ne $y;
		last if @found == 8;
	}
	return join "\n", @found;
}

my %lines = (mutex => 10000, rwlock => 2700, wait => 1000, c11 => 17, syscall => 15);
for my $name (sort keys %lines) {
	my $program = program("conformance_$name");
	my $alone = run($program);
	is("$alone->{status} $alone->{signal}", '0 0', "$name: runs alone");
	cmp_ok(scalar(() = $alone->{out} =~ /\n/g), '>=', $lines{$name}, "$name: all that there is to say");
	my @ways = (['record', [$CULPRIT, 'record', '-o', "$DIR/$name.trace", '--']],
		['LD_PRELOAD', [], {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => "$DIR/$name.preload.trace"}],
		['record, checking stacks', [$CULPRIT, 'record', '--check-stacks', '-o', "$DIR/$name.check.trace", '--']]);
	push @ways, (@ways) x 5 if $LONG;
	for (@ways) {
		my ($way, $before, $environment) = @$_;
		my $r = run({env => $environment || {}}, @$before, $program);
		is("$r->{status} $r->{signal}", '0 0', "$name, $way: exit status") or diag($r->{err});
		ok($r->{out} eq $alone->{out}, "$name, $way: the same in all of it") or diag(differences($alone->{out}, $r->{out}));
	}
	for (["$DIR/$name.trace", 'record'], ["$DIR/$name.check.trace", 'record, checking stacks']) {
		my ($trace, $way) = @$_;
		is(culprit('analyze', $trace)->{status}, 0, "$name, $way: the trace can be analyzed") or next;
		is(sql("$trace.db", 'select sum(lost_events) || " " || sum(stack_differences) from process'), '0 0',
			"$name, $way: nothing lost, no stack unlike libunwind's");
		cmp_ok(sql("$trace.db", 'select coalesce(sum(waits), 0) from lock'), '>', 0, "$name, $way: and the waits are there");
	}
}
done_testing;
