#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Ways to load a library while a program runs: found by a RUNPATH, bound to itself first, into a namespace of its own, one where
# another one was. The program does what it does alone, and what cannot be seen is said.
use strict;
use warnings;
use Harness;
use Test::More;

need(qw(sqlite3 gcc));

my $plugin = '
#include <stdlib.h>
#include <string.h>
void *NAME_make(size_t n) { return malloc(n); }
void NAME_drop(void *p) { free(p); }
int NAME_use(void) { char *s = strdup("ab"); void *p = malloc(NUMBER); free(p); free(s); return NUMBER; }
';
my $own = '
#include <stddef.h>
static _Alignas(16) char arena[1 << 20];
static size_t used;
void *malloc(size_t n) { void *p = arena + used; used += (n + 31) & ~15ul; return p; }
void free(void *p) { (void)p; }
int own_use(void) { char *p = malloc(4001); free(p); return p >= arena && p < arena + sizeof arena; }
';
my $main = '
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv)
{
	const char *how = argv[1], *name = argv[3];
	int deep = strcmp(how, "deep") == 0 ? RTLD_DEEPBIND : 0, elsewhere = strcmp(how, "new") == 0;
	char symbol[64];
	for (int i = 0; i < 3; i++) {
		void *h = elsewhere ? dlmopen(LM_ID_NEWLM, argv[2], RTLD_NOW) : dlopen(argv[2], RTLD_NOW | deep);
		if (!h)
			return puts(dlerror()), 3;
		snprintf(symbol, sizeof symbol, "%s_use", name);
		int (*use)(void) = (int (*)(void))dlsym(h, symbol);
		snprintf(symbol, sizeof symbol, "%s_make", name);
		void *(*make)(size_t) = (void *(*)(size_t))dlsym(h, symbol);
		snprintf(symbol, sizeof symbol, "%s_drop", name);
		void (*drop)(void *) = (void (*)(void *))dlsym(h, symbol);
		printf("%d\n", use());
		for (int n = 0; make && drop && n < 100; n++) {
			drop(make(3004));
			if (elsewhere)
				continue;
			free(make(3001));
			drop(malloc(3002));
			free(malloc(3003));
		}
		dlclose(h);
	}
	void *again = elsewhere ? NULL : dlopen(argv[2], RTLD_LAZY | RTLD_NOLOAD);
	printf("%d %d\n", again != NULL, dlopen("no-such.so", RTLD_NOW) == NULL && dlerror() != NULL);
	return argc > 4;
}';
mkdir "$DIR/plugins";
mkdir "$DIR/plugins/inner";
sub compile {
	my ($name, $source, @flags) = @_;
	spew("$DIR/$name.c", $source);
	my $r = run('gcc', '-O1', '-g', '-fno-builtin', '-o', "$DIR/$name", "$DIR/$name.c", @flags);
	is($r->{status}, 0, "$name is compiled") or diag($r->{err});
}
compile('plugins/a.so', $plugin, qw(-shared -fPIC -DNAME_make=a_make -DNAME_drop=a_drop -DNAME_use=a_use -DNUMBER=5001));
compile('plugins/inner/b.so', $plugin, qw(-shared -fPIC -DNAME_make=b_make -DNAME_drop=b_drop -DNAME_use=b_use -DNUMBER=5002));
compile('plugins/own.so', $own, qw(-shared -fPIC));
# Loads b.so, which its own RUNPATH leads to, and not the program's.
compile('plugins/outer.so', '#include <dlfcn.h>
int outer_use(void) { void *h = dlopen("b.so", RTLD_NOW); int (*use)(void) = h ? (int (*)(void))dlsym(h, "b_use") : 0; int n = use ? use() : -1; if (h) dlclose(h); return n; }',
	qw(-shared -fPIC), '-Wl,-rpath,$ORIGIN/inner,--enable-new-dtags');
compile("main-$_->[0]", $main, '-Wl,-rpath,$ORIGIN/plugins,' . $_->[1]) for ['rpath', '--disable-new-dtags'], ['runpath', '--enable-new-dtags'];

# Runs it with and without, and gives the recording.
sub same {
	my ($name, @command) = @_;
	my $alone = run(@command);
	my $r = record($name, @command);
	is("$r->{status} $r->{signal} $r->{out}", "$alone->{status} $alone->{signal} $alone->{out}", "$name: exit status and output") or diag($r->{err});
	return ($r->{db}, $r->{out});
}
sub notes { return sql($_[0], "select value from meta where key = 'notes'"); }
sub calls { return sql($_[0], "select coalesce(sum(allocations), 0) || ' ' || coalesce(sum(leaked_allocations), 0) from hotspots where function = '$_[1]'"); }

for my $how ('rpath', 'runpath') {
	my ($db, $out) = same($how, "$DIR/main-$how", 'plain', 'a.so', 'a');
	is($out, "5001\n" x 3 . "0 1\n", "$how: the plugin is found");
	is(calls($db, 'a_make') . ', ' . calls($db, 'a_use') . ', ' . calls($db, 'main'), '600 0, 6 0, 600 0', "$how: what it and the program allocate");
	is(notes($db), '', "$how: nothing is missed");
	($db, $out) = same("$how-nested", "$DIR/main-$how", 'plain', 'outer.so', 'outer');
	is($out, "5002\n" x 3 . "0 1\n", "$how: a plugin finds its own by its own RUNPATH");
	is(calls($db, 'b_use'), '6 0', "$how: which allocates");
}

# Bound to the C library before us: its own calls are not seen. What libc allocates for it is.
my ($db) = same('deep', "$DIR/main-runpath", 'deep', 'a.so', 'a');
is(sql($db, "select (select count(*) from hotspots where function = 'a_make'), sum(allocations) from hotspots where function = 'main'"), '0|600',
	"deep: a plugin's blocks are not seen, the program's are");
is(sql($db, 'select lost_events || unmatched_frees from process'), '0300', 'deep: which is no loss of events; frees of its blocks are known as such');
like(notes($db), qr/^main-runpath \(pid \d+\) loads a\.so with RTLD_DEEPBIND: /m, 'deep: and the report says why');
($db, my $out) = same('deep-own', "$DIR/main-runpath", 'deep', 'own.so', 'own');
is($out, "1\n" x 3 . "0 1\n", 'deep: a plugin with an allocator of its own keeps it');

# A namespace has its own C library.
($db) = same('new', "$DIR/main-runpath", 'new', 'a.so', 'a');
is(sql($db, "select count(*) from hotspots where function like 'a\\_%' escape '\\'"), 0, 'new: nothing of a namespace is seen');
like(notes($db), qr/^main-runpath \(pid \d+\) loads a\.so by dlmopen into a namespace of its own/m, 'new: and the report says so');

# One where another one was: each has its own names, from the first call on.
my @others;
for my $n (1 .. 4) {
	my $name = "other_$n";
	compile("plugins/$name.so", "#include <stdlib.h>\nvoid *NAME(void);\nint use(void) { void *p = NAME(); free(p); return $n; }\n" .
		"__attribute__((noinline)) void *NAME(void) { void *p = malloc(6000 + $n); __asm__ volatile(\"\"); return p; }\n", qw(-shared -fPIC), "-DNAME=make_$n");
	push @others, "$DIR/plugins/$name.so";
}
compile('reuse', '
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	uintptr_t places[16];
	int same = 0;
	for (int round = 0; round < 3; round++)
		for (int i = 1; i < argc; i++) {
			void *h = dlopen(argv[i], RTLD_NOW);
			int (*use)(void) = h ? (int (*)(void))dlsym(h, "use") : NULL;
			if (!use || use() != i)
				return 3;
			places[i] = (uintptr_t)use;
			same += i > 1 && places[i] == places[i - 1];
			dlclose(h);
		}
	printf("%d\n", same);
	return 0;
}');
($db, $out) = same('reuse', "$DIR/reuse", @others);
cmp_ok($out, '>', 0, 'reuse: libraries come to lie where others were') or diag($out);
is(sql($db, "select group_concat(function || '/' || allocated_bytes || '/' || replace(module, '$DIR/plugins/', ''), ' ') from
	(select * from hotspots where allocated_bytes between 6000 * 3 and 6010 * 3 or function like 'make%' order by function)"),
	join(' ', map { "make_$_/" . 3 * (6000 + $_) . "/other_$_.so" } 1 .. 4), 'reuse: every block has the names of the library that made it');
done_testing;
