# SPDX-License-Identifier: MIT
#
# What a memcached of four threads keeps of its throughput while it is recorded: gets and sets of one key, which are mostly
# system calls, and gets of sixteen keys, which are mostly memcached's own work with its locks. Load and server share the
# machine, so the server's processor time for a key is told, too.
package Memcached;
use strict;
use warnings;
use Exporter 'import';
use Harness;
use IO::Socket::INET;
use Measure;
use Recorder;

our @EXPORT = qw(bench_memcached);

my $load = "$BUILD/tests/bench/memcached_load";
my @recorders = recorders('mutrace');
my @loads = (
	['single', 'gets and sets of a key', '-P', 32],
	['multi', 'gets of 16 keys, sets', '-P', 16, '-m', 16],
);

# Sends a line; what is answered up to a line END, or until the server hangs up.
sub ask {
	my ($port, $line) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) or die "memcached does not answer: $!, $@";
	print $s "$line\r\n";
	my $answer = '';
	while (my $next = <$s>) { last if $next =~ /^END/; $answer .= $next; }
	return $answer;
}
sub processor_seconds {
	my ($port) = @_;
	my $stats = ask($port, 'stats');
	my $sum = 0;
	$sum += $1 while $stats =~ /^STAT rusage_(?:user|system) ([\d.]+)/mg;
	return $sum;
}

# One server, all loads: {load's key => {rate, cpu (ns a key)}}.
sub serve {
	my ($recorder, $seconds) = @_;
	my $port = free_port();
	my $file = "$DIR/memcached.$recorder";
	unlink glob "$file*";
	my @user = $> ? () : ('-u', 'root');
	my $pid = start("memcached.$recorder", recorder_command($recorder, $file), 'memcached', '-A', @user, '-l', '127.0.0.1', '-p', $port, '-t', 4, '-m', 256);
	wait_for_port($port) or die "memcached under $recorder does not answer";
	run({timeout => 30}, $load, '-s', 0.2, $port);
	my %r;
	for (@loads) {
		my ($key, $words, @options) = @$_;
		my $before = processor_seconds($port);
		my $r = run({timeout => 60}, $load, '-s', $seconds, @options, $port);
		my ($rate, $got, $set) = $r->{out} =~ /^(\d+) (\d+) (\d+)$/ or die "memcached_load: $r->{err}";
		$r{$key} = {rate => $rate, cpu => (processor_seconds($port) - $before) * 1e9 / ($got + $set)};
	}
	ask($port, 'shutdown');
	my $status = stop($pid, undef, 60);
	die "memcached under $recorder ends with status $status" if $status;
	return \%r;
}

sub bench_memcached {
	my ($quick) = @_;
	return note_line('memcached is not there') unless have('memcached');
	my %all;
	serve('native', 0.2);
	for my $round (1 .. ($quick ? 3 : 5)) {
		for my $recorder (@recorders) {
			push @{$all{$recorder}}, quietly(sub { return serve($recorder, $quick ? 0.6 : 2); });
		}
	}
	for (@loads) {
		my ($key, $words) = @$_;
		my %rate = map { my $k = $_; $k => [map { $_->{$key}{rate} } @{$all{$k}}] } @recorders;
		note_line("memcached, 4 threads, $words, 1000 keys a second: " . join ', ', map { sprintf '%s %.0f (%s)', $_, median(@{$rate{$_}}) / 1000, spread(1000, @{$rate{$_}}) } @recorders);
		my %cpu = map { my $k = $_; $k => median(map { $_->{$key}{cpu} } @{$all{$k}}) } @recorders;
		note_line('  of processor time in the server, ns a key: ' . join ', ', map { sprintf '%s %.0f', $_, $cpu{$_} } @recorders);
		result("memcached.$key", "memcached, throughput kept: $words", median(@{$rate{culprit}}) / median(@{$rate{native}}), '', -0.8, -0.95,
			$rate{mutrace} ? median(@{$rate{mutrace}}) / median(@{$rate{native}}) : undef, 'mutrace');
		result("memcached.$key.cpu", 'extra processor time a key in its server', $cpu{culprit} - $cpu{native}, 'ns', undef, undef,
			$cpu{mutrace} ? $cpu{mutrace} - $cpu{native} : undef, 'mutrace');
	}
	note_disturbance();
}
1;
