#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Programs that do odd things do them under culprit as they do without.
use strict;
use warnings;
use Harness;
use Test::More;

need('sqlite3');

# Runs a program alone, recorded and under the bare LD_PRELOAD; the summary of the recording.
sub same {
	my ($name, $o, @command) = @_;
	my $alone = run($o, @command);
	my $preloaded = run({%$o, env => {%{$o->{env} || {}}, LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => "$DIR/$name.preload.trace"}}, @command);
	my $r = record($o, $name, @command);
	for (['record', $r], ['LD_PRELOAD', $preloaded]) {
		is("$_->[1]{status} $_->[1]{signal}", "$alone->{status} $alone->{signal}", "$name, $_->[0]: exit status");
		is($_->[1]{out}, $alone->{out}, "$name, $_->[0]: output");
	}
	is($preloaded->{err}, $alone->{err}, "$name: nothing more on stderr");
	return summary_of($r->{db});
}

same('weak_names', {}, program('weak_names'));

my @plugins;
for my $n (1, 2) {
	push @plugins, "$DIR/own_new$n.so";
	is(run('gcc', '-O1', '-g', "-DNUMBER=$n", '-fPIC', '-shared', "$TOP/tests/e2e/input/own_new.c", '-o', $plugins[-1])->{status}, 0, 'plugin built');
}
same('plugins', {}, program('plugins'), @plugins[0, 1, 0, 1, 1, 0, 0]);

# libunwind's locks, which --check-stacks has the threads hold often, are not waited for in children.
same('fork_busy', {options => ['--check-stacks', '--on-full=drop']}, program('fork_busy'));

# A handler that calls a hook in the middle of another one does not open its guard: else the malloc in operator new counts.
for my $stack ([], ['signal stack']) {
	my $name = "signal_news@{[scalar @$stack]}";
	my $p = same($name, {}, program('signal_news'), @$stack);
	cmp_ok($p->{allocations}, '<', 500006, "$name: each new counts once");
	is($p->{frees}, 500000, "$name: each delete counts once");
}

my $early = same('preinit', {}, program('preinit'));
cmp_ok($early->{allocations}, '>', 0, 'preinit: in the recording that `record` started');

# Without standard descriptors, and with an environment too long for a page of pointers.
for (['closed', '0<&- 1>&- 2>&-'], ['no_stdout', '1>&-'], ['long', '', map { ("LONG$_" => 1) } 1 .. 600]) {
	my ($name, $redirection, %environment) = @$_;
	my $r = run({env => {%environment, LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => "$DIR/$name.trace"}}, 'sh', '-c', 'exec ' .
		program('preinit') . " $redirection");
	is($r->{status}, 0, "$name: exit status");
	ok(wait_until(10, sub { culprit('analyze', "$DIR/$name.trace")->{status} == 0 }), "$name: there is a trace");
}

# The segment does not come into core dumps, and no program waits long for a collector that does not answer.
like(slurp_smaps(), qr/^VmFlags:.* dd( |$)/m, 'the segment is not dumped');
sub slurp_smaps {
	my $r = record('smaps', 'sed', '-n', '/memfd:culprit/,/^VmFlags/p', '/proc/self/smaps');
	return $r->{out};
}

done_testing;
