#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Counts, frees and bytes against valgrind's "total heap usage", exactly, on deterministic programs of one thread: our
# own, and Debian's. Then peak and temporary against heaptrack, which defines both in its own way: see docs/definitions.md.
use strict;
use warnings;
use Harness;
use Test::More;

need(qw(valgrind sqlite3));
my $input = "$TOP/tests/e2e/input";
my @valgrind = qw(valgrind --run-libc-freeres=no --run-cxx-freeres=no);

spew("$DIR/numbers.bc", "scale=60\na(1)*4\ne(1)\nfor (i = 1; i < 40; i++) { s(i) }\n");
spew("$DIR/data", join('', map { "line $_ of the input, " . ($_ * 7919 % 1000) . "\n" } 1 .. 5000));
run('gcc', '-S', '-O1', "$input/list.c", '-o', "$DIR/list.s");
run('gcc', '-c', '-g', "$input/list.c", '-o', "$DIR/list.o");

my @programs = (
	(map { [$_, example($_)] } qw(hot_spot leak temporary growing_realloc long_jump signal_stack fibers deep new_kinds exceptions)),
	['all_calls', program('all_calls')],
	['sqlite3', 'sqlite3', ':memory:', ".read $input/script.sql"],
	['xz', 'xz', '-T1', '-kc', "$DIR/data"],
	['bzip2', 'bzip2', '-kc', "$DIR/data"],
	['bc', 'bc', '-lq', "$DIR/numbers.bc"],
	['ld', 'ld', '-r', "$DIR/list.o", '-o', "$DIR/ld.o"],
	['as', 'as', "$DIR/list.s", '-o', "$DIR/as.o"],
	['readelf', 'readelf', '-a', "$DIR/list.o"],
);
my $compared = 0;
my %heaptrack;
for (@programs) {
	my ($name, @command) = @$_;
	unless (-x $command[0] || have($command[0])) { diag("$command[0] is not there"); next; }
	my $plain = run(@command);
	my $under = run(@valgrind, @command);
	my ($allocations, $frees, $bytes) = map { tr/,//dr } $under->{err} =~
		/total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes/;
	my ($left, $blocks) = map { tr/,//dr } $under->{err} =~ /in use at exit: ([\d,]+) bytes in ([\d,]+) blocks/;
	my $ours = record({timeout => 120}, $name, @command);
	is($ours->{status}, $plain->{status}, "$name: exit status");
	is($ours->{out}, $plain->{out}, "$name: output");
	my $p = summary_of($ours->{db});
	is("$p->{allocations} $p->{frees} $p->{allocated_bytes}", "$allocations $frees $bytes",
		"$name: allocations, frees and bytes are valgrind's");
	is("$p->{leaked_bytes} $p->{leaked_allocations}", "$left $blocks", "$name: what is left is valgrind's");
	is("$p->{lost_events} $p->{unmatched_frees} $p->{implied_frees}", '0 0 0', "$name: no loose ends");
	$compared++;
	$heaptrack{$name} = [$p, @command] if $name =~ /^(hot_spot|leak|temporary|growing_realloc|all_calls|new_kinds|sqlite3|bc|readelf)$/;
}
cmp_ok($compared, '>=', 14, "$compared programs compared with valgrind");

SKIP: {
	skip 'heaptrack is not there', 1 unless have('heaptrack');
	for my $name (sort keys %heaptrack) {
		my ($p, @command) = @{$heaptrack{$name}};
		run({timeout => 120}, 'heaptrack', '-o', "$DIR/ht.$name", @command);
		my ($file) = glob "$DIR/ht.$name*";
		my $text = run({timeout => 120}, 'heaptrack_print', '-f', $file, '-a0', '-p0', '-T0', '-l0', '-F', "$DIR/ht.folded",
			'--flamegraph-cost-type', 'peak')->{out};
		my ($calls) = $text =~ /calls to allocation functions: (\d+)/;
		my ($temporary) = $text =~ /temporary memory allocations: (\d+)/;
		my $peak = 0;
		$peak += (split)[-1] for split /\n/, slurp("$DIR/ht.folded");
		compare_with_heaptrack($name, $p, $calls, $temporary, $peak);
	}
}

# The numbers from the events themselves, by the plainest means: what the analyzer computes at speed must be this. The
# last one counts temporary allocations in heaptrack's way: a free that follows, with no event between, the allocation of
# a block of the same size from the same stack.
sub from_events {
	my ($trace) = @_;
	my %n = map { $_ => 0 } qw(allocations frees allocated_bytes peak_bytes temporary_allocations heaptrack);
	my (%live, $last, $adjacent);
	my $now = 0;
	for (split /\n/, culprit({timeout => 120}, 'dump', '--events', $trace)->{out}) {
		my ($kind, $address, $size, $stack) = /^event .* kind=(\S+) address=(\S+) size=(\d+) stack=(\d+)/ or next;
		if ($kind =~ /free|delete/) {
			$n{frees}++;
			my $block = delete $live{$address} or next;
			$now -= $block->[0];
			$n{temporary_allocations}++ if defined $last && $last eq $address;
			$n{heaptrack}++ if defined $adjacent && $adjacent eq "@$block";
			$last = undef if defined $last && $last eq $address;
			$adjacent = undef;
		} else {
			$n{allocations}++;
			$n{allocated_bytes} += $size;
			$live{$address} = [$size, $stack];
			($last, $adjacent) = ($address, "$size $stack");
			$now += $size;
			$n{peak_bytes} = $now if $now > $n{peak_bytes};
		}
	}
	return \%n;
}

# In a C program heaptrack's own library brings libstdc++ along, whose pool for emergencies (one block) counts there. It
# does not know memalign.
sub compare_with_heaptrack {
	my ($name, $p, $calls, $temporary, $peak) = @_;
	my $n = from_events("$DIR/$name.trace");
	is($p->{$_}, $n->{$_}, "$name: $_ is what the events say") for qw(allocations frees allocated_bytes peak_bytes temporary_allocations);
	return if $name eq 'all_calls';
	my ($pool, $block) = $name eq 'new_kinds' ? (0, 0) : (72704, 1);
	is($p->{peak_bytes}, $peak - $pool, "$name: peak is heaptrack's");
	is($p->{allocations}, $calls - $block, "$name: allocations are heaptrack's");
	my $more = $temporary - $n->{heaptrack}; # it frees something of its own at the end
	ok($more == 0 || $more == 1, "$name: temporary allocations in heaptrack's sense are heaptrack's") or diag("$more more");
}
done_testing;
