#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What sqlite3 says is what culprit says: the query of every report gives the report's figures, on a made-up recording and on real
# ones; `culprit sql` gives the rows that sqlite3 gives, and refuses whatever does more than read.
use strict;
use warnings;
use Digest::SHA 'sha256_hex';
use Harness;
use IPC::Open2;
use JSON::PP;
use Test::More;

need(qw(sqlite3 python3));

# Names are written as in folded stacks by reports, and as they are by the database.
sub plain { my ($text) = @_; $text =~ s/\\x([0-9a-f]{2})/chr hex $1/ge; return $text; }

# CSV as an array of rows by name; bytes that are no UTF-8 become U+FFFD on both sides. One python reads all.
my $reader = open2(my $answers, my $files, 'python3', '-u', '-c', 'import csv, json, sys
for line in sys.stdin:
    rows = list(csv.reader(open(line.rstrip("\n"), newline="", encoding="utf-8", errors="replace")))
    print(json.dumps([dict(zip(rows[0], row)) for row in rows[1:]] if rows else []))');
sub csv_rows {
	my ($text) = @_;
	spew("$DIR/table.csv", plain($text));
	print $files "$DIR/table.csv\n";
	return @{decode_json(scalar <$answers> // die 'python3 has given up')};
}
END { local $?; close $files; waitpid $reader, 0 }

sub lines_of { my ($columns, @rows) = @_; return [sort map { my $row = $_; join '|', map { $row->{$_} // '(none)' } @$columns } @rows]; }

# The columns that a query may leave out: put together from several reads.
my %left_out = (
	escapes => { map { $_ => 1 } qw(local_bytes caller_bytes thread_bytes retained_bytes owner_file owner_line freed_function freed_file
		freed_line made_in freed_in module) },
	owners => { map { $_ => 1 } qw(file line local_bytes uncertain top_site top_site_share module) },
	locks => { map { $_ => 1 } qw(top_waiter_share top_holder_share wait_histogram) },
	waits => { top_owner => 1 }, blocked => { name => 1, objects => 1 }, 'thread-sites' => { stack => 1 },
);
my @reports = map { /^  (\S+) +\S/ ? $1 : () } split /\n/, (culprit('report', '--help')->{out} =~ /^Reports[^\n]*\n(.*?)\n\n/ms)[0];
cmp_ok(scalar @reports, '>', 20, 'reports');
my %none = map { $_ => 1 } qw(wrappers callers advice);
my %seen_rows;

sub compare {
	my ($name, $db) = @_;
	for my $report (grep { !$none{$_} } @reports) {
		my $query = culprit('report', $report, '--sql');
		is($query->{status}, 0, "$report has a query") or next;
		my $mine = culprit('report', $report, '--format=csv', $db);
		is($mine->{status}, 0, "$name: report $report") or diag($mine->{err});
		my $theirs = run('sqlite3', '-csv', '-header', $db, $query->{out});
		is($theirs->{status}, 0, "$name: sqlite3 understands the query of $report") or diag($theirs->{err}), next;
		my ($head) = split /\n/, $mine->{out};
		my @columns = grep { !$left_out{$report}{$_} } split /,/, $head;
		my @rows = csv_rows($mine->{out});
		is_deeply(lines_of(\@columns, csv_rows($theirs->{out})), lines_of(\@columns, @rows), "$name: $report, " . @rows . ' rows');
		my %known = map { $_ => 1 } @columns;
		my ($asked) = $theirs->{out} =~ /\A([^\n]+)\n/;
		is(join(' ', grep { !$known{s/"//gr} } split /,/, $asked // ''), '', "$name: $report, no other columns");
		$seen_rows{$report} += @rows;
	}
}

my $schema = slurp("$TOP/analyzer/store/schema.sql") . slurp("$TOP/tests/data/synthetic.sql");
spew("$DIR/all.sql", $schema);
is(run({in => "$DIR/all.sql"}, 'sqlite3', "$DIR/made.db")->{status}, 0, 'the made-up recording');
compare('made up', "$DIR/made.db");
compare('sqlite3', record('sqlite3', 'sqlite3', ':memory:', ".read $TOP/tests/e2e/input/script.sql")->{db});
compare('hand_over', record('hand_over', example('hand_over'))->{db});
compare('own_maps', record('own_maps', program('own_maps'))->{db});
compare('shard', record('shard', example('advice_shard'))->{db});
ok($seen_rows{$_}, "there were rows of $_") for grep { !$none{$_} } @reports;
for (sort keys %none) {
	my $r = culprit('report', $_, '--sql');
	ok($r->{status} == 1 && one_line_of($r->{err}), "report $_ has none and says so");
}

# --- any query ----------------------------------------------------------------------------------------------------------

my $db = "$DIR/made.db";
my $before = sha256_hex(slurp($db));
for my $query ('SELECT * FROM hotspots', 'SELECT * FROM total ORDER BY 1, 2, 3', 'VALUES (1, NULL), (-5, 7)', 'SELECT 1.5 AS half, 2 AS two',
	"WITH x(a) AS (SELECT 'b') SELECT a, count(*) AS n FROM x", 'SELECT count(*) FROM stack;', "SELECT 1 AS a -- the end\n;\n",
	'SELECT name FROM sqlite_schema ORDER BY name', 'SELECT 1 AS "a ""b"", c"') {
	my $mine = culprit('sql', $db, $query, '--format=csv');
	my $theirs = run('sqlite3', '-csv', '-header', $db, $query);
	is($mine->{status}, 0, "query: $query") or diag($mine->{err});
	is_deeply([csv_rows($mine->{out})], [csv_rows($theirs->{out})], 'the same rows as sqlite3 gives');
	is_deeply(eval { decode_json(culprit('sql', $db, $query, '--format=json')->{out}) }, [rows($db, $query)], 'and as JSON')
		unless $query =~ /hotspots/;
}
for my $query ('INSERT INTO meta VALUES (1, 2)', 'DELETE FROM total', 'DROP TABLE total', 'CREATE TABLE x (a)', 'CREATE TEMP TABLE x (a)',
	'PRAGMA user_version = 99', 'PRAGMA journal_mode = WAL', "ATTACH '$DIR/new.db' AS n", 'VACUUM', "VACUUM INTO '$DIR/new.db'", 'BEGIN', 'COMMIT',
	'SELECT 1; DELETE FROM total', 'SELECT 1; SELECT 2', "SELECT load_extension('x')", 'EXPLAIN DELETE FROM total', 'REINDEX', 'ANALYZE',
	'UPDATE total SET value = 0', "SELECT writefile('$DIR/new.db', 'x')", 'SELEC 1', 'SELECT nowhere FROM total', '', ';', '-', 'SELECT (1',
	"PRAGMA temp_store_directory = '$DIR'") {
	my $r = culprit('sql', $db, $query);
	ok($r->{status} == 2 && one_line_of($r->{err}), "refused: $query") or diag("$r->{status} $r->{out} $r->{err}");
}
is(sha256_hex(slurp($db)), $before, 'the database is what it was');
ok(!-e "$DIR/new.db", 'no other file was made');

like(culprit('sql', $db, "SELECT pid,\n  nowhere FROM process")->{err}, qr/no such column: nowhere \(line 2, character 3\)/, 'where the mistake is');
like(culprit('sql', $db, "SELECT 'é', nowhere")->{err}, qr/\(character 13\)/, 'counted in characters');
spew("$DIR/query.sql", "SELECT pid\nFROM process ORDER BY id LIMIT 1;\n");
is(culprit({in => "$DIR/query.sql"}, 'sql', $db, '--format=csv')->{out}, "pid\n4711\n", 'a query from stdin');
is(culprit({in => "$DIR/query.sql"}, 'sql', $db, '-', '--format=csv')->{out}, "pid\n4711\n", 'and with -');
my $cut = culprit('sql', $db, 'SELECT id FROM stack', '--limit=5');
like($cut->{out}, qr/there are more rows: --limit=0/, 'rows that are cut are said to be');
like(culprit('sql', $db, 'SELECT id FROM stack', '--limit=5', '--format=csv')->{err}, qr/there are more rows/, 'beside CSV on stderr');
unlike(culprit('sql', $db, 'SELECT id FROM stack', '--limit=0')->{out}, qr/there are more rows/, 'all of them');
like(culprit('sql', $db, 'SELECT 5368709120 AS some_bytes, 1500000 AS wait_ns, 7 AS pid')->{out}, qr/5\.00 GiB +1\.50 ms +7\n/, 'units by name');
is(decode_json(culprit('sql', $db, "SELECT x'00ff' AS b, 0.5 AS h, NULL AS n, 9e999 AS i", '--format=json')->{out})->[0]{b}, "X'00FF'", 'a blob in hexadecimal');
done_testing;
