#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Threads are created and end as without culprit (programs/births.c), and each one's creation, begin and end are
# recorded, in this order, whoever has its pthread_t before and after.
use strict;
use warnings;
use Harness;
use Test::More;

need('sqlite3');
my $program = program('births');
my $alone = run($program);
is("$alone->{status} $alone->{signal}", '0 0', 'runs alone');
like($alone->{out}, qr/^fork in a wait: 0 43$/m, 'to its end');
my $ours = record('births', $program);
is("$ours->{status} $ours->{signal}", '0 0', 'runs under culprit') or diag($ours->{err});
is($ours->{out}, $alone->{out}, 'and says the same');
my $preload = run({env => {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => "$DIR/preload.trace"}}, $program);
is($preload->{out}, $alone->{out}, 'under the bare LD_PRELOAD, too');

my $events = culprit('dump', '--events', $ours->{trace})->{out};
my (%process_of, %lives, %count, %allocated);
$process_of{$1} = $2 while $events =~ /^thread id=(\d+) process=(\d+)/mg;
my %order = (create => 0, begin => 1, end => 2);
while ($events =~ /^event thread=(\d+) tick=(\d+) kind=thread-(create|begin|end) address=(\S+)/mg) {
	push @{$lives{"$process_of{$1} $4"}}, [$2, $order{$3}, $1];
	$count{$3}++;
}
my @wrong;
for my $one (sort keys %lives) {
	my @events = sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] } @{$lives{$one}};
	push @wrong, grep { $events[$_][1] != $_ % 3 } 0 .. $#events;
	push @wrong, scalar @events if @events % 3;
}
is(scalar @wrong, 0, 'a thread is created, then begins, then ends, then the next');
# Before main; the creators and their jobs; those of the three children; and one by one.
is($count{create}, 1 + 4 + 4 * 200 + 1 + 4 + 50 + 50 + 1 + 50, 'every creation is there, and none that failed');
is("$count{begin} $count{end}", "$count{create} $count{create}", 'and as many begins and ends');
unlike($events, qr/kind=thread-create address=0x0 /, 'each of a known thread');
is(sql($ours->{db}, 'select unmatched_frees || " " || lost_events from process order by id limit 1'), '0 0',
	'what the C library allocates for threads, it frees');
done_testing;
