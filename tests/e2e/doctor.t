#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# `culprit doctor`: real programs of every kind that cannot be recorded whole, and what it says of each; that what it calls
# whole is recorded, and what it does not is not.
use strict;
use warnings;
use Harness;
use Test::More;

need('gcc');

sub doctor { my $o = ref $_[0] eq 'HASH' ? shift : {}; return san_culprit($o, 'doctor', '-o', "$DIR/x.trace", '--', @_); }
sub build {
	my ($name, $source, @flags) = @_;
	spew("$DIR/$name.c", $source);
	my $r = run('gcc', '-O1', '-o', "$DIR/$name", "$DIR/$name.c", @flags);
	diag($r->{err}) if $r->{status};
	return $r->{status} ? undef : "$DIR/$name";
}
# What it says of one check: "verdict sentence".
sub said {
	my ($r, $check) = @_;
	my ($line) = grep { /^\S+ +$check: / } split /\n/, $r->{out};
	return defined $line ? $line =~ s/^(\S+) +$check: /$1 /r : '';
}

$ENV{CULPRIT_LIBRARY} = $SHIM;
my $allocates = '#include <stdlib.h>
int main(void) { for (int i = 1; i < 100; i++) free(malloc(i)); return 0; }';

# --- whole ---------------------------------------------------------------------------------------
{
	my $p = build('plain', $allocates);
	my $r = doctor($p);
	is($r->{status}, 0, 'a plain program: whole') or diag($r->{out}, $r->{err});
	unlike($r->{out}, qr/^(?!ok )/m, 'every check is passed');
	is(said($r, 'program'), "ok $p", 'the program is named');
	ok(!-e "$DIR/x.trace", 'no trace is made');
	spew("$DIR/script", "#!/bin/sh\necho ran > $DIR/ran\n");
	chmod 0755, "$DIR/script";
	$r = doctor("$DIR/script");
	is($r->{status}, 0, 'a script: its interpreter is looked at');
	like(said($r, 'program'), qr{^ok .*/script is a script: its interpreter /bin/sh}, 'and named');
	ok(!-e "$DIR/ran", 'nothing is run');
	spew("$DIR/by_env", "#!/usr/bin/env -S A=b plain -x\n");
	chmod 0755, "$DIR/by_env";
	$r = doctor({env => {PATH => "$DIR:/nowhere"}}, 'by_env');
	is(said($r, 'program'), "ok $DIR/by_env is a script: its interpreter $p is looked at; what it starts is recorded too, each where that can be",
		'the interpreter that env finds');
	spew("$DIR/by_script", "#!/usr/bin/env by_env\n");
	chmod 0755, "$DIR/by_script";
	like(said(doctor({env => {PATH => "$DIR:/nowhere"}}, 'by_script'), 'program'), qr{^ok .*/by_script is a script: its interpreter $p is looked at}, 'and its interpreter');
	like(said(doctor({env => {PATH => '/nowhere'}}, "$DIR/by_env"), 'program'), qr{^FAILURE .*/by_env: cannot run plain: No such}, 'one that it does not');
	spew("$DIR/lost", "#!/nowhere/sh\n");
	chmod 0755, "$DIR/lost";
	like(said(doctor("$DIR/lost"), 'loading'), qr{^FAILURE the interpreter /nowhere/sh, which the first line of .*/lost names, cannot be run: No such},
		'an interpreter that is not there');
	$r = doctor({env => {PATH => "$DIR:/nowhere"}}, 'plain');
	is(said($r, 'program'), "ok $p", 'found through PATH');
}

# --- programs ------------------------------------------------------------------------------------
{
	my $r = doctor("$DIR/nosuch");
	is($r->{status}, 1, 'no such program');
	like(said($r, 'program'), qr/^FAILURE cannot run .*nosuch: No such file/, 'is told');
	spew("$DIR/text", "no program\n");
	chmod 0755, "$DIR/text";
	is(doctor("$DIR/text")->{status}, 1, 'a text file is no program');
	spew("$DIR/torn", substr(slurp("$DIR/plain"), 0, 5000));
	chmod 0755, "$DIR/torn";
	is(doctor("$DIR/torn")->{signal}, 0, 'half a program does no harm');
}
SKIP: {
	my $p = build('static', $allocates, '-static') or skip 'no static libc', 2;
	my $r = doctor($p);
	is($r->{status}, 1, 'a static program');
	like(said($r, 'loading'), qr/^FAILURE .*statically linked/, 'cannot be recorded');
	is(said($r, 'allocator'), '', 'and no more is said of it');
}
SKIP: {
	my $p = "$DIR/setuid";
	run('cp', "$DIR/plain", $p);
	skip 'no way to make a setuid program of another user', 2 unless $> == 0 && chown(65534, -1, $p) && chmod(04755, $p);
	skip 'the directory is mounted nosuid', 2 if run('findmnt', '-no', 'OPTIONS', '-T', $DIR)->{out} =~ /nosuid/;
	my $r = doctor($p);
	is($r->{status}, 1, 'a setuid program');
	like(said($r, 'loading'), qr/^FAILURE .*it is setuid/, 'loads no library of ours');
}
SKIP: {
	my $p = build('narrow', 'int main(void) { return 0; }', '-m32', '-nostdlib', '-Wl,-e,main') or skip 'no 32-bit compiler', 1;
	like(said(doctor($p), 'loading'), qr/^FAILURE .*32-bit/, 'a 32-bit program');
}

# --- allocators ----------------------------------------------------------------------------------
my $own = '#include <stddef.h>
static char arena[1 << 20]; static size_t used;
void *malloc(size_t n) { void *p = arena + used; used += (n + 31) & ~(size_t)15; return p; }
void free(void *p) { (void)p; }
int main(void) { for (int i = 1; i < 100; i++) free(malloc(i)); return 0; }';
{
	my $p = build('own', $own, '-fno-builtin');
	my $r = doctor($p);
	is($r->{status}, 1, 'an executable with its own malloc');
	like(said($r, 'allocator'), qr/^warning the executable brings its own malloc and exports it/, 'is told');
	$p = build('hidden', "#define malloc own_malloc\n#define free own_free\n" . $own . "\nvoid *mi_malloc(size_t n) { return malloc(n); }", '-fno-builtin');
	like(said(doctor($p), 'allocator'), qr/^warning the executable carries mimalloc under names of its own/, 'an allocator under other names');
	$p = build('words', '#include <stdio.h>
int main(int argc, char **argv) { (void)argv; if (argc > 5) puts("<jemalloc>: error"); return 0; }', '-s');
	like(said(doctor($p), 'allocator'), qr/^warning the executable carries jemalloc/, 'one in a stripped executable, by its words');
}
SKIP: {
	my $p = build('past', 'void *mi_malloc(unsigned long); void mi_free(void *); int main(void) { mi_free(mi_malloc(100)); return 0; }', '-l:libmimalloc.so.2')
		or skip 'no mimalloc', 2;
	like(said(doctor($p), 'allocator'), qr/^warning it calls mi_malloc of mimalloc, which goes past malloc/, 'calls of an allocator by its own names');
	$p = build('behind', $allocates, '-fno-builtin', '-Wl,--no-as-needed', '-l:libmimalloc.so.2');
	is(doctor($p)->{status}, 0, 'the same allocator by malloc: whole');
}
SKIP: {
	my $p = build('jemalloc', $allocates, '-fno-builtin', '-l:libjemalloc.a', '-lpthread', '-ldl', '-lm', '-lstdc++') or skip 'no static jemalloc', 1;
	like(said(doctor($p), 'allocator'), qr/^warning the executable brings its own malloc \(jemalloc\)/, 'jemalloc linked into it');
}

# --- libraries -----------------------------------------------------------------------------------
{
	build('libown.so', $own =~ s/int main.*//sr, '-fno-builtin', '-shared', '-fPIC', '-Wl,-Bsymbolic');
	my $p = build('uses', 'void *malloc(unsigned long); int main(void) { return !malloc(3); }', '-fno-builtin', '-L', $DIR,
		'-l:libown.so', '-Wl,-rpath,$ORIGIN', '-Wl,--no-as-needed');
	my $r = doctor($p);
	is($r->{status}, 1, 'a -Bsymbolic library with an allocator');
	like(said($r, 'libraries'), qr/^warning libown\.so defines malloc and was linked with -Bsymbolic/, 'is told');
	mkdir "$DIR/bin";
	symlink $p, "$DIR/bin/uses";
	unlike(said(doctor("$DIR/bin/uses"), 'libraries'), qr/not found/, 'found from where the program really is');
	unlink "$DIR/libown.so";
	like(said(doctor($p), 'libraries'), qr/^FAILURE libown\.so, which it needs, is not found/, 'one that is missing');
}
SKIP: {
	my $p = build('asan', $allocates, '-fsanitize=address') or skip 'no AddressSanitizer', 2;
	like(said(doctor($p), 'sanitizer'), qr/^warning .*AddressSanitizer/, 'a sanitizer build');
	is(culprit('record', '-o', "$DIR/asan.trace", '--', $p)->{status}, 0, 'starts, as it says');
	isnt(run({env => {LD_PRELOAD => $SHIM, ASAN_OPTIONS => 'exitcode=9'}}, $p)->{status}, 0, 'and under LD_PRELOAD alone does not');
}

# --- surroundings --------------------------------------------------------------------------------
{
	my $p = "$DIR/plain";
	my $r = doctor({env => {CULPRIT_LIBRARY => "$DIR/none.so"}}, $p);
	like(said($r, 'library'), qr/^FAILURE .*none\.so/, 'no library');
	is($r->{status}, 1, 'nothing would be recorded');
	run('cp', $SHIM, "$DIR/libculprit.so");
	$r = doctor({env => {CULPRIT_LIBRARY => "$DIR/libculprit.so", PATH => '/nowhere'}}, $p);
	like(said($r, 'collector'), qr/^warning .*CULPRIT_COLLECTOR/, 'no collector for LD_PRELOAD alone');
	like(said(doctor({env => {LD_PRELOAD => "$DIR/gone.so"}}, $p), 'preloads'), qr/^warning LD_PRELOAD names .*gone\.so/,
		'another preload that is not there');
	like(said(doctor({limit => '-n 32'}, $p), 'limits'), qr/^warning 32 open files/, 'few descriptors');
	like(said(doctor({limit => '-f 1000'}, $p), 'limits'), qr/^warning files may grow to/, 'small files');
	$r = culprit('doctor', '-o', "$DIR/nowhere/x.trace", '--', $p);
	is($r->{status}, 1, 'a directory that is not there');
	like(said($r, 'output'), qr/^FAILURE no trace can be written in .*nowhere: No such/, 'is told');
	like(said(culprit('doctor', '-o', $DIR, '--', $p), 'output'), qr/^FAILURE .* is a directory/, 'a directory is no file');
	is(culprit('doctor')->{status}, 2, 'no command: usage');
	is(culprit('doctor', '--what', 'true')->{status}, 2, 'no such option: usage');
}
SKIP: {
	skip 'not root', 1 unless $> == 0;
	spew("$DIR/strict", "2\n");
	my @strict = ('unshare', '-m', 'sh', '-c', "mount --bind $DIR/strict /proc/sys/vm/overcommit_memory && exec \"\$@\"", 'sh');
	skip 'no mount namespaces here', 1 if run(@strict, 'true')->{status};
	like(said(run(@strict, $CULPRIT, 'doctor', '-o', "$DIR/x.trace", '--', '/bin/true'), 'limits'), qr/^warning the system promises no more memory than it has/,
		'memory that is counted strictly');
}
SKIP: {
	skip 'not root', 1 unless $> == 0;
	skip 'no setpriv', 1 unless have('setpriv');
	my $r = run('sh', '-c', "ulimit -v 300000; exec setpriv --reuid=65534 --clear-groups $CULPRIT doctor -o /tmp/x.trace -- /bin/true");
	like(said($r, 'limits'), qr/^FAILURE address space is limited/, 'too little address space for the collector')
		or diag($r->{out}, $r->{err});
}

done_testing;
