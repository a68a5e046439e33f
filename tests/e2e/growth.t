#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Blocks that are resized again and again, what allocators give beyond what was asked for, and memory limits: programs say
# what is true, and the reports have to agree, whichever allocator serves them.
use strict;
use warnings;
use Harness;
use JSON::PP;
use Test::More;

need('sqlite3');

sub report {
	my ($name, $r, @options) = @_;
	my $shown = culprit('report', $name, '--format=json', @options, $r->{trace});
	my $rows = eval { decode_json($shown->{out}) };
	diag("report $name: $shown->{err}$shown->{out}") unless $rows;
	return @{$rows || []};
}

# --- growth -----------------------------------------------------------------------------------------------------------

my $example = record('example', example('growing_realloc'));
my %by_function = map { $_->{function} => $_ } report('growth', $example);
my $all = 0;
$all += $_->{steps} for values %by_function;
is($all, summary_of($example->{db})->{reallocations}, "the steps are the summary's reallocations");
for (['append_one', 4095], ['append_doubling', 12]) {
	my ($function, $steps) = @$_;
	my $row = $by_function{$function} || {};
	is(join(' ', map { $_ // 'none' } @$row{qw(chains steps max_steps final_p50 final_p90)}), "1 $steps $steps 32768 32768", "$function: one array");
	like($row->{stack} // '', qr/(^|;)main;$function$/, "$function: its stack");
	is($row->{line} && (split /\n/, slurp("$TOP/examples/growing_realloc.c"))[$row->{line} - 1] =~ /realloc\(/, 1, "$function: its line");
}
cmp_ok($by_function{append_doubling}{copied_bytes}, '<=', 32767, 'append_doubling: no more is copied than there was');
is(culprit('report', 'growth', '--thread=1', $example->{trace})->{status}, 2, 'growth is not kept by thread');
is(join(' ', map { $_->{function} } report('growth', $example, '--match=doubling')), 'append_doubling', 'growth of a name');
like(culprit('report', 'growth', $example->{trace})->{out}, qr/RESIZED.*BLOCKS.*MOST.*COPIED.*\n.*4\.09 k +1 +4\.09 k .*32\.0 KiB.*append_one/, 'growth as text');

# The same of C++ containers, whatever is inlined.
for my $level ('-O2', '-O0') {
	my $program = "$DIR/outgrown$level";
	SKIP: {
		skip 'no C++ compiler', 1 if run('g++', $level, '-g', "$TOP/tests/e2e/programs/outgrown.cc", '-o', $program)->{status};
		my $r = record("outgrown$level", $program);
		my %sum;
		for my $row (grep { $_->{container} } report('growth', $r)) { # loops are unrolled: one function, more than one stack
			my ($name) = $row->{function} =~ /^(\w+)/;
			my $f = $sum{$name} ||= [0, 0, 0, 0, 0];
			$f->[$_->[0]] += $row->{$_->[1]} for [0, 'chains'], [1, 'steps'], [3, 'copied_bytes'];
			for ([2, 'max_steps'], [4, 'final_p90']) { $f->[$_->[0]] = $row->{$_->[1]} if $row->{$_->[1]} > $f->[$_->[0]]; }
		}
		my $seen = join '', map { "$_ @{$sum{$_}}\n" } sort keys %sum;
		is($seen, $r->{out}, "$level: containers that outgrow their storage, and nothing else");
	}
}

# --- slack ------------------------------------------------------------------------------------------------------------

sub check_slack {
	my ($name, $r) = @_;
	my %row = map { $_->{function} => $_ } report('slack', $r);
	my @sites = map { [split] } split /\n/, $r->{out};
	is(scalar @sites, 8, "$name: eight sites");
	my $sampled = 0;
	for (@sites) {
		my ($function, $blocks, $size, $least, $most) = @$_;
		my $s = $row{$function};
		if (!ok($s, "$name: $function is in the sample")) { next; }
		my $n = $s->{blocks};
		$sampled += $n;
		is($s->{requested_bytes}, $n * $size, "$name: $function: bytes asked for");
		ok($s->{usable_bytes} >= $n * $least && $s->{usable_bytes} <= $n * $most, "$name: $function: bytes that can be used")
			or diag("$s->{usable_bytes} of $n, each from $least to $most");
		my $mean = $s->{usable_bytes} / $n - $size;
		is($s->{share}, int(100 * $mean / ($mean + $size) + 0.5), "$name: $function: share");
		# All blocks are live at the peak.
		ok(abs($s->{at_peak_slack_bytes} - $blocks * $mean) < 1, "$name: $function: slack at the peak") or diag($s->{at_peak_slack_bytes});
		cmp_ok(abs($n - $blocks / 127), '<=', 1, "$name: $function: one of 127 is in the sample") or diag($n);
	}
	cmp_ok(abs($sampled - 8 * $sites[0][1] / 127), '<=', 8, "$name: size of the sample");
}

my @allocators = (['glibc', undef], map { [$_, "lib$_"] } 'jemalloc.so.2', 'tcmalloc_minimal.so.4', 'mimalloc.so.2');
for (@allocators) {
	my ($name, $library) = @$_;
	SKIP: {
		my $path = $library && (grep { -e } map { "$_/$library" } '/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib')[0];
		skip "$library is not there", 1 if $library && !$path;
		my %o = $path ? (env => {LD_PRELOAD => $path}) : ();
		my $alone = run({%o}, program('usable'));
		my $r = record({%o}, "usable.$name", program('usable'));
		is($r->{out}, $alone->{out}, "$name: the allocator gives what it gives without culprit");
		check_slack($name, $r);

		$r = record({%o}, "resizes.$name", program('resizes'));
		my %row = map { $_->{function} => $_ } grep { $_->{function} =~ /^(grow|hand_on|trim)$/ } report('growth', $r);
		my $seen = join '', map { my $f = $_; join(' ', $f, map { $row{$f}{$_} // 'none' } qw(chains steps max_steps copied_bytes final_p50 final_p90)) . "\n" } sort keys %row;
		is($seen, $r->{out}, "$name: resized blocks") and isnt($r->{out}, '', "$name: there are some");
		is(sql($r->{db}, 'select (select sum(steps) from growth) - (select sum(reallocations) from process)'), 0, "$name: steps are reallocations");
	}
}

# --- memory limits ----------------------------------------------------------------------------------------------------

# The limit is asked for when a process is first looked at, so it has to live a while.
my @lives = ('sleep', '0.5');
my $limits = "select coalesce(memory_limit_bytes, 0) || ' ' || coalesce(memory_limit_by, 'none') from process where command = 'sleep'";
my ($own) = slurp('/proc/self/cgroup') =~ /^\d+:memory:(\S+)$/m;
my ($place, $file) = defined $own ? ("/sys/fs/cgroup/memory$own/culprit-$$", 'memory.limit_in_bytes') :
	('/sys/fs/cgroup' . ((slurp('/proc/self/cgroup') =~ /^0::(\S+)$/m)[0] // '') . "/culprit-$$", 'memory.max');
my $made = mkdir $place;
my $outer = sql(record('no-limit', @lives)->{db}, $limits);
like($outer, qr/^(0 none|\d+ cgroup)$/, 'no limit but what the machine has');
my $space = 16 << 20; # KiB
SKIP: {
	skip 'a smaller limit holds already', 1 if $outer =~ /^(\d+)/ && $1 && $1 < $space << 10;
	is(sql(record({limit => "-v $space"}, 'space', @lives)->{db}, $limits), ($space << 10) . ' RLIMIT_AS', 'a limit on the address space');
}
SKIP: {
	skip 'no cgroup can be made', 1 unless $made && -e "$place/$file" && mkdir "$place/in";
	spew("$place/$file", 400 << 20);
	spew("$DIR/enter.sh", "echo \$\$ > $place/in/cgroup.procs || exit 9\nexec \"\$@\"\n");
	my $r = record('group', 'sh', "$DIR/enter.sh", @lives);
	skip 'no process can be put into a cgroup', 1 if $r->{status} == 9;
	is(sql($r->{db}, $limits), (400 << 20) . ' cgroup', 'the limit of the cgroup outside');
}
END { my $status = $?; rmdir "$place/in", rmdir $place if $made; $? = $status; }

done_testing;
