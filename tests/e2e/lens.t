#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A span of time and a filter: of a program of phases, each phase's figures are the program's own; of others a filter leaves what
# a search through the unfiltered folded stacks leaves, spans one after the other add up to the whole, and all of it is as if
# nothing had been asked for. What it is of is said, and what cannot be said is.
use strict;
use warnings;
use Harness;
use JSON::PP;
use Test::More;

need('sqlite3');

my $ALL = '--from=0';

sub report {
	my ($name, $trace, @options) = @_;
	my $r = culprit('report', $name, '--format=json', @options, $trace);
	is($r->{status}, 0, "report $name @options") or diag($r->{err});
	return @{decode_json($r->{out} || '[]')};
}

sub folded { my ($trace, @options) = @_; return culprit('export', 'folded', @options, $trace)->{out}; }
sub total { my ($text) = @_; my $sum = 0; $sum += $_ for $text =~ / (\d+)$/mg; return $sum; }
sub of { my ($function, @rows) = @_; my ($row) = grep { $_->{function} eq $function } @rows; return $row || {}; }

# --- phases whose truth is known -----------------------------------------------------------------------------------------

my $phases = "$DIR/phases.trace";
my $r = culprit('record', '-o', $phases, '--', example('phases'));
is($r->{status}, 0, 'phases: recorded');
my %said = map { split ' ' } split /\n/, $r->{out};
culprit('analyze', $phases);
my $start = sql("$phases.db", "select value from meta where key = 'start_realtime_ns'");
my ($first, $second) = map { int(($said{$_} - $start) / 1e6) } 'first_ends', 'second_ends';
cmp_ok($first, '>', 50, 'the phases lie in the recording');
my @spans = (["--to=${first}ms"], ["--from=${first}ms", "--to=${second}ms"], ["--from=${second}ms"]);

for my $case (['churn', 0, 1000, 100_000, 0], ['keep', 1, 200, 12_800, 200]) {
	my ($function, $phase, $blocks, $bytes, $leaked) = @$case;
	for my $span (0 .. 2) {
		my $row = of($function, report('hotspots', $phases, @{$spans[$span]}));
		is($row->{allocations} || 0, $span == $phase ? $blocks : 0, "$function in phase $span: blocks");
		is($row->{allocated_bytes} || 0, $span == $phase ? $bytes : 0, "$function in phase $span: bytes");
		is($row->{leaked_allocations} || 0, $span == $phase ? $leaked : 0, "$function in phase $span: leaked");
	}
}
is(of('churn', report('hotspots', $phases, @{$spans[0]}))->{peak_bytes}, 100_000, 'all of its blocks were live at the end of a slice');
is(of('keep', report('hotspots', $phases, @{$spans[2]}))->{at_peak_bytes}, 12_800, 'what an earlier phase left is at peak in a later one');
is(of('keep', report('hotspots', $phases, '--from=' . ($second - 20) . 'ms', "--to=${second}ms"))->{leaked_bytes}, 0, 'but leaked in its own');

my @waits = map { [report('waits', $phases, @$_)] } @spans;
is(scalar @{$waits[0]} + @{$waits[1]}, 0, 'nobody waits in the first phases');
my ($wait) = grep { $_->{function} eq 'wait_at_the_gate' } @{$waits[2]};
my $times = $wait->{waits}; # twenty; fewer where a turn is not begun while the gate is held: the machine may be busy
is($wait->{lock}, 'gate', 'who waits in the third');
ok($times >= 10 && $times <= 20, 'and how often') or diag($times);
cmp_ok(abs($wait->{wait_ns} - $said{waited_ns}), '<', 0.1 * $said{waited_ns}, 'as long as it measured');
my ($gate) = grep { $_->{lock} eq 'gate' } report('locks', $phases, @{$spans[2]});
is("$gate->{contended} $gate->{wait_ns} $gate->{top_waiter} $gate->{top_holder}", "$times $wait->{wait_ns} wait_at_the_gate hold_the_gate", 'the lock');
is($gate->{acquisitions}, undef, 'how often it was acquired in that time is not known, and not said');
is_deeply([map { (report('summary', $phases, @$_))[0]{contended} } @spans], [0, 0, $times], 'and the process');
is_deeply([map { (report('summary', $phases, @$_))[0]{threads} } @spans], [1, 1, 2], 'a thread is there when it is');
is_deeply([map { (report('summary', $phases, @$_))[0]{frees} } @spans], [1000, 0, (report('summary', $phases))[0]{frees} - 1000], 'frees, when they were');

# --- what is said --------------------------------------------------------------------------------------------------------

my $text = culprit('report', 'hotspots', @{$spans[1]}, '--filter=function=keep', $phases)->{out};
like($text, qr/\Aphases, pid \d+: 200 allocations, 12[.]5 KiB, [^\n]*\nfrom \S+ \S+ to \S+ \S+, function=keep; leaked is [^\n]*slice of time\n/, 'text says it on top');
for my $format ('csv', 'json') {
	like(culprit('report', 'hotspots', "--format=$format", @{$spans[1]}, '--filter=keep', $phases)->{err}, qr/\Aculprit: from \S+ \S+ to \S+ \S+, function=keep; /, "$format says it apart");
}
like(culprit('export', 'folded', @{$spans[1]}, '--cost=leaked_bytes', $phases)->{err}, qr/\Aculprit: from .* not freed by its end/, 'so do folded stacks');
for my $name ('owners', 'sizes', 'lifetimes', 'lock-order', 'growth', 'slack', 'advice', 'wrappers') {
	my $refused = culprit('report', $name, @{$spans[1]}, $phases);
	is($refused->{status}, 2, "$name cannot speak of a span");
	like($refused->{err}, qr/\Aculprit: report \Q$name\E has nothing to say from .*: .+\n\z/, "$name says why");
}
for my $case (['--from=99999', 'the recording ends at'], ['--from=2s', 'the recording ends at'], ['--from=5ms', '--to=4ms', 'ends after it begins'],
	['--from=soon', 'is no point of time'], ['--to=0', 'before the recording'], ['--filter=colour=red', 'function=, module=, thread='],
	['--cost=frees', '--from=50ms', 'not kept by time']) {
	my $why = pop @$case;
	my $wrong = culprit('export', 'folded', @$case, $phases);
	is("$wrong->{status} $wrong->{out}", '2 ', "@$case is refused");
	like($wrong->{err}, qr/\Aculprit: [^\n]*\Q$why\E[^\n]*\n\z/, 'with a sentence');
}

# --- filters and spans of a program with threads, locks and escapes ---------------------------------------------------------

my $queue = "$DIR/escape_queue.trace";
is(culprit('record', '-o', $queue, '--', example('escape_queue'))->{status}, 0, 'escape_queue: recorded');
is(culprit('report', 'summary', $queue)->{status}, 0, 'and analyzed');
my @costs = split /\n/, sql("$queue.db", 'select name from cost');
my $end = sql("$queue.db", 'select max(end_ns) from slice');
my @tids = split /\n/, sql("$queue.db", 'select tid from thread');
cmp_ok(scalar @tids, '>', 1, 'it has threads');

# Lines of folded stacks that pass through a function with such a name; the last frame of waits is a lock, which is none.
sub grep_stacks {
	my ($text, $with, $without) = @_;
	return join '', grep {
		my ($stack) = /\A(.*) \d+\n\z/;
		my @frames = split /;/, $stack;
		(!$with || grep { index(lc, $with) >= 0 } @frames) && (!$without || !grep { index(lc, $without) >= 0 } @frames);
	} $text =~ /([^\n]*\n)/g;
}

for my $cost (@costs) {
	my $all = folded($queue, "--cost=$cost");
	is(folded($queue, "--cost=$cost", '--filter=function=JOB_'), grep_stacks($all, 'job_'), "$cost through job_");
	is(folded($queue, "--cost=$cost", '--filter=start_thread -job_done'), grep_stacks($all, 'start_thread', 'job_done'), "$cost of threads but not in job_done");
	for my $tid (@tids) {
		is(folded($queue, "--cost=$cost", "--filter=thread=$tid"), folded($queue, "--cost=$cost", "--thread=$tid"), "$cost of thread $tid");
	}
	is(folded($queue, "--cost=$cost", $ALL), $all, "$cost of all the time is $cost");
	is(folded($queue, "--cost=$cost", '--filter=-nosuch', '--to=100h'), $all, "$cost of all stacks as well");
	next if $cost =~ /peak|leaked|freed|^frees/;
	my $middle = int($end / 2);
	is(total(folded($queue, "--cost=$cost", "--to=${middle}ns")) + total(folded($queue, "--cost=$cost", '--from=' . sql("$queue.db", "select min(end_ns) from slice where end_ns >= $middle") . 'ns')),
		total($all), "$cost: two halves are the whole");
}

# Of whole threads the reports say what --thread has them say.
for my $name ('hotspots', 'leaks', 'temporary', 'functions', 'waits', 'holders', 'blocked', 'modules') {
	for my $tid (@tids) {
		is(culprit('report', $name, '--format=csv', "--filter=thread=$tid", $queue)->{out}, culprit('report', $name, '--format=csv', "--thread=$tid", $queue)->{out}, "$name of thread $tid");
	}
}
# All the time and everybody are what there is without asking, in every report.
for my $name (culprit('report', '--help')->{out} =~ /^  ([a-z-]+) {2,}\w.*/mg) {
	next if culprit('report', $name, $queue)->{status};
	my $whole = culprit('report', $name, '--format=csv', $queue);
	my $seen = culprit('report', $name, '--format=csv', '--from=0', '--to=100h', '--filter=-process=nosuch -thread=nosuch', $queue);
	is("$seen->{status} $seen->{out}", "0 $whole->{out}", "$name: all there is");
}

# --- a span's figures beside sqlite3's -------------------------------------------------------------------------------------

my ($born, $died) = split /\|/, sql("$queue.db", 'select start_ns, end_ns from process');
for my $part ([0.2, 0.5], [0.5, 0.9]) {
	my ($from, $to) = map { int($born + ($died - $born) * $_) } @$part;
	my ($a, $b) = split /\|/, sql("$queue.db", "select min(id), max(id) from slice where end_ns > $from and start_ns < $to");
	my @options = ("--from=${from}ns", "--to=${to}ns");
	my $in = "class = 1 and slice between $a and $b";
	is(total(folded($queue, @options, '--cost=allocations')), sql("$queue.db", "select coalesce(sum(count), 0) from span_sum where $in"), 'allocations of a span');
	is(total(folded($queue, @options, '--cost=leaked_bytes')), sql("$queue.db", "select coalesce(sum(amount), 0) from span_sum where $in and (end_slice = 0 or end_slice > $b)"), 'leaked of a span');
	my $most = sql("$queue.db", "select max(live_end_bytes) from timeline where slice between $a and $b");
	is(total(folded($queue, @options, '--cost=at_peak_bytes')), $most, 'at peak is what the timeline says was live');
	is((report('summary', $queue, @options))[0]{peak_bytes}, $most, 'and the process\'s peak');
	my $live = 0;
	$live = $_->{live_end_bytes} > $live ? $_->{live_end_bytes} : $live for report('timeline', $queue, @options, '--filter=-nosuch');
	is($live, $most, 'and the span\'s timeline');
	my %sums;
	for my $row (report('escapes', $queue, @options)) { $sums{$_} += $row->{$_} for 'allocations', 'local', 'caller', 'thread', 'retained', 'uncertain'; }
	is($sums{allocations} || 0, sql("$queue.db", "select coalesce(sum(count), 0) from span_sum where $in"), 'escapes of a span: all blocks');
	is($sums{local} || 0, sql("$queue.db", "select coalesce(sum(count), 0) from span_sum where class = 5 and slice between $a and $b"), 'local ones');
	is($sums{thread} || 0, sql("$queue.db", "select coalesce(sum(count), 0) from span_sum where class = 4 and slice between $a and $b"), 'handed over');
}
# The timeline of a filter adds up to its process, and its live bytes end with what leaked.
my @course = report('timeline', $queue, '--filter=job_new');
my $made = 0;
$made += $_->{allocations} for @course;
is($made, total(folded($queue, '--cost=allocations', '--filter=job_new')), 'a filter\'s timeline has its allocations');
is($course[-1]{live_end_bytes}, total(folded($queue, '--cost=leaked_bytes', '--filter=job_new')), 'and ends with what is left');

done_testing;
