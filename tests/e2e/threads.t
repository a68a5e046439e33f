#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Threads: who created them and where, what they were called, when they ended; two thousand of them that live for
# moments, and those that are still there at the end.
use strict;
use warnings;
use Harness;
use JSON::PP;
use List::Util qw(sum0);
use Test::More;

need('sqlite3');

sub report {
	my ($name, $r, @options) = @_;
	my $shown = culprit('report', $name, '--format=json', @options, $r->{trace});
	my $rows = $shown->{status} ? undef : eval { decode_json($shown->{out}) };
	diag("report $name: $shown->{err}$shown->{out}") unless $rows;
	return @{$rows || []};
}
sub total { my ($column, @rows) = @_; return sum0(map { $_->{$column} || 0 } @rows); }

my $many = 'many_threads';
for my $n (1 .. ($LONG ? 20 : 1)) {
	my $plain = run(example('many_threads'));
	my $r = record($many, example('many_threads'));
	is("$r->{status} $r->{out}", "$plain->{status} $plain->{out}", "$many: as without");
	my @threads = report('threads', $r);
	is(scalar @threads, 2002, "$many: a row for each");
	is(summary_of($r->{db})->{threads}, 2002, "$many: and so says the summary");
	is(summary_of($r->{db})->{lost_events}, 0, "$many: nothing lost");
	is(total('alive', @threads), 0, "$many: all have ended");
	is(scalar(grep { defined $_->{end_ns} && $_->{end_ns} >= $_->{start_ns} } @threads), 2002, "$many: after they began");
	is(total('joined', @threads), 1500 + 250 + 1, "$many: joined");
	is(total('detached', @threads), 250, "$many: detached");
	is(total('allocations', @threads), summary_of($r->{db})->{allocations}, "$many: their allocations are all there are");
	my %created;
	$created{($_->{function} || 'nowhere') . ' by ' . ($_->{created_by} || 'nobody') =~ s{/\d+}{}r . ', runs ' . ($_->{start_function} || 'main')}++ for @threads;
	is_deeply(\%created, {'nowhere by nobody, runs main' => 1, 'main by many_threads, runs scheduler' => 1,
		'request_start by many_threads, runs serve' => 1500, 'job_start by scheduler, runs serve' => 500}, "$many: created where, by whom")
		or diag(join "\n", map { "$_: $created{$_}" } sort keys %created);
	is(scalar(grep { $_->{name} =~ /^serve-\d+0$|^serve-0$/ } @threads), 200, "$many: those that named themselves");
	is(scalar(grep { $_->{name} eq 'scheduler' } @threads), 1 + 450, "$many: those that bear their creator's name");
	my %stacks = map { ($_->{stack} => 1) } grep { ($_->{function} || '') eq 'job_start' } @threads;
	like(join(' ', keys %stacks), qr/^\S*;start_thread;scheduler;job_start$/, "$many: the creator's stack, root first");
	my ($main) = grep { $_->{tid} == $_->{pid} } @threads;
	ok(!$main->{created_by}, "$many: main was created by nobody that was seen");
	ok(!(grep { $_->{tid} != $_->{pid} && $_->{allocations} < 1 && $_->{name} ne 'scheduler' } @threads), "$many: each has its allocation");

	my @sites = report('thread-sites', $r);
	is(join(', ', map { "$_->{function} $_->{threads}" } sort { $b->{threads} <=> $a->{threads} } @sites),
		'request_start 1500, job_start 500, main 1', "$many: per creation site how many");
	is(total('alive', @sites), 0, "$many: of which none lives");
	for (@sites) {
		ok($_->{life_p50_ns} > 0 && $_->{life_p50_ns} <= $_->{life_max_ns}, "$many: $_->{function}: how long they lived");
	}
	my ($scheduler) = grep { $_->{function} eq 'main' } @sites;
	cmp_ok($scheduler->{life_max_ns}, '<=', $main->{end_ns} - $main->{start_ns}, "$many: not longer than all of it");
	is(total('allocations', @sites) + $main->{allocations}, total('allocations', @threads), "$many: the sites' allocations add up");
	is(total('blocked_ns', @sites) + $main->{blocked_ns}, total('blocked_ns', @threads), "$many: so does what they were blocked");
}

# Threads of a process that ends with them still there, that were never joined, that exit by pthread_exit, and of a child.
my $r = record('thread_ends', program('thread_ends'));
is($r->{out}, "parent\n", 'thread_ends: output');
my %of = map { ("$_->{name}" => $_) } rows($r->{db}, "select t.name, t.end_ns is null as alive, t.joined, t.detached, s.stack, c.name as creator, t.start_function,
	p.parent_id from thread t join process p on p.id = t.process_id left join stacks s on s.stack_id = t.created_stack_id left join thread c on c.id = t.creator_id");
is("$of{exits}{joined} $of{exits}{detached} $of{exits}{start_function}", '1 0 leaves', 'thread_ends: pthread_exit');
is("$of{cancelled}{joined} $of{cancelled}{start_function}", '1 sleeps', 'thread_ends: cancelled');
is("$of{born_detached}{joined} $of{born_detached}{alive}", '0 0', 'thread_ends: created detached');
is("$of{stays}{joined} $of{stays}{detached} $of{stays}{start_function}", '0 0 sleeps', 'thread_ends: there until the process ends');
ok(exists $of{renamed}, 'thread_ends: named by another thread') or diag(join ', ', keys %of);
is("$of{grandchild}{creator} $of{grandchild}{start_function}", 'exits returns', 'thread_ends: created by a thread that has left');
is($of{of_child}{parent_id}, 1, 'thread_ends: of a forked child');
like($of{of_child}{stack}, qr/;main;child;start$/, 'thread_ends: created there');
ok(!grep({ !defined $_->{stack} && $_->{name} ne 'thread_ends' } values %of), 'thread_ends: all of them were seen to be created')
	or diag(join ', ', map { "$_->{name}: " . ($_->{stack} || 'none') } values %of);
done_testing;
