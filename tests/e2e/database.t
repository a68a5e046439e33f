#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Naming a trace where a database is wanted: it is analyzed once, and again when it is another trace or other options ask
# for it; nothing half-written bears a final name; words and figures go where they belong.
use strict;
use warnings;
use Harness;
use Test::More;
use JSON::PP;

need('sqlite3');

sub inode { return (stat $_[0])[1]; }
sub summary { my $r = san_culprit('report', 'summary', '--format=json', @_); return ($r, eval { decode_json($r->{out}) } || []); }

culprit('record', '-o', "$DIR/a.trace", '--', example('leak'));
culprit('record', '-o', "$DIR/b.trace", '--', example('temporary'));
my $db = "$DIR/a.trace.db";

my ($r, $rows) = summary("$DIR/a.trace");
is($r->{status}, 0, 'a trace without a database') or diag($r->{err});
is($r->{err}, '', 'it is analyzed without a word');
is($rows->[0]{command}, 'leak', 'and shown');
my $first = inode($db);
ok($first, 'its database is beside it');
(undef, $rows) = summary("$DIR/a.trace");
is(inode($db), $first, 'and is used the next time');
(undef, my $direct) = summary($db);
is_deeply($direct, $rows, 'the database itself says the same');

$r = san_culprit('report', 'hotspots', '--format=json', '--wrapper=^session_open$', "$DIR/a.trace");
is($r->{status}, 0, 'options of the analysis');
isnt(inode($db), $first, 'analyze it again');
ok(!grep({ $_->{function} eq 'session_open' } @{decode_json($r->{out})}), 'and are heeded');

rename "$DIR/b.trace", "$DIR/a.trace" or die;
($r, $rows) = summary("$DIR/a.trace");
is($rows->[0]{command}, 'temporary', 'another trace of the name is analyzed anew');

spew("$DIR/half.trace", substr(slurp("$DIR/a.trace"), 0, int(0.7 * -s "$DIR/a.trace")));
($r, $rows) = summary("$DIR/half.trace");
is($r->{status}, 0, 'a trace that was cut');
like($r->{err}, qr/\Aculprit: .*does not end in order.*\n\z/, 'says so on stderr with JSON');
$r = san_culprit('report', 'summary', "$DIR/half.trace");
is($r->{err}, '', 'not with text');
like($r->{out}, qr/^the trace does not end in order/m, 'where it is below the facts');
my $cut = inode("$DIR/half.trace.db");
spew("$DIR/half.trace", slurp("$DIR/a.trace"));
($r, $rows) = summary("$DIR/half.trace");
isnt(inode("$DIR/half.trace.db"), $cut, 'a trace that grew is analyzed again');
is($r->{err}, '', 'and complains no more');

spew("$DIR/a.trace.db", "precious\n");
$r = san_culprit('report', 'summary', "$DIR/a.trace");
is($r->{status}, 1, 'what is no database');
ok(one_line_of($r->{err}) && $r->{err} =~ /is no database/, 'is refused in a line');
is(slurp("$DIR/a.trace.db"), "precious\n", 'and kept');
$r = san_culprit('analyze', '-o', "$DIR/other.db", "$DIR/a.trace");
is($r->{status}, 0, 'another name can be given');
like($r->{out}, qr/\A\Q$DIR\E\/other\.db: .*events in .*\n\z/, 'analyze says what it made, in a line');

my $other = "$DIR/other.db";
my $to_stdout = san_culprit('export', 'folded', $other);
$r = san_culprit('export', 'folded', '-o', "$DIR/out.folded", $other);
is($r->{status}, 0, 'export to a file');
is(slurp("$DIR/out.folded"), $to_stdout->{out}, 'is what goes to stdout');
$r = san_culprit('export', 'folded', '--cost=wait_ns', '-o', "$DIR/empty.folded", $other);
ok(-e "$DIR/empty.folded" && -z _, 'a file of nothing is there, and empty');
$r = san_culprit('export', 'folded', '-o', '/dev/null', $other);
is($r->{status}, 0, 'a device');
ok(-c '/dev/null', 'stays one');
$r = san_culprit('export', 'folded', '-o', '/dev/full', $other);
is($r->{status}, 1, 'a full device is a failure');
$r = san_culprit('export', 'folded', '-o', "$DIR/no/such/dir", $other);
is($r->{status}, 1, 'so is a directory that is not there');
ok(one_line_of($r->{err}), 'said in a line');
is_deeply([grep { /tmp-/ } glob "$DIR/*"], [], 'nothing half-written stays');
for my $format (qw(text csv json)) {
	$r = run('sh', '-c', "'$SAN_CULPRIT' report summary --format=$format '$other' > /dev/full");
	is($r->{status}, 1, "$format to a full disk fails");
	ok(one_line_of($r->{err}), '... with a line');
}

is(scalar(() = san_culprit('report', 'timeline', '--format=csv', $other)->{out} =~ /\n/g), 1 + sql($other, 'select count(*) from timeline'),
	'csv is not limited');
$r = san_culprit('report', 'hotspots', '--limit=1', $other);
unlike($r->{out}, qr/\033/, 'no colours in a pipe');
my $more = sql($other, 'select count(*) - 1 from hotspots');
like($r->{out}, qr/^\Q$more\E more sites: --limit=0$/m, 'text says how much it leaves out');

for (['report'], ['report', 'bogus', $other], ['report', 'hotspots'], ['report', 'hotspots', $other, $other],
	['report', 'hotspots', '--sort=bogus', "$DIR/not-there"], ['report', 'hotspots', '--limit=x', $other],
	['report', 'hotspots', '--format=xml', $other], ['report', 'hotspots', '--pid=1', $other], ['report', 'sizes', '--thread=1', $other],
	['report', 'callers', '--cost=bogus', $other], ['report', 'callers', '--top-down', '--bottom-up', $other], ['export'],
	['export', 'bogus', $other], ['export', 'folded'], ['export', 'folded', '--cost=bogus', $other], ['export', 'folded', '--bogus', $other],
	['analyze'], ['analyze', $other, $other], ['dump'], ['dump', 'a', 'b']) {
	$r = san_culprit(@$_);
	is($r->{status}, 2, "usage: @$_[0 .. ($#$_ > 2 ? 2 : $#$_)]");
	ok(one_line_of($r->{err}) && $r->{out} eq '', '... a line on stderr, nothing on stdout');
}
spew("$DIR/text", "no trace\n");
for (['report', 'summary', "$DIR/not-there"], ['report', 'summary', "$DIR/text"], ['export', 'folded', $DIR], ['analyze', $other],
	['dump', "$DIR/text"], ['dump', $other]) {
	$r = san_culprit(@$_);
	is($r->{status}, 1, "failure: @$_[0, 1]");
	ok(one_line_of($r->{err}) && $r->{out} eq '', '... a line on stderr, nothing on stdout') or diag($r->{err});
}
ok(!-e "$DIR/text.db", 'what is no trace gets no database');
run('sqlite3', "$DIR/foreign.db", 'create table t(x)');
$r = san_culprit('report', 'summary', "$DIR/foreign.db");
is($r->{status}, 1, 'a database of somebody else');
done_testing;
