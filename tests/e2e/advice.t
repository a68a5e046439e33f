#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Advice: for each rule an example that has what it looks for, and says nothing of it when it is run as `healthy`; and
# `culprit check`, which tells a machine.
use strict;
use warnings;
use Harness;
use JSON::PP;
use Test::More;

need('sqlite3');

# Rules that want a long run, so that examples may be short.
my @shorter = map { "--threshold=$_" } qw(unbounded-growth.seconds=1 thread-leak.seconds=1 thread-leak.unjoined=30);

sub advice {
	my ($r, @options) = @_;
	my $shown = culprit('report', 'advice', '--format=json', @shorter, @options, $r->{trace});
	my $rows = $shown->{status} ? undef : eval { decode_json($shown->{out}) };
	diag("$shown->{err}$shown->{out}") unless $rows;
	return @{$rows || []};
}

# name, program, where it is to be found, which saving it promises, what the evidence says
my @examples = (
	['stack', example('advice_stack'), 'message_print', 'saving_allocations', qr/^100 % of 20[.]0 k blocks of 64 B .* at most 1 alive at once$/],
	['pool', example('advice_pool'), 'event_new', 'saving_allocations', qr/^100 % of 50[.]0 k blocks have 40 B to 56 B, .* at most 16 alive at once$/],
	['arena', example('advice_arena'), 'request_handle', 'saving_allocations', qr/^48[.]0 k blocks of 3 sites died in 2[.]00 k calls of request_handle: 24 blocks /],
	['pre-size', example('advice_pre_size'), 'list_add', 'saving_allocations', qr/^50 blocks grew 9[.]95 k times, 199[.]0 times each /],
	['temporary', example('advice_temporary'), 'text_new', 'saving_allocations', qr/^100 % of 50[.]0 k blocks of 1 B to [34].* were freed before their thread's next allocation/],
	['cross-thread', example('advice_cross_thread'), 'job_new', 'saving_allocations', qr/^100 % of 100 k blocks of 48 B were freed by other threads, .* mostly in consumer$/],
	['unbounded-growth', example('advice_unbounded_growth'), 'entry_new', 'saving_bytes', qr/blocks made in the quarters of 1[.].* never freed: 750 KiB altogether/],
	['leak-at-exit', example('advice_leak_at_exit'), 'session_open', 'saving_bytes', qr/^2[.]00 k of 2[.]00 k blocks of 17 B to 20 B, 38[.]0 KiB, were never freed$/],
	['slack', example('advice_slack'), 'point_new', 'saving_bytes', qr/asked for 25[.]0 bytes each and got \d+[.]\d: /],
	['memory-limit', example('advice_memory_limit'), 'piece_new', undef, qr/^a heap of 53[.]0 GiB at the peak is 82 % of the 64[.]0 GiB that RLIMIT_AS allows/],
	['shard', example('advice_shard'), 'table_add', 'saving_ns', qr/^8 threads waited for mutex table_lock, /],
	['atomic', example('advice_atomic'), 'count', 'saving_ns', qr/^mutex counter_lock was acquired 600 k times /],
	['critical-section', example('advice_critical_section'), 'journal_add', 'saving_ns', qr/^mutex journal_lock was held for .* made 1\d\d allocations /],
	['lock-order', example('advice_lock_order'), 'both', undef, qr/^accounts then ledger in both, ledger then accounts in both/],
	['broadcast', example('advice_broadcast'), 'job_take', 'saving_ns', qr/^501 broadcasts of condition variable work; /],
	['bound-the-threads', example('advice_bound_the_threads'), 'request_start', 'saving_ns', qr/^400 threads were created here to run serve; /],
	['thread-leak', example('advice_thread_leak'), 'watch_start', undef, qr/^of the threads created here to run watch, .* never ended$/],
);

my %trace;
for my $example (@examples) {
	my ($rule, $program, $function, $saving, $evidence) = @$example;
	my $name = 'advice_' . $rule =~ tr/-/_/r;
	my $plain = run($program);
	my $r = $trace{$rule} = record($name, $program);
	is("$r->{status} $r->{out}", "$plain->{status} $plain->{out}", "$name: as without");
	my @found = advice($r);
	is("@{[map { $_->{rule} } @found]}", $rule, "$rule: found, and nothing else") or diag(map { "$_->{rule}: $_->{evidence}\n" } @found);
	my $f = $found[0] || {};
	is($f->{function}, $function, "$rule: where");
	like($f->{file} || '', qr/\Q$name\E[.]c$/, "$rule: in which file");
	like($f->{evidence} || '', $evidence, "$rule: what was seen");
	like($f->{stack} || '', qr/(^|;)\Q$function\E(;|$)/, "$rule: by what way");
	ok(length($f->{cure} || '') > 20, "$rule: what to do");
	if ($saving) {
		cmp_ok($f->{$saving} || 0, '>', 0, "$rule: what that saves");
		ok(length($f->{saving} || '') > 0 && $f->{share} >= 1 && $f->{share} <= 100, "$rule: in words, and as a share") or diag($f->{share});
	}

	my $healthy = record("$name-healthy", $program, 'healthy');
	is($healthy->{status}, 0, "$name: healthy");
	my $checked = culprit('check', '--no=all', @shorter, $healthy->{trace});
	is("$checked->{status} $checked->{out}", "0 ok    no findings\n", "$rule: a healthy program has none") or diag($checked->{err});
	my $text = culprit('report', 'advice', @shorter, $healthy->{trace});
	like($text->{out}, qr/^no findings\n\n17 rules looked at /m, "$rule: and is told what was looked at");
	unlike($text->{out}, qr/^  (.*, )?\Q$rule\E(, .*)?: /m, "$rule: it was looked for there");
	my $named = culprit('check', "--no=$rule", @shorter, $r->{trace});
	is($named->{status}, 1, "$rule: check fails");
	like($named->{out}, qr/\AFAIL  no \Q$rule\E: \Q$function\E \Q$name\E[.]c:\d+: .+\n\z/, "$rule: and says where");
}

my $r = record('advice_thread_leak-forgotten', example('advice_thread_leak'), 'forgotten');
my @found = advice($r);
is("@{[map { $_->{rule} } @found]}", 'thread-leak', 'thread-leak: threads that nobody joined');
like($found[0]{evidence}, qr/^40 threads created here to run watch ended, and nobody joined or detached them/, 'thread-leak: they have ended');

# What a site is told once is not told again: local ones are no pool, though they look like one.
is("@{[map { $_->{rule} } advice($trace{stack}, '--threshold=stack.size=63')]}", 'pool', 'a block that is too large for the stack is pooled');
is("@{[map { $_->{rule} } advice($trace{stack}, '--threshold=stack.size=64')]}", 'stack', 'the threshold is the largest');

# Without stacks of frees nothing is known of where blocks died, and that is said.
$r = record({options => ['--no-free-stacks']}, 'blind', example('advice_stack'));
is("@{[map { $_->{rule} } advice($r)]}", 'pool', 'no stacks of frees: what can be seen without');
my $text = culprit('report', 'advice', $r->{trace})->{out};
like($text, qr/^  stack, cross-thread, arena: frees were recorded without their stacks$/m, 'no stacks of frees: said');
like($text, qr/^  unbounded-growth, thread-leak: too short a time to tell/m, 'a short run: said');
is(culprit('report', 'advice', '--format=csv', $r->{trace})->{err} =~ /^17 rules looked at /m ? 1 : 0, 1, 'said on stderr for programs');


# --- check ------------------------------------------------------------------------------------------------------------

my $leak = $trace{'leak-at-exit'}{trace};
my $p = summary_of($trace{'leak-at-exit'}{db});
sub check { my (@options) = @_; my $c = culprit('check', @options); return "$c->{status} $c->{out}"; }
is(check($leak, '--max', "allocations=$p->{allocations}"), "0 ok    allocations: $p->{allocations} (2.00 k), at most $p->{allocations} (2.00 k)\n",
	'a budget that is just kept');
is(check($leak, '--max', 'allocations=' . ($p->{allocations} - 1)),
	"1 FAIL  allocations: $p->{allocations} (2.00 k), at most " . ($p->{allocations} - 1) . " (2.00 k)\n", 'and one that is just passed');
like(check($leak, '--max', 'leaked_bytes=0', '--max', 'allocations=1e6', '--max=peak_bytes=64KiB', '--no', 'pool'),
	qr/\A1 FAIL  leaked_bytes: $p->{leaked_bytes} \(.* KiB\), at most 0\nok    allocations: .*1000000 .*\nok    peak_bytes: .* 65536 .*\nok    no pool\n\z/, 'several');
like(check($leak, '--no=unbounded-growth'), qr/\A0 ok    no unbounded-growth \(not checked: too short a time/, 'what could not be checked is no failure');
is(check($leak, '--no=leak-at-exit', '--threshold=leak-at-exit.blocks=2001'), "0 ok    no leak-at-exit\n", 'a threshold');
my $both = $trace{'memory-limit'};
is(check('--max=threads=1', $both->{trace}), "1 FAIL  threads: 2, at most 1\n", 'processes are added up');
my $pid = sql($both->{db}, 'select pid from process where allocations > 100');
is(sql($both->{db}, "select count(*) from process where pid = $pid"), 2, 'an exec goes on under its pid');
is(check('--max=peak_bytes=54GiB', '--pid', $pid, $both->{trace}) =~ /^0 ok/ ? 1 : 0, 1, 'one process');
for (['nothing to check', $leak], ['no trace', '--max=threads=1'], ['no such column', $leak, '--max=bogus=1'], ['no figure of one', $leak, '--max=threads=x'],
	['no name adds up', $leak, '--max=command=1'], ['no value', $leak, '--max=threads'], ['no such rule', $leak, '--no=bogus'],
	['no such threshold', $leak, '--no=all', '--threshold=pool.bogus=1'], ['no such process', $leak, '--max=threads=1', '--pid=1'],
	['two traces', $leak, $leak, '--no=all']) {
	my ($what, @words) = @$_;
	my $c = culprit('check', @words);
	is($c->{status}, 2, "usage: $what");
	ok(one_line_of($c->{err}) && $c->{out} eq '', "usage: $what: one line says so") or diag($c->{err});
}
is(culprit('check', '--max=threads=1', "$DIR/not-there")->{status}, 1, 'no trace there: a failure');
like(culprit('check', '--help')->{out}, qr/pool[.]blocks=10000 .*unbounded-growth|unbounded-growth.*pool[.]blocks=10000 /s, '--help has the thresholds');
# What --help lists is what the documentation explains.
my $docs = slurp("$TOP/docs/advice.md");
my (@unknown, $listed);
for (split /\n/, culprit('check', '--help')->{out}) {
	if (my ($rule, $name) = /^    ([a-z-]+)[.](\w+)=\S+ /) {
		my ($section) = $docs =~ /^### \Q$rule\E\n(.*?)(?=^##|\z)/ms;
		push @unknown, "$rule.$name" unless defined $section && $section =~ /`(\Q$rule\E[.])?$name`/;
		$listed++;
	} elsif (/^  ([a-z-]+)  +[a-z]/) {
		my $rule = $1;
		push @unknown, $rule unless $docs =~ /^### \Q$rule\E$/m;
	}
}
is("@unknown", '', 'every rule and threshold is documented');
cmp_ok($listed, '>', 50, 'all of them are listed');
my @order = $docs =~ /^### (\S+)$/mg;
is("@order[0 .. 3]", 'lock-order memory-limit unbounded-growth thread-leak', 'documented in the order they claim');
is(culprit('report', 'hotspots', '--threshold=pool.blocks=1', $leak)->{status}, 2, 'other reports have no thresholds');
done_testing;
