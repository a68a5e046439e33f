#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What cannot be recorded, what is no trace, what asks for the impossible: one sentence on stderr, the right exit status,
# nothing half-written under a final name. The sanitized build runs here, so that a crash is not taken for a refusal.
use strict;
use warnings;
use Harness;
use Test::More;

need('sqlite3');
my $true = -x '/bin/true' ? '/bin/true' : '/usr/bin/true';

# A command that has to be refused: its exit status, and one line on stderr that matches.
sub refused {
	my ($name, $status, $pattern, @arguments) = @_;
	my $o = ref $arguments[0] eq 'HASH' ? shift @arguments : {};
	my $r = san_culprit($o, @arguments);
	is($r->{signal} ? "signal $r->{signal}" : $r->{status}, $status, "$name: exit status") or diag($r->{err});
	like($r->{err}, $pattern, "$name: says why");
	ok(one_line_of($r->{err}), "$name: in one line") or diag($r->{err});
	return $r;
}

# --- what cannot be recorded ---
spew("$DIR/static.c", "int main(void) { return 0; }\n");
SKIP: {
	skip 'no static libc', 4 if run('gcc', '-static', '-o', "$DIR/static", "$DIR/static.c")->{status};
	refused('a static binary', 1, qr/static/, 'record', '-o', "$DIR/x.trace", '--', "$DIR/static");
	ok(!-e "$DIR/x.trace", 'no trace is left behind');
}
SKIP: {
	skip 'only root can make a binary of another user', 4 if $>;
	chmod 0755, $DIR;
	run('cp', $true, "$DIR/setuid");
	chown 65534, 65534, "$DIR/setuid";
	chmod 04755, "$DIR/setuid";
	refused('a setuid binary', 1, qr/set-?uid|setuid|privilege/i, 'record', '-o', "$DIR/x.trace", '--', "$DIR/setuid");
	ok(!-e "$DIR/x.trace", 'no trace is left behind');
}
my $elf = slurp($true);
substr($elf, 18, 2) = pack('v', 183);
spew("$DIR/aarch64", $elf);
chmod 0755, "$DIR/aarch64";
refused('another architecture', 1, qr/x86-64|architecture|processor|machine/i, 'record', '-o', "$DIR/x.trace", '--', "$DIR/aarch64");
substr($elf, 4, 1) = "\1";
spew("$DIR/elf32", $elf);
chmod 0755, "$DIR/elf32";
refused('a 32-bit program', 1, qr/32-bit|x86-64|architecture/i, 'record', '-o', "$DIR/x.trace", '--', "$DIR/elf32");
refused('a missing command', 127, qr/no-such-command/, 'record', '-o', "$DIR/x.trace", '--', 'no-such-command');
refused('a file that is no program', 126, qr/static\.c/, 'record', '-o', "$DIR/x.trace", '--', "$DIR/static.c");
refused('a sample of a span of time', 2, qr/bytes.*"5s"/, 'record', '--sample=5s', '--', $true);
refused('help with what is no command', 2, qr/no command "nothing"/, 'help', 'nothing');
is(culprit('help', 'report')->{out}, culprit('report', '--help')->{out}, 'help COMMAND is COMMAND --help');
refused('no command', 2, qr/command/i, 'record', '-o', "$DIR/x.trace");
refused('an unknown option', 2, qr/no-such-option/, 'record', '--no-such-option', '--', $true);
refused('an unknown choice', 2, qr/wait.*drop|drop.*wait/, 'record', '--on-full=perhaps', '--', $true);
refused('an output in a directory that is not there', 1, qr/no-such-directory/, 'record', '-o', "$DIR/no-such-directory/x.trace", '--', $true);
refused('an output that is a directory', 1, qr/\Q$DIR\E/, 'record', '-o', $DIR, '--', $true);
ok(!-e "$DIR/x.trace", 'no refused recording left a trace');

# --- a full disk: the target runs on, culprit says so ---
my $full = culprit({limit => '-f 200'}, 'record', '-o', "$DIR/full.trace", '--', example('leak'));
is($full->{status}, 1, 'a file size limit below the shared memory: refused');
ok(one_line_of($full->{err}), 'a file size limit: in one line');
ok(!-e "$DIR/full.trace", 'a file size limit: and no trace');
SKIP: {
	mkdir "$DIR/disk";
	skip 'cannot mount a small disk', 8 if $> || run('mount', '-t', 'tmpfs', '-o', 'size=300k', 'none', "$DIR/disk")->{status};
	my $r = culprit('record', '-o', "$DIR/disk/x.trace", '--', program('counter'), "$DIR/full.count", 2, 3000000);
	is("$r->{status} $r->{out}", "0 all rounds done\n", 'a full disk: the target ends as ever');
	like($r->{err}, qr/No space left|full/i, 'a full disk: culprit says so');
	my $a = san_culprit('analyze', '-o', "$DIR/of-full-disk.db", "$DIR/disk/x.trace");
	is($a->{status}, 0, 'a full disk: the trace is readable as far as it goes') or diag($a->{err});
	$r = record('ok', example('leak'));
	$a = culprit('report', 'summary', "$DIR/disk/x.trace");
	is($a->{status}, 0, 'a full disk: there are reports') or diag($a->{err});
	like($a->{err}, qr/not kept/, '... of an analysis that is not kept');
	refused('a database on a full disk', 1, qr/full|space/i, 'analyze', '-o', "$DIR/disk/x.db", $r->{trace});
	ok(!glob("$DIR/disk/x.db*"), 'nothing half-written stays');
	run('umount', "$DIR/disk");
}

# --- what is no trace ---
my $good = record('good', example('leak'));
my $trace = slurp($good->{trace});
spew("$DIR/empty", '');
spew("$DIR/text", "this is no trace\n" x 100);
my $newer = $trace;
refused('an empty file', 1, qr/trace/, 'report', 'summary', "$DIR/empty");
refused('a text', 1, qr/trace/, 'analyze', "$DIR/text");
refused('a missing file', 1, qr/no-such-file/, 'report', 'summary', "$DIR/no-such-file");
refused('a directory', 1, qr/\S/, 'report', 'summary', $DIR);
refused('a program', 1, qr/trace/, 'analyze', $true);
refused('an unknown report', 2, qr/no-such.*hotspots/, 'report', 'no-such', $good->{trace});
refused('a report\'s name and its trace the other way round', 2, qr/name comes first: culprit report summary/, 'report', $good->{trace}, 'summary');
refused('a trace, and no report', 2, qr/which report of .*There are summary/, 'report', $good->{trace});
refused('an unknown column', 2, qr/no_such.*allocations/, 'report', 'hotspots', '--sort=no_such', $good->{trace});
refused('an unknown format', 2, qr/xml.*json/, 'report', 'hotspots', '--format=xml', $good->{trace});
refused('an unknown export', 2, qr/no-such.*folded/, 'export', 'no-such', $good->{trace});
refused('an unknown cost', 2, qr/no_such.*allocated_bytes/, 'export', 'folded', '--cost=no_such', $good->{trace});
refused('an unknown command', 2, qr/no-such.*record/, 'no-such');
refused('no arguments to report', 2, qr/\S/, 'report');
refused('an unwritable export', 1, qr/no-such-directory/, 'export', 'folded', '-o', "$DIR/no-such-directory/x", $good->{trace});
refused('an unwritable database', 1, qr/no-such-directory/, 'analyze', '-o', "$DIR/no-such-directory/x", $good->{trace});
run('sqlite3', "$DIR/other.db", 'create table t(a)');
refused('a database of another kind', 1, qr/other\.db/, 'report', 'summary', "$DIR/other.db");
is(join(' ', grep { !/^(good|ok)\.trace\.db$|^other\.db$|full/ } map { s{.*/}{}r } glob "$DIR/*.db*"), '', 'no database of any of them');
refused('the terminal interface without a terminal', 1, qr/terminal/, 'tui', $good->{trace});

# The version stands in the file header after the magic; its checksum would tell of the change, so a version that is
# newer has to be recognised before it.
sub u32_places { my ($t, $value) = @_; return grep { unpack('V', substr $t, $_, 4) == $value } map { 4 * $_ } 0 .. 15; }
my ($place) = u32_places($trace, 1);
ok(defined $place, 'the version is in the header');
substr($newer, $place, 4) = pack('V', 2);
spew("$DIR/newer.trace", $newer);
refused('a newer format', 1, qr/newer|version/, 'analyze', "$DIR/newer.trace");
ok(!-e "$DIR/newer.trace.db", 'a newer format: no database');

# A recording without an event says why it thinks so.
my $nothing = culprit('record', '-o', "$DIR/nothing.trace", '--', 'gzip', '--version');
my $n = culprit('report', 'summary', "$DIR/nothing.trace");
is($n->{status}, 0, 'a recording without events can be reported on');
if (($n->{out} . $n->{err} . $nothing->{err}) !~ /allocat/) { fail('and something is said about it'); } else { pass('and something is said about it'); }

# --- a trace that is cut, or changed in one byte ---
my @before = map { "$_->{allocations} $_->{frees} $_->{allocated_bytes}" } rows($good->{db}, 'select * from process');

sub damaged {
	my ($what, $text, $cut) = @_;
	spew("$DIR/damaged.trace", $text);
	unlink "$DIR/damaged.trace.db";
	my $r = san_culprit('analyze', "$DIR/damaged.trace");
	return "signal $r->{signal}" if $r->{signal};
	return "status $r->{status}: $r->{err}" if $r->{status} > 1;
	return "sanitizer: $r->{err}" if $r->{err} =~ /Sanitizer|runtime error/;
	return 'a temporary database stays' if grep { !/damaged\.trace\.db$/ } glob "$DIR/damaged.trace.db*";
	return 'failed without a line, or with many' if $r->{status} == 1 && !one_line_of($r->{err});
	return 'failed, and there is a database' if $r->{status} == 1 && -e "$DIR/damaged.trace.db";
	return 'no database' if $r->{status} == 0 && !-e "$DIR/damaged.trace.db";
	return '';
}

my $small = culprit('record', '-o', "$DIR/small.trace", '--', $true);
$trace = slurp("$DIR/small.trace");
my $step = $LONG ? 1 : 1 + int(length($trace) / 150);
my (@bad, $tried);
for (my $at = 0; $at < length $trace; $at += $at < 80 && $LONG ? 1 : $step) {
	my $why = damaged('cut', substr($trace, 0, $at));
	push @bad, "cut at $at: $why" if $why;
	$tried++;
}
is("@bad[0 .. ($#bad > 5 ? 5 : $#bad)]", '', "$tried places to cut a trace of " . length($trace) . ' bytes');
srand 1;
@bad = ();
my $flips = $LONG ? 3000 : 150;
for my $flip (1 .. $flips) {
	my $t = $trace;
	my $at = $flip <= 40 ? int rand 160 : int rand length $t;
	substr($t, $at, 1) = chr(ord(substr $t, $at, 1) ^ (1 + int rand 255));
	my $why = damaged('flip', $t);
	push @bad, "byte $at: $why" if $why;
}
is("@bad[0 .. ($#bad > 5 ? 5 : $#bad)]", '', "$flips changed bytes");
done_testing;
