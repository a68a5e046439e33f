#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What starts services and stops them: managers that tell the process they have started, and containers, whose first process is told to
# stop, is given the orphans, and is the parent of many that are gone before one looks.
use strict;
use warnings;
use Harness;
use Test::More;
use Time::HiRes 'sleep';

need('sqlite3');

sub is_whole { my ($trace) = @_; return culprit('analyze', $trace)->{status} == 0 && sql("$trace.db", "select value from meta where key = 'complete'") eq '1'; }

# --- service managers -----------------------------------------------------------------------------------------------------

{
	my @tells = ('sh', '-c', 'test "$LISTEN_PID $WATCHDOG_PID" = "$$ $$"');
	my $r = run('sh', '-c', 'LISTEN_PID=$$ WATCHDOG_PID=$$ exec "$@"', 'sh', $CULPRIT, 'record', '-o', "$DIR/listen.trace", '--', @tells);
	is($r->{status}, 0, 'what was meant for the process that was started is meant for the command');
	$r = run({env => {LISTEN_PID => 1, WATCHDOG_PID => undef}}, $CULPRIT, 'record', '-o', "$DIR/listen.trace", '--',
		'sh', '-c', 'test "$LISTEN_PID ${WATCHDOG_PID-none}" = "1 none"');
	is($r->{status}, 0, 'and what was meant for another is not');
}

my $script = '$| = 1; my $s = ""; $SIG{$_} = sub { print "$_[0]\n"; exit 9 if ($s .= $_[0]) =~ /$ARGV[0]/ } for qw(HUP USR1 USR2 TERM QUIT INT); print "ready\n"; sleep 1 while 1';
sub told {
	my ($name, $to, @signals) = @_;
	my $said = '';
	ok(wait_until(20, sub { slurp("$DIR/$name.out") eq "ready\n" }), "$name: begins") or diag(slurp("$DIR/$name.err"));
	for my $signal (@signals) {
		$said .= "$signal\n";
		kill $signal, $to->();
		ok(wait_until(20, sub { slurp("$DIR/$name.out") eq "ready\n$said" }), "$name: $signal is handed on");
	}
}
{
	my $pid = start('hands', $CULPRIT, 'record', '-o', "$DIR/hands.trace", '--', 'perl', '-e', $script, 'TERM');
	told('hands', sub { $pid }, qw(HUP USR1 USR2 TERM));
	is(stop($pid) >> 8, 9, 'and the status is that of the command');
	ok(is_whole("$DIR/hands.trace"), 'the trace is whole');
}

# --- containers: the first process of a pid namespace -----------------------------------------------------------------------

my @container = qw(unshare -p -f --mount-proc);
if ($> || !have('unshare') || run(@container, 'true')->{status}) {
	note('no pid namespaces can be made here');
	done_testing;
	exit;
}

{
	my $pid = start('first', @container, $CULPRIT, 'record', '-o', "$DIR/first.trace", '--', 'perl', '-e', $script, 'QUIT');
	told('first', sub { slurp("/proc/$pid/task/$pid/children") =~ /(\d+)/ }, qw(USR1 INT QUIT));
	is(stop($pid) >> 8, 9, 'the first process is the only one that is told to stop: it hands that on');
	ok(is_whole("$DIR/first.trace"), 'the trace is whole');
}

{
	my $orphans = 'for (1 .. 60) { fork // die or do { fork // die or exec "sh", "-c", "exit 7"; exit }; wait } ' .
		'for (1 .. 200) { $n = grep { my $f; open $f, "<", "$_/stat" and <$f> =~ /\) Z/ } glob "/proc/[0-9]*"; last if !$n && $_ > 3; select undef, undef, undef, .05 } print "zombies: $n\n"';
	my $r = run(@container, $CULPRIT, 'record', '-o', "$DIR/orphans.trace", '--', 'perl', '-e', $orphans);
	is("$r->{status} $r->{out}", "0 zombies: 0\n", 'orphans are waited for') or diag($r->{err});
	ok(is_whole("$DIR/orphans.trace"), 'the trace is whole');
	is(sql("$DIR/orphans.trace.db", "select count(*) from process where command = 'sh' and ended = 'exit 7'"), 60, 'and how each ended is known');
}

# Under LD_PRELOAD alone the collector is its child.
{
	my $children = 'use POSIX ":sys_wait_h"; sub family { for my $n (1 .. 3) { fork // die or exit $n } }
		family; $n = 0; $n++ while wait > 0; family; $n++ while waitpid(-1, 0) > 0; family; select undef, undef, undef, .01 while waitpid(-1, WNOHANG) >= 0; print "$n\n"';
	my $r = run({timeout => 20, env => {CULPRIT_OUTPUT => "$DIR/parent.trace"}}, @container, '--kill-child', 'env', "LD_PRELOAD=$SHIM", 'perl', '-e', $children);
	is("$r->{status} $r->{out}", "0 6\n", 'who waits until there is no child any more does not wait for the collector');
}

# The kernel kills the collector with the first process: what is older than a second is in the trace.
{
	my $count = 1200; # there are slots for 1024 at a time
	my $r = run({env => {CULPRIT_OUTPUT => "$DIR/service.trace"}}, @container, 'env', "LD_PRELOAD=$SHIM", 'sh', '-c',
		"i=0; while [ \$i -lt $count ]; do /bin/true; i=\$((i+1)); done; echo \$i; sleep 2");
	is("$r->{status} $r->{out}", "0 $count\n", 'a service that is the first process runs many commands');
	is(culprit('analyze', "$DIR/service.trace")->{status}, 0, 'its trace can be read');
	is(sql("$DIR/service.trace.db", "select count(*) from process where command = 'true' and ended = 'exit 0'"), $count, 'no command is lost, and how each ended is known');
	is(sql("$DIR/service.trace.db", 'select sum(lost_events) from process'), 0, 'nothing of what they did is lost');
}

done_testing;
