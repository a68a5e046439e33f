#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Locks in odd places: what they do is what they do without culprit, and every acquisition is counted, once, for the
# lock that it was of.
use strict;
use warnings;
use Harness;
use Test::More;

need('sqlite3');

# Runs a program alone, under the bare LD_PRELOAD and recorded; the recording's result.
sub same {
	my ($name, $varies, @command) = @_;
	my $alone = run(@command);
	my $preloaded = run({env => {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => "$DIR/$name.preload.trace"}}, @command);
	my $r = record($name, @command);
	for (['record', $r], ['LD_PRELOAD', $preloaded]) {
		is("$_->[1]{status} $_->[1]{signal}", "$alone->{status} $alone->{signal}", "$name, $_->[0]: exit status") or diag($_->[1]{err});
		is($_->[1]{out} =~ s/$varies//gr, $alone->{out} =~ s/$varies//gr, "$name, $_->[0]: output");
	}
	is(sql($r->{db}, 'select sum(lost_events) from process'), 0, "$name: nothing lost");
	return $r;
}

# The acquisitions of locks of this name in the main process, "name+0x28" included.
sub acquisitions {
	my ($r, $lock) = @_;
	return sql($r->{db}, "select coalesce(sum(acquisitions), 0) from lock where process_id = 1 and kind in ('mutex', 'rwlock') and (name = '$lock' or name like '$lock+%')");
}

for my $n (1 .. ($LONG ? 20 : 1)) {
	my $r = same('lock_odd', qr/^lock in_timer \d+$/m, program('lock_odd'), program('lock_plugin.so'));
	my %truth = $r->{out} =~ /^lock (\w+) (\d+)$/mg;
	cmp_ok(scalar keys %truth, '>=', 16, 'lock_odd: as many locks');
	$truth{around}++; # it is held when the program ends
	$truth{early} += 0;
	# What a handler does that came in the middle of a hook is not recorded, whatever it is.
	my ($timed, $in_timer) = (acquisitions($r, 'in_timer'), delete $truth{in_timer});
	ok($timed <= $in_timer && $timed >= $in_timer * 0.8, 'lock_odd: in_timer') or diag("$timed of $in_timer");
	is(acquisitions($r, $_), $truth{$_}, "lock_odd: $_") for sort keys %truth;
	is(sql($r->{db}, "select group_concat(acquisitions, ' ') from lock where process_id > 1 and name = 'at_fork'"), '1 1 1 1 1', 'lock_odd: at_fork, in the children');
	is(sql($r->{db}, "select count(*) from lock where name like 'hundreds%'"), 300, 'lock_odd: each of the hundreds is one');
	is(sql($r->{db}, "select try_failures from lock where name = 'left_held'"), 1, 'lock_odd: left_held is held');
	is(sql($r->{db}, "select flags from lock where name = 'recursive'") . ' ' . sql($r->{db}, "select flags from lock where name = 'checked'"),
		'recursive errorcheck', 'lock_odd: flags of static initialisers');
	is(sql($r->{db}, "select owner_changes from lock where name = 'handed'"), 0, 'lock_odd: handed was always main\'s');
	is(summary_of($r->{db})->{wait_ns}, 0, 'lock_odd: and nobody waited for any');
}

my $r = same('lock_throw', qr/^$/m, program('lock_throw'));
my %truth = $r->{out} =~ /^lock (\w+) (\d+)$/mg;
is(acquisitions($r, $_), $truth{$_}, "lock_throw: $_") for sort keys %truth;

$r = same('lock_stuck', qr/^$/m, program('lock_stuck'));
for (['wants', 'stuck', 20], ['sleeps', 'work', 22]) {
	my ($function, $lock, $class) = @$_;
	my ($unfinished, $ns) = split /\|/, sql($r->{db}, "select sum(w.unfinished) || '|' || sum(w.wait_ns) from lock_wait w join lock on lock.id = lock_id
		join stacks on stacks.stack_id = w.stack_id where lock.name = '$lock' and class = $class and stack like '%;$function'");
	is($unfinished, 1, "lock_stuck: $function still waits when the program ends");
	ok($ns > 250_000_000, 'lock_stuck: and has for as long') or diag($ns);
}

$r = same('lock_many', qr/^$/m, program('lock_many'));
for (['node_new', 100000, 200000], ['again_new', 70000, 139999], ['passed_new', 9000, 45000]) {
	my ($function, $locks, $sum) = @$_;
	is(sql($r->{db}, "select count(*) || ' ' || sum(acquisitions) from lock join stacks on stack_id = block_stack_id where stack like '%;$function'"),
		"$locks $sum", "lock_many: $function: as many locks, as many acquisitions");
}
done_testing;
