# SPDX-License-Identifier: MIT
#
# What it costs to have locks recorded: nothing but lock and unlock; threads that fight for one lock; threads that wait for
# each other's work. Rounds take native and recorded runs in turns. A storm on one lock has several steady states, so it is
# run often and shortly, medians are compared, and the spread is told. Whatever else the machine does meanwhile makes storms
# faster, because a thread that is preempted does not fight: a run that others disturb is repeated, and how much they
# disturbed is told, too.
package Locks;
use strict;
use warnings;
use Exporter 'import';
use Harness;
use Measure;
use Recorder;

our @EXPORT = qw(bench_locks);

my @recorders = recorders('mutrace');
# Of its author's and others' measurements; shown where it cannot be run.
my %published = (alone => '+180', mutex => '+180', storm => '0.25 to 0.28');

# key, words, threads, options
my @uncontended = (
	['alone', 'mutex, no other thread', 1, 'mutex'],
	['mutex', 'mutex, another thread asleep', 1, qw(-i 1 mutex)],
	['recursive', 'recursive mutex', 1, qw(-i 1 recursive)],
	['read', 'rwlock, reading', 1, qw(-i 1 read)],
	['many', '4096 mutexes at random', 1, qw(-i 1 -l 4096 mutex)],
	['own', '2 threads, a mutex each', 2, qw(-p mutex)],
	['shared', '2 threads, 4096 at random', 2, qw(-l 4096 mutex)],
);
my @contended = map { my $t = $_; (
	["$t.outside", "$t threads, work inside and outside", $t, 75, 75, 'mutex'],
	["$t.inside", "$t threads, work inside only", $t, 75, 0, 'mutex'],
); } (2, 4);
my @blocked = (
	['queue', 'queue of 64 items, 1 producer, 1 consumer', 2, 100, 100, 'queue'],
	['queue4', 'the same, 2 and 2', 4, 100, 100, 'queue'],
	['turns', '2 threads taking turns', 2, 0, 0, 'turns'],
);

# One run: {rate (operations a second), ns (an operation, median of slices), cpu (the same of processor time), switches (of
# 1000), count, trace}.
sub one_run {
	my ($recorder, $name, $program, @options) = @_;
	my $file = "$DIR/lock.$recorder.$name";
	unlink glob "$file*";
	my $r = run({timeout => 120}, recorder_command($recorder, $file), "$BUILD/tests/bench/$program", @options);
	my ($line) = $r->{out} =~ /^([\d.]+(?: [\d.]+){7})$/m or die "$program under $recorder: $r->{err}";
	die "$program @options under $recorder ends with $r->{status}: $r->{err}" if $r->{status};
	my %r;
	@r{qw(rate mean low ns high cpu switches count)} = split ' ', $line;
	$r{trace} = "$file.trace";
	return \%r;
}

sub quiet_run { my @how = @_; return quietly(sub { return one_run(@how); }); }

# {recorder => [runs]}, in turns. $how: one_run or quiet_run.
sub in_turns {
	my ($how, $rounds, $name, @options) = @_;
	my %all;
	for my $round (1 .. $rounds) {
		push @{$all{$_}}, $how->($_, $name, @options) for @recorders;
	}
	return \%all;
}
sub values_of { my ($all, $recorder, $key) = @_; return map { $_->{$key} } @{$all->{$recorder} || []}; }

# By processor time: what else the machine does hardly shows in it, unless two threads are to meet each other's cache lines.
sub bench_uncontended {
	my ($quick) = @_;
	my ($rounds, $seconds) = $quick ? (3, 0.2) : (7, 0.4);
	for (@uncontended) {
		my ($key, $words, $threads, @options) = @$_;
		my $all = in_turns($threads > 1 ? \&quiet_run : \&one_run, $rounds, 'uncontended', 'lock_storm', '-s', $seconds, '-t', $threads, @options);
		my %ns = map { $_ => median(values_of($all, $_, 'cpu')) } @recorders;
		note_line("lock+unlock, $words, ns: " . join ', ', map { sprintf '%s %.1f (%s)', $_, $ns{$_}, spread(1, values_of($all, $_, 'cpu')) } @recorders);
		# Two threads that share locks are not without contention: their cache lines go to and fro.
		my @bounds = $key eq 'shared' ? (undef, undef) : (20, 10);
		result("locks.$key", "extra ns a lock+unlock: $words", $ns{culprit} - $ns{native}, 'ns', @bounds,
			$ns{mutrace} ? $ns{mutrace} - $ns{native} : undef, 'mutrace', $published{$key});
	}
}

# Throughput kept, as a result. Returns the runs.
sub kept {
	my ($rounds, $seconds, $program, $key, $words, $bounds, $published, $threads, $inside, $outside, $kind) = @_;
	my $all = in_turns(\&quiet_run, $rounds, $key, $program, '-s', $seconds, '-t', $threads, '-w', $inside, '-o', $outside, $kind);
	my %rate = map { $_ => median(values_of($all, $_, 'rate')) } @recorders;
	note_line("$words, 1000 a second: " . join ', ', map { sprintf '%s %.0f (%s)', $_, $rate{$_} / 1000, spread(1000, values_of($all, $_, 'rate')) } @recorders);
	note_line('  processor time, ns each: ' . join(', ', map { sprintf '%s %.0f', $_, median(values_of($all, $_, 'cpu')) } @recorders) .
		'; sleeps, of 1000: ' . join ', ', map { sprintf '%s %.2f', $_, median(values_of($all, $_, 'switches')) } @recorders);
	result("locks.$key", "throughput kept: $words", $rate{culprit} / $rate{native}, '', @$bounds,
		$rate{mutrace} ? $rate{mutrace} / $rate{native} : undef, 'mutrace', $published);
	return $all;
}

# Bytes of the trace for each wait that it accounts for, by the counts of its analysis.
sub bench_bytes {
	my ($key, $words, $run, $query) = @_;
	my $analysis = culprit({timeout => 300}, 'analyze', '-o', "$DIR/lock.db", $run->{trace});
	return note_line("no figure of bytes: $analysis->{err}" =~ s{\s+\z}{}r) if $analysis->{status};
	my $waits = sql("$DIR/lock.db", $query) || 0;
	unlink glob "$DIR/lock.db*";
	note_line(sprintf '%s: %d, in %d bytes of trace', $words, $waits, -s $run->{trace});
	result("locks.$key", "trace bytes for each of the $words", (-s $run->{trace}) / $waits, 'B') if $waits;
}

sub bench_locks {
	my ($quick) = @_;
	my ($rounds, $seconds) = $quick ? (3, 0.3) : (11, 0.5);
	bench_uncontended($quick);
	my %runs;
	for (@contended) {
		my ($key, $words, @how) = @$_;
		$runs{$key} = kept($rounds, $seconds, 'lock_storm', $key, "one mutex, $words", [-0.8, -0.9], $published{storm}, @how);
	}
	for (@blocked) {
		my ($key, $words, @how) = @$_;
		$runs{$key} = kept($rounds, $seconds, 'relay', $key, $words, [undef, -0.9], undef, @how);
	}
	note_disturbance();
	bench_bytes('wait_bytes', 'contended waits', $runs{'4.outside'}{culprit}[-1], "select sum(contended) from lock where kind = 'mutex'");
	bench_bytes('blocked_bytes', 'waits for a turn', $runs{turns}{culprit}[-1], "select sum(waits) from lock where kind = 'cond'");
}
1;
