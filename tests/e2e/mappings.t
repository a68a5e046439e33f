#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Memory that a program maps itself: every way to map, cut, replace and move it, against what the program says, the kernel, strace
# and valgrind; what others map is left out; whoever else stands in for mmap goes on to do so.
use strict;
use warnings;
use Harness;
use Test::More;

need(qw(sqlite3 gcc));
my $sums = "sum(CASE cost_id WHEN 30 THEN value ELSE 0 END), sum(CASE cost_id WHEN 31 THEN value ELSE 0 END) / 4096,
	sum(CASE cost_id WHEN 33 THEN value ELSE 0 END) / 4096, sum(CASE cost_id WHEN 34 THEN value ELSE 0 END) / 4096";
sub of { my ($db, $function) = @_; return sql($db, "SELECT $sums FROM site_total JOIN sites USING (site_id) WHERE function = '$function'"); }
sub peaks { my ($db, $function) = @_; return sql($db, "SELECT group_concat((peak_bytes / 4096) || ' ' || kinds, '; ') FROM (SELECT * FROM mapping JOIN
	sites USING (site_id) WHERE function = '$function' ORDER BY line)"); }
sub mapped { my ($db) = @_; return sql($db, 'SELECT sum(mappings), sum(mapped_bytes), sum(still_mapped_bytes) FROM process'); }

# --- figures that are known ---------------------------------------------------------------------------------------------

my $maps = program('own_maps');
my $alone = run($maps);
my $r = record('all', $maps);
my $db = $r->{db};
is("$r->{status} $r->{out}", "$alone->{status} $alone->{out}", 'recorded it does the same');
# calls, pages mapped, of these unmapped, still there; peak and kind of each line
my %known = (
	use_whole => ['10|80|80|0', '8 anonymous'], use_kept => ['4|16|0|16', '15 anonymous; 1 anonymous'],
	use_parts => ['3|48|24|24', '48 anonymous'], use_across => ['4|60|50|10', '30 anonymous; 30 anonymous'],
	use_replaced => ['1|16|4|12', '16 anonymous'], use_replacing => ['1|4|0|4', '4 anonymous'],
	use_file => ['1|2|0|2', '2 file'], use_shared_file => ['1|9|0|9', '9 shared file'], use_shared => ['1|3|0|3', '3 shared'],
	use_grown => ['1|4|0|4', '4 anonymous'], remap_grow => ['1|60|0|60', '60 anonymous'], use_shrunk => ['1|32|24|8', '32 anonymous'],
	use_moved => ['2|30|26|4', '30 anonymous'], remap_over => ['|||', ''], use_twin => ['1|5|0|5', '5 anonymous'],
	remap_twin => ['1|5|0|5', '5 anonymous'], use_failing => ['2|4|2|2', '2 anonymous; 2 anonymous'], use_in_child => ['1|7|0|7', '7 anonymous'],
);
is(of($db, $_), $known{$_}[0], "$_: calls, pages mapped, unmapped, still there") for sort keys %known;
is(peaks($db, $_), $known{$_}[1], "$_: peak and kind") for sort keys %known;
is(sql($db, "SELECT sum(CASE cost_id WHEN 30 THEN value END), sum(CASE cost_id WHEN 31 THEN value END), sum(CASE cost_id WHEN 34 THEN value END) FROM
	site_total JOIN sites USING (site_id) WHERE function = 'use_break'"), '2|24000|500', 'the break goes by bytes');
is(peaks($db, 'use_break'), '4 break', 'and is a kind');

my $p = summary_of($db);
is(int(($p->{still_mapped_bytes} + 4095) / 4096), $alone->{out} + 0, 'as much is there in the end as the kernel says of the program alone');
is(mapped($db), join('|', sql($db, 'SELECT sum(value) FROM total WHERE cost_id = 30'), sql($db, 'SELECT sum(value) FROM total WHERE cost_id = 31'),
	sql($db, 'SELECT sum(value) FROM site_total WHERE cost_id = 34')), 'processes have what stacks and sites add up to');
is(sql($db, 'SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 32 AND process_id = 1'), $p->{mapped_peak_bytes},
	'stacks at peak add up to the peak');
is(sql($db, 'SELECT sum(CASE cost_id WHEN 31 THEN value WHEN 33 THEN -value WHEN 34 THEN -value ELSE 0 END) FROM total'), 0,
	'what is mapped is unmapped or still there');
is(sql($db, 'SELECT mappings, mapped_peak_bytes, still_mapped_bytes FROM process WHERE id = 2'), '1|28672|28672', "a child has its own alone");
is($p->{allocations}, 1, 'nothing of it is an allocation'); # but the buffer of stdout

# --- what shows it --------------------------------------------------------------------------------------------------------

my $csv = culprit('report', 'mappings', '--format=csv', $r->{trace})->{out};
like($csv, qr/^function,file,line,module,kinds,mappings,mapped_bytes,mapped_peak_bytes,mapped_at_peak_bytes,unmapped_bytes,still_mapped_bytes\n/,
	'report mappings: columns');
like($csv, qr/^use_parts,[^,]*own_maps\.c,\d+,[^,]*,anonymous,3,196608,196608,98304,98304,98304$/m, 'a row');
is(culprit('report', 'mappings', '--format=csv', '--sort=mapped_peak_bytes', '--limit=1', $r->{trace})->{out} =~ /^remap_grow/m, 1, 'by peak');
is(culprit('report', 'mappings', '--format=csv', "--pid=" . sql($db, 'SELECT pid FROM process WHERE id = 2'), $r->{trace})->{out} =~ tr/\n//, 2,
	"a process's");
like(culprit('report', 'mappings', '--to=1us', $r->{trace})->{err}, qr/not kept by time/, 'of a span there is none');
like(culprit('report', 'mappings', '--filter=function=use_shrunk', $r->{trace})->{out}, qr/use_shrunk(?!.*use_parts)/s, 'through a filter');
like(culprit('report', 'summary', $r->{trace})->{out}, qr/^  mappings +37     mapped bytes +1\.50 MiB$/m, 'the summary says it');
unlike(culprit('report', 'summary', record('none', example('leak'))->{trace})->{out}, qr/mapp/, 'and nothing where there is nothing');
like(culprit('export', 'folded', '--cost=still_mapped_bytes', $r->{trace})->{out}, qr/;main;use_grown;remap_grow 245760$/m, 'export folded');
like(culprit('report', 'callers', '--bottom-up', '--cost=mapped_bytes', '--format=csv', $r->{trace})->{out}, qr/^1,use_whole,.*327680/m, 'callers');
my $dump = culprit('dump', '--events', $r->{trace})->{out};
like($dump, qr/ kind=$_ /, "dump: $_") for qw(map map-shared map-file map-file-shared map-break unmap remap-from remap-to);

# --- threads -------------------------------------------------------------------------------------------------------------

my $rounds = $LONG ? 200000 : 4000;
my $storm = record('storm', $maps, $rounds);
my $all = $rounds * 4;
is(sql($storm->{db}, 'SELECT mappings, still_mapped_bytes, lost_events FROM process'), "$all|0|0", 'threads that map and unmap for each other leave nothing');
cmp_ok(summary_of($storm->{db})->{mapped_peak_bytes}, '<=', 15 * 4096, 'nor is more there at once than there was');
SKIP: {
	skip 'no strace', 1 unless have('strace');
	my $count = sub {
		my $s = run('strace', '-f', '-qq', '-e', 'trace=mmap,munmap', '-e', 'signal=none', '-o', "$DIR/strace", $maps, $_[0]);
		skip 'strace cannot trace here', 1 if $s->{status};
		my $text = slurp("$DIR/strace");
		return [scalar(() = $text =~ /mmap\(NULL, \d+, PROT_READ, MAP_PRIVATE\|MAP_ANONYMOUS, -1, 0[ )]/g), scalar(() = $text =~ /munmap\((?:0x\w+, (?:4096|8192|12288|16384|20480))/g)];
	};
	my ($few, $more) = ($count->(50), $count->(150));
	my $own = sub { my $d = record("strace$_[0]", $maps, $_[0])->{db}; return sql($d, 'SELECT mappings FROM process'); };
	is($own->(150) - $own->(50), 400, 'a hundred rounds are four hundred mappings');
	is($more->[1] - $few->[1], 400, 'so says strace of what is unmapped');
}
SKIP: {
	skip 'no valgrind', 2 unless have('valgrind');
	my $v = run('valgrind', '--leak-check=no', '--run-libc-freeres=no', $maps, 5);
	my ($allocs, $frees) = map { s/,//gr } $v->{err} =~ /total heap usage: ([\d,]+) allocs, ([\d,]+) frees/;
	my $heap = summary_of(record('heap', $maps, 5)->{db});
	is($heap->{allocations}, $allocs, 'the heap is as valgrind counts it');
	is($heap->{frees}, $frees, 'its frees, too');
}

# --- when and where ------------------------------------------------------------------------------------------------------

my $early = record('early', program('early_maps'));
is($early->{status}, 0, 'a program that maps before libraries are initialised');
is(sql($early->{db}, 'SELECT mappings, mapped_bytes / 4096 FROM process'), '3|28', 'what it maps in a constructor, at exit and in a destructor is seen; what before the C library is there or by bare system calls is not');
my $off = record({options => ['--off']}, 'off', $maps);
is(mapped($off->{db}) || '0|0|0', '0|0|0', 'off, nothing is recorded');
my $sample = record({options => ['--sample=100000']}, 'sample', $maps);
is(mapped($sample->{db}), mapped($db), 'where blocks are sampled, mappings are not');

# --- others --------------------------------------------------------------------------------------------------------------

# Allocators map for themselves: from malloc, constructors, threads of their own, when threads end.
spew("$DIR/heap.c", <<'C');
#include <pthread.h>
#include <stdlib.h>
static void *work(void *p) { for (int i = 0; i < 3000; i++) free(malloc((size_t)i * 331)); return p; }
int main(void) { pthread_t t[4]; for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, work, 0);
	for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
	void *big = malloc(200u << 20); big = realloc(big, 300u << 20); free(big); return 0; }
C
is(run('gcc', '-O1', '-g', '-pthread', '-fno-builtin', '-o', "$DIR/heap", "$DIR/heap.c")->{status}, 0, 'a program that uses the heap alone');
is(mapped(record('heap-glibc', "$DIR/heap")->{db}), '0|0|0', 'what glibc maps for it is not its own');
for my $name ('libjemalloc.so.2', 'libtcmalloc_minimal.so.4', 'libtcmalloc.so.4', 'libmimalloc.so.2') {
	SKIP: {
		my ($path) = grep { -e } map { "$_/$name" } qw(/usr/lib/x86_64-linux-gnu /usr/lib64 /usr/lib);
		skip "no $name", 2 unless $path;
		my $o = {env => {LD_PRELOAD => $path, MALLOC_CONF => 'background_thread:true'}};
		my $a = record($o, "heap-$name", "$DIR/heap");
		is($a->{status}, 0, "$name preloaded: it runs");
		is(mapped($a->{db}), '0|0|0', "$name: its mappings are not the program's") or diag(culprit('report', 'mappings', $a->{trace})->{out});
	}
}

# Another that stands in for mmap, before culprit and behind it, has to see every call.
spew("$DIR/wrap.c", <<'C');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
static unsigned long calls, bytes;
static int mute;
void *mmap(void *a, size_t n, int p, int f, int d, off_t o)
{
	static void *(*real)(void *, size_t, int, int, int, off_t);
	if (!real) *(void **)&real = dlsym(RTLD_NEXT, "mmap");
	void *at = real(a, n, p, f, d, o);
	if (!mute && at != (void *)-1) calls++, bytes += (n + 4095) & ~4095ul;
	return at;
}
int munmap(void *a, size_t n)
{
	static int (*real)(void *, size_t);
	if (!real) *(void **)&real = dlsym(RTLD_NEXT, "munmap");
	int result = real(a, n);
	if (!mute && !result) calls++;
	return result;
}
static void count(void) { mute = 1; fprintf(stderr, "wrap %lu %lu\n", calls, bytes); }
__attribute__((constructor)) static void begin(void) { atexit(count); }
C
my $built = run('gcc', '-O2', '-shared', '-fPIC', '-o', "$DIR/wrap.so", "$DIR/wrap.c", '-ldl');
is($built->{status}, 0, 'another that stands in for mmap') or diag($built->{err});
my ($seen) = run({env => {LD_PRELOAD => "$DIR/wrap.so"}}, $maps, 20)->{err} =~ /^wrap (\d+) /m;
is($seen, 160, 'sees every call without culprit');
for my $order ("$DIR/wrap.so:$SHIM", "$SHIM:$DIR/wrap.so") {
	my $place = $order =~ /^\Q$SHIM\E/ ? 'behind culprit' : 'before culprit';
	my $w = run({env => {LD_PRELOAD => $order, CULPRIT_OUTPUT => "$DIR/wrapped.trace"}}, $maps, 20);
	my ($calls) = $w->{err} =~ /^wrap (\d+) /m;
	ok($calls >= $seen && $calls <= $seen + 8, "$place it sees every call, and a few of libraries that culprit loads") or diag($w->{err});
	ok(wait_until(20, sub { culprit('report', 'summary', '--format=csv', "$DIR/wrapped.trace")->{out} =~ /,exit 0,/ }), "$place: the recording is whole");
	is(sql("$DIR/wrapped.trace.db", 'SELECT mappings, still_mapped_bytes FROM process'), '80|0', "$place: as does culprit");
	unlink "$DIR/wrapped.trace", "$DIR/wrapped.trace.db";
}
done_testing;
