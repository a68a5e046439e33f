# SPDX-License-Identifier: MIT
#
# Timing a command, medians, and the table at the end of a benchmark: a row a result, with what must hold and what is
# aimed at. A bound is "at most"; a negative one means "at least" its absolute value. Beside it stands what another tool
# does: a number measured in the same run, or words about what others published, marked as not measured here.
package Measure;
use strict;
use warnings;
use Exporter 'import';
use POSIX qw(:sys_wait_h sysconf _SC_CLK_TCK);
use Time::HiRes qw(sleep time);

our @EXPORT = qw(median spread quietly note_disturbance timed result note_line table);
my @results;
my @disturbed; # by which share of the processors were what quietly() returned
my $processors = do { open my $cpus, '<', '/proc/cpuinfo'; my @each = grep { /^processor\b/ } <$cpus>; @each || 1 };

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[$#sorted / 2]; }
# "least to most" of figures, divided by $unit.
sub spread { my ($unit, @values) = @_; my @sorted = sort { $a <=> $b } @values; return join ' to ', map { number($_ / $unit) } @sorted[0, -1]; }
sub note_line { print "  $_[0]\n"; }

# Calls $what, which runs programs and waits for them, and again when others (other programs, the hypervisor) took more than
# a twelfth of all processors meanwhile, up to three times: the result of the least disturbed call.
sub quietly {
	my ($what) = @_;
	my ($best, $least);
	for (1 .. 3) {
		my ($begin, $busy, $own) = (time, busy_seconds(), own_seconds());
		my $result = $what->();
		my $others = (busy_seconds() - $busy - own_seconds() + $own) / ((time - $begin) * $processors);
		($best, $least) = ($result, $others) if !$best || $others < $least;
		last if $others <= 1 / 12;
	}
	push @disturbed, $least;
	return $best;
}
# Says how quiet those calls were since this was last said.
sub note_disturbance {
	my @by = sort { $a <=> $b } map { $_ > 0 ? 100 * $_ : 0 } splice @disturbed;
	return unless @by;
	note_line(sprintf 'others took %.0f %% of the processors during these runs (at most %.0f %%)%s', median(@by), $by[-1],
		median(@by) > 100 / 12 ? ': what is said of several threads is unreliable' : '');
}
sub own_seconds { my ($user, $system, $child_user, $child_system) = times; return $user + $system + $child_user + $child_system; }
sub busy_seconds {
	open my $stat, '<', '/proc/stat' or return 0;
	my (undef, $user, $nice, $system, $idle, $iowait, $irq, $softirq, $steal) = split ' ', scalar <$stat>;
	return ($user + $nice + $system + $irq + $softirq + ($steal || 0)) / sysconf(_SC_CLK_TCK);
}

# Runs a command without its output: {seconds, peak_kib (of the process itself; coarse for those of few milliseconds)}.
sub timed {
	my @command = @_;
	my $begin = time;
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	my $peak = 0;
	while (waitpid($pid, WNOHANG) == 0) {
		if (time - $begin > 0.1 && open my $status, '<', "/proc/$pid/status") {
			local $/;
			$peak = $1 if (<$status> || '') =~ /VmHWM:\s+(\d+)/;
			sleep 0.01;
		} else {
			sleep 0.0002;
		}
	}
	die "@command: status $?" if $?;
	return {seconds => time - $begin, peak_kib => $peak};
}

# result(key, words, value, unit, must, aim, the other's value, who that is, what was published about it)
sub result {
	my ($key, $name, $value, $unit, $must, $aim, $other, $who, $published) = @_;
	push @results, {key => $key, name => $name, value => $value, unit => $unit, must => $must, aim => $aim, other => $other,
		who => $who || 'heaptrack', published => defined $other ? undef : $published};
}

sub holds { my ($value, $bound) = @_; return !defined $bound ? undef : $bound < 0 ? $value >= -$bound : $value <= $bound; }
sub number { my ($v) = @_; return !defined $v ? '' : abs($v) >= 100 ? sprintf '%.0f', $v : abs($v) >= 10 ? sprintf '%.1f', $v : sprintf '%.2f', $v; }
sub bound { my ($b) = @_; return !defined $b ? '' : $b < 0 ? '>= ' . -$b : "<= $b"; }

sub table {
	my ($file) = @_;
	open my $csv, '>', $file or die "$file: $!";
	print $csv "key,value,unit,must,aim,must_holds,aim_holds,other,other_value,other_published\n";
	printf "\n%-60s %9s %-4s %9s %9s  %-7s %s\n", '', 'culprit', '', 'must', 'aim', '', 'other tool';
	my $failed = 0;
	for my $r (@results) {
		my ($must, $aim) = (holds($r->{value}, $r->{must}), holds($r->{value}, $r->{aim}));
		my $who = defined $r->{other} || defined $r->{published} ? $r->{who} : '';
		my $other = defined $r->{other} ? number($r->{other}) : defined $r->{published} ? "$r->{published} (published, not measured here)" : '';
		my $verdict = !defined $must ? '' : !$must ? 'FAIL' : $aim ? 'aim' : 'pass';
		$failed++ if defined $must && !$must;
		printf "%-60s %9s %-4s %9s %9s  %s\n", $r->{name}, number($r->{value}), $r->{unit}, bound($r->{must}), bound($r->{aim}), $who ? sprintf('%-7s %s %s', $verdict, $who, $other) : $verdict;
		print $csv join(',', map { defined $_ ? $_ : '' } $r->{key}, sprintf('%.4f', $r->{value}), $r->{unit}, $r->{must}, $r->{aim},
			defined $must ? $must ? 1 : 0 : '', defined $aim ? $aim ? 1 : 0 : '', $who, defined $r->{other} ? sprintf('%.4f', $r->{other}) : '', $r->{published}), "\n";
	}
	close $csv;
	print "\n", $failed ? "$failed of what must hold does not.\n" : "All that must hold holds.\n";
	print "In $file for machines.\n";
}
1;
