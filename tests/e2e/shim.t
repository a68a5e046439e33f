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

done_testing;
