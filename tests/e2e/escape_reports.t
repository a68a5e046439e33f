#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Reports on escapes, owners and wrappers of recorded programs: what they say is what the programs do, in every format, it adds up
# to the summary, and --wrapper moves it to whoever wanted the memory.
use strict;
use warnings;
use Harness;
use JSON::PP;
use Test::More;

sub report {
	my ($name, $trace, @options) = @_;
	my $r = culprit('report', $name, '--format=json', @options, $trace);
	is($r->{status}, 0, "report $name @options") or diag($r->{err});
	return @{decode_json($r->{out} || '[]')};
}

sub total { my ($column, @rows) = @_; my $sum = 0; $sum += $_->{$column} for @rows; return $sum; }
sub of { my ($function, @rows) = @_; my ($row) = grep { $_->{function} eq $function } @rows; return $row || {}; }

sub record_only {
	my ($name) = @_;
	my $r = culprit('record', '-o', "$DIR/$name.trace", '--', example($name));
	is($r->{status}, 0, "$name: recorded");
	return "$DIR/$name.trace";
}

# Rows add up: within themselves, and to the summary.
sub sums {
	my ($trace, @sites) = @_;
	my @summary = report('summary', $trace);
	is(total('allocations', @sites), total('allocations', @summary), 'allocations are the summary\'s');
	is(total('allocated_bytes', @sites), total('allocated_bytes', @summary), 'bytes as well');
	is(total('retained', @sites), total('leaked_allocations', @summary), 'retained is leaked');
	is(scalar(grep { $_->{local} + $_->{caller} + $_->{thread} + $_->{retained} != $_->{allocations} } @sites), 0, 'classes are all there is');
	for my $cost ('local_bytes', 'escaped_bytes', 'retained_bytes') {
		my $folded = culprit('export', 'folded', "--cost=$cost", $trace)->{out};
		my $sum = 0;
		$sum += $_ for $folded =~ / (\d+)$/mg;
		is($sum, $cost eq 'escaped_bytes' ? total('caller_bytes', @sites) + total('thread_bytes', @sites) : total($cost, @sites), "folded $cost");
	}
	my @owners = report('owners', $trace);
	cmp_ok(total('bytes', @owners), '<=', total('local_bytes', @sites) + total('caller_bytes', @sites), 'owners own what died in calls');
	is(scalar(grep { $_->{activations} < 1 || $_->{blocks} < $_->{activations} || $_->{max_bytes} > $_->{bytes} || !$_->{sites} } @owners), 0,
		'owners\' figures can be');
	return @owners;
}

my $trace = record_only('escape_queue');
my @sites = report('escapes', $trace);
sums($trace, @sites);
my $job = of('job_new', @sites);
is("$job->{class} $job->{thread} $job->{owner} $job->{freed_function}", 'thread 2000 job_done job_done', 'jobs are freed by another thread');
like("$job->{made_in} $job->{freed_in}", qr/^main \(escape_queue[.]c:\d+\) main \(escape_queue[.]c:\d+\)$/, 'where the two threads were created');
my $cell = of('cell_new', @sites);
is("$cell->{class} $cell->{owner} $cell->{level} $cell->{max_live} $cell->{size_max}", 'caller produce 1 64 8', 'cells die in their producer');
my $text = culprit('report', 'escapes', '--match=job_new', $trace)->{out};
like($text, qr/100 %.*job_new.*\n    freed by another thread in job_done; between threads of main \(escape_queue[.]c:\d+\);.* 32 B each\n/, 'in words');

$trace = record_only('escape_handler');
my @owners = sums($trace, report('escapes', $trace));
my $handler = of('request_handle', @owners);
is("$handler->{activations} $handler->{blocks} $handler->{blocks_per_activation} $handler->{bytes_per_activation} $handler->{sites}", '500 2000 4 128 3',
	'what dies in each request');

$trace = record_only('escape_wrappers');
sums($trace, report('escapes', $trace));
is(of('buffer_take', report('escapes', $trace))->{allocations}, 200, 'who is not known as a wrapper is a site');
@sites = report('escapes', $trace, '--wrapper=^buffer_');
is(of('buffer_take', @sites)->{allocations}, undef, '--wrapper: none any more');
is(total('local', grep { $_->{function} eq 'copy' } @sites), 100, 'who wanted the memory is');
is(scalar(report('wrappers', $trace, '--wrapper=^nothing$')), 0, 'one size from two places is no wrapper');

SKIP: {
	skip('git is not there', 3) unless have('git');
	my $repository = "$DIR/repository";
	run('git', 'init', '-q', $repository);
	for my $i (1 .. 12) {
		spew("$repository/file$i", join '', map { "line $_ of $i\n" } 1 .. 40 * $i);
		run({cd => $repository}, 'git', 'add', '.');
		run({cd => $repository}, 'git', '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', "change $i");
	}
	culprit({cd => $repository}, 'record', '-o', "$DIR/git.trace", '--', 'git', '--no-pager', 'log', '--stat', '-p');
	my @wrappers = report('wrappers', "$DIR/git.trace");
	cmp_ok(scalar @wrappers, '>=', 1, 'git has wrappers that are not known by name');
	is(scalar(grep { $_->{callers} < 4 || $_->{sizes} < 4 || $_->{suggestion} !~ /^--wrapper='\^.+\$'$/ } @wrappers), 0, 'which are called from many places');
}
done_testing;
