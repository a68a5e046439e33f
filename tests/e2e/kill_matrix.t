#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Whom, when, how: a target, its collector, both, a child or a thread end at every moment and in every way. The target
# (programs/victim.c) keeps its own count, in a file that outlives it, of the calls it has begun and of those that have
# returned; what is recorded must lie between the two. Of each run: the target ends as it does alone, the trace reads, the
# report says how it ended, the counts are exact, and no process, socket or file is left behind.
#
# CULPRIT_KILLS=N: so many runs, spread over all cells (CULPRIT_LONG=1: 600); otherwise a few cells, others each day.
# Prints a table: cell, runs, findings.
use strict;
use warnings;
use Harness;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

need('sqlite3');
my $kills = $ENV{CULPRIT_KILLS} || ($LONG ? 600 : 0);
my $seed = $ENV{CULPRIT_KILL_SEED} || ($kills ? 6 : int(time / 86400));
srand $seed;
syscall(157, 36, 1, 0, 0, 0); # PR_SET_CHILD_SUBREAPER: a target whose launcher is killed becomes our child
# Of a process that has been reaped before the collector began Linux tells from 6.16 on.
my $late_ends = (POSIX::uname())[2] =~ /^(\d+)\.(\d+)/ && $1 * 1000 + $2 >= 6016;
my %NUMBER = (HUP => 1, ABRT => 6, BUS => 7, KILL => 9, SEGV => 11, TERM => 15, XFSZ => 25);

# --- a run --------------------------------------------------------------------------------------------------------------

sub command_of { my ($pid) = @_; my $c = slurp("/proc/$pid/comm"); chomp $c; return $c; }
sub children_of { my ($pid) = @_; return grep { /^\d+$/ } split ' ', slurp("/proc/$pid/task/$pid/children"); }
# Everybody of this run: all inherit a variable.
sub company {
	my ($r) = @_;
	return grep { $_ != $$ && slurp("/proc/$_/environ") =~ /(?:^|\0)KILL_MATRIX=\Q$r->{mark}\E\0/ } map { m{(\d+)$} } glob '/proc/[0-9]*';
}
# Who is left when the target has ended; all that was orphaned is our child, also what has no environment in the middle of an exec.
sub left_behind {
	my ($r) = @_;
	while (waitpid(-1, 1) > 0) { }
	my %left = map { $_ => 1 } company($r), children_of($$);
	return keys %left;
}

# {stage, begun, done: of all calls, mallocs_begun, ...}
sub counted {
	my ($r) = @_;
	my ($stage, $slots, @rest) = unpack 'Q*', slurp("$r->{dir}/counts");
	my %c = (stage => $stage || 0, mallocs_begun => 0, mallocs_done => 0, frees_begun => 0, frees_done => 0);
	for my $i (0 .. ($slots || 0) - 1) {
		my $at = 6 + 8 * $i;
		$c{mallocs_begun} += $rest[$at]; $c{mallocs_done} += $rest[$at + 1];
		$c{frees_begun} += $rest[$at + 2]; $c{frees_done} += $rest[$at + 3];
	}
	$c{begun} = $c{mallocs_begun} + $c{frees_begun};
	$c{done} = $c{mallocs_done} + $c{frees_done};
	return \%c;
}
sub stage_of { my ($r) = @_; open my $in, '<:raw', "$r->{dir}/counts" or return 0; read($in, my $word, 8) == 8 or return 0; return unpack 'Q', $word; }

sub reach { my ($r, $stage) = @_; wait_until(20, sub { stage_of($r) >= $stage }) or push @{$r->{findings}}, "the target never came to stage $stage"; }
sub has_trace { my ($r) = @_; wait_until(20, sub { (-s "$r->{dir}/trace" || 0) >= 64 }) or push @{$r->{findings}}, 'nobody came to write a trace'; }
sub works { my ($r) = @_; reach($r, 2); has_trace($r); sleep rand 0.06; }
sub forks { my ($r) = @_; reach($r, 3); has_trace($r); sleep rand 0.06; }
sub exits { my ($r) = @_; reach($r, 4); sleep rand 0.01; }

sub target_of {
	my ($r) = @_;
	return $r->{target} if $r->{target};
	my $until = time + 10;
	until ($r->{target} || time > $until) { ($r->{target}) = $r->{way} eq 'preload' ? $r->{pid} : children_of($r->{pid}); }
	return $r->{target} || 0;
}
sub collector_of {
	my ($r) = @_;
	return $r->{collector} if $r->{collector};
	wait_until(10, sub { ($r->{collector}) = $r->{way} eq 'preload' ? grep { command_of($_) =~ /^culprit/ } company($r) : $r->{pid} });
	return $r->{collector} || 0;
}
# Of a process that may have ended on its own by now.
sub strike { my ($signal, @pids) = @_; for (@pids) { kill $signal, $_ if $_ } }

sub wait_for {
	my ($r, $pid) = @_;
	my $status = stop($pid, undef, 30);
	push @{$r->{findings}}, "process $pid did not end" if $status == -1;
	return $status;
}
sub ctl {
	my ($r, @words) = @_;
	my $c = culprit('ctl', target_of($r), @words);
	push @{$r->{findings}}, "ctl @words: $c->{err}" if $c->{status};
}

# --- what is done to it: each leaves {floor, ceiling} if not all there was to count could be recorded ------------------------

sub of_target { my ($when, $signal) = @_; return sub { my ($r) = @_; $when->($r); strike($signal, target_of($r)); }; }
sub of_collector { my ($when, $signal) = @_; return sub { my ($r) = @_; my $c = collector_of($r); $when->($r); strike($signal, $c); }; }
sub of_both {
	my ($when, $signal) = @_;
	return sub {
		my ($r) = @_;
		my @both = (collector_of($r), target_of($r));
		$when->($r);
		strike($signal, rand > 0.5 ? @both : reverse @both);
	};
}
sub soon { my ($r) = @_; target_of($r); sleep rand 0.012; }
sub flushed { my ($r) = @_; works($r); $r->{floor} = counted($r); ctl($r, 'flush'); }
sub at_block {
	my ($r) = @_;
	my $trace = "$r->{dir}/trace";
	reach($r, 2);
	my ($size, $until) = (-s $trace || 0, time + 5);
	while ((-s $trace || 0) == $size && time < $until) { }
}
sub paused {
	my ($r) = @_;
	works($r);
	$r->{floor} = counted($r);
	ctl($r, 'off');
	sleep 0.01; # calls that were under way
	$r->{ceiling} = counted($r);
	sleep rand 0.03;
}
# Nobody empties the rings.
sub full {
	my ($r) = @_;
	works($r);
	strike('STOP', collector_of($r));
	my $begun = counted($r)->{begun}; # where events are dropped, more of them are begun than rings hold
	my $before = -1;
	(grep { /drop/ } @{$r->{options}}) ? wait_until(20, sub { counted($r)->{begun} > $begun + 2.5 * 32768 })
		: wait_until(2, sub { sleep 0.02; my $now = counted($r)->{begun}; my $still = $now == $before; $before = $now; return $still });
	sleep 0.01 + rand 0.02;
}
sub full_then { my ($whom) = @_; return sub { my ($r) = @_; full($r); strike('KILL', $whom eq 'target' ? target_of($r) : collector_of($r)); strike('CONT', $r->{collector}); }; }
sub dropped_a_while { my ($r) = @_; full($r); strike('CONT', collector_of($r)); sleep rand 0.02; }
# What an out-of-memory killer does.
sub grows {
	my ($r) = @_;
	reach($r, 2);
	has_trace($r);
	my $t = target_of($r);
	wait_until(20, sub { ((split ' ', slurp("/proc/$t/statm"))[1] || 0) * 4 > 40_000 }) or push @{$r->{findings}}, 'it does not grow';
}
sub a_child {
	my ($r) = @_;
	reach($r, 3);
	my @c;
	for (1 .. 5) { sleep rand 0.02; wait_until(1, sub { @c = children_of(target_of($r)) }); strike('STOP', @c); strike('CONT', @c); }
}

# --- cells --------------------------------------------------------------------------------------------------------------

# Fields: whom, when, how; act, threads, rounds of the victim; do: sub; status: of the target, a wait status (default: as it
# ends alone); ended, says: what the report says (default: by status); cut: 1 if nobody could write the end, undef: perhaps; and
# options.
my @cells;
sub cell { my ($whom, $when, $how, %more) = @_; push @cells, {whom => $whom, when => $when, how => $how, act => 'none', threads => 2, rounds => 0, %more}; }

for my $how (qw(KILL TERM SEGV ABRT BUS)) { cell('target', 'running', $how, do => of_target(\&works, $how), status => $NUMBER{$how}); }
cell('target', 'before the first call', 'KILL', act => 'first', nothing => 1);
cell('target', 'starting', 'KILL', do => of_target(\&soon, 'KILL'), status => 9, nothing => 1);
cell('target', 'forking', 'KILL', act => 'fork', rounds => 2000, do => of_target(\&forks, 'KILL'), status => 9);
cell('target', 'exiting', 'KILL', act => 'exit_slowly', rounds => 500, do => of_target(\&exits, 'KILL'), status => 9);
cell('target', 'paused', 'KILL', do => of_target(\&paused, 'KILL'), status => 9);
cell('target', 'just flushed', 'KILL', do => of_target(\&flushed, 'KILL'), status => 9, whole => 1);
cell('target', 'a block is written', 'KILL', do => of_target(\&at_block, 'KILL'), status => 9);
cell('target', 'its rings are full', 'KILL', do => full_then('target'), status => 9);
cell('target', 'events are dropped', 'KILL', options => ['--on-full=drop'], do => full_then('target'), status => 9, drops => 1);
cell('target', 'events were dropped', 'KILL', options => ['--on-full=drop'], do => of_target(\&dropped_a_while, 'KILL'), status => 9, drops => 1);
cell('target', 'growing', 'out of memory', act => 'grow', rounds => 100, do => of_target(\&grows, 'KILL'), status => 9);
my %self = (kill => 'KILL', term => 'TERM', segv => 'a fault', bad_free => 'a fault in free', bad_realloc => 'a fault in realloc',
	bad_lock => 'a fault in pthread_mutex_lock', double_free => 'a double free', abort => 'abort', bus => 'SIGBUS', overflow => 'a stack overflow',
	overflow_jump => 'stack overflows it survives', file_size => 'SIGXFSZ', no_memory => 'malloc fails, abort', exit => 'exit', _exit => '_exit');
for my $act (sort keys %self) { cell('target', 'in a storm', $self{$act}, act => $act, rounds => sub { int rand 20000 }); }
cell('a child', 'every one', 'six ways', act => 'fork', rounds => 30);
cell('a child', 'every one', 'stopped too', act => 'fork', rounds => 60, do => \&a_child);
cell('a thread', 'in a storm', 'return, exit, cancel', act => 'threads', rounds => 60);
my @goes_on = (act => 'exit', rounds => 800_000, cut => 1);
cell('collector', 'running', $_, @goes_on, do => of_collector(\&works, $_)) for qw(KILL SEGV);
cell('collector', 'running', 'TERM', @goes_on, do => of_collector(\&works, 'TERM'), cut => 0, way => 'preload');
cell('launcher', 'running', 'TERM', rounds => 0, do => of_collector(\&works, 'TERM'), status => 15, way => 'record');
cell('collector', 'starting', 'KILL', @goes_on, do => of_collector(\&soon, 'KILL'), nothing => 1);
cell('collector', 'the target forks', 'KILL', act => 'fork', rounds => 60, do => of_collector(\&forks, 'KILL'), cut => 1);
cell('collector', 'the target exits', 'KILL', act => 'exit', rounds => 20000, do => of_collector(sub { reach($_[0], 2); has_trace($_[0]); sleep rand 0.03 }, 'KILL'), cut => undef);
cell('collector', 'paused', 'KILL', @goes_on, rounds => 4_000_000, do => of_collector(\&paused, 'KILL'));
cell('collector', 'just flushed', 'KILL', @goes_on, do => of_collector(\&flushed, 'KILL'));
cell('collector', 'a block is written', 'KILL', @goes_on, do => of_collector(\&at_block, 'KILL'));
cell('collector', 'the rings are full', 'KILL', @goes_on, do => full_then('collector'));
cell('collector', 'events are dropped', 'KILL', @goes_on, options => ['--on-full=drop'], do => full_then('collector'));
cell('both', 'running', 'KILL', do => of_both(\&works, 'KILL'), status => 9, cut => 1);
cell('both', 'just flushed', 'KILL', do => of_both(\&flushed, 'KILL'), status => 9, cut => 1);
cell('both', 'starting', 'KILL', do => of_both(\&soon, 'KILL'), status => 9, cut => 1, nothing => 1);
cell('both', 'forking', 'KILL', act => 'fork', rounds => 2000, do => of_both(\&forks, 'KILL'), status => 9, cut => 1);
cell('both', 'the rings are full', 'KILL', do => sub { full($_[0]); strike('KILL', collector_of($_[0]), target_of($_[0])) }, status => 9, cut => 1);
my $private = system('unshare -m true 2> /dev/null') == 0 ? 'unshare -m' : system('unshare -Urm true 2> /dev/null') == 0 ? 'unshare -Urm' : '';
diag('no mount namespace to be had: the disk does not fill') unless $private;
cell('disk', 'in the middle', 'full', act => 'exit', rounds => 400_000, disk => '300k', way => 'record', ended => 'running', says => qr/ended before its processes: No space left/) if $private;
cell('disk', 'in the middle', 'a limit of file size', act => 'exit', rounds => 400_000, limit => '-S -f 1100', way => 'record', disk => '', ended => 'running', says => qr/ended before its processes: File too large/);

# --- judging ------------------------------------------------------------------------------------------------------------

my %alone; # wait status of an act without culprit
sub alone {
	my ($act) = @_;
	my $a = $alone{$act} ||= run(program('victim'), "$DIR/alone", $act, 2, 50);
	unlink "$DIR/alone";
	return $a->{status} << 8 | $a->{signal};
}

sub begin {
	my ($c, $r) = @_;
	my %env = (KILL_MATRIX => $r->{mark}, TMPDIR => $r->{dir}, %{$r->{env}});
	my $rounds = ref $c->{rounds} ? $c->{rounds}->() : $c->{rounds};
	my @victim = (program('victim'), "$r->{dir}/counts", $c->{act}, $c->{threads}, $rounds);
	my %o = (env => \%env, cd => $r->{dir});
	if ($r->{way} eq 'preload') {
		$env{LD_PRELOAD} = $SHIM;
		$env{CULPRIT_OUTPUT} = "$r->{dir}/trace";
		$env{CULPRIT_ON_FULL} = 'drop' if grep { /drop/ } @{$r->{options}};
		return start(\%o, $r->{name}, @victim);
	}
	my @record = ($CULPRIT, 'record', '-o', $c->{disk} ? "$r->{dir}/disk/trace" : "$r->{dir}/trace", @{$r->{options}}, '--', @victim);
	$o{limit} = $c->{limit} if $c->{limit};
	return start(\%o, $r->{name}, @record) unless $c->{disk};
	mkdir "$r->{dir}/disk";
	return start(\%o, $r->{name}, split(' ', $private), 'sh', '-c',
		"mount -t tmpfs -o size=$c->{disk} tmpfs disk || exit 77; \"\$@\"; s=\$?; cp disk/trace trace; exit \$s", 'sh', @record);
}

sub end {
	my ($c, $r) = @_;
	my $expected = defined $c->{status} ? $c->{status} : alone($c->{act});
	my $status = wait_for($r, $r->{pid});
	if ($r->{way} eq 'record' && $r->{target} && $c->{whom} =~ /collector|both/ && $status & 127) {
		# The launcher is gone, and it is ours, unless the launcher still came to learn how it ended, and took that with it.
		$status = kill(0, $r->{target}) ? wait_for($r, $r->{target}) : $expected;
		$status = $expected if $c->{nothing} && $status == 127 << 8 && stage_of($r) == 0; # or before it let the target go
	} elsif ($r->{way} eq 'record') {
		my $s = $status >> 8;
		$status = $s > 128 ? $s - 128 : $s << 8;
	}
	push @{$r->{findings}}, "it ended with $status, alone with $expected" if $status != $expected;
	wait_until(20, sub { !left_behind($r) }) or push @{$r->{findings}}, 'left behind: ' . join ' ', map { "$_ " . command_of($_) } left_behind($r);
	strike('KILL', left_behind($r));
	return $expected;
}

sub look_at_rest {
	my ($r) = @_;
	my @files = grep { !/^(?:\.\.?|counts|trace|trace\.db|disk)$/ } do { opendir my $d, $r->{dir}; readdir $d };
	push @{$r->{findings}}, "files left: @files" if @files;
	my $id = length(slurp("$r->{dir}/trace")) >= 32 ? unpack 'x16 H32', slurp("$r->{dir}/trace") : 'no id';
	push @{$r->{findings}}, 'a socket is left' if slurp('/proc/net/unix') =~ /culprit-\Q$id\E/;
}

sub between { my ($r, $what, $n, $low, $high) = @_; push @{$r->{findings}}, "$what: $n, not between $low and $high" if $n < $low || $n > $high; }

sub look_at_trace {
	my ($c, $r, $expected) = @_;
	my ($trace, $db) = ("$r->{dir}/trace", "$r->{dir}/trace.db");
	return if $c->{nothing} && (-s $trace || 0) < 64; # nobody came to write one
	my $s = culprit('report', 'summary', '--format=json', $trace);
	if ($s->{status}) { push @{$r->{findings}}, "report summary: $s->{status}: $s->{err}"; return; }
	my $sites = 'from total join stack on stack.id = stack_id join sites using(site_id)';
	my $got = row($db, "select (select value from meta where key = 'complete') as complete,
		(select coalesce(sum(value), 0) $sites where cost_id = 1 and function = 'work_allocate') as mallocs,
		(select coalesce(sum(value), 0) $sites where cost_id = 10 and function = 'work_free') as frees,
		(select coalesce(sum(frees + unmatched_frees), 0) from process) as all_frees,
		(select coalesce(sum(lost_events), 0) from process) as lost,
		(select count(*) from process) as processes,
		(select ended from process where pid = " . ($r->{target} || $r->{pid}) . " order by id desc limit 1) as ended");
	my $now = counted($r);
	$r->{cut} = 1 - $got->{complete} unless defined $r->{cut}; # either may be
	my ($floor, $ceiling) = ($r->{floor} || ($r->{cut} ? {map { $_ => 0 } keys %$now} : $now), $r->{ceiling} || $now);
	$floor = $now if $c->{whole};
	push @{$r->{findings}}, "complete: $got->{complete}" if $got->{complete} == $r->{cut};
	if ($c->{drops}) {
		between($r, 'recorded and lost', $got->{mallocs} + $got->{all_frees} + $got->{lost}, $now->{done}, $now->{begun});
		push @{$r->{findings}}, 'nothing was dropped' unless $got->{lost};
	} elsif ($c->{whom} eq 'disk') {
		between($r, 'recorded', $got->{mallocs}, 1, $ceiling->{mallocs_begun});
		between($r, 'recorded and lost', $got->{mallocs} + $got->{all_frees} + $got->{lost}, 2, $ceiling->{begun});
		push @{$r->{findings}}, 'nothing was lost' unless $got->{lost};
	} else {
		between($r, 'mallocs', $got->{mallocs}, $floor->{mallocs_done}, $ceiling->{mallocs_begun});
		between($r, 'frees', $got->{frees}, $floor->{frees_done}, $ceiling->{frees_begun});
		push @{$r->{findings}}, "$got->{lost} events lost" if $got->{lost};
	}
	return unless $got->{processes};
	push @{$r->{findings}}, "it does not say why: $s->{err}" if $c->{says} && $s->{err} !~ $c->{says};
	my $ended = $c->{ended} ? $c->{ended} : $r->{cut} ? 'cut' : $expected & 127 ? 'signal ' . ($expected & 127) : 'exit ' . ($expected >> 8);
	return if !$late_ends && $r->{way} eq 'preload' && ($got->{ended} || '') eq 'unknown';
	push @{$r->{findings}}, "ended: $got->{ended}, not $ended" if defined $got->{ended} && $got->{ended} ne $ended;
}

my %table;
my $runs = 0;
sub run_cell {
	my ($c, $way) = @_;
	my $n = ++$runs;
	my $r = {mark => "$$-$n", dir => "$DIR/r$n", name => "out$n", way => $way, findings => [], options => $c->{options} || [], env => {},
		cut => exists $c->{cut} ? $c->{cut} : 0};
	my $what = "$c->{whom}, $c->{when}: $c->{how}" . ($c->{way} ? '' : ", $way");
	mkdir $r->{dir};
	$r->{pid} = begin($c, $r);
	target_of($r) unless defined $c->{disk};
	$c->{do}->($r) if $c->{do};
	my $expected = end($c, $r);
	look_at_trace($c, $r, $expected);
	look_at_rest($r);
	ok(!@{$r->{findings}}, "$n: $what") or diag(join "\n", "seed $seed", @{$r->{findings}});
	$table{$what}{runs}++;
	$table{$what}{findings}++ if @{$r->{findings}};
	run('rm', '-rf', $r->{dir});
	unlink "$DIR/out$n.out", "$DIR/out$n.err";
}

my @todo = map { my $c = $_; map { [$c, $_] } $c->{way} || ('record', 'preload') } @cells;
@todo = grep { "$_->[0]{whom}, $_->[0]{when}: $_->[0]{how}" =~ /$ENV{CULPRIT_KILL_CELL}/ } @todo if $ENV{CULPRIT_KILL_CELL};
if ($kills) {
	for my $n (0 .. $kills - 1) { run_cell(@{$todo[$n % @todo]}); }
} elsif ($ENV{CULPRIT_KILL_CELL}) {
	run_cell(@$_) for @todo;
} else {
	my $end = time + 7;
	while (@todo && time < $end) { run_cell(@{splice @todo, rand @todo, 1}); }
}
my ($total, $findings) = (0, 0);
note('| whom, when: how | runs | findings |');
for (sort keys %table) { note(sprintf '| %s | %d | %d |', $_, $table{$_}{runs}, $table{$_}{findings} || 0); $total += $table{$_}{runs}; $findings += $table{$_}{findings} || 0; }
note("| all | $total | $findings |");
done_testing;
