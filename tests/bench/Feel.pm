# SPDX-License-Identifier: MIT
#
# How the terminal UI feels on a large recording: a made-up database (feel/feel_db.c), keys typed into it in a pseudo terminal
# (feel_keys.c). FEEL_DB names a database to use, which is made there if it is not there yet.
package Feel;
use strict;
use warnings;
use Exporter 'import';
use Harness;
use Measure;

our @EXPORT = qw(bench_feel);

# What is typed: words for it, the keys.
my @script = (
	['down', 'j'], ['other list', '\eOC'],
	['hot spots', '2'], ['down', 'j'], ['down', 'j'], ['page down', ' '], ['end', 'G'], ['home', 'g'], ['sort', 'o'], ['cost', 'm'], ['search', '/sess'],
	['escape', '\e'], ['site', '\r'], ['stack', '\r'], ['back', '\x7f'], ['back', '\x7f'],
	['leaks', '3'], ['down', 'j'], ['temporary', '4'], ['down', 'j'],
	['locks', '5'], ['down', 'j'], ['lock', '\r'], ['back', '\x7f'],
	['threads', '6'], ['down', 'j'], ['thread', '\r'], ['back', '\x7f'],
	['flame graph', '8'], ['inwards', '\eOB'], ['further inwards', '\eOB'], ['beside', '\eOC'], # the outermost frame has none beside it
	['zoom', '\r'], ['back', '\x7f'],
	['call tree', '9'], ['down', 'j'], ['open', '\eOC'],
	['escapes', '0'], ['down', 'j'],
	(map { [$_, ":$_\\r"] } qw(owners sizes waiters holders blocked timeline)),
	['hot spots again', '2'], ['callers', 'c'], ['back', '\x7f'], ['overview', '1'],
);

# The text by which the first row of a list of the overview is known: the place of the site that has most of a cost.
sub top_place {
	my ($db, $cost) = @_;
	my ($file, $line) = split /\|/, sql($db, "select path, line from site join file on file.id = file_id where site.id =
		(select site_id from site_total where cost_id = $cost group by site_id order by sum(value) desc, site_id limit 1)");
	$file =~ s{.*/}{};
	return "$file:$line";
}

sub bench_feel {
	my ($quick) = @_;
	my $db = $ENV{FEEL_DB} || "$DIR/feel.db";
	my @size = $quick ? (10_000, 1_000_000) : (100_000, 10_000_000);
	if (!-e $db) {
		my $made = timed("$BUILD/tests/bench/feel/feel_db", $db, @size);
		note_line(sprintf 'a database of %d sites and %d stacks, made in %.0f s: %.0f MiB', @size, $made->{seconds}, (-s $db) / 2**20);
	}
	my $shown = join '|', map { top_place($db, $_) } 3, 1;
	my @starts;
	for (1 .. 5) {
		my $r = run({timeout => 100}, "$BUILD/tests/bench/feel_keys", 200, "Overview|$shown", $CULPRIT, 'tui', $db);
		push @starts, $r->{out} =~ /^start\t([\d.]+)/ ? $1 : 1e6;
	}
	shift @starts; # the first may have to read the file from the disk
	spew("$DIR/feel.keys", join '', map { "$_->[0]\t$_->[1]\n" } @script);
	my $r = run({timeout => 590, in => "$DIR/feel.keys"}, "$BUILD/tests/bench/feel_keys", 200, "Overview|$shown",
		$CULPRIT, 'tui', $db);
	my @keys = map { [split /\t/] } grep { /^[^\t]+\t-?[\d.]+\t-?[\d.]+$/ } split /\n/, $r->{out};
	die "feel_keys answers @{[scalar @keys]} of @{[scalar @script]}: $r->{err}" unless @keys == @script;
	note_line('ms from a key to the first change on the screen, and to the last:');
	note_line('  ' . join ', ', map { sprintf '%s %.0f %.0f', @$_ } @keys[$_ .. ($_ + 7 > $#keys ? $#keys : $_ + 7)]) for map { 8 * $_ } 0 .. $#keys / 8;
	my @first = map { $_->[1] < 0 ? 1e6 : $_->[1] } @keys;
	my @last = map { $_->[2] < 0 ? 1e6 : $_->[2] } @keys;
	result('feel.start', 'first screen of a large recording, median', median(@starts), 'ms', 200);
	result('feel.start.worst', 'the same, worst of ' . @starts, (sort { $b <=> $a } @starts)[0], 'ms');
	result('feel.key', 'a key until the screen answers, median', median(@first), 'ms', 50);
	result('feel.key.worst', 'the same, worst of ' . @first, (sort { $b <=> $a } @first)[0], 'ms', 50);
	result('feel.settled', 'a key until all of the answer is there, median', median(@last), 'ms');
	result('feel.settled.worst', 'the same, worst', (sort { $b <=> $a } @last)[0], 'ms');
}
1;
