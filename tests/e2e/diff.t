#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# `culprit diff` against known truth (a program before and after a change), against sqlite3 joining both databases by name, and
# where little is known: other addresses, another optimization, no debug info, no names at all.
use strict;
use warnings;
use Harness;
use JSON::PP;
use Test::More;

need(qw(sqlite3 gcc strip objcopy));

# The rows of a comparison by function.
sub compared {
	my ($a, $b, @options) = @_;
	my $r = san_culprit('diff', '--format=json', @options, $a, $b);
	is($r->{status}, 0, "diff @options") or diag($r->{err});
	my %rows = map { ("$_->{function}" => $_) } @{decode_json($r->{out} || '[]')};
	return (\%rows, $r);
}

sub change { my ($row, @costs) = @_; return join ' ', map { $row->{"${_}_change"} // 'none' } @costs; }

# What the program did, and does later.
sub is_the_truth {
	my ($name, $rows) = @_;
	my $at = sub { return $rows->{$_[0]} || {} };
	my %figures = map { ($_ => join ' ', map { $_ // 'none' } @{$at->($_)}{qw(state allocations_base allocations allocated_bytes_base allocated_bytes
		leaked_bytes_base leaked_bytes)}) } qw(reply_make audit_note legacy_parse session_keep config_read index_build);
	is($figures{reply_make}, ' 1000 1000 64000 128000 0 0', "$name: one that grew");
	is($figures{audit_note}, 'new 0 1000 0 48000 0 0', "$name: a new one");
	is($figures{legacy_parse}, 'gone 1000 0 32000 0 0 0', "$name: one that is gone");
	is($figures{session_keep}, ' 100 100 10000 10000 10000 0', "$name: a leak that was mended");
	is($figures{config_read}, ' 1 1 4000 4000 0 0', "$name: one that moved");
	is($figures{index_build}, ' 2 2 8000 8000 0 0', "$name: one of two lines");
	is(change($at->('session_keep'), qw(leaked_allocations peak_bytes)), '-100 0', "$name: leaked blocks; own peak");
	is(change($at->('config_read'), qw(peak_bytes at_peak_bytes temporary_allocations)), '0 0 0', "$name: nothing else of it changed");
	is(join(' ', map { $at->('index_build')->{$_} } qw(peak_bytes_base peak_bytes)), '8000 8000', "$name: two lines, live together at the peak");
	is($at->('index_build')->{line}, undef, "$name: no line where there are two");
	my ($waits, $ns) = @{$at->('counter_add')}{qw(waits wait_ns)};
	ok($waits >= 10 && $waits <= 20, "$name: it waits now") or diag($waits); # less where it does not run while the lock is held
	cmp_ok($ns, q(>=), 10 * 1_500_000, "$name: for about two milliseconds each");
	cmp_ok($at->('stats_flush')->{held_ns}, '>=', 20 * 1_500_000, "$name: for who holds the lock");
}

my $before = record('before', example('diff_service'));
my $after = record('after', example('diff_service'), 'new');
my ($rows, $ran) = compared($before->{trace}, $after->{trace});
is_the_truth('the same build', $rows);
is($ran->{err}, '', 'nothing is amiss');

# --- against sqlite3 ---
my %cost = (allocations => 1, allocated_bytes => 2, at_peak_bytes => 3, leaked_bytes => 4, leaked_allocations => 5, temporary_allocations => 6,
	wait_ns => 20, waits => 21, blocked_ns => 22, held_ns => 23);

sub by_name {
	my ($db) = @_;
	my %sums;
	for (rows($db, "select function.name as name, coalesce(file.path, '') as file, cost.name as cost, sum(value) as value from total
		join cost on cost.id = cost_id join stack on stack.id = stack_id join site on site.id = site_id
		join function on function.id = site.function_id left join file on file.id = site.file_id group by 1, 2, 3")) {
		$sums{"$_->{name}|" . $_->{file} =~ s{.*/}{}r}{$_->{cost}} += $_->{value} if $cost{$_->{cost}};
	}
	return \%sums;
}

# Every figure of every row, and that no row is missing.
sub is_what_sqlite_says {
	my ($name, $base, $now) = @_;
	my ($a, $b) = (by_name($base), by_name($now));
	my %names = map { ($_ => 1) } keys %$a, keys %$b;
	my $said = decode_json(san_culprit('diff', '--format=json', $base, $now)->{out});
	my @wrong;
	for my $row (@$said) {
		my $key = "$row->{function}|" . ($row->{file} // '') =~ s{.*/}{}r;
		delete $names{$key} or push @wrong, "$key is not there";
		my $state = !$a->{$key} ? 'new' : !$b->{$key} ? 'gone' : '';
		push @wrong, "$key: state $row->{state}" if $row->{state} ne $state;
		for (keys %cost) {
			my ($x, $y) = ($a->{$key}{$_} // 0, $b->{$key}{$_} // 0);
			push @wrong, "$key: $_ $row->{$_} $row->{$_ . '_base'}" if $row->{$_} != $y || $row->{"${_}_base"} != $x || $row->{"${_}_change"} != $y - $x;
		}
	}
	push @wrong, map { "$_ is missing" } grep { $_ !~ /\+0x[0-9a-f]+\|/ } keys %names;
	is(join("\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)]), '', "$name: " . @$said . ' rows are what sqlite3 says');
	cmp_ok(scalar @$said, '>', 5, "$name: there are rows");
	return $said;
}
is_what_sqlite_says('before and after', $before->{db}, $after->{db});

# --- real programs: with itself, and with more to do ---
my $input = "$TOP/tests/e2e/input";
my $script = slurp("$input/script.sql");
spew("$DIR/more.sql", "$script\ncreate table extra(a, b);\ninsert into extra values (1, zeroblob(100000));\nselect count(*), max(b) from extra;\n");
my $one = record('one', 'sqlite3', ':memory:', ".read $input/script.sql");
my $two = record('two', 'sqlite3', ':memory:', ".read $DIR/more.sql");
is_what_sqlite_says('sqlite3, two scripts', $one->{db}, $two->{db});
my $said = is_what_sqlite_says('sqlite3 with itself', $one->{db}, $one->{db});
my @columns = map { ($_, "${_}_base", "${_}_change") } keys %cost, 'peak_bytes';
is(join(' ', map { my $row = $_; map { $row->{$_} == 0 ? () : "$row->{function} $_" } grep { /_change$/ } @columns } @$said), '', 'with itself: no change');
is(join(' ', map { $_->{state} } @$said) =~ s/ //gr, '', 'with itself: nothing new or gone');
my ($summary) = @{decode_json(culprit('report', 'summary', '--format=json', $one->{db})->{out})};
for my $column (qw(allocations allocated_bytes leaked_bytes leaked_allocations temporary_allocations wait_ns blocked_ns)) {
	for my $side ($column, "${column}_base") {
		my $sum = 0;
		$sum += $_->{$side} for @$said;
		is($sum, $summary->{$column}, "with itself: $side adds up to the summary's");
	}
}
my $text = san_culprit('diff', $one->{trace}, $one->{db});
like($text->{out}, qr/no site has a change of allocated_bytes\n/, 'with itself: said in words');
like($text->{out}, qr/^(\d+) of \1 sites did not change$/m, 'with itself: how many');

# --- other builds ---
# Elsewhere, not position independent, another optimization, the source with another path.
run('mkdir', "$DIR/else");
run('cp', "$TOP/examples/diff_service.c", "$DIR/else/diff_service.c");
sub built {
	my ($name, @flags) = @_;
	my $r = run('gcc', @flags, '-pthread', '-o', "$DIR/else/$name", "$DIR/else/diff_service.c");
	is($r->{status}, 0, "$name is built") or diag($r->{err});
	return "$DIR/else/$name";
}
my $plain = record('plain', built('plain', qw(-O0 -g -no-pie)), 'new');
($rows) = compared($before->{trace}, $plain->{trace});
is_the_truth('a build with -O0 at other addresses', $rows);

# No lines and files, symbols as the compiler spells those of clones.
my $clone = built('clone', '-O1');
run('objcopy', '--redefine-sym', 'reply_make=reply_make.constprop.2', '--redefine-sym', 'session_keep=session_keep.isra.0.cold', $clone);
my $cloned = record('cloned', $clone, 'new');
like(run('nm', $clone)->{out}, qr/reply_make\.constprop\.2\n/, 'the clone has its suffix');
($rows) = compared($before->{trace}, $cloned->{trace});
is(change($rows->{reply_make}, 'allocated_bytes'), '64000', 'a clone without debug info is the function');
is("$rows->{session_keep}{state}$rows->{reply_make}{state}", '', 'and neither new nor gone');
like($rows->{reply_make}{file} // '', qr/diff_service\.c$/, 'its file is known from the other recording');
($rows) = compared($cloned->{trace}, $before->{trace});
is(change($rows->{reply_make}, 'allocated_bytes'), '-64000', 'the other way round as well');

# No names: the same build compares by offsets, another one does not.
my $bare = built('bare', '-O1');
run('strip', $bare);
my @bare = (record('bare1', $bare), record('bare2', $bare, 'new'));
($rows, $ran) = compared($bare[0]{trace}, $bare[1]{trace});
my ($reply) = grep { $_->{allocated_bytes_change} == 64000 } values %$rows;
like($reply->{function} // '', qr/^bare\+0x[0-9a-f]+$/, 'the same stripped build: by offset');
is($reply->{state} // 'none', '', 'the same stripped build: it is no other');
is($ran->{err}, '', 'the same stripped build: no remark');
my $other = "$DIR/else/other/bare";
run('mkdir', "$DIR/else/other");
run('gcc', '-O2', '-pthread', '-Wl,--build-id=0x1234', '-o', $other, "$DIR/else/diff_service.c");
run('strip', $other);
my $rebuilt = record('bare3', $other, 'new');
($rows, $ran) = compared($bare[0]{trace}, $rebuilt->{trace});
is(join(' ', grep { /^bare\+0x/ } keys %$rows), '', 'another stripped build: no offset is compared');
is(change($rows->{'bare (without names)'} || {}, qw(allocated_bytes allocations leaked_bytes)), 64000 + 48000 - 32000 . ' 0 -10000',
	'another stripped build: its module is one row');
like($ran->{err}, qr/1 row stands for all functions of a module that has no symbols/, 'another stripped build: which is said');

# --- what can be asked ---
($rows, $ran) = compared($before->{trace}, $after->{trace}, '--cost=leaked_bytes', '--limit=1');
is(join(' ', keys %$rows), 'session_keep', 'the largest change of another cost');
my @order = map { (split /,/)[1] } (split /\n/, san_culprit('diff', '--format=csv', '--sort=-allocated_bytes_change', $before->{db}, $after->{db})->{out})[-3 .. -1];
is("@order", 'legacy_parse audit_note reply_make', 'sorted the other way round');
@order = map { (split /,/)[1] } (split /\n/, san_culprit('diff', '--format=csv', '--sort=allocations_base', '--limit=2', $before->{db}, $after->{db})->{out})[1, 2];
is(join(' ', sort @order), 'legacy_parse reply_make', 'sorted by what was before');
($rows) = compared($before->{trace}, $after->{trace}, '--match=AUDIT');
is(join(' ', keys %$rows), 'audit_note', 'sites with a name');
my ($long, $short) = map { sql($_->{db}, "select value from meta where key = 'duration_ns'") } $after, $before;
($rows, $ran) = compared($before->{trace}, $after->{trace}, '--scale=time');
cmp_ok(abs($rows->{reply_make}{allocated_bytes_base} - 64000 * $long / $short), '<=', 1, 'as if it had lasted as long');
is($rows->{config_read}{peak_bytes_base}, 4000, 'a peak does not grow with time');
like($ran->{err}, qr/figures of A are multiplied with .* as if it had lasted as long as B/, 'which is said');

my $part = san_culprit('diff', '--filter=function=serve', '--cost=allocations', $before->{trace}, $after->{trace})->{out};
like($part, qr/^A .*: 2\.00 k allocations.*\n +function=serve/, 'a filter is for both, and stated');
like($part, qr/audit_note.*\n.*legacy_parse/, 'what passes it is compared');
unlike($part, qr/session_keep|counter_add|leaked_bytes/, 'and nothing else');
my $number = san_culprit('diff', '--filter=site=1', $before->{trace}, $after->{trace});
is($number->{status}, 2, 'a number of one recording is no filter for two');
like($number->{err}, qr/^culprit: --filter: site= is a number of one recording, .*: give a name\n\z/, 'which is said');

$text = san_culprit('diff', $before->{trace}, $after->{trace})->{out};
like($text, qr/^A  \S*before\.trace: diff_service, pid \d+: 2\.10 k allocations, .*, in [\d.]+ ms\nB  \S*after\.trace: diff_service, pid/, 'both are named');
like($text, qr/^leaked_bytes +1\d\.\d KiB +\d[\d.]* K?i?B +-\d[\d.]* KiB +-\d+ %$/m, 'the wholes');
like($text, qr/^\+62\.5 KiB +\+100 % +62\.5 KiB +125 KiB .*reply_make +diff_service\.c:\d+\n\+46\.9 KiB +new +0 B +46\.9 KiB .*audit_note .*\n-31\.2 KiB +gone +31\.2 KiB +0 B .*legacy_parse/m,
	'the sites, the largest change first');
unlike($text, qr/config_read|index_build/, 'what did not change is left out');
like($text, qr/^\d+ of \d+ sites did not change$/m, 'and counted');

my $growth = san_culprit('diff', '--max-growth=allocated_bytes=10', '--max-growth', 'peak_bytes=50%', $before->{trace}, $after->{trace});
is($growth->{status}, 1, 'growth beyond the bound fails');
like($growth->{err}, qr/^culprit: allocated_bytes grew from 119 KiB to 19\d KiB \(\+6\d %\), at most \+10 % is allowed\n\z/, 'and is told, and no other');
is(san_culprit('diff', '--max-growth=allocated_bytes=100', $before->{trace}, $after->{trace})->{status}, 0, 'growth within the bound does not');
is(san_culprit('diff', '--max-growth=waits=1000', $before->{trace}, $after->{trace})->{status}, 1, 'from nothing to something is growth beyond any bound');
is(san_culprit('diff', '--max-growth=allocated_bytes=0', $after->{trace}, $before->{trace})->{status}, 0, 'what shrank did not grow');

# --- folded, against the two exports ---
for my $cost ('', 'leaked_bytes', 'wait_ns') {
	my @cost = $cost ? "--cost=$cost" : ();
	my %stacks;
	for my $side (0, 1) {
		my $db = ($before, $after)[$side]{db};
		for (split /\n/, culprit('export', 'folded', @cost, $db)->{out}) {
			my ($stack, $value) = /^(.*) (\d+)$/ or next;
			($stacks{$stack} ||= [0, 0])->[$side] = $value;
		}
	}
	my $folded = san_culprit('diff', '--format=folded', @cost, $before->{trace}, $after->{trace});
	is($folded->{out}, join('', map { "$_ @{$stacks{$_}}\n" } sort keys %stacks), "folded $cost: both exports side by side");
	cmp_ok(scalar keys %stacks, '>', $cost ? 0 : 5, "folded $cost: there are stacks");
}

# --- what is amiss ---
spew("$DIR/cut.trace", substr(slurp($two->{trace}), 0, length(slurp($two->{trace})) * 2 / 3));
($rows, $ran) = compared("$DIR/cut.trace", $two->{trace});
like($ran->{err}, qr/^culprit: A: the trace does not end in order/, 'what one of them lacks is told with its name');
unlike($ran->{err}, qr/B: /, 'and of the other nothing');

sub refused {
	my ($name, $status, $pattern, @arguments) = @_;
	my $r = san_culprit('diff', @arguments);
	is($r->{signal} ? "signal $r->{signal}" : $r->{status}, $status, "$name: exit status") or diag($r->{err});
	like($r->{err}, $pattern, "$name: says why");
	ok(one_line_of($r->{err}), "$name: in one line") or diag($r->{err});
}
my ($x, $y) = ($before->{db}, $after->{db});
spew("$DIR/text", "no trace\n" x 100);
refused('one recording', 2, qr/two traces or databases/, $x);
refused('three recordings', 2, qr/two traces or databases/, $x, $y, $x);
refused('an unknown cost', 2, qr/"beauty".*allocated_bytes/, '--cost=beauty', $x, $y);
refused('an unknown column', 2, qr/"beauty".*_change/, '--sort=beauty', $x, $y);
refused('growth of nothing', 2, qr/"beauty"/, '--max-growth=beauty=3', $x, $y);
refused('growth by no figure', 2, qr/percent/, '--max-growth=waits=much', $x, $y);
refused('growth without a figure', 2, qr/percent/, '--max-growth=waits', $x, $y);
refused('folded stacks in an order', 2, qr/--sort/, '--format=folded', '--sort=waits', $x, $y);
refused('folded stacks of no cost', 2, qr/"beauty"/, '--format=folded', '--cost=beauty', $x, $y);
refused('a time beyond the end', 2, qr/recording ends/, '--from=1h', $x, $y);
refused('a missing file', 1, qr/missing\.trace/, "$DIR/missing.trace", $y);
refused('a missing second file', 1, qr/missing\.trace/, $x, "$DIR/missing.trace");
refused('what is no trace', 1, qr/text/, $x, "$DIR/text");
run('cp', $x, "$DIR/old.db");
sql("$DIR/old.db", 'pragma user_version = 2');
refused('a database of another version', 1, qr/old\.db.*schema 2/, "$DIR/old.db", $y);

# Databases that were tampered with.
run('cp', $x, "$DIR/lost.db");
sql("$DIR/lost.db", 'delete from site where id = (select site_id from site_total where cost_id = 1 limit 1)');
refused('a site that is not there', 1, qr/damaged/, "$DIR/lost.db", $y);
run('cp', $x, "$DIR/$_.db") for qw(huge low);
sql("$DIR/huge.db", 'update site_total set value = 9223372036854775807 where cost_id < 20; update site_peak set peak_bytes = 9223372036854775807;
	update process set allocated_bytes = 9223372036854775807');
sql("$DIR/low.db", 'update site_total set value = -9223372036854775807 - 1; update process set allocated_bytes = -9223372036854775807 - 1');
for my $format (qw(text json folded)) {
	is(san_culprit('diff', "--format=$format", '--scale=allocations', "$DIR/$_->[0].db", "$DIR/$_->[1].db")->{status}, 0, "figures beyond all bounds, $format, @$_")
		for ['huge', 'low'], ['low', 'huge'], ['huge', 'huge'];
}
done_testing;
