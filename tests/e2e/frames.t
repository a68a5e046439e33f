#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Frames of code that lies in no module: their names come from /tmp/perf-PID.map, of those alone that appear in stacks, and stand in the
# trace; a map that is not the process's own is not read. Node and Python write such maps.
use strict;
use warnings;
use Harness;
use Test::More;

need('sqlite3');
my %maps;
END { unlink keys %maps; }

# "SIZE name; SIZE name": who allocated what, of the sizes the program has for each.
sub named {
	my ($db) = @_;
	return sql($db, "select group_concat(allocated_bytes || ' ' || case when function like '[unknown]+0x%' then '?' else function end, '; ')
		from (select * from hotspots where allocated_bytes between 1000 and 2100 and module in ('[jit]', '[unknown]') order by allocated_bytes)");
}
sub notes { return sql($_[0], "select value from meta where key = 'notes'"); }
sub made {
	my ($what, @more) = @_;
	my $r = record("made-$what", program('made_code'), $what, @more);
	is($r->{status}, 0, "$what: exit status");
	$maps{"/tmp/perf-$_.map"} = 1 for split /\n/, sql($r->{db}, 'select pid from process');
	return $r;
}

my $r = made('map');
is(named($r->{db}), '1001 first of code?[31m; 1002 second', 'the last entry of an address holds; what is no text in a name is replaced');
is(sql($r->{db}, "select count(*) from function where name like 'never%' or name like 'inherited%'"), 0, 'names of what is in no stack are not kept');
is(sql($r->{db}, "select symbols from module where path = '[jit]'"), 'perf map', 'where the names come from');
for my $bytes (1001, 1002) {
	like(culprit('export', 'folded', $r->{trace})->{out}, qr/^_start;.*;main;use;[^;]* $bytes$/m, "$bytes: the stack goes on outwards of the code");
}
is(named(made('none')->{db}), '1001 ?; 1002 ?', 'no map');
$r = made('old');
is(named($r->{db}) . notes($r->{db}), '1001 ?; 1002 ?', 'an older map is of another process of that pid');
$r = made('link', '/etc/passwd');
is(named($r->{db}), '1001 ?; 1002 ?', 'a link is not followed');
like(notes($r->{db}), qr/perf-\d+\.map is not read, .* no plain file/, 'and the report says so');
is(named(made('fifo')->{db}), '1001 ?; 1002 ?', 'a fifo is not waited for');
SKIP: {
	skip 'only root can give a file away', 3 if $>;
	$r = made("another's");
	is(named($r->{db}), '1001 ?; 1002 ?', "another's map");
	like(notes($r->{db}), qr/perf-\d+\.map is not read, .* not that process's user's/, 'and the report says so');
}
$r = made('fork');
my %of = map { /(\d+) (.*)/ } split /; /, sql($r->{db}, "select group_concat(allocated_bytes || ' ' || function, '; ') from hotspots where module = '[jit]'");
is(join('; ', map { "$_ $of{$_}" } sort keys %of), '1001 first of code?[31m; 1002 second; 2001 code_of_child_1; 2002 code_of_child_2; 4023 inherited',
	'forked children make other code at the same address, and run what their parent has made');

# While it lives, and where nobody else sees its map: another /tmp and another pid namespace.
my $elsewhere = 'mount -t tmpfs tmpfs "$0" || exit 1
for d in "$1" "$2"; do case $d in /tmp/*) mkdir -p "$0/${d#/tmp/}" && mount --bind "$d" "$0/${d#/tmp/}" || exit 1;; esac; done
mount --rbind "$0" /tmp && shift 2 && exec "$@"';
mkdir "$DIR/tmp";
for my $where ([], [qw(unshare --fork --pid --mount sh -c), $elsewhere, "$DIR/tmp", $BUILD, $DIR]) {
	my $name = @$where ? 'elsewhere' : 'here';
	SKIP: {
		skip 'namespaces are not allowed', 3 if @$where && run(@$where, 'true')->{status};
		my $trace = "$DIR/$name.trace";
		run('mkfifo', "$DIR/$name.go");
		open my $go, '+<', "$DIR/$name.go" or die;
		my $pid = start({in => "$DIR/$name.go"}, $name, $CULPRIT, 'record', '-o', $trace, '--', @$where, program('made_code'), 'waits');
		my $seen = wait_until(30, sub { -s $trace && culprit('analyze', $trace)->{status} == 0 && named("$trace.db") =~ /second/ });
		ok($seen, "$name: names are there while the program runs") or diag(slurp("$DIR/$name.err"), notes("$trace.db"));
		my ($map) = slurp("$DIR/$name.out") =~ m{^(/tmp/perf-\d+\.map)$}m;
		@$where ? ok(! -e ($map || ''), "$name: where it is, its map is not for us") : ($maps{$map} = 1);
		close $go;
		is(stop($pid), 0, "$name: the program ends in order");
		culprit('analyze', $trace);
		is(named("$trace.db"), '1001 first of code?[31m; 1002 second', "$name: names without the map");
	}
}

# --- runtimes that write maps ---------------------------------------------------------------------

my $node = "$DIR/t.js";
spew($node, <<'J');
function makeBuffers(n) { const a = []; for (let i = 0; i < n; i++) a.push(Buffer.allocUnsafeSlow(20000 + i % 7)); return a.length; }
function work(n) { let s = 0; for (let i = 0; i < n; i++) s += makeBuffers(100); return s; }
console.log(work(60));
J
SKIP: {
	skip 'node is not there', 1 unless have('node');
	my $r = record('node', 'node', '--perf-basic-prof', $node);
	$maps{"/tmp/perf-$_.map"} = 1 for split /\n/, sql($r->{db}, 'select pid from process');
	is("$r->{status} $r->{out}", "0 6000\n", 'node: output');
	like(culprit('export', 'folded', $r->{trace})->{out}, qr/^[^;]*;.*__libc_start_main.*;JS:\S*work \S*t\.js:2:14;JS:\S*makeBuffers \S*t\.js:1:21;/m,
		'node: functions of the script between those of C');
}
my ($python) = grep { have($_) && !run($_, '-X', 'perf', '-c', 'import sys; sys.exit(not sys.is_stack_trampoline_active())')->{status} }
	qw(python3 python3.12 python3.13 python3.14), glob("$ENV{HOME}/.pyenv/versions/3.1[2-9]*/bin/python3");
SKIP: {
	skip 'no python3 that writes maps (3.12 or later)', 1 unless $python;
	spew("$DIR/t.py", "import os\ndef leaf(n): return [str(i) * 40 for i in range(n)]\ndef middle(n): return len(leaf(n))\nprint(middle(3000))\n" .
		"if os.fork() == 0:\n    middle(100)\n    os._exit(0)\nos.wait()\n");
	my $r = record({env => {PYTHONMALLOC => 'malloc'}}, 'python', $python, '-X', 'perf', "$DIR/t.py");
	$maps{"/tmp/perf-$_.map"} = 1 for split /\n/, sql($r->{db}, 'select pid from process');
	is("$r->{status} $r->{out}", "0 3000\n", 'python: output');
	for my $pid (split /\n/, sql($r->{db}, 'select pid from process')) {
		like(culprit('export', 'folded', "--pid=$pid", $r->{trace})->{out}, qr/;py::<module>:\S*t\.py;.*;py::middle:\S*t\.py;.*;py::leaf:\S*t\.py;/m,
			'python: functions of the script between those of C');
	}
}
done_testing;
