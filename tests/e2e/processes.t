#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Processes: each is a row of its own with its parent and its end, however it was made and however short it lived, and each
# behaves as without the recorder. What they do is said by the programs themselves, run alone.
use strict;
use warnings;
use lib 'tests/e2e';
use Fcntl;
use Harness;
use IO::Socket::INET;
use POSIX 'mkfifo';
use Test::More;
use Time::HiRes qw(sleep time);

# "command end" of every process, counted and sorted.
sub ends {
	my ($db, $where) = @_;
	return join "\n", split /\n/, sql($db, "select count(*) || ' ' || command || ' ' || ended from process " . ($where // '') . ' group by command, ended order by command, ended');
}
sub alone { my $r = run(@_); return "$r->{status} $r->{signal} $r->{out}"; }
sub same { my ($r, $alone, $what) = @_; is("$r->{status} $r->{signal} $r->{out}", $alone, "$what: as without the recorder"); }

# --- many and short ---------------------------------------------------------------------------------------------------

{
	spew("$DIR/thousand.sh", "i=0; while [ \$i -lt 1000 ]; do /bin/true; i=\$((i+1)); done; echo \$i\n");
	my $begin = time;
	my $alone = alone('sh', "$DIR/thousand.sh");
	my $took = time - $begin;
	my $r = record('thousand', 'sh', "$DIR/thousand.sh");
	same($r, $alone, 'a thousand commands');
	is(ends($r->{db}), "1 sh exit 0\n1000 true exit 0", 'none is lost, and how each ended is known');
	is(sql($r->{db}, 'select count(*) from process where id > 1 and parent_id = 1'), 1000, 'the shell is the parent of each');
	is(sql($r->{db}, 'select count(distinct pid) from process'), 1001, 'each with a pid of its own');
	is(sql($r->{db}, 'select sum(lost_events) from process'), 0, 'and nothing of what they did');
	cmp_ok(-s $r->{trace}, '<', 200_000, 'the trace stays small');
	cmp_ok($r->{seconds}, '<', 3 * $took + 5, 'a command costs milliseconds at most');
}

{
	spew("$DIR/ends.sh", <<'END');
i=0
while [ $i -lt 40 ]; do
	(exit 3); sh -c 'exit 4'; sh -c 'kill -9 $$'; bash -c 'kill -SEGV $$'; perl -e 'exit 255'
	i=$((i+1))
done 2> /dev/null
perl -e 'use POSIX (); for (1..40) { my $p = fork; POSIX::_exit(7) if !$p; waitpid $p, 0 } kill TERM => $$; sleep 9'
echo $?
END
	my $alone = alone('sh', "$DIR/ends.sh");
	my $r = record('ends', 'sh', "$DIR/ends.sh");
	same($r, $alone, 'ends of all kinds');
	is(ends($r->{db}), join("\n", '40 bash signal 11', '40 perl exit 255', '40 perl exit 7', '1 perl signal 15', '1 sh exit 0', '40 sh exit 3', '40 sh exit 4',
		'40 sh signal 9'), 'and each as it was');
}

{
	my $count = $LONG ? 1000 : 200;
	my $alone = alone(program('fork_storm'), $count);
	like($alone, qr/^0 0 $count of $count/, 'the program itself is right');
	my $r = record({timeout => 120}, 'storm', program('fork_storm'), $count);
	same($r, $alone, 'forks in a storm of eight threads');
	my $n = $count / 4;
	is(ends($r->{db}), "1 fork_storm exit 0\n$n fork_storm exit 10\n$n fork_storm exit 12\n$n fork_storm exit 13\n$n fork_storm signal 9", 'every child is there');
	is(sql($r->{db}, "select count(*) from process where id > 1 and parent_id = 1 and allocations >= 50 and threads = case ended when 'exit 13' then 2 else 1 end"), $count,
		'with what it did');
}

# --- made in every way ------------------------------------------------------------------------------------------------

{
	my @command = (program('exec_forms'), '/bin/bash', 'bash');
	my $alone = alone(@command);
	my $r = record('forms', @command);
	same($r, $alone, 'every form of exec');
	is(sql($r->{db}, "select group_concat(ended, ' ') from (select ended from process where command = 'bash' order by cast(substr(ended, 6) as int))"),
		join(' ', map { "exit $_" } 0 .. 13), 'a row for each program that ran, with its end');
	is(sql($r->{db}, "select count(*) from process c join process p on p.id = c.parent_id where c.command = 'bash' and c.parent_id = 1 or p.pid = c.pid or p.parent_id = 1 and p.command = 'sh'"), 14,
		'and its parent');
}

SKIP: {
	skip 'gcc makes no static program here', 1 unless have('gcc');
	spew("$DIR/still.c", "int main(void) { return 3; }\n");
	skip 'gcc makes no static program here', 1 if run('gcc', '-static', '-o', "$DIR/still", "$DIR/still.c")->{status};
	my @command = ('sh', '-c', "$DIR/still; echo \$?; $DIR/still; env -i /bin/true; PATH=$DIR perl -e 'system qw(still x)'; echo \$?");
	my $alone = alone({env => {PATH => $ENV{PATH}}}, @command);
	my $r = record('unrecorded', @command);
	same($r, $alone, 'programs that cannot be recorded');
	my $notes = culprit('report', 'summary', $r->{db})->{out};
	is(() = $notes =~ /has executed \Q$DIR\E\/still, which is not recorded: it is statically linked/g, 1, 'a static one is told of, once');
	like($notes, qr/has executed \S*\/true, which is not recorded: it is given an environment without LD_PRELOAD/, 'and one whose environment was emptied');
}

SKIP: {
	skip 'gcc is not there', 4 unless have('gcc');
	spew("$DIR/one.c", "int twice(int a) { return a + a; }\n");
	spew("$DIR/two.c", "int twice(int); int main(void) { return twice(21); }\n");
	my @command = ('gcc', '-O2', '-g0', '-no-pie', '-Wl,--build-id=none', '-o', "$DIR/made", "$DIR/one.c", "$DIR/two.c");
	my $alone = alone(@command);
	rename "$DIR/made", "$DIR/made.alone";
	my $r = record('gcc', @command);
	same($r, $alone, 'gcc');
	is(system('cmp', '-s', "$DIR/made", "$DIR/made.alone"), 0, 'gcc makes the same program');
	is(ends($r->{db}, "where command not like '%ld%' and command <> 'collect2'"), "2 as exit 0\n2 cc1 exit 0\n1 gcc exit 0", 'its compilers and assemblers');
	cmp_ok(sql($r->{db}, "select count(*) from process where command like '%ld%' and ended = 'exit 0' and parent_id > 1"), '>=', 1, 'and the linker, whose parent is not gcc itself');
}

{
	my @command = (program('in_vfork'), 'fork', 40);
	my $alone = alone(@command);
	my $r = record('in_vfork', @command);
	same($r, $alone, 'children that vfork before anything else');
	is(sql($r->{db}, "select count(distinct pid) || ' ' || count(*) || ' ' || sum(threads) from process where id > 1 and parent_id = 1 and ended = 'exit 17'"), '40 40 40',
		'what their children do in their memory does not make them others');
	is(sql($r->{db}, "select sum(allocations) from hotspots where function = 'known'"), 40_000, 'and all that they do themselves is recorded');
	@command = (program('in_vfork'), 'clone', 10);
	$alone = alone(@command);
	$r = record('bare_clone', @command);
	same($r, $alone, 'children of a bare clone, whose parents have done nothing');
	is(sql($r->{db}, "select sum(allocations) from hotspots where function = 'known'"), 10_000, 'what they do is recorded');
}

# There is room for 1024 at a time.
if ($LONG) {
	my @command = (program('outnumbered'), 1023);
	my $alone = alone(@command);
	my $r = record({timeout => 120}, 'outnumbered', @command);
	same($r, $alone, 'more processes than there is room for');
	is(sql($r->{db}, "select sum(allocations) from hotspots where function = 'known'"), 1023 + 4 * 200, 'what children of one that found none do is known, with its stacks');
	unlike(culprit('report', 'summary', $r->{trace})->{out}, qr/made no sense/, 'each has its own');
}

# A million stacks of a program that has ended are freed, which none is to notice that lives, nor its children.
{
	my $trace = "$DIR/families.trace";
	mkfifo("$DIR/families.in", 0600) or die $!;
	sysopen my $in, "$DIR/families.in", O_RDWR or die $!;
	my $pid = start({in => "$DIR/families.in"}, 'families', $CULPRIT, 'record', '-o', $trace, '--', program('families'), 19, 8, 60);
	my @stacks;
	for my $said ("ended\n", "ended\ndone\n") {
		ok(wait_until(60, sub { slurp("$DIR/families.out") eq $said }), 'families: so far') or diag(slurp("$DIR/families.err"));
		sleep 2.5;
		culprit('ctl', $trace, 'flush');
		push @stacks, culprit('ctl', $trace, 'status')->{out} =~ /^stacks +(\d+)$/m;
		syswrite $in, "\n";
	}
	is(stop($pid), 0, 'families: exit status');
	cmp_ok($stacks[0], '>', 1 << 20, 'a program has a million stacks');
	cmp_ok($stacks[1] - $stacks[0], '<', 2000, 'children forked later have the stacks of their parent, who has been there all the time');
	if ($LONG) {
		is(culprit('analyze', $trace)->{status}, 0, 'the trace can be analyzed');
		is(sql("$trace.db", "select sum(allocations) || ' ' || sum(lost_events) from process"), (1 << 19) + 61 * (1 << 8) . ' 0', 'and nothing is lost');
		is(sql("$trace.db", "select sum(allocations) from hotspots where function = 'leaf'"), (1 << 19) + 61 * (1 << 8), 'nor any stack');
	}
}

# --- daemons ----------------------------------------------------------------------------------------------------------

{
	my $r = record('daemon', program('leave_daemon'), 500, "$DIR/daemon.done");
	is("$r->{status} $r->{signal}", '3 0', 'the status is that of the command');
	ok(-e "$DIR/daemon.done", 'the recording ends when the daemon does, that has closed all descriptors');
	is(ends($r->{db}), "1 leave_daemon exit 0\n1 leave_daemon exit 3\n1 leave_daemon exit 7", 'and how it ended is known');
	cmp_ok(sql($r->{db}, "select allocations from process where ended = 'exit 7'"), '>=', 50, 'with all it did');
}

{
	my $begin = time;
	my $r = culprit('record', '--detach', '-o', "$DIR/detached.trace", '--', program('leave_daemon'), 700, "$DIR/detached.done");
	cmp_ok(time - $begin, '<', 0.6, '--detach: back at once');
	is("$r->{status} $r->{out}", '0 ', 'with success');
	my ($pid) = $r->{err} =~ /^culprit: recording process (\d+) in \Q$DIR\E\/detached\.trace$/m;
	ok($pid, 'it says which process, and where') or diag($r->{err});
	ok(wait_until(10, sub { -e "$DIR/detached.done" && culprit('analyze', "$DIR/detached.trace")->{status} == 0 &&
		sql("$DIR/detached.trace.db", "select value from meta where key = 'complete'") eq '1' }), 'the trace is whole once all have ended');
	is(sql("$DIR/detached.trace.db", 'select pid from process where id = 1'), $pid, 'of that process');
	$r = culprit('record', '--detach', '-o', "$DIR/no.trace", '--', '/nonexistent/program');
	is($r->{status}, 127, 'what cannot be run is told before it goes');
	ok(one_line_of($r->{err}), 'in a line');
}

# --- which ------------------------------------------------------------------------------------------------------------

for (['--only=t*e', '1 true exit 0'], ['--only=nothing', ''], ['--skip=sh --skip=ca?', "1 false exit 1\n1 true exit 0"],
	['--only=true --only=cat --skip=cat', '1 true exit 0'], ['--only=*/bin/fal??', '1 false exit 1'], ['--follow=none', '1 sh exit 4']) {
	my ($options, $expected) = @$_;
	my @command = ('sh', '-c', '/bin/true; /bin/false; cat /dev/null; exit 4');
	my $r = record({options => [split ' ', $options]}, 'which', @command);
	is($r->{status}, 4, "$options: the same status");
	is(ends($r->{db}), $expected, "$options: and these are recorded");
	my %variables = (CULPRIT_ONLY => join(':', $options =~ /--only=(\S+)/g), CULPRIT_SKIP => join(':', $options =~ /--skip=(\S+)/g));
	next if $options =~ /follow/;
	$r = record({env => \%variables}, 'which', @command);
	is(ends($r->{db}), $expected, "$options by the environment: the same");
}

# --- interrupts -------------------------------------------------------------------------------------------------------

{
	my $script = '$| = 1; my $n = 0; $SIG{INT} = sub { print "interrupt\n"; exit 9 if ++$n == $ARGV[0] }; print "ready\n"; sleep 1 while 1';
	for (['one', 1, 1], ['two', 9, 2]) {
		my ($name, $needs, $sends) = @$_;
		my $pid = start($name, $CULPRIT, 'record', '-o', "$DIR/$name.trace", '--', 'perl', '-e', $script, $needs);
		wait_until(10, sub { slurp("$DIR/$name.out") =~ /ready/ });
		for my $sent (1 .. $sends) {
			kill 'INT', -$pid; # as the terminal does
			wait_until(5, sub { (() = slurp("$DIR/$name.out") =~ /interrupt/g) >= $sent });
			wait_until(5, sub { !-e "/proc/$pid" || slurp("/proc/$pid/status") !~ /^(Shd|Sig)Pnd:.*[1-9a-f]/m }); # two at once are one
		}
		ok(wait_until(10, sub { culprit('analyze', "$DIR/$name.trace")->{status} == 0 &&
			sql("$DIR/$name.trace.db", "select value from meta where key = 'complete'") eq '1' }), "$sends interrupts: the trace is whole");
		is(sql("$DIR/$name.trace.db", "select count(*) || coalesce(max(name), '') from mark where kind = 'ended'"),
			$sends == 1 ? '0' : '1it was interrupted', $sends == 1 ? '... which is no early end' : '... and says why it ended');
		my ($command, $ended) = split /\|/, sql("$DIR/$name.trace.db", 'select pid, ended from process where id = 1');
		is($ended, $sends == 1 ? 'exit 9' : 'running', $sends == 1 ? 'up to the end' : 'up to the second; the command goes on');
		kill 'TERM', $command if $sends == 2;
		is(stop($pid) >> 8, $sends == 1 ? 9 : 128 + 15, "the status is the command's");
		is(slurp("$DIR/$name.out"), "ready\n" . "interrupt\n" x $sends, 'which has got each of them');
	}
}

# --- address space ----------------------------------------------------------------------------------------------------

SKIP: {
	skip 'redis is not there', 3 unless have('redis-server');
	my $r = record('little', 'bash', '-c', 'ulimit -v 80000; exec redis-server --version');
	is("$r->{status} $r->{signal}", '0 0', 'in 80 MB of address space: redis runs');
	cmp_ok(sql($r->{db}, "select allocations from process where command like 'redis%'"), '>', 1000, 'and is recorded');
	is(sql($r->{db}, 'select sum(lost_events) from process'), 0, 'with nothing lost');
}

{
	my @command = ('bash', '-c', 'ulimit -v 60000; export MALLOC_ARENA_MAX=1; exec "$0" 40', program('many_little'));
	my $alone = alone(@command);
	my $r = record('crowded', @command);
	same($r, $alone, 'forty threads in little address space: all can be made');
	cmp_ok(sql($r->{db}, "select count(*) from process p join thread t on t.process_id = p.id where p.command = 'many_little'"), '<', 41, 'some are not recorded');
	like(culprit('report', 'summary', $r->{db})->{out}, qr/events were lost|not recorded/, 'and the summary says so');
}

# --- services ---------------------------------------------------------------------------------------------------------

sub ways { my ($name) = @_; return (['alone'], ['record', $CULPRIT, 'record', '-o', "$DIR/$name.trace", '--']); }

sub get {
	my ($port, $what) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) or return "no answer\n";
	print $s "GET $what HTTP/1.0\r\n\r\n";
	local $/;
	my $text = <$s> // '';
	$text =~ s/^(Date|Last-Modified|ETag|Server):.*\n//mg;
	return $text;
}

SKIP: {
	skip 'nginx is not there', 1 unless have('nginx');
	mkdir "$DIR/www";
	spew("$DIR/www/f$_", "$_ " x 2000) for 1 .. 5;
	my $alone;
	for (ways('nginx')) {
		my ($way, @before) = @$_;
		my $port = free_port();
		spew("$DIR/nginx.conf", "daemon off; pid $DIR/nginx.pid; error_log /dev/null; worker_processes 2;
			events {} http { access_log off; client_body_temp_path $DIR/t1; proxy_temp_path $DIR/t2;
			fastcgi_temp_path $DIR/t3; uwsgi_temp_path $DIR/t4; scgi_temp_path $DIR/t5; server { listen 127.0.0.1:$port; root $DIR/www; } }\n");
		my $pid = start("nginx.$way", @before, 'nginx', '-e', '/dev/null', '-c', "$DIR/nginx.conf");
		unless (ok(wait_for_port($port), "nginx, $way: answers")) { stop($pid, 'KILL'); next; }
		my $answers = join '', map { get($port, "/f$_") } 1 .. 6;
		my ($master) = slurp("$DIR/nginx.pid") =~ /(\d+)/;
		my @old = split ' ', slurp("/proc/$master/task/$master/children");
		kill 'HUP', $master;
		ok(wait_until(10, sub { my %now = map { $_ => 1 } split ' ', slurp("/proc/$master/task/$master/children"); keys %now == 2 && !grep { $now{$_} } @old }),
			"nginx, $way: reloads");
		$answers .= join '', map { get($port, "/f$_") } 1 .. 6;
		kill 'QUIT', $master;
		my $status = stop($pid);
		if ($way eq 'alone') { $alone = "$status $answers"; next; }
		is("$status $answers", $alone, 'nginx, recorded: the same answers before and after, and the same end');
		culprit('analyze', "$DIR/nginx.trace");
		is(ends("$DIR/nginx.trace.db"), '5 nginx exit 0', 'a master, and four workers that have ended in order');
		is(sql("$DIR/nginx.trace.db", 'select count(*) from process where parent_id = 1 and allocations > 0'), 4, 'each with what it did');
		is(sql("$DIR/nginx.trace.db", 'select sum(lost_events) from process'), 0, 'nothing lost');
	}
}

SKIP: {
	skip 'redis is not there', 1 unless have('redis-server') && have('redis-cli');
	my $alone;
	for (ways('redis')) {
		my ($way, @before) = @$_;
		my $port = free_port();
		mkdir "$DIR/redis.$way";
		my $pid = start("redis.$way", @before, 'redis-server', '--port', $port, '--save', '', '--dir', "$DIR/redis.$way");
		unless (ok(wait_for_port($port), "redis, $way: answers")) { stop($pid, 'KILL'); next; }
		my $cli = sub { return run('redis-cli', '-p', $port, @_)->{out} };
		$cli->('debug', 'populate', 20000);
		$cli->('eval', 'for i = 1, 20000 do redis.call("set", "k" .. i, string.rep("v", i % 100)) end', 0);
		my $answers = '';
		for my $n (1 .. 3) {
			my $before = $cli->('lastsave');
			sleep 1.05;
			$cli->('bgsave');
			$answers .= wait_until(15, sub { $cli->('lastsave') ne $before && $cli->('info', 'persistence') =~ /rdb_bgsave_in_progress:0/ }) ? "saved\n" : "not saved\n";
		}
		$answers .= $cli->('info', 'persistence') =~ /(rdb_last_bgsave_status:\w+)/ ? $1 : '';
		$answers .= $cli->('dbsize');
		$answers .= run('redis-check-rdb', "$DIR/redis.$way/dump.rdb")->{out} =~ /(\d+ keys read)/ ? $1 : '' if have('redis-check-rdb');
		my $status = stop($pid, 'TERM');
		if ($way eq 'alone') { $alone = "$status $answers"; next; }
		is("$status $answers", $alone, 'redis, recorded: saves the same three times, and ends the same');
		culprit('analyze', "$DIR/redis.trace");
		is(sql("$DIR/redis.trace.db", "select count(*) || ' ' || max(parent_id) || ' ' || min(parent_id) || ' ' || max(ended) || ' ' || min(ended) from process where id > 1"),
			'3 1 1 exit 0 exit 0', 'three children that save, which have ended in order');
		is(sql("$DIR/redis.trace.db", 'select sum(lost_events) from process'), 0, 'nothing lost');
	}
}

my ($postgres) = map { m{(.*)/postgres$} } reverse glob '/usr/lib/postgresql/*/bin/postgres';
SKIP: {
	skip 'PostgreSQL is not there', 1 unless $postgres && -x "$postgres/pgbench" && have('runuser');
	my @as = $> ? () : ('runuser', '-u', 'nobody', '--');
	my $port = free_port(); # the name of a socket in a directory of ours; nobody listens on it
	chmod 0777, $DIR;
	skip 'initdb does not work here', 1 if run(@as, "$postgres/initdb", '-A', 'trust', '-U', 'postgres', '--no-sync', '-D', "$DIR/pg")->{status};
	my $alone;
	for (ways('postgres')) {
		my ($way, @before) = @$_;
		run('cp', '-a', "$DIR/pg", "$DIR/pg.$way");
		my $pid = start("postgres.$way", @as, @before, "$postgres/postgres", '-D', "$DIR/pg.$way", '-k', $DIR, '-p', $port,
			'-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'max_connections=20', '-c', 'autovacuum=off', '-c', 'shared_buffers=16MB');
		my @client = (-h => $DIR, -p => $port, -U => 'postgres');
		ok(wait_until(20, sub { run("$postgres/pg_isready", @client)->{status} == 0 }), "postgres, $way: answers")
			or do { diag(slurp("$DIR/postgres.$way.err")); kill 'KILL', -$pid; stop($pid); next };
		my $init = run("$postgres/pgbench", @client, '-i', '-q', 'postgres');
		my $bench = run({timeout => 100}, "$postgres/pgbench", @client, '-n', '-C', '-c', 4, '-t', 25, 'postgres'); # a connection, and a process, each
		my $answer = run("$postgres/psql", @client, '-At', '-c', 'select count(*), sum(delta) = (select sum(tbalance) from pgbench_tellers) from pgbench_history', 'postgres');
		my ($server) = split /\n/, slurp("$DIR/pg.$way/postmaster.pid");
		kill 'INT', $server;
		my $status = stop($pid);
		my $seen = join ' ', $init->{status}, $bench->{status}, $status, $answer->{out}, $bench->{out} =~ /(number of transactions.*)/g;
		if ($way eq 'alone') { $alone = $seen; next; }
		is($seen, $alone, 'postgres, recorded: every transaction, and the same end') or diag($bench->{err}, slurp("$DIR/postgres.$way.err"));
		culprit('analyze', "$DIR/postgres.trace");
		cmp_ok(sql("$DIR/postgres.trace.db", "select count(*) from process where parent_id = 1 and ended = 'exit 0'"), '>=', 100, 'a process for each connection, that has ended in order');
		is(sql("$DIR/postgres.trace.db", "select count(*) from process where ended in ('unknown', 'running') or (id > 1 and parent_id is not 1)"), 0,
			'how each ended is known, and the server is the parent of all');
		is(sql("$DIR/postgres.trace.db", 'select sum(lost_events) from process'), 0, 'nothing lost');
	}
}

done_testing;
