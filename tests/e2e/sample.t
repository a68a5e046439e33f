#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A sample of blocks: every figure is right on average, its stated error is the true one, and falls as the root of the number of
# blocks in the sample. The truth is what a program counts itself.
use strict;
use warnings;
use Harness;
use JSON::PP;
use List::Util qw(sum);
use Test::More;

need('sqlite3');
my $rounds = $LONG ? 20_000_000 : 4_000_000;
my @names = qw(allocations allocated_bytes leaked_allocations leaked_bytes);
my %bytes_of = (allocations => 'allocated_bytes', leaked_allocations => 'leaked_bytes');
my $enough = 60; # blocks of the sample to expect, for errors to be known well

sub json { my $r = culprit('report', @_); is($r->{status}, 0, $_[0]) or diag($r->{err}); return ($r, @{decode_json($r->{out})}); }

# {site => {allocations, ...}} as the program says.
sub truth {
	my %truth;
	for (split /\n/, $_[0]) {
		my ($site, @figures) = split;
		@{$truth{$site}}{@names} = @figures;
	}
	return \%truth;
}

# Of sites with enough of the sample: how far estimates are from the truth, in the errors that are stated.
sub deviations {
	my ($truth, $name, $least, @rows) = @_;
	my %row = map { $_->{function} => $_ } grep { $_->{function} =~ /^site_/ } @rows;
	my @z;
	for my $site (sort keys %$truth) {
		next if $truth->{$site}{$bytes_of{$name} || $name} < $least;
		my $row = $row{$site} or next;
		push @z, ($row->{$name} - $truth->{$site}{$name}) / ($row->{"${name}_error"} || 1);
	}
	return @z;
}

my $native = run({timeout => 600}, program('sampled'), $rounds);
my (%spread, %z);
for my $bytes (1024, 4096, 16384, 65536) {
	my $r = record({options => ["--sample=$bytes"], timeout => 600}, "sample$bytes", program('sampled'), $rounds);
	is($r->{status}, 0, "a point every $bytes bytes");
	is($r->{out}, $native->{out}, '... and the program does what it does without');
	my $truth = truth($r->{out});
	my (undef, @rows) = json('hotspots', '--format=json', $r->{trace});
	for my $name (@names) {
		my @z = deviations($truth, $name, $enough * $bytes, @rows);
		push @{$z{$name}}, @z;
		cmp_ok(abs($_), '<', 7, "$name of a site") for grep { abs($_) >= 7 } @z;
	}
	# Of bytes in blocks that are small beside the distance the error is a 1 / sqrt(n)th, n blocks being in the sample.
	my @relative = map { my $t = $truth->{$_->{function}}; $t && $t->{allocated_bytes} > $enough * $bytes
		? ($_->{allocated_bytes} / $t->{allocated_bytes} - 1) * sqrt($t->{allocated_bytes} / $bytes) : () } @rows;
	my $rms = sqrt(sum(map { $_ ** 2 } @relative) / @relative);
	cmp_ok(@relative, '>', 20, '... sites with enough');
	cmp_ok($rms, '>', 0.6, '... the error is what theory says');
	cmp_ok($rms, '<', 1.4, '... no more');
	my ($p) = rows($r->{db}, 'select * from process');
	is($p->{unmatched_frees}, 0, '... no free of a block that is not in the sample');
	is($p->{implied_frees}, 0, '... no end that was not seen');
	is($p->{lost_events}, 0, '... nothing is lost');
	is($p->{frees}, $p->{allocations} - $p->{leaked_allocations}, '... what is not leaked is freed');
	is(sql($r->{db}, 'select sum(value) from total where cost_id = 2'), $p->{allocated_bytes}, '... stacks add up');
	is(sql($r->{db}, 'select sum(amount) from span_sum where class = 1'), $p->{allocated_bytes}, '... slices add up');
	is(sql($r->{db}, "select sum(amount) from histogram where kind = 'size'"), $p->{allocated_bytes}, '... sizes add up');
	is(sql($r->{db}, 'select sum(value) from total where cost_id = 3'), $p->{peak_bytes}, '... the peak adds up');
	is(sql($r->{db}, 'select sum(value) from total where cost_id = 6') || 0, 0, '... nothing is said to be temporary');
	$spread{$bytes} = sql($r->{db}, 'select sqrt(sum(1.0 * error * error)) from site_error where cost_id = 2') / $p->{allocated_bytes};
}
for my $name (@names) {
	my @z = @{$z{$name}};
	my $mean = sum(@z) / @z;
	my $variance = sum(map { ($_ - $mean) ** 2 } @z) / @z;
	note(sprintf '%s: %d figures, mean %.3f, variance %.3f of the stated', $name, scalar @z, $mean, $variance);
	cmp_ok(abs($mean), '<', 4.5 / sqrt(@z) + 0.1, "$name: right on average");
	cmp_ok($variance, '>', 0.6, "$name: errors are not overstated");
	cmp_ok($variance, '<', 1.6, "$name: nor understated");
}
cmp_ok(abs($spread{65536} / $spread{1024} - 8), '<', 1, 'a 64th of the points have eight times the error');

# What reports say.
my $r = record({options => ['--sample=8192'], timeout => 600}, 'reports', program('sampled'), $rounds);
my ($json, @rows) = json('summary', '--format=json', $r->{trace});
like($json->{err}, qr/sampled, a block in every 8\.00 KiB: figures of the heap are estimates/, 'a sample is said to be one');
like($json->{err}, qr/does not tell which allocations were temporary/, 'and what it does not tell');
is($rows[0]{temporary_allocations}, undef, 'which is empty');
cmp_ok($rows[0]{"${_}_error"}, '>', 0, "$_ has an error") for qw(allocations frees reallocations allocated_bytes peak_bytes leaked_bytes);
my ($csv) = split /\n/, culprit('report', 'leaks', '--format=csv', $r->{trace})->{out};
like($csv, qr/,stack,leaked_bytes_error,leaked_allocations_error,allocations_error$/, 'CSV has the errors behind all others');
like(culprit('report', 'hotspots', $r->{trace})->{out}, qr/^ *[\d.]+ [KM]iB \+-[\d.]+ KiB .*site_/m, 'text has them beside the figures');
my (undef, @escapes) = json('escapes', '--format=json', $r->{trace});
is(join(' ', grep { defined $escapes[0]{$_} } qw(local caller uncertain local_share caller_share uncertain_share local_bytes caller_bytes)), '',
	'whose calls a block outlived is empty, too');
cmp_ok($escapes[0]{thread} + $escapes[0]{retained}, '<=', $escapes[0]{allocations}, 'who freed it and what was kept is not');
unlike(culprit('report', 'escapes', $r->{trace})->{out}, qr/dies in/, 'nor is it said in words');
like(culprit('report', 'hotspots', '--to=50ms', $r->{trace})->{out}, qr/how far they may be wrong is known of the whole recording only/,
	'under a lens they are not known');

# A child goes on with its own points, and frees blocks of its parent's sample.
$r = record({options => ['--sample=2048']}, 'forked', program('sampled'), 400_000, 'fork');
my @p = rows($r->{db}, 'select * from process order by id');
is(scalar @p, 2, 'parent and child');
cmp_ok(abs($p[0]{allocated_bytes} / ($p[1]{allocated_bytes} || 1) - 1), '<', 0.1, 'have done as much');
is($p[0]{unmatched_frees}, 0, 'the parent frees what it made');
my $freed = $p[1]{unmatched_frees};
cmp_ok(abs($freed - 1000 * (1 - exp(-100 / 2048))), '<', 40, 'the child also the sample of what its parent made');

# However it ends.
my $pid = start('killed', $CULPRIT, 'record', '--sample=4096', '-o', "$DIR/killed.trace", '--', program('sampled'), 1_000_000_000);
wait_until(20, sub { (-s "$DIR/killed.trace" || 0) > 100_000 });
run('pkill', '-KILL', '-P', $pid);
stop($pid, undef, 20);
my ($killed) = json('summary', '--format=json', "$DIR/killed.trace");
like($killed->{out}, qr/"ended": "signal 9".*"allocations": [1-9]\d{5}/, 'a killed program');

# How it is asked for.
is(run({timeout => 60}, $CULPRIT, 'record', '--sample=much', '-o', "$DIR/x", '--', 'true')->{status}, 2, 'much is no number');
is(run({timeout => 60}, $CULPRIT, 'record', '-q', '--sample', '-o', "$DIR/d.trace", '--', program('sampled'), 1000)->{status}, 0, 'no number');
culprit('analyze', "$DIR/d.trace");
is(sql("$DIR/d.trace.db", "select value from meta where key = 'sample_bytes'"), 524288, 'is 512 KiB');
run({timeout => 60, env => {LD_PRELOAD => $SHIM, CULPRIT_SAMPLE => '2KiB', CULPRIT_OUTPUT => "$DIR/bare.trace"}}, program('sampled'), 20000);
wait_until(20, sub { culprit('check', "$DIR/bare.trace")->{status} == 0 });
culprit('analyze', "$DIR/bare.trace");
is(sql("$DIR/bare.trace.db", "select value from meta where key = 'sample_bytes'"), 2048, 'preloaded, by a variable');
my $none = culprit('record', '--sample=1GiB', '-o', "$DIR/none.trace", '--', 'true');
like($none->{err}, qr/^culprit: nothing was recorded: no block of true was in the sample/, 'a program that is too small for the sample is told so');
my $full = record('full', program('sampled'), 1000);
is(sql($full->{db}, 'select count(*) from site_error'), 0, 'a whole recording has no errors');
done_testing();
