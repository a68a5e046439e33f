#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The same numbers wherever they are shown: folded stacks and hot spots add up to the summary, CSV, JSON and the
# database's views agree, text shows the same rows.
use strict;
use warnings;
use Harness;
use Test::More;
use JSON::PP;

need(qw(sqlite3 python3));

# CSV read by python's csv module, as an array of hashes.
sub csv_rows {
	my ($text) = @_;
	spew("$DIR/table.csv", $text);
	my $r = run('python3', '-c', 'import csv, json, sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline="")))))', "$DIR/table.csv");
	return $r->{status} ? () : @{decode_json($r->{out})};
}

sub json { my ($text) = @_; my $value = eval { decode_json($text) }; diag($@ || 'no array') unless $value; return $value || []; }
sub sum { my ($column, @rows) = @_; my $sum = 0; $sum += $_->{$column} || 0 for @rows; return $sum; }

my @summary_columns = qw(pid command duration_ns ended allocations frees reallocations allocated_bytes peak_bytes leaked_allocations
	leaked_bytes temporary_allocations threads contended wait_ns blocked_ns lost_events mappings mapped_bytes mapped_peak_bytes
	still_mapped_bytes ppid);
my @hotspot_columns = qw(function file line module allocations allocated_bytes peak_bytes at_peak_bytes leaked_bytes
	leaked_allocations temporary_allocations);

for (['leak', example('leak')], ['temporary', example('temporary')], ['hand_over', example('hand_over')],
	['forking', example('forking')], ['new_kinds', example('new_kinds')], ['loader', example('loader')],
	['sqlite3', 'sqlite3', ':memory:', ".read $TOP/tests/e2e/input/script.sql"]) {
	my ($name, @command) = @$_;
	my $r = record($name, @command);
	my $json = culprit('report', 'summary', '--format=json', $r->{trace});
	is($json->{status}, 0, "$name: summary as JSON") or diag($json->{err});
	my @summary = @{json($json->{out})};
	my @csv = csv_rows(culprit('report', 'summary', '--format=csv', $r->{trace})->{out});
	my @view = rows($r->{db}, 'select * from summary');
	is_deeply([sort keys %{$summary[0]}], [sort @summary_columns], "$name: the summary's columns");
	is_deeply(\@csv, [map { my $row = $_; +{map { $_ => "$row->{$_}" } keys %$row} } @summary], "$name: CSV and JSON agree on the summary");
	is_deeply(\@summary, \@view, "$name: the summary is the database's view");

	my %pids = map { $_->{pid} => 1 } @summary;
	my %parent = reverse map { split /, child of / } culprit('report', 'summary', '--limit=0', $r->{trace})->{out} =~ /^\S+  pid (\d+, child of \d+), /mg;
	is(join(' ', sort keys %parent), join(' ', sort { $a cmp $b } keys %{{map { $_->{ppid} => 1 } grep { $pids{$_->{ppid}} } @summary}}),
		"$name: the text tells of the parents");

	my @hotspots = @{json(culprit('report', 'hotspots', '--format=json', $r->{trace})->{out})};
	cmp_ok(scalar @hotspots, '>', 1, "$name: hot spots");
	is_deeply([sort keys %{$hotspots[0]}], [sort @hotspot_columns], "$name: the hot spots' columns");
	my @hot_csv = csv_rows(culprit('report', 'hotspots', '--format=csv', $r->{trace})->{out});
	is_deeply(\@hot_csv, [map { my $row = $_; +{map { $_ => defined $row->{$_} ? "$row->{$_}" : '' } keys %$row} } @hotspots],
		"$name: CSV and JSON agree on the hot spots");
	my @hot_view = rows($r->{db}, 'select * from hotspots');
	is(scalar @hot_view, scalar @hotspots, "$name: as many rows in the view");
	my %total_of = (allocations => 'allocations', allocated_bytes => 'allocated_bytes', at_peak_bytes => 'peak_bytes',
		leaked_bytes => 'leaked_bytes', leaked_allocations => 'leaked_allocations', temporary_allocations => 'temporary_allocations');
	for my $column (sort keys %total_of) {
		my $total = sum($total_of{$column}, @summary);
		is(sum($column, @hotspots), $total, "$name: hot spots' $column add up");
		is(sum($column, @hot_view), $total, "$name: the view's $column add up");
		next if $column eq 'leaked_allocations';
		my $folded = culprit('export', 'folded', "--cost=$column", $r->{trace});
		is($folded->{status}, 0, "$name: folded $column") or diag($folded->{err});
		my $folded_sum = 0;
		my @lines = split /\n/, $folded->{out};
		$folded_sum += /^\S.* (\d+)$/ ? $1 : diag("a line that is none: $_") for @lines;
		is($folded_sum, $total, "$name: folded $column add up");
		is(join("\n", @lines), join("\n", sort @lines), "$name: folded $column is sorted bytewise");
	}
	for my $cost (qw(wait_ns waits blocked_ns held_ns)) {
		my $folded = culprit('export', 'folded', "--cost=$cost", '-o', "$DIR/$cost.folded", $r->{trace});
		is("$folded->{status} $folded->{out}", '0 ', "$name: folded $cost");
		ok(-e "$DIR/$cost.folded", "$name: the file of $cost exists, even when empty");
	}
	my $text = culprit('report', 'hotspots', '--limit=3', $r->{trace})->{out};
	like($text, qr/\Q$hotspots[0]{function}\E/, "$name: the text names the first hot spot");
	unlike($text . join(' ', map { $_->{function} } @hotspots), qr/libculprit|\bhook_|culprit_/, "$name: frames of the tool never appear");
}

my $trace = "$DIR/leak.trace";
my @two = @{decode_json(culprit('report', 'hotspots', '--format=json', '--limit=2', '--sort=leaked_bytes', $trace)->{out})};
is(scalar @two, 2, '--limit=2');
is("$two[0]{function} $two[0]{leaked_allocations} $two[0]{leaked_bytes}", 'session_open 1000 24000', '--sort=leaked_bytes finds the leak');
my @leaks = @{decode_json(culprit('report', 'leaks', '--format=json', $trace)->{out})};
is($leaks[0]{function}, 'session_open', 'so does the report on leaks');
my @temporary = @{decode_json(culprit('report', 'temporary', '--format=json', "$DIR/temporary.trace")->{out})};
is("$temporary[0]{function} $temporary[0]{temporary_allocations}", 'message_format 50000', 'the report on temporary allocations');
for my $name (qw(sizes callers leaks temporary hotspots summary)) {
	for my $format (qw(text csv json)) {
		my $r = culprit('report', $name, "--format=$format", $trace);
		ok($r->{status} == 0 && length $r->{out}, "report $name as $format") or diag($r->{err});
		ok(eval { decode_json($r->{out}) }, "report $name is JSON") if $format eq 'json';
	}
}
my ($tid) = map { $_->{tid} } grep { $_->{name} eq 'producer' } rows("$DIR/hand_over.trace.db", 'select tid, name from thread');
ok($tid, 'threads have their names');
my @of_thread = @{decode_json(culprit('report', 'hotspots', '--format=json', "--thread=$tid", "$DIR/hand_over.trace")->{out})};
is("$of_thread[0]{function} $of_thread[0]{allocations}", 'job_new 100000', '--thread asks for one thread');
done_testing;
