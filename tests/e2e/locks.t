#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Locks whose truth is known: the examples measure themselves, and culprit has to say the same; everything that is shown
# in several places adds up to the same.
use strict;
use warnings;
use Harness;
use JSON::PP;
use List::Util qw(sum0 max);
use Test::More;

need('sqlite3');

sub truth { my ($out) = @_; return {$out =~ /^(\w+) (\d+)$/mg}; }
sub report {
	my ($name, $r, @options) = @_;
	my $shown = culprit('report', $name, '--format=json', @options, $r->{trace});
	my $rows = $shown->{status} ? undef : eval { decode_json($shown->{out}) };
	diag("report $name: $shown->{err}$shown->{out}") unless $rows;
	return @{$rows || []};
}
sub folded { my ($cost, $r) = @_; return split /\n/, culprit('export', 'folded', "--cost=$cost", $r->{trace})->{out}; }
sub total { my ($column, @rows) = @_; return sum0(map { $_->{$column} || 0 } @rows); }
sub total_folded { return sum0(map { / (\d+)$/ ? $1 : 0 } @_); }
sub of_lock { my ($lock, @rows) = @_; return grep { $_->{lock} eq $lock } @rows; }

# A measurement of ours from outside, to the twentieth; the moments between two clocks being read, a few us a time; and once in a
# while a thread loses the processor there.
sub near {
	my ($got, $truth, $times, $what) = @_;
	my $room = $truth / 20 + 5000 * $times + 2_000_000;
	ok(defined $got && abs($got - $truth) <= $room, $what) or diag(defined $got ? "$got, and should be $truth" : 'nothing');
}

# Every figure is the same wherever it stands.
sub adds_up {
	my ($name, $r) = @_;
	my $db = $r->{db};
	my $p = row($db, 'select sum(contended) as contended, sum(wait_ns) as wait_ns, sum(blocked_ns) as blocked_ns, sum(lost_events) as lost from process');
	is($p->{lost}, 0, "$name: nothing lost");
	my @locks = report('locks', $r);
	my @waits = report('waits', $r);
	my @holders = report('holders', $r);
	my @blocked = report('blocked', $r);
	is(total('wait_ns', @locks), $p->{wait_ns}, "$name: the locks' wait is the summary's");
	is(total('contended', @locks), $p->{contended}, "$name: and contended");
	is(total('wait_ns', @waits), $p->{wait_ns}, "$name: the waiters' wait is the summary's");
	is(total('blocked_ns', @blocked), $p->{blocked_ns}, "$name: blocked is the summary's");
	is(total('waits', @waits), sql($db, "select coalesce(sum(waits), 0) from lock where id in (select lock_id from lock_wait where class = 20)"),
		"$name: the waiters' waits are the locks'");
	is(total('waits', @blocked), sql($db, "select coalesce(sum(waits), 0) from lock where id in (select lock_id from lock_wait where class = 22)"),
		"$name: and the waits for work");
	is(total_folded(folded('wait_ns', $r)), $p->{wait_ns}, "$name: folded wait_ns adds up");
	is(total_folded(folded('waits', $r)), total('waits', @waits), "$name: folded waits add up");
	is(total_folded(folded('blocked_ns', $r)), $p->{blocked_ns}, "$name: folded blocked_ns adds up");
	is(total_folded(folded('held_ns', $r)), total('caused_wait_ns', @holders), "$name: folded held_ns is the wait that holders caused");
	cmp_ok(total('caused_wait_ns', @holders), '<=', $p->{wait_ns}, "$name: nobody caused more wait than there was");
	is(sql($db, "select count(*) from lock where waits <> (select coalesce(sum(count), 0) from lock_histogram h where h.lock_id = lock.id and h.kind = 'wait')"),
		0, "$name: the histograms hold every wait");
	is(sql($db, "select count(*) from lock where wait_ns <> (select coalesce(sum(w.wait_ns), 0) from lock_wait w where w.lock_id = lock.id)
		or waits <> (select coalesce(sum(w.waits), 0) from lock_wait w where w.lock_id = lock.id)"), 0, "$name: each lock's waiters add up to it");
	is(sql($db, "select count(*) from lock where contended > acquisitions or read_acquisitions > acquisitions or read_contended > read_acquisitions
		or wait_max_ns > wait_ns or read_wait_ns > wait_ns or owner_changes > acquisitions or waits < contended or (contended > 0 and max_waiters < 1)"),
		0, "$name: no figure that cannot be");
	is(sql($db, "select count(*) from lock_wait where class = 22 and lock_id in (select id from lock where kind in ('mutex', 'rwlock', 'spin'))"),
		0, "$name: a lock is not waited for as if it were work");
	is(sql($db, "select count(*) from lock_wait where class = 20 and lock_id in (select id from lock where kind in ('cond', 'sem', 'barrier', 'join'))"),
		0, "$name: nor work as if it were a lock");
	my @text = map { $_->{stack} } @waits, @holders, @blocked;
	unlike("@text", qr/libculprit|\bhook_|\bwait_(begin|end)/, "$name: frames of the tool never appear");
}

# Runs an example with and without, and compares all that it prints but what is measured.
my %shown;
sub of {
	my ($name, @varies) = @_;
	my $varies = join '|', '\w+_ns', @varies;
	my $plain = run(example($name));
	my $r = record($name, example($name));
	is("$r->{status} $r->{signal}", "$plain->{status} $plain->{signal}", "$name: exit status") or diag($r->{err});
	is($r->{out} =~ s/^($varies) \d+\n//mgr, $plain->{out} =~ s/^($varies) \d+\n//mgr, "$name: output");
	adds_up($name, $r);
	return ($r, truth($r->{out}));
}

my ($r, $t) = of('lock_holder', 'acquisitions');
my ($lock) = of_lock('accounts', report('locks', $r));
is($lock->{kind}, 'mutex', 'lock_holder: accounts is found by its symbol');
is($lock->{acquisitions}, $t->{acquisitions}, 'lock_holder: acquisitions are exact');
near($lock->{wait_ns}, $t->{waited_ns}, $lock->{contended}, 'lock_holder: the wait is what the threads measured');
near($lock->{wait_max_ns}, $t->{longest_ns}, 10, 'lock_holder: the longest, too');
cmp_ok($lock->{contended}, '>=', 100, 'lock_holder: contended');
is("$lock->{top_waiter} $lock->{top_holder}", 'balance_read slow_holder', 'lock_holder: who waited, for whom');
cmp_ok($lock->{max_waiters}, '==', 3, 'lock_holder: three waited at once');
cmp_ok($lock->{hold_ns}, '>=', $t->{held_times} * 2_000_000, 'lock_holder: held as long as the holder slept');
cmp_ok($lock->{hold_max_ns}, '>=', 2_000_000, 'lock_holder: the longest hold');
cmp_ok($lock->{wait_p99_ns}, '<=', $lock->{wait_max_ns}, 'lock_holder: the 99th of 100');
cmp_ok($lock->{owner_changes}, '>', $t->{held_times}, 'lock_holder: the owner changed often');
my @holders = of_lock('accounts', report('holders', $r));
my ($slow) = grep { $_->{function} eq 'slow_holder' } @holders;
cmp_ok($slow->{caused_wait_ns}, '>=', 0.95 * total('caused_wait_ns', @holders), 'lock_holder: slow_holder caused the wait');
cmp_ok($slow->{caused_wait_ns}, '>=', 0.9 * $lock->{wait_ns}, 'lock_holder: nearly all of it');
like($slow->{stack}, qr/;writer;slow_holder$/, 'lock_holder: its stack, root first');
my @waits = of_lock('accounts', report('waits', $r));
my ($main) = sort { $b->{wait_ns} <=> $a->{wait_ns} } @waits;
like($main->{stack}, qr/;reader;balance_read$/, 'lock_holder: the waiters\' stack');
like(join("\n", folded('wait_ns', $r)), qr/;reader;balance_read;accounts \d+$/m, 'lock_holder: the folded stack ends in the name of the lock');
is(sql($r->{db}, "select count(distinct thread.name) from lock_wait join thread on thread.id = thread_id where class = 20 and thread.name in ('B', 'C', 'D')"),
	3, 'lock_holder: B, C and D waited');
is(sql($r->{db}, "select thread.name from lock_wait w join thread on thread.id = w.owner_id where class = 20 group by 1 order by sum(w.wait_ns) desc limit 1"),
	'A', 'lock_holder: A was the owner when they began to');

($r) = of('lock_order');
my @edges = rows($r->{db}, "select held, lock, cycle, held_stack, stack, thread from lock_orders");
my %edge = map { ("$_->{held} $_->{lock}" => $_) } @edges;
ok($edge{'orders stock'} && $edge{'stock orders'}, 'lock_order: both orders were seen') or diag(join ', ', sort keys %edge);
ok($edge{'ledger journal'}, 'lock_order: so was that of the others');
is(join(' ', sort map { $_->{cycle} ? ($_->{held}, $_->{lock}) : () } @edges), 'orders orders stock stock', 'lock_order: only the first two form a cycle');
is($edge{'orders stock'}{cycle}, $edge{'stock orders'}{cycle}, 'lock_order: one cycle');
for (['orders stock', 'sell'], ['stock orders', 'restock'], ['ledger journal', 'book']) {
	my ($key, $function) = @$_;
	like($edge{$key}{held_stack}, qr/;phase;$function$/, "lock_order: $function has the first");
	like($edge{$key}{stack}, qr/;phase;$function$/, "lock_order: $function wants the second");
}
my $text = culprit('report', 'lock-order', $r->{trace})->{out};
like($text, qr/sell/, 'lock_order: the report tells of sell');
like($text, qr/restock/, 'lock_order: and of restock');
like($text, qr/potential deadlock 1: [^\n]*orders/, 'lock_order: as a potential deadlock');
my ($deadlocks) = split /^in the same order always/m, $text;
unlike($deadlocks, qr/ledger|journal|deadlock 2/, 'lock_order: and the others are none');
my @cycles = report('lock-order', $r);
cmp_ok(scalar @cycles, '>=', 2, 'lock_order: the rows of the report');
unlike(join(' ', map { defined $_ ? $_ : () } map { values %$_ } grep { $_->{cycle} } @cycles), qr/journal/, 'lock_order: no cycle with those in order');

($r, $t) = of('lock_readers', qw(reads writes));
($lock) = of_lock('routes', report('locks', $r));
is("$lock->{kind} $lock->{flags}", 'rwlock prefer-writer', 'lock_readers: its kind');
is($lock->{acquisitions}, $t->{reads} + $t->{writes}, 'lock_readers: acquisitions');
is($lock->{read_acquisitions}, $t->{reads}, 'lock_readers: those for reading');
near($lock->{read_wait_ns}, $t->{read_waited_ns}, $t->{reads}, 'lock_readers: wait for reading');
near($lock->{wait_ns} - $lock->{read_wait_ns}, $t->{write_waited_ns}, $t->{writes}, 'lock_readers: wait for writing');
cmp_ok($lock->{read_contended}, '>=', 60, 'lock_readers: readers had to wait');
cmp_ok($lock->{contended} - $lock->{read_contended}, '>=', 20, 'lock_readers: so had the writer');
my %reading = map { ($_->{function} => $_->{ns}) } rows($r->{db}, "select s.function || w.reading as function, sum(wait_ns) as ns
	from lock_wait w join stack on stack.id = w.stack_id join sites s using (site_id) where class = 20 group by 1");
is(join(' ', sort keys %reading), 'routes_find1 routes_rebuild0', 'lock_readers: who waited to read, who to write');
my %caused = map { ($_->{function} => $_->{caused_wait_ns}) } report('holders', $r);
cmp_ok($caused{routes_rebuild}, '>', 0.8 * $t->{read_waited_ns}, 'lock_readers: the writer made the readers wait');
cmp_ok($caused{routes_find} || 0, '>', 0.5 * $t->{write_waited_ns}, 'lock_readers: a reader the writer');

($r, $t) = of('worker_pool', 'cond_waits');
is(summary_of($r->{db})->{wait_ns}, 0, 'worker_pool: no wait for any lock');
is(summary_of($r->{db})->{contended}, 0, 'worker_pool: none contended');
my %blocked;
$blocked{"$_->{on} $_->{function}"}{$_->{of}} = $_->{n} for map { my $row = $_; map { +{%$row, of => $_, n => $row->{$_}} } qw(waits ns) } rows($r->{db},
	"select \"on\", function, sum(waits) as waits, sum(blocked_ns) as ns from blocked group by 1, 2");
is($blocked{'cond job_next'}{waits}, $t->{cond_waits}, 'worker_pool: every wait for work');
near($blocked{'cond job_next'}{ns}, $t->{cond_blocked_ns}, $t->{cond_waits}, 'worker_pool: their time');
near($blocked{'join main'}{ns}, $t->{join_ns}, 4, 'worker_pool: joins');
is(join(', ', sort keys %blocked), 'cond job_next, join main', 'worker_pool: nothing else');
is(sql($r->{db}, "select name || ' ' || acquisitions from lock where kind = 'cond'"), 'work 41', 'worker_pool: signals and the broadcast');

($r, $t) = of('lock_cxx');
my ($prices, $rates) = map { of_lock($_, report('locks', $r)) } qw(prices rates);
is("$prices->{kind} $prices->{acquisitions} $prices->{contended}", 'mutex 20 10', 'lock_cxx: std::mutex');
near($prices->{wait_ns}, $t->{prices_waited_ns}, 10, 'lock_cxx: its wait');
is("$rates->{kind} $rates->{acquisitions} $rates->{read_acquisitions} $rates->{contended} $rates->{read_contended}", 'rwlock 40 20 20 10', 'lock_cxx: std::shared_mutex');
near($rates->{read_wait_ns}, $t->{rates_read_waited_ns}, 10, 'lock_cxx: its wait for reading');
near($rates->{wait_ns} - $rates->{read_wait_ns}, $t->{rates_write_waited_ns}, 10, 'lock_cxx: and for writing');
is("$prices->{top_waiter} $rates->{top_holder}" =~ s/<.*//r, 'prices_wait in_turns', 'lock_cxx: the functions are the program\'s, not the library\'s');
my ($arrived) = rows($r->{db}, "select waits, wait_ns, timeouts from lock where kind = 'cond' and name = 'arrived'");
is("$arrived->{waits} $arrived->{timeouts}", "6 $t->{arrived_timeouts}", 'lock_cxx: wait_for, and that it timed out');
near($arrived->{wait_ns}, $t->{arrived_blocked_ns}, 6, 'lock_cxx: its time');
my ($permit) = rows($r->{db}, "select function, \"on\", sum(blocked_ns) as ns from blocked where \"on\" in ('futex', 'sem') group by 1, 2");
is($permit->{function}, 'permit_take', 'lock_cxx: the semaphore is blocked, not wait');
ok($permit->{ns} <= $t->{permit_blocked_ns} && $permit->{ns} >= $t->{permit_blocked_ns} / 2, 'lock_cxx: its time, but for what it spun and yielded')
	or diag("$permit->{ns} of $t->{permit_blocked_ns}");

($r) = of('lock_robust');
my ($state) = of_lock('state', report('locks', $r));
is("$state->{acquisitions} $state->{contended}", '5 2', 'lock_robust: of a thread that died');
is($state->{flags}, 'robust shared', 'lock_robust: its flags are those of the object: glibc makes every robust mutex a shared one');
is(sql($r->{db}, "select group_concat(acquisitions || ' ' || contended, ', ') from (select * from lock where kind = 'mutex' and name <> 'state'
	order by process_id)"), '2 1, 1 0', 'lock_robust: of a process that died, in each of both');
cmp_ok($state->{wait_ns}, '>', 2 * 3_000_000, 'lock_robust: its wait');

($r) = of('lock_reuse');
my @lives = map { [$_->{kind}, $_->{acquisitions}, $_->{read_acquisitions}] } rows($r->{db}, "select kind, acquisitions, read_acquisitions from lock
	join stacks on stack_id = block_stack_id where stack like '%;connection_new%' order by kind, start_ns, lock.id");
is(join(' ', map { $_->[1] } grep { $_->[0] eq 'mutex' } @lives), join(' ', map { 10 + $_ } 0 .. 19), 'lock_reuse: each mutex has its own acquisitions');
is(join(' ', map { "$_->[1]/$_->[2]" } grep { $_->[0] eq 'rwlock' } @lives), join(' ', map { $_ + 1 . "/$_" } 0 .. 19), 'lock_reuse: and each rwlock');
is(sql($r->{db}, "select count(distinct name) || ' ' || min(name like '%connection_new%') from lock where block_stack_id is not null and kind = 'mutex'
	and acquisitions between 10 and 29"), '1 1', 'lock_reuse: named after who allocated them');
is(sql($r->{db}, "select count(*) from lock where name like '%connection_new%' and end_ns is null"), 0, 'lock_reuse: all of them have ended');
is(sql($r->{db}, "select group_concat(acquisitions, ' ') from (select * from lock where name = 'slot' order by life)"), '100 200 300 400 500',
	'lock_reuse: initialised anew it is another');

($r, $t) = of('lock_cancel');
my %cancelled = map { ($_->{kind} => $_) } rows($r->{db}, "select kind, sum(w.waits) as waits, sum(w.wait_ns) as ns from lock_wait w join lock on lock.id = lock_id
	where class = 22 and name in ('changed', 'tickets') group by kind");
is("$cancelled{cond}{waits} $cancelled{sem}{waits}", '6 3', 'lock_cancel: cancelled waits are there');
near($cancelled{cond}{ns}, sum0($r->{out} =~ /^cond(?:_timed)?_ns (\d+)/mg), 60, 'lock_cancel: of a condition variable');
near($cancelled{sem}{ns}, sum0($r->{out} =~ /^sem_ns (\d+)/mg), 30, 'lock_cancel: of a semaphore');
near(sql($r->{db}, "select sum(blocked_ns) from blocked where function = 'joiner' and \"on\" = 'join'"), sum0($r->{out} =~ /^join_ns (\d+)/mg), 30,
	'lock_cancel: of a join');
is(summary_of($r->{db})->{wait_ns}, 0, 'lock_cancel: no wait for the mutex');
is(sql($r->{db}, "select acquisitions from lock where name = 'guard'"), 6 + 12 + 6, 'lock_cancel: acquisitions of the mutex, after each wait too');

($r, $t) = of('lock_c11');
my %mtx = map { ($_->{lock} => $_) } report('locks', $r);
is($mtx{counter_lock}{acquisitions}, 3000, 'lock_c11: mtx_lock');
is("$mtx{recursive}{acquisitions} $mtx{recursive}{flags} $mtx{recursive}{timeouts} $mtx{recursive}{try_failures}", '2 recursive 4 1', 'lock_c11: recursive, timed');
near($mtx{recursive}{wait_ns}, $t->{timed_out_ns}, 10, 'lock_c11: the wait of those that gave up');
is("$mtx{gate}{acquisitions} $mtx{gate}{contended}", '2 1', 'lock_c11: gate');
near($mtx{gate}{wait_ns}, $t->{gate_waited_ns}, 2, 'lock_c11: its wait');
my ($ready) = rows($r->{db}, "select waits, wait_ns, timeouts from lock where kind = 'cond' and name = 'ready'");
is("$ready->{waits} $ready->{timeouts}", '4 3', 'lock_c11: cnd_timedwait, cnd_wait');
near($ready->{wait_ns}, $t->{ready_blocked_ns}, 4, 'lock_c11: their time');
is(sql($r->{db}, "select count(*) from thread join stacks on stack_id = created_stack_id where stack like '%;team_start'"), 6, 'lock_c11: thrd_create');

($r, $t) = of('lock_futex', qw(word_waits));
my %futex = map { ($_->{function} => $_) } rows($r->{db}, "select s.function, sum(w.waits) as waits, sum(w.wait_ns) as ns, sum(w.timeouts) as timeouts
	from lock_wait w join lock on lock.id = lock_id join stack on stack.id = stack_id join sites s using (site_id) where kind = 'futex' group by 1");
cmp_ok($futex{word_lock}{waits}, '<=', $t->{word_waits}, 'lock_futex: futex waits of the lock');
near($futex{word_lock}{ns}, $t->{word_waited_ns}, $t->{word_waits}, 'lock_futex: their time');
is("$futex{park}{waits} $futex{park}{timeouts}", "$t->{parked} $t->{parked_in_vain}", 'lock_futex: FUTEX_WAIT_BITSET that timed out');
near($futex{park}{ns}, $t->{parked_ns}, 5, 'lock_futex: their time');
is(sql($r->{db}, "select group_concat(name, ' ') from (select distinct name from lock where kind = 'futex' order by name)"), 'token word', 'lock_futex: by the names of the words');

($r, $t) = of('lock_kinds');
my ($ticks) = of_lock('ticks', report('locks', $r));
is("$ticks->{kind} $ticks->{acquisitions}", 'spin 40', 'lock_kinds: the spin lock');
near($ticks->{wait_ns}, $t->{spin_waited_ns}, 20, 'lock_kinds: its wait');
for (['sem', 'permits', 'sem_blocked_ns', 20], ['barrier', 'round_end', 'barrier_blocked_ns', 20], ['join', 'pthread_join', 'join_blocked_ns', 1]) {
	my ($kind, $name, $measured, $times) = @$_;
	near(sql($r->{db}, "select sum(w.wait_ns) from lock_wait w join lock on lock.id = lock_id join thread on thread.id = thread_id where class = 22 and
		kind = '$kind' and lock.name = '$name'" . ($kind eq 'barrier' ? ' and thread.tid <> (select pid from process)' : '')), $t->{$measured}, $times, "lock_kinds: $kind");
}
is(summary_of($r->{db})->{wait_ns}, $ticks->{wait_ns}, 'lock_kinds: nothing else is wait for a lock');
done_testing;
