#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Executables with an allocator of their own, which comes before the preloaded one: what their libraries call is recorded all
# the same, goes where it would go without us, and the report says what is not seen.
use strict;
use warnings;
use Harness;
use Test::More;

need('gcc');

sub compile {
	my ($name, $source, @flags) = @_;
	spew("$DIR/$name.c", $source);
	my $r = run('gcc', '-O1', '-g', '-fno-builtin', '-o', "$DIR/$name", "$DIR/$name.c", @flags);
	is($r->{status}, 0, "$name is compiled") or diag($r->{err});
}

# Frees what it does not know: it would not, were the calls of anybody led to another heap.
my $bump = '
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static _Alignas(16) char arena[8 << 20];
static size_t used;
static long calls;
static void check(void *p) { if (p && ((char *)p < arena || (char *)p >= arena + sizeof arena)) { write(2, "a foreign block\n", 16); _exit(9); } }
void *malloc(size_t n) { calls++; char *p = arena + used; used += ((n + 15) & ~(size_t)15) + 16; *(size_t *)p = n; return p + 16; }
void free(void *p) { calls++; check(p); }
void *calloc(size_t n, size_t m) { return memset(malloc(n * m), 0, n * m); }
void *realloc(void *p, size_t n) { check(p); char *q = malloc(n); if (p) { size_t o = ((size_t *)p)[-2]; memcpy(q, p, o < n ? o : n); } return q; }
';
my $main = $bump . '
long library_work(void);
int main(int argc, char **argv)
{
	long sum = 0;
	for (int i = 0; i < 10; i++) { char *p = malloc(7777); sum += p != NULL; free(p); }
	sum += library_work();
	void *h = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	if (argc > 1 && !h) { puts(dlerror()); return 3; }
	long (*work)(void) = h ? (long (*)(void))dlsym(h, "plugin_work") : NULL;
	if (work) sum += work();
	if (h && dlsym(h, "no_such_name")) return 4;
	if (h && !dlerror()) return 5;
	printf("%ld %d\n", sum, calls > 0);
	return 0;
}';
my $library = '
#include <stdlib.h>
#include <string.h>
long NAME_work(void)
{
	long sum = 0;
	for (int i = 0; i < 100; i++) {
		char *p = malloc(SIZE);
		p[0] = 1;
		p = realloc(p, SIZE * 2);
		sum += p[0];
		free(p);
		char *q = calloc(2, SIZE);
		sum += q[3] + 1;
		if (i % 4) free(q);
		char *s = strdup("some words of twenty-six b");
		free(s);
	}
	return sum;
}';

# Of the rows of a function in `report hotspots --format=csv`: the figures, from allocations on.
sub sums_of {
	my ($csv, $function) = @_;
	my @sums = (0) x 7;
	for (grep { /^$function,/ } split /\n/, $csv) {
		my @cells = split /,/, $_;
		$sums[$_] += $cells[4 + $_] for 0 .. 6;
	}
	return @sums;
}

for my $how (['lazy'], ['now', '-Wl,-z,now', '-Wl,-z,relro'], ['fixed', '-no-pie']) {
	my ($name, @flags) = @$how;
	my @link = grep { $_ ne '-no-pie' } @flags;
	compile("lib$name.so", $library =~ s/NAME/library/r =~ s/SIZE/1234/gr, '-shared', '-fPIC', @link ? @link : '-Wl,-z,lazy');
	compile("plug$name.so", $library =~ s/NAME/plugin/r =~ s/SIZE/4321/gr, '-shared', '-fPIC', @link ? @link : '-Wl,-z,lazy');
	compile($name, $main, '-L', $DIR, "-l:lib$name.so", '-Wl,-rpath,$ORIGIN', '-ldl', @flags ? @flags : '-Wl,-z,lazy');
	my $native = run("$DIR/$name", "plug$name.so");
	is($native->{status}, 0, "$name runs by itself, finding its plugin by RUNPATH") or diag($native->{out});
	my $r = record($name, "$DIR/$name", "plug$name.so");
	is($r->{status}, 0, "$name: recorded, it ends as without us") or diag($r->{err});
	is($r->{out}, $native->{out}, "$name: and says the same");
	for (['library_work', 1234], ['plugin_work', 4321]) {
		my ($function, $size) = @$_;
		my $hot = culprit('report', 'hotspots', '--format=csv', $r->{trace});
		my @sums = sums_of($hot->{out}, $function);
		is($sums[0], 400, "$name: every allocation of $function, those of libc for it among them") or diag($hot->{out});
		is($sums[1], 100 * (5 * $size + 27), "$name: and every byte");
		is($sums[5], 25, "$name: and every one that it leaks");
	}
	my $text = culprit('report', 'hotspots', $r->{trace});
	unlike($text->{out}, qr/7777|^ +\S+ .* main /m, "$name: the executable's own calls are not seen");
	like($text->{out}, qr/$name \(pid \d+\) brings its own malloc in its executable: its calls are not seen, those of \d+ libraries are/,
		"$name: which is said");
}

# --- a malloc that is a wrapper: everything is seen as it is, once --------------------------------
{
	compile('wrapper', '#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
static long n;
void *malloc(size_t s) { static void *(*next)(size_t); if (!next) next = dlsym(RTLD_NEXT, "malloc"); n++; return next(s); }
void free(void *p) { static void (*next)(void *); if (!next) next = dlsym(RTLD_NEXT, "free"); next(p); }
int main(void) { for (int i = 0; i < 50; i++) free(malloc(100 + i)); puts("done"); return n < 50; }', '-ldl');
	my $r = record('wrapper', "$DIR/wrapper");
	is($r->{status}, 0, 'an executable whose malloc goes on to the next one') or diag($r->{err});
	is(summary_of($r->{db})->{allocations} >= 50, 1, 'is recorded as any other');
	unlike(culprit('report', 'summary', $r->{trace})->{out}, qr/brings its own malloc/, 'and nothing is said');
}

# --- its address taken: an entry in the executable that defines nothing ---------------------------
{
	compile('taken', '#include <stdio.h>
#include <stdlib.h>
void *(*volatile taken)(size_t) = malloc;
int main(void) { for (int i = 0; i < 50; i++) free(taken(100)); puts("done"); return 0; }', '-no-pie', '-fno-pic');
	my $r = record('taken', "$DIR/taken");
	is(summary_of($r->{db})->{allocations} >= 50, 1, 'the address of malloc taken in an executable at a fixed place: nothing special');
}

# --- a real allocator inside the executable -------------------------------------------------------
for my $archive ('libjemalloc.a', 'libtcmalloc_minimal.a') {
	my ($name) = $archive =~ /^lib(\w+?)(_minimal)?\./;
	spew("$DIR/$name.c", "#include <dlfcn.h>\n#include <stdio.h>\n#include <stdlib.h>\n" . ($main =~ s/.*?(?=long library_work)//sr =~ s/calls > 0/1/r));
	my $built = run('gcc', '-O1', '-g', '-fno-builtin', '-o', "$DIR/$name", "$DIR/$name.c", '-L', $DIR, '-l:liblazy.so', '-Wl,-rpath,$ORIGIN', "-l:$archive",
		'-lpthread', '-ldl', '-lm', '-lstdc++');
	SKIP: {
		skip "no static $name", 1 if $built->{status};
		my $alone = run("$DIR/$name", 'pluglazy.so');
		my $r = record($name, "$DIR/$name", 'pluglazy.so');
		is("$r->{status} $r->{out}", "0 $alone->{out}", "$name linked into an executable: it runs") or diag($r->{err});
		my $hot = culprit('report', 'hotspots', '--format=csv', $r->{trace})->{out};
		for my $function ('library_work', 'plugin_work') {
			my @sums = sums_of($hot, $function);
			is("@sums[0, 5]", '400 25', "$name: the calls of $function are seen");
		}
		my $text = culprit('report', 'hotspots', $r->{trace})->{out};
		unlike($text, qr/^ +\S+ .* main /m, "$name: the executable's own are not");
		like($text, qr/$name \(pid \d+\) brings its own malloc in its executable/, "$name: which is said");
	}
}

done_testing;
