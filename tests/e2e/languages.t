#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Programs in other languages than C, with the runtimes they bring: alone and recorded they do the same; counts are what the
# program itself or valgrind says; sites and locks bear the names that people know them by. Names of generated code are in
# frames.t, services.t has Python and Perl with children, growth.t C++'s containers, lock_odd.t exceptions out of locked sections.
use strict;
use warnings;
use Harness;
use JSON::PP;
use Test::More;

need('sqlite3');
chmod 0755, $DIR;

# Alone, then recorded; the recording's result. What varies in the output is cut out of both.
sub same {
	my ($name, $o, @command) = @_;
	my $varies = $o->{varies} || qr/^$/m;
	my $alone = run($o, @command);
	my $r = record($o, $name, @command);
	is("$r->{status} $r->{signal}", $alone->{signal} ? 128 + $alone->{signal} . ' 0' : "$alone->{status} 0", "$name: ends as it does alone") or diag($r->{err});
	is($r->{out} =~ s/$varies//gr, $alone->{out} =~ s/$varies//gr, "$name: says what it says alone");
	is($r->{err} =~ s/^culprit: [^\n]*\n//mgr, $alone->{err}, "$name: on stderr, too");
	is(sql($r->{db}, 'select sum(lost_events) from process'), 0, "$name: nothing lost");
	is(sql($r->{db}, 'select sum(unmatched_frees), sum(implied_frees) from process'), '0|0', "$name: no loose ends") unless $o->{loose};
	return $r;
}

# "ALLOCATIONS BYTES LEFT" that go through a function.
sub through {
	my ($r, $function) = @_;
	return join ' ', map {
		my $sum = 0;
		for (split /\n/, culprit('export', 'folded', "--cost=$_", $r->{trace})->{out}) { $sum += $1 if /(?:^|;)\Q$function\E(?:;.*)? (\d+)$/ }
		$sum;
	} qw(allocations allocated_bytes leaked_allocations);
}

sub report { my ($name, $r, @options) = @_; return @{(eval { decode_json(culprit('report', $name, '--format=json', @options, $r->{trace})->{out}) }) || []}; }
sub of { my ($column, $is, @rows) = @_; return grep { ($_->{$column} // '') eq $is } @rows; }

# What is left (bytes, blocks), allocations, frees and bytes: as we say, and as valgrind does (undef: it is not there).
sub heap_of { my $p = summary_of($_[0]); return [@$p{qw(leaked_bytes leaked_allocations allocations frees allocated_bytes)}]; }
sub valgrind_of {
	my ($o, @command) = @_;
	return undef unless have('valgrind');
	my $v = run({timeout => 120, %$o}, qw(valgrind --run-libc-freeres=no --run-cxx-freeres=no), @command);
	my @says = $v->{err} =~ /in use at exit: ([\d,]+) bytes in ([\d,]+) blocks.*?heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes/s;
	return [map { s/,//gr } @says];
}

# --- C++ --------------------------------------------------------------------------------------------------------------------

{
	my $r = same('cxx', {}, program('runtime_cxx'));
	like(through($r, $1), qr/^$2 /, "C++: allocations in $1") while $r->{out} =~ /^known (.*) (\d+)$/mg;
	SKIP: {
		my $says = valgrind_of({}, program('runtime_cxx')) or skip 'valgrind is not there', 1;
		my $own = heap_of($r->{db}); # bytes are not: libc notes modules for each thread, and has some of ours
		is("@$own[1 .. 3]", "@$says[1 .. 3]", "C++: blocks left, allocations and frees are valgrind's");
	}
	while ($r->{out} =~ /^lock (\S+) (\d+)$/mg) {
		my ($lock) = of('lock', $1, report('locks', $r));
		is($lock->{acquisitions}, $2, "C++: the lock in $1");
	}
	my %site = map { $_->{function} => $_ } report('hotspots', $r);
	for ('app::cache<int, app::session>::get(int const&)', 'app::aligned(int)', 'app::half_made(int)', 'app::own_operators(int)') {
		like($site{$_}{file} // '', qr/runtime_cxx\.cc$/, "C++: $_ is a site");
	}
	is($site{$_}{leaked_allocations} // 0, 0, "C++: $_: nothing is left, after main nor when threads end") for grep { /^app::/ } sort keys %site;
	same('cxx_refuse', {loose => 1}, program('runtime_cxx'), 'refuse'); # such an exception is the allocator's block, freed by the program
	my ($made) = of('start_function', 'app::crowd()', map { { %$_, start_function => $_->{function} } } report('thread-sites', $r));
	is(($made || {})->{threads}, 4, 'C++: who makes threads');
}

# --- Rust -------------------------------------------------------------------------------------------------------------------

SKIP: {
	skip 'rustc is not there', 1 unless have('rustc');
	my $built = run({timeout => 120}, 'rustc', '--edition=2021', '-O', '-g', '-o', "$DIR/runtime_rust", "$TOP/tests/e2e/programs/runtime_rust.rs");
	is($built->{status}, 0, 'Rust: built') or diag($built->{err});
	my $r = same('rust', {varies => qr/^waited \d+$/m}, "$DIR/runtime_rust");
	while ($r->{out} =~ /^known (\w+) (\d+) (\d+) (\d+)$/mg) {
		my ($function, @known) = ("runtime_rust::$1", $2, $3, $4);
		is(through($r, $function), "@known", "Rust: allocations, bytes and what is left in $1");
		next if $1 eq 'panics';
		is(sql($r->{db}, "select sum(allocations), sum(allocated_bytes), sum(leaked_allocations) from hotspots where function = '$function'"), join('|', @known),
			"Rust: $1 is the site of all that");
	}
	my ($lock) = of('lock', 'runtime_rust::LEDGER', report('locks', $r));
	my ($waited) = $r->{out} =~ /^waited (\d+)$/m;
	is(($lock || {})->{kind}, 'futex', 'Rust: the lock bears the name of its static');
	ok($lock && $lock->{wait_ns} <= $waited && $lock->{wait_ns} >= $waited / 2, 'Rust: it was waited for as long as its threads say') or diag($lock->{wait_ns} // 0, ' of ', $waited);
	my ($wait) = of('lock', 'runtime_rust::LEDGER', report('waits', $r));
	is(($wait || {})->{function}, 'runtime_rust::bump', 'Rust: by the function that wanted it');
	is(sql($r->{db}, "select group_concat(name, ' ') from (select name from thread where name like 'worker%' order by name)"), 'worker-0 worker-1 worker-2 worker-3', 'Rust: its threads');
}

# --- Python -----------------------------------------------------------------------------------------------------------------

# Threads that call C through ctypes, a lock of Python's own that is held while others want it, and mappings.
spew("$DIR/t.py", <<'P');
import ctypes, mmap, sys, threading, time
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
lock, wanted, sums = threading.Lock(), threading.Semaphore(0), []
def from_c(n):
    for i in range(n):
        block = libc.malloc(12347)
        if i % 10: libc.free(block)
def want(n):
    from_c(250)
    wanted.release()
    with lock: sums.append(n)
threads = [threading.Thread(target=want, args=(n,)) for n in range(4)]
with lock:
    for t in threads: t.start()
    for t in threads: wanted.acquire()
    time.sleep(0.05)
for t in threads: t.join()
maps = [mmap.mmap(-1, 100 * 4096) for i in range(5)]
for m in maps[1:]: m.close()
maps[0].resize(200 * 4096)
print(sorted(sums), len(maps[0]))
sys.exit(6)
P
my ($newer) = grep { have($_) && !run($_, '-X', 'perf', '-c', 'import ctypes, mmap')->{status} && !run($_, '-X', 'perf', '-c',
	'import sys; sys.exit(not sys.is_stack_trampoline_active())')->{status} } qw(python3 python3.12 python3.13 python3.14), glob("$ENV{HOME}/.pyenv/versions/3.1[2-9]*/bin/python3");
for (['/usr/bin/python3'], $newer ? [$newer, '-X', 'perf'] : ['python3.12']) {
	my @python = @$_;
	my $name = @python > 1 ? 'Python, -X perf' : 'Python';
	SKIP: {
		skip "$python[0] with ctypes is not there", 1 if !have($python[0]) || run($python[0], '-c', 'import ctypes, mmap')->{status};
		my $r = same($name =~ s/\W+/_/gr, {env => {PYTHONHASHSEED => 1}}, @python, "$DIR/t.py");
		unlink map { "/tmp/perf-$_.map" } split /\n/, sql($r->{db}, 'select pid from process');
		my $events = culprit('dump', '--events', $r->{trace})->{out};
		my %of = map { $_ => 1 } my @made = $events =~ /kind=malloc address=(\S+) size=12347 /g;
		is(scalar @made, 1000, "$name: each block that C gave");
		is(sql($r->{db}, "select mappings >= 5 from process where id = 1"), 1, "$name: mappings"); # and those of its own heap
		like(culprit('export', 'folded', '--cost=mapped_bytes', $r->{trace})->{out}, qr/;\S*mmap\S* \d+$/m, "$name: by the module that makes them");
		my ($waits, $ns) = split /\|/, sql($r->{db}, "select sum(waits), sum(wait_ns) from lock_wait where wait_ns > 40000000");
		is($waits >= 4 && $ns >= 4 * 40_000_000, 1, "$name: four threads waited for its lock") or diag($waits, ' ', $ns);
		cmp_ok(sql($r->{db}, 'select threads from process where id = 1'), '>=', 5, "$name: its threads");
	}
}

# --- Perl -------------------------------------------------------------------------------------------------------------------

{
	my @perl = ('/usr/bin/perl', '-e', 'my $i = 1; my @words = map { my $n = $_; join "", map { chr 97 + ($n * 7 + $_ * $i++) % 26 } 1 .. 8 } 1 .. shift;
		my %seen; $seen{$_}++ for @words; my $text = join ",", sort { $seen{$a} <=> $seen{$b} || $a cmp $b } keys %seen;
		my $found = () = $text =~ /([a-m]+),.*?\1/g; (my $other = $text) =~ s/([aeiou])(\w)/uc("$2$1") . length($1 x 3)/ge;
		my @parts = map { sprintf "%s-%05.1f", scalar reverse($_), length } split /,/, $other x 3; substr($text, 3, 100) = "";
		my $caught = eval { die { parts => scalar @parts } } || $@->{parts}; print "$found $caught $parts[7] ", length $text, "\n"; exit 5');
	SKIP: {
		skip 'perl is not at /usr/bin', 1 unless -x $perl[0];
		my %o = (env => {PERL_HASH_SEED => 0});
		my $r = same('perl', {%o}, @perl, 500);
		# The environment, which %ENV holds, is not the same under valgrind: compared is what more work adds.
		my @counts = map { my $n = $_; [map { $_->($n) } sub { heap_of(record({%o}, "perl$n", @perl, $_[0])->{db}) }, sub { valgrind_of({%o}, @perl, $_[0]) }] } 300, 600;
		skip 'valgrind is not there', 1 unless $counts[0][1];
		my @more = map { my $by = $_; join ' ', map { $counts[1][$by][$_] - $counts[0][$by][$_] } 0 .. 4 } 0, 1;
		is($more[0], $more[1], "Perl: counts are valgrind's");
	}
}

# --- Java, JavaScript: if they are there --------------------------------------------------------------------------------------

# Virtual machines live by signals, guard pages and threads of their own.
SKIP: {
	skip 'Java: takes long', 1 unless $LONG;
	skip 'javac is not there', 1 unless have('javac') && have('java');
	spew("$DIR/T.java", <<'J');
import java.util.*;
public class T {
	static int deep(int n) { return n + deep(n + 1); }
	static int[] nothing;
	public static void main(String[] a) throws Exception {
		Map<Integer, String> map = new java.util.concurrent.ConcurrentHashMap<>();
		Thread[] threads = new Thread[4];
		for (int t = 0; t < 4; t++) { int of = t; threads[t] = new Thread(() -> { for (int i = of; i < 100000; i += 4) map.put(i, "x" + i); }); threads[t].start(); }
		for (Thread t : threads) t.join();
		int caught = 0;
		for (int i = 0; i < 20000; i++) try { nothing[0]++; } catch (NullPointerException e) { caught++; }
		try { deep(0); } catch (StackOverflowError e) { caught++; }
		for (int i = 0; i < 200; i++) { byte[] garbage = new byte[1 << 20]; caught += garbage[i]; }
		System.gc();
		System.out.println(map.size() + " " + caught);
		System.exit(4);
	}
}
J
	is(run('javac', '-d', $DIR, "$DIR/T.java")->{status}, 0, 'Java: compiled');
	my $r = same('java', {}, 'java', '-Xmx64m', '-cp', $DIR, 'T');
	cmp_ok(summary_of($r->{db})->{mappings}, '>', 10, 'Java: its heap is mapped');
}
SKIP: {
	skip 'node is not there', 1 unless have('node');
	spew("$DIR/t.js", <<'J');
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const zlib = require('zlib'), crypto = require('crypto');
if (isMainThread) {
	const sums = [];
	let ended = 0;
	for (let n = 0; n < 2; n++) new Worker(__filename, { workerData: n }).on('message', m => { sums[n] = m; }).on('exit', () => {
		if (++ended == 2) { console.log(sums.join(' ')); process.exitCode = 3; } });
} else {
	const text = 'a worker '.repeat(20000 + workerData);
	parentPort.postMessage(crypto.createHash('sha1').update(zlib.gzipSync(text)).digest('hex') + [1, 2, 3].map(x => x ** 2));
}
J
	same('node', {}, 'node', "$DIR/t.js");
}

done_testing;
