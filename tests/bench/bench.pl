#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Measures culprit beside heaptrack and beside nothing, in turns on the same machine, and prints what must hold and what
# is aimed at. Results also go to BUILD/bench.csv. `--quick` takes less than a minute and is rougher; words after it
# choose among: storm redis locks memcached analyze start feel sample.
use strict;
use warnings;
use lib 'tests/e2e', 'tests/bench';
use Feel;
use Harness;
use Locks;
use Measure;
use Memcached;
use Recorder;
use Time::HiRes qw(sleep time);

my $quick = grep { $_ eq '--quick' } @ARGV;
my @chosen = grep { !/^-/ } @ARGV;
my $rounds = $quick ? 1 : 3;
my $seconds = $quick ? 1 : 4;
my $storm = "$BUILD/tests/bench/storm";
my @recorders = recorders('heaptrack');

sub chosen { my ($name) = @_; return !@chosen || grep { $_ eq $name } @chosen; }

# One run of the storm: {ns, cpu (ns), pairs, anon, file, shmem, bytes}.
sub storm {
	my ($recorder, $threads, $duration, $burst, @options) = @_;
	my $file = "$DIR/storm.$recorder";
	unlink glob "$file*";
	my $r = run({timeout => 600}, recorder_command($recorder, $file, @options), $storm, $threads, $duration, $burst || 8);
	my ($line) = $r->{out} =~ /^([\d.]+(?: [\d.]+){5})$/m or die "storm under $recorder: $r->{err}";
	my %r;
	@r{qw(ns cpu pairs anon file shmem)} = split ' ', $line;
	$r{bytes} = -s (file_of($recorder, $file) || '') || 0;
	return \%r;
}

sub bench_storm {
	for my $threads (1, 2, 4) {
		my %all;
		for my $round (1 .. $rounds) {
			for my $recorder (@recorders) { push @{$all{$recorder}}, storm($recorder, $threads, $seconds); }
			push @{$all{allocation}}, storm('culprit', $threads, $seconds, 8, '--no-free-stacks') if $threads == 1;
			for my $recorder (@recorders) { push @{$all{"new $recorder"}}, storm($recorder, $threads, $seconds, 1) if $threads == 1; }
		}
		my %ns = map { my $k = $_; $k => median(map { $_->{ns} } @{$all{$k}}) } keys %all;
		note_line("storm, $threads thread" . ($threads > 1 ? 's' : '') . ", ns a pair: " . join ', ', map { sprintf '%s %.0f', $_, $ns{$_} } @recorders);
		my %cpu = map { my $k = $_; $k => median(map { $_->{cpu} } @{$all{$k}}) } keys %all;
		note_line('  of processor time in the target: ' . join ', ', map { sprintf '%s %.0f', $_, $cpu{$_} } @recorders);
		my $ours = $ns{culprit} - $ns{native};
		my $theirs = $ns{heaptrack} ? $ns{heaptrack} - $ns{native} : undef;
		result("storm.$threads.extra_ns", "extra ns a pair, $threads thread" . ($threads > 1 ? 's' : ''), $ours, 'ns', $threads == 1 ? (110, 65) : (undef, undef), $theirs);
		result("storm.$threads.ratio", "the same as a share of heaptrack's", $ours / $theirs, '', 0.25, 0.125, undef) if $threads == 4 && $theirs;
		next unless $threads == 1;
		result('storm.no_free_stacks', 'the same with --no-free-stacks', $ns{allocation} - $ns{native}, 'ns');
		result('storm.new_stack', 'the same, every pair from another stack', $ns{'new culprit'} - $ns{'new native'}, 'ns', undef, undef, $ns{'new heaptrack'} ? $ns{'new heaptrack'} - $ns{'new native'} : undef);
		my %bytes = map { my $k = $_; $k => median(map { $_->{bytes} / $_->{pairs} } @{$all{$k}}) } grep { $_ ne 'native' } @recorders;
		result('storm.bytes', 'trace bytes a pair, storm', $bytes{culprit}, 'B', 6, 4, $bytes{heaptrack});
		my ($n, $c) = map { $all{$_}[0] } qw(native culprit);
		result('memory.private', "memory added to the target, its own", ($c->{anon} + $c->{file} - $n->{anon} - $n->{file}) / 1024, 'MiB');
		result('memory.shared', 'and of the segment (shared with the collector)', ($c->{shmem} - $n->{shmem}) / 1024, 'MiB');
	}
}

# Throughput of redis-benchmark SET with pipelining: {rps, sets, bytes}.
sub redis {
	my ($recorder, $requests, @options) = @_;
	my $port = free_port();
	my $file = "$DIR/redis.$recorder";
	unlink glob "$file*";
	my $pid = start("redis.$recorder", recorder_command($recorder, $file, @options), 'redis-server', '--port', $port, '--save', '', '--appendonly', 'no', '--dir', $DIR);
	wait_for_port($port) or die "redis-server under $recorder does not answer";
	my $r = run({timeout => 600}, 'redis-benchmark', '-p', $port, '-t', 'set', '-P', 16, '-n', $requests, '--csv');
	my ($rps) = $r->{out} =~ /^"SET","([\d.]+)"/m or die "redis-benchmark: $r->{out}$r->{err}";
	my $cpu = 0;
	$cpu += $_ for run('redis-cli', '-p', $port, 'info', 'cpu')->{out} =~ /^used_cpu_(?:user|sys):([\d.]+)/mg;
	run('redis-cli', '-p', $port, 'shutdown', 'nosave');
	stop($pid, undef, 120);
	return {rps => $rps, cpu => $cpu, bytes => -s (file_of($recorder, $file) || '') || 0};
}

sub bench_redis {
	return note_line('redis-benchmark is not there') unless have('redis-benchmark') && have('redis-server');
	my %all;
	redis('native', 100_000);
	my %requests = (native => $quick ? 1_000_000 : 5_000_000, culprit => $quick ? 1_000_000 : 4_000_000, heaptrack => $quick ? 300_000 : 2_000_000);
	for my $round (1 .. $rounds) {
		push @{$all{$_}}, redis($_, $requests{$_}) for @recorders;
	}
	my %rps = map { my $k = $_; $k => median(map { $_->{rps} } @{$all{$k}}) } keys %all;
	note_line('redis-benchmark SET -P 16, requests a second: ' . join ', ', map { sprintf '%s %.0f', $_, $rps{$_} } @recorders);
	result('redis.kept', 'redis SET throughput kept', $rps{culprit} / $rps{native}, '', -0.65, -0.80, $rps{heaptrack} ? $rps{heaptrack} / $rps{native} : undef);
	my $trace = "$DIR/redis.culprit.trace";
	culprit({timeout => 600}, 'analyze', $trace);
	my $p = summary_of("$trace.db");
	result('redis.pairs', 'allocations a SET', $p->{allocations} / $requests{culprit}, '');
	my $theirs = $all{heaptrack} ? $all{heaptrack}[-1]{bytes} / ($p->{allocations} * $requests{heaptrack} / $requests{culprit}) : undef;
	result('redis.bytes', 'trace bytes a pair, redis', $all{culprit}[-1]{bytes} / $p->{allocations}, 'B', 1, 0.5, $theirs);
}

# A sample of blocks, in turns with nothing; processor time is what a busy machine disturbs least.
sub bench_sample {
	my (%storm, %redis);
	my $with_redis = have('redis-benchmark') && have('redis-server');
	for my $round (1 .. ($quick ? 3 : 7)) {
		push @{$storm{native}}, storm('native', 1, $seconds)->{cpu};
		push @{$storm{sample}}, storm('culprit', 1, $seconds, 8, '--sample')->{cpu};
		next unless $with_redis;
		push @{$redis{native}}, redis('native', $quick ? 1_000_000 : 4_000_000);
		push @{$redis{sample}}, redis('culprit', $quick ? 1_000_000 : 4_000_000, '--sample');
	}
	result('sample.extra_ns', 'extra ns of processor time a pair with --sample, 1 thread', median(@{$storm{sample}}) - median(@{$storm{native}}), 'ns', 8, 5);
	return unless $with_redis;
	for (['rps', 'throughput'], ['cpu', 'processor time']) {
		my ($key, $words) = @$_;
		my ($native, $sample) = map { my $k = $_; median(map { $_->{$key} } @{$redis{$k}}) } qw(native sample);
		result("sample.redis_$key", "redis SET with --sample, $words kept", $key eq 'rps' ? $sample / $native : $native / $sample, '', -0.9, -0.97);
	}
}

sub bench_analyze {
	my $length = $quick ? 2 : 6;
	my %run = map { $_ => storm($_, 2, $length) } grep { $_ ne 'native' } @recorders;
	my $small = storm_trace_of('culprit', $length / 4);
	storm('culprit', 2, $length);
	my (@ours, @theirs, $peak);
	my $their_file = $run{heaptrack} ? file_of('heaptrack', "$DIR/storm.heaptrack") : undef;
	for my $round (1 .. ($quick ? 1 : 3)) {
		unlink "$DIR/a.db";
		my $m = timed($CULPRIT, 'analyze', '-o', "$DIR/a.db", "$DIR/storm.culprit.trace");
		push @ours, sql("$DIR/a.db", 'select sum(allocations + frees) from process') / $m->{seconds};
		$peak = $m->{peak_kib} / 1024;
		push @theirs, 2 * $run{heaptrack}{pairs} / timed('heaptrack_print', '-f', $their_file)->{seconds} if $their_file;
	}
	my $theirs = @theirs ? median(@theirs) : undef;
	note_line(sprintf 'analysis, M events a second: culprit %.2f%s', median(@ours) / 1e6, $theirs ? sprintf(', heaptrack_print %.2f', $theirs / 1e6) : '');
	result('analyze.rate', "events a second, as a share of heaptrack_print's", median(@ours) / $theirs, '', -0.5, -1.5) if $theirs;
	my $short = timed($CULPRIT, 'analyze', '-o', "$DIR/b.db", $small);
	result('analyze.peak', 'peak memory of the analyzer', $peak, 'MiB');
	result('analyze.growth', 'the same with four times the events, as a share', $peak * 1024 / $short->{peak_kib}, '', 1.5, 1.2);
}
sub storm_trace_of {
	my ($recorder, $length) = @_;
	storm($recorder, 2, $length);
	rename file_of($recorder, "$DIR/storm.$recorder"), "$DIR/short.trace";
	return "$DIR/short.trace";
}

sub bench_start {
	my @command = have('redis-server') ? ('redis-server', '--version') : ('true');
	my %all;
	for my $round (1 .. ($quick ? 7 : 25)) {
		for my $recorder (@recorders) {
			next if $recorder eq 'heaptrack' && $round > 5;
			push @{$all{$recorder}}, timed(recorder_command($recorder, "$DIR/start"), @command)->{seconds} * 1000;
			unlink glob "$DIR/start*";
		}
	}
	my %ms = map { $_ => median(@{$all{$_}}) } keys %all;
	note_line("start of `@command`, ms: " . join ', ', map { sprintf '%s %.1f', $_, $ms{$_} } @recorders);
	result('start', "start: record -- @command beyond native", $ms{culprit} - $ms{native}, 'ms', 40, 10, $ms{heaptrack} ? $ms{heaptrack} - $ms{native} : undef);
}

my @benches = ([storm => \&bench_storm], [redis => \&bench_redis], [locks => sub { bench_locks($quick); }],
	[memcached => sub { bench_memcached($quick); }], [analyze => \&bench_analyze], [start => \&bench_start], [sample => \&bench_sample], [feel => sub { bench_feel($quick); }]);
my %known = map { $_->[0] => 1 } @benches;
for (@chosen) { die "bench: there is no \"$_\"; there are @{[sort keys %known]}\n" unless $known{$_}; }
note_line('heaptrack is not there') unless have('heaptrack');
for (@benches) { $_->[1]->() if chosen($_->[0]); }
table("$BUILD/bench.csv");
