#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Hostile surroundings: each is run alone, recorded, and under the bare LD_PRELOAD, and does the same; what could be recorded
# is right to the allocation, and what could not is said in a sentence. How many allocations there are the program knows: its
# steps make a hundred each, in a function of a known name.
use strict;
use warnings;
use Harness;
use Test::More;

need(qw(sqlite3 gcc));
my $steps = program('surrounded');

# Runs a command alone and in both ways; row: {
#   command      what is run
#   known        allocations in the function `known` that are recorded, in both ways (undef: no trace is expected)
#   preloaded    the same where it is another number under LD_PRELOAD
#   env, limit   of Harness::run
#   noted        what the summary says
#   said         what stands on stderr under LD_PRELOAD (else: what stands there alone)
#   long         1: only where there is time
# }
# Collectors under LD_PRELOAD end after their programs: what they wrote is looked at in the end.
my @later;
sub surroundings {
	my ($name, $row) = @_;
	return if $row->{long} && !$LONG;
	my %o = map { $row->{$_} ? ($_ => $row->{$_}) : () } qw(env limit timeout);
	my $file = $name =~ s/\W+/_/gr;
	my $trace = "$DIR/$file.preload.trace";
	my @command = @{$row->{command}};
	my %at_once = ( # beside the one that is recorded
		"$file.alone" => start({%o}, "$file.alone", @command),
		"$file.preloaded" => start({%o, env => {%{$o{env} || {}}, CULPRIT_OUTPUT => $trace, LD_PRELOAD => join ':', $SHIM, $row->{env}{LD_PRELOAD} || ()}},
			"$file.preloaded", @command),
	);
	my $recorded = culprit({%o, limit => undef}, 'record', '-o', "$DIR/$file.trace", '--',
		$o{limit} ? ('sh', '-c', "ulimit $o{limit}; exec \"\$@\"", 'sh') : (), @command);
	my ($alone, $preloaded) = map {
		my $status = stop($at_once{$_}, 0, 60);
		{status => $status >> 8, signal => $status & 127, out => slurp("$DIR/$_.out"), err => slurp("$DIR/$_.err")};
	} "$file.alone", "$file.preloaded";
	for (['record', $recorded], ['LD_PRELOAD', $preloaded]) {
		is("$_->[1]{status} $_->[1]{signal}", $_->[0] eq 'record' && $alone->{signal} ? 128 + $alone->{signal} . ' 0' : "$alone->{status} $alone->{signal}", "$name, $_->[0]: exit status");
		is($_->[1]{out}, $alone->{out}, "$name, $_->[0]: output");
	}
	my $own = $recorded->{err} =~ s/^culprit: [^\n]*\n//mgr;
	is($own, $alone->{err}, "$name, record: stderr") unless $row->{own_said};
	if ($row->{said}) {
		like($preloaded->{err}, $row->{said}, "$name, LD_PRELOAD: it is said why");
	} else {
		is($preloaded->{err}, $alone->{err}, "$name, LD_PRELOAD: nothing more on stderr");
	}
	counted($name, "$DIR/$file.trace", $row->{known}, $row);
	my $preloaded_known = exists $row->{preloaded} ? $row->{preloaded} : $row->{known};
	push @later, ["$name, LD_PRELOAD", $trace, $preloaded_known, $row] if defined $preloaded_known;
}

sub counted {
	my ($name, $trace, $known, $row) = @_;
	ok(wait_until(20, sub { culprit('analyze', $trace)->{status} == 0 && sql("$trace.db", "select value from meta where key = 'complete'") eq '1' }),
		"$name: the trace is whole") or return;
	is(sql("$trace.db", "select coalesce(sum(allocations), 0) from hotspots where function = 'known'"), $known, "$name: each allocation is recorded");
	my $lost = sql("$trace.db", 'select sum(lost_events) from process');
	is($lost, 0, "$name: nothing is lost");
	like(culprit('report', 'summary', $trace)->{out}, $row->{noted}, "$name: the report says so") if $row->{noted};
}
sub steps { return command => [$steps, @_]; }

# --- limits -------------------------------------------------------------------------------------------------------------

my @all = qw(descriptor alloc thread=4 fork=t);
surroundings('nothing special', {steps(@all, 'exec', 'alloc'), known => 800});
surroundings('limits set later', {command => ['sh', '-c', 'exec "$@" > /dev/null', 'sh', $steps, qw(limit=nofile:3 limit=fsize:0), @all], known => 700});
surroundings('few descriptors', {long => 1, steps(@all), known => 700, limit => '-S -n 5'});
surroundings('no descriptors', {steps(qw(alloc thread)), known => 0, limit => '-n 4', preloaded => undef,
	said => qr/^culprit: (?:not recording: no memfd or unix socket to be had|the limit on open files leaves no room)/m, own_said => 1});
surroundings('no file may grow', {command => ['sh', '-c', 'ulimit -S -f 0; exec "$@" > /dev/null', 'sh', $steps, @all], known => 700});
surroundings('little address space', {steps(@all), known => 700, limit => '-S -v 700000'}); # four arenas of the C library ask for 128 MiB each, for a moment
surroundings('small stacks', {long => 1, steps(@all), known => 700, limit => '-s 128'});

# A collector that cannot start says so, and nobody waits for it: here the ring becomes full.
{
	my @counter = (program('counter'), "$DIR/counts", 2, 200_000);
	my $alone = run(@counter);
	my $r = run({env => {LD_PRELOAD => $SHIM, CULPRIT_COLLECTOR => '/bin/false', CULPRIT_OUTPUT => "$DIR/none.trace"}}, @counter);
	is("$r->{status} $r->{out}", "$alone->{status} $alone->{out}", 'a collector that ends at once: as alone');
	cmp_ok($r->{seconds}, '<', $alone->{seconds} + 3, 'and not much slower');
}

# --- filters ------------------------------------------------------------------------------------------------------------

SKIP: {
	skip 'seccomp filters cannot be set here', 1 unless run($steps, 'filter=errno')->{status} == 0;
	surroundings('a filter', {steps(qw(alloc filter=kill alloc)), known => 200});
	surroundings('a filter, threads', {long => 1, steps(qw(filter=kill alloc thread=8 thread=8)), known => 1700});
	surroundings('a filter, children', {steps(qw(alloc filter=kill fork=t fork alloc)), known => 500});
	surroundings('a filter that traps, by syscall', {steps(qw(filter=trap/syscall thread fork=t)), known => 300});
	surroundings('a filter that refuses, twice', {long => 1, steps(qw(filter=errno filter=errno/syscall)), known => 0})
		if run($steps, qw(filter=errno filter=errno/syscall))->{status} == 0;
	surroundings('a filter that refuses', {steps(qw(filter=errno/syscall alloc thread fork=t)), known => 400});
	surroundings('a filter, exec', {steps(qw(alloc filter=kill/exec spawn alloc thread)), known => 300,
		noted => qr/has executed \S*surrounded, which is not recorded: a seccomp filter is in force/});
	surroundings('filters that cannot be', {steps(qw(alloc probe=40 spawn alloc thread)), known => 500});
	surroundings('strict mode', {steps(qw(alloc strict)), known => 200, noted => qr/is not recorded from here on: it has forbidden itself to read\s+the/s});
}

# --- the environment ------------------------------------------------------------------------------------------------------

surroundings('an emptied environment', {steps(qw(noenv alloc spawn thread)), known => 200,
	noted => qr/has executed \S*surrounded, which is not recorded: it is given an environment without LD_PRELOAD/});
surroundings('closed descriptors', {steps(qw(close alloc fork=t close=range thread descriptor)), known => 400});
surroundings('another language', {steps(@all), known => 700, env => {LC_ALL => 'tr_TR.UTF-8', LANG => 'xx', LOCPATH => '/nowhere', TZ => ':/nowhere',
	MALLOC_PERTURB_ => 165, GLIBC_TUNABLES => 'glibc.malloc.tcache_count=0', LD_BIND_NOW => 1}});

# Other preloads: one that wraps malloc as we do, and an allocator; before us and behind.
spew("$DIR/wrap.c", <<'END');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
void *malloc(size_t n) { static void *(*next)(size_t); if (!next) next = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc"); return next(n); }
void free(void *p) { static void (*next)(void *); if (!next) next = (void (*)(void *))dlsym(RTLD_NEXT, "free"); next(p); }
END
is(run(qw(gcc -O1 -fno-builtin -fPIC -shared), "$DIR/wrap.c", '-o', "$DIR/wrap.so")->{status}, 0, 'a preload that wraps malloc');
my @preloads = ("$DIR/wrap.so", grep { run({env => {LD_PRELOAD => $_}}, 'true')->{err} eq '' } qw(libjemalloc.so.2 libtcmalloc_minimal.so.4));
for my $preload (@preloads) {
	my ($name) = $preload =~ m{([^/]+)\.so};
	surroundings("preloaded behind: $name", {steps(@all), known => 700, env => {LD_PRELOAD => $preload}});
	my $trace = "$DIR/before.$name.trace";
	my $r = run({env => {LD_PRELOAD => "$preload:$SHIM", CULPRIT_OUTPUT => $trace}}, $steps, @all);
	my $alone = run({env => {LD_PRELOAD => $preload}}, $steps, @all);
	is("$r->{status} $r->{out} $r->{err}", "$alone->{status} $alone->{out} $alone->{err}", "preloaded before: $name: the same");
	# One that hands on is seen through; an allocator that comes first has taken our place, and there is nothing to record.
	push @later, ["preloaded before: $name", $trace, 700, {}] if $name eq 'wrap';
}

# --- roots, namespaces, users: as root ----------------------------------------------------------------------------------------

SKIP: {
	skip 'not root', 1 unless $> == 0;
	my $root = "$DIR/root";
	mkdir $root;
	chmod 0755, $DIR, $root;
	for my $file ($steps, '/bin/true', map { m{(/\S+) \(0x} ? $1 : () } split /\n/, run('ldd', $steps)->{out}) {
		run('cp', '-L', '--parents', $file, $root);
	}
	skip 'no chroot here', 1 unless run($steps, "chroot=$root")->{status} == 0;
	surroundings('chroot', {steps('alloc', "chroot=$root", @all), known => 800});
	surroundings('chroot, exec', {steps('alloc', "chroot=$root", qw(spawn=/bin/true alloc)), known => 200,
		noted => qr{has executed /bin/true, which is not recorded: libculprit\.so cannot be opened where it runs}});
	surroundings('another user', {long => 1, steps(qw(alloc user=65534 alloc thread fork=t)), known => 500});
	surroundings('locked memory', {steps(qw(lock alloc thread=4 fork=t)), known => 700}) if run($steps, 'lock')->{status} == 0;

	skip 'no mount namespaces here', 1 if run(qw(unshare -m sh -c), 'mount -t tmpfs none /proc')->{status};
	my @without_proc = ('unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /proc; exec "$@"', 'sh');
	surroundings('no /proc', {command => [@without_proc, $steps, @all], known => 700});
	my $inside = run(@without_proc, $CULPRIT, 'record', '-o', "$DIR/inside.trace", '--', $steps, @all);
	is($inside->{status}, 0, 'no /proc for the collector either') or diag($inside->{err});
	counted('no /proc for the collector either', "$DIR/inside.trace", 700, {});
	mkdir "$DIR/sealed";
	my @read_only = ('unshare', '-m', 'sh', '-c', "mount --bind $DIR/sealed $DIR/sealed && mount -o remount,bind,ro $DIR/sealed && cd $DIR/sealed && exec \"\$@\"", 'sh');
	SKIP: {
		skip 'no read-only mounts here', 1 if run(@read_only, 'true')->{status};
		surroundings('a directory that is read-only', {command => [@read_only, $steps, @all], known => 700});
		my $status = stop(start({env => {CULPRIT_OUTPUT => undef}}, 'sealed', @read_only, 'env', "LD_PRELOAD=$SHIM", $steps, @all));
		is("$status " . slurp("$DIR/sealed.out"), '0 ' . run($steps, @all)->{out}, 'a trace in it, LD_PRELOAD: the program goes on');
		wait_until(20, sub { -s "$DIR/sealed.err" }); # by the collector, in its own time
		like(slurp("$DIR/sealed.err"), qr/^culprit: cannot write the trace to .*: Read-only file system\n\z/, 'and it is said');
		my $r = run(@read_only, $CULPRIT, 'record', '--', $steps, @all);
		is("$r->{status} $r->{out}", '1 ', 'a trace in it, record: nothing is begun');
		like($r->{err}, qr/^culprit: cannot write the trace to .*: Read-only file system\n\z/, 'and it is said why');
	}
}

# --- signals, threads, ends -----------------------------------------------------------------------------------------------------

for my $mode (qw(count alloc jump)) {
	my @command = (program('interrupted'), $mode, $LONG ? 20_000 : 400);
	my $alone = run(@command);
	my $r = record("interrupted.$mode", @command);
	is("$r->{status} $r->{signal} $r->{out}", "$alone->{status} $alone->{signal} $alone->{out}", "interrupted, $mode: on small stacks, as alone");
	my ($allocated) = $r->{err} =~ /^(\d+)$/m;
	my $lost = sql($r->{db}, 'select sum(lost_events) from process');
	if ($mode eq 'alloc') { # in the middle of a hook neither the allocation nor the free is recorded, but counted
		is(sql($r->{db}, "select coalesce(sum(allocations), 0) from hotspots where function = 'in_handler'") + $lost / 2, $allocated,
			"interrupted, $mode: what handlers allocated, but for what is counted as lost ($lost)");
	} else {
		is($lost, 0, "interrupted, $mode: nothing is lost");
	}
}

surroundings("parting by $_", {long => $_ eq 'quick', command => [program('parting'), $_], known => 200, timeout => 20}) for qw(exit quick return);

for (['2000 at once', 2000, 1], ['5000, 500 at once', 500, 10]) {
	my ($name, @crowd) = @$_;
	surroundings("threads: $name", {long => $crowd[1] == 1, command => [program('crowd'), @crowd], known => 10 * $crowd[0] * $crowd[1]});
}
SKIP: {
	my @crowd = (program('crowd'), 2300, 1);
	my $alone = run(@crowd);
	skip 'not so many threads can be had here', 1 if $alone->{status};
	my $r = record('more', @crowd);
	is("$r->{status} $r->{out}", "0 $alone->{out}", 'threads: more at once than there is room for: as alone');
	my $known = sql($r->{db}, "select sum(allocations) from hotspots where function = 'known'");
	my $lost = sql($r->{db}, 'select sum(lost_events) from process');
	cmp_ok($known, '>=', 20_000, 'threads: more: those with room are recorded');
	# of a thread without: ten allocations, ten frees, its beginning and end; its end may find room that has become free
	my $unseen = 2300 - $known / 10;
	ok($lost >= 20 * $unseen && $lost <= 23 * $unseen, 'threads: more: what the others did is counted as lost') or diag("$lost of $unseen threads");
}

# --- sanitizers ---------------------------------------------------------------------------------------------------------------------

for my $kind (qw(address thread undefined leak)) {
	SKIP: {
		my $built = "$DIR/san.$kind";
		skip "no $kind sanitizer", 1 if run(qw(gcc -O1 -g -fno-builtin -pthread), "-fsanitize=$kind", '-o', $built, "$TOP/tests/e2e/programs/crowd.c")->{status} ||
			run($built, 10, 1)->{status};
		surroundings("sanitized: $kind", {long => $kind eq 'leak', command => [$built, 10, 2], known => 200, timeout => 60,
			$kind eq 'address' ? (env => {ASAN_OPTIONS => 'verify_asan_link_order=0'}) : ()});
	}
}

counted(@$_) for @later;
done_testing;
