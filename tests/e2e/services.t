#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Services and tools as Debian ships them, alone and recorded: the same answers, the same files, the same end, nothing lost, every
# process with its parent. Each says what the recording cost (prove -v). nginx and redis that save are in processes.t, programs that
# live by their locks in lock_services.t. With CULPRIT_LONG the same under much more load.
use strict;
use warnings;
use lib 'tests/e2e';
use Digest::MD5 'md5_hex';
use Harness;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

need('sqlite3');
chmod 0777, $DIR;
$ENV{PATH} .= ':/usr/sbin:/sbin';

# Does it alone, then recorded. $do->(way, words before the command) gives all that there is to compare. The database of the
# recorded one is looked at for what holds of all of them, and returned.
sub both {
	my ($name, $do) = @_;
	my $begin = time;
	my $alone = $do->('alone');
	my $middle = time;
	my $recorded = $do->('recorded', $CULPRIT, 'record', '-q', '-o', "$DIR/$name.trace", '--');
	my $end = time;
	is($recorded, $alone, "$name: as without the recorder");
	note(sprintf '%s: %.2f s alone, %.2f s recorded, trace of %.2f MB', $name, $middle - $begin, $end - $middle, (-s "$DIR/$name.trace" || 0) / 1e6);
	my $db = "$DIR/$name.trace.db";
	my $r = culprit({timeout => $LONG ? 600 : 60}, 'analyze', "$DIR/$name.trace");
	is("$r->{status} " . sql($db, "select value from meta where key = 'complete'"), '0 1', "$name: the trace ends in order") or diag($r->{err});
	is(sql($db, 'select sum(lost_events) from process'), 0, "$name: nothing lost");
	is(sql($db, 'select sum(unmatched_frees) from process where parent_id is null'), 0, "$name: no free of a block that was not seen");
	is(sql($db, "select count(*) from process where ended in ('running', 'unknown')"), 0, "$name: how each process ended is known");
	is(sql($db, 'select count(*) from process where id > 1 and parent_id is null'), 0, "$name: and its parent");
	return $db;
}
# Seconds of processor time of all that has been run so far: what the clock on the wall says depends on what else the machine does.
sub spent { my (undef, undef, $user, $system) = times; return $user + $system; }
sub ended { my ($r) = @_; return "exit $r->{status} signal $r->{signal}\n$r->{out}$r->{err}"; }
# Whether culprit itself said something is another question than what the program said.
sub ran { my ($o, @command) = @_; return ended(run($o, @command)); }

# --- PostgreSQL -------------------------------------------------------------------------------------------------------------

my ($postgres) = map { m{(.*)/postgres$} } reverse glob '/usr/lib/postgresql/*/bin/postgres';
SKIP: {
	skip 'PostgreSQL is not there', 1 unless $postgres && -x "$postgres/pgbench" && have('runuser');
	my @as = $> ? () : ('runuser', '-u', 'nobody', '--');
	my $port = free_port(); # the name of a socket in a directory of ours; nobody listens on it
	my @client = (-h => $DIR, -p => $port, -U => 'postgres');
	my $query = sub { return run("$postgres/psql", @client, '-At', '-c', $_[0], 'postgres')->{out} };
	my $serve = sub { # of the directory that was made this way
		my ($way, @before) = @_;
		my $pid = start("postgres.$way", @as, @before, "$postgres/postgres", '-D', "$DIR/pg.$way", '-k', $DIR, '-p', $port, '-c', 'listen_addresses=',
			'-c', 'fsync=off', '-c', 'max_connections=20', '-c', 'shared_buffers=16MB', '-c', 'autovacuum_naptime=1s');
		wait_until(20, sub { run("$postgres/pg_isready", @client)->{status} == 0 }) or diag(slurp("$DIR/postgres.$way.err"));
		return ($pid, slurp("$DIR/pg.$way/postmaster.pid") =~ /^(\d+)/);
	};
	# A client that is in the middle of something when the server is told to stop, and how that ends for both.
	my $stop = sub {
		my ($way, $signal, $pid, $server) = @_;
		my $client = start("client.$way", "$postgres/psql", @client, '-At', '-c', 'select pg_sleep(' . ($signal eq 'TERM' ? 0.7 : 30) . "), 'slept'", 'postgres');
		wait_until(10, sub { $query->("select count(*) from pg_stat_activity where query like '%slept%' and pid <> pg_backend_pid()") =~ /^1$/ });
		kill $signal, $server;
		my $served = stop($client);
		return "client $served " . slurp("$DIR/client.$way.out") . slurp("$DIR/client.$way.err") . 'server ' . stop($pid);
	};
	my $db = both('initdb', sub {
		my ($way, @before) = @_;
		return ran({}, @as, @before, "$postgres/initdb", '-A', 'trust', '-U', 'postgres', '-N', '-D', "$DIR/pg.$way") =~ s/\Q$DIR\E\/pg\.$way/PG/gr;
	});
	skip 'initdb does not work here', 1 unless -e "$DIR/pg.alone/PG_VERSION";
	cmp_ok(sql($db, "select count(*) from process where command = 'postgres' and ended = 'exit 0'"), '>=', 3, 'initdb: the servers it starts');

	my ($clients, $each) = (4, $LONG ? 5000 : 40);
	$db = both('postgres', sub {
		my ($way, @before) = @_;
		my ($pid, $server) = $serve->($way, @before);
		my $init = run({timeout => 120}, "$postgres/pgbench", @client, '-i', '-q', '-s', $LONG ? 5 : 1, 'postgres');
		my $bench = run({timeout => 300}, "$postgres/pgbench", @client, '-n', '-c', $clients, '-t', $each, '--random-seed=7', 'postgres');
		note("postgres, $way:" . join ';', $bench->{out} =~ /(latency average.*|tps.*)/g);
		my $answers = join "\n", $init->{status}, $bench->{status}, $bench->{out} =~ /(number of .*)/g,
			map { $query->($_) } "select md5(string_agg(aid || ':' || abalance, ',' order by aid)) from pgbench_accounts",
			'select tid, tbalance from pgbench_tellers order by tid', 'select count(*), sum(delta) from pgbench_history',
			'select no_such_function()', 'analyze; select relname, reltuples from pg_class where relname like $$pgbench%$$ order by 1';
		return $answers . $stop->($way, 'TERM', $pid, $server);
	});
	cmp_ok(sql($db, "select count(*) from process where parent_id = 1 and ended = 'exit 0'"), '>=', $clients + 10, 'postgres: a process for each client and each duty');
	is(sql($db, "select count(*) from process where id > 1 and parent_id <> 1"), 0, 'postgres: whose parent is the server');
	both('postgres-fast', sub {
		my ($way, @before) = @_;
		return $stop->($way, 'INT', $serve->($way, @before));
	});
}

# --- memcached --------------------------------------------------------------------------------------------------------------

SKIP: {
	skip 'memcached is not there', 1 unless have('memcached');
	my $rounds = $LONG ? 200 : 2;
	my $db = both('memcached', sub {
		my ($way, @before) = @_;
		my $port = free_port();
		my $pid = start("memcached.$way", @before, 'memcached', '-l', '127.0.0.1', '-p', $port, '-U', 0, '-u', 'nobody', '-m', 64, '-t', 3);
		wait_for_port($port);
		my ($answers, $text) = ('', '');
		for my $round (1 .. $rounds) {
			my @sockets = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) } 1 .. 5;
			for my $socket (@sockets) {
				print $socket join('', map { my $n = $_ * 7 % 3000; "set k$_ $round 0 $n\r\n" . ('x' x $n) . "\r\nget k$_ none\r\n" } 1 .. 300),
					"delete k5\r\nset n 0 0 1\r\n5\r\nincr n 7\r\ntouch k9 100\r\ngets k10\r\nflush\r\nmn\r\n";
				while (defined(my $line = <$socket>)) {
					$text .= $line unless $line =~ /^VALUE k10/; # a number that counts every change
					last if $line =~ /^MN/;
				}
			}
			$answers .= md5_hex($text) . "\n";
			$text = '';
		}
		my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5);
		print $socket "stats\r\nquit\r\n";
		while (defined(my $line = <$socket>)) {
			$answers .= $line if $line =~ /^STAT (cmd_get|cmd_set|cmd_touch|get_hits|get_misses|delete_hits|incr_hits|curr_items|total_items|bytes|evictions|threads) /;
		}
		return $answers . stop($pid, 'TERM');
	});
	cmp_ok(sql($db, 'select threads from process where id = 1'), '>=', 4, 'memcached: its threads');
}

# --- python, perl -----------------------------------------------------------------------------------------------------------

SKIP: {
	skip 'python3 is not there', 1 unless -x '/usr/bin/python3';
	my $n = $LONG ? 400 : 8;
	spew("$DIR/work.py", <<"END");
import collections, json, multiprocessing, re, subprocess, sys, threading
def work(i):
	words = collections.Counter(re.findall(r'[a-z]+', ' '.join('w%s' % chr(97 + j * i % 26) * (j % 5) for j in range(500))))
	return json.loads(json.dumps(sorted(words.items())))[:2], sum(len('x' * j) for j in range(i))
results = {}
def run(i):
	results[i] = work(i)
if __name__ == '__main__':
	threads = [threading.Thread(target=run, args=(i,)) for i in range($n)]
	for t in threads: t.start()
	for t in threads: t.join()
	print(sorted(results.items()))
	with multiprocessing.get_context('fork').Pool(2) as pool:
		print(pool.map(work, range($n), 1))
		pool.close()
		pool.join()
	print(subprocess.run(['sh', '-c', 'echo from the shell; exit 3'], capture_output=True))
	sys.stdout.flush()
	sys.exit(len(results) % 200 + 1)
END
	my $db = both('python', sub { my ($way, @before) = @_; return ran({env => {PYTHONHASHSEED => 1}}, @before, '/usr/bin/python3', "$DIR/work.py") });
	is(sql($db, "select count(*) from process where parent_id = 1 and ended = 'exit 0'"), 2, 'python: two workers of a pool');
	is(sql($db, "select count(*) from process where command = 'sh' and ended = 'exit 3'"), 1, 'python: and a shell');
	cmp_ok(sql($db, 'select threads from process where id = 1'), '>', $n, 'python: a thread each');
}
{
	my $n = $LONG ? 300 : 10;
	spew("$DIR/work.pl", <<"END");
\$| = 1;
my %seen;
for my \$i (1 .. $n * 500) { my \$word = join '', map { chr 97 + \$_ * \$i % 26 } 1 .. 7; push \@{\$seen{\$word}}, \$i if \$word =~ /^([a-m]+).*\\1/; }
print "\$_ \@{\$seen{\$_}}[0 .. 1]\\n" for grep { \@{\$seen{\$_}} > 1 } sort keys %seen;
for my \$i (1 .. $n) {
	pipe my \$in, my \$out;
	my \$pid = fork // die;
	if (!\$pid) { close \$in; print \$out join ',', map { sprintf '%x', \$_ ** 2 } 1 .. \$i; close \$out; exit \$i % 100 }
	close \$out;
	my \$text = <\$in>;
	waitpid \$pid, 0;
	print \$? >> 8, " \$text ", scalar(`echo \$i`);
}
eval { die { code => 7 } };
exit \$\@->{code};
END
	my $db = both('perl', sub { my ($way, @before) = @_; return ran({env => {PERL_HASH_SEED => 0}}, @before, 'perl', "$DIR/work.pl") });
	is(sql($db, "select count(*) from process where parent_id = 1 and command = 'perl' and ended like 'exit %'"), $n, 'perl: its children');
	is(sql($db, "select count(*) from process c join process p on p.id = c.parent_id where c.command = 'echo' and p.ended = 'exec' and p.parent_id = 1"), $n,
		'perl: and the commands it runs');
}

# --- make and gcc -----------------------------------------------------------------------------------------------------------

SKIP: {
	skip 'gcc or make is not there', 1 unless have('gcc') && have('make');
	my $n = $LONG ? 200 : 8;
	my $make = sub {
		my ($way, @before) = @_;
		my $tree = "$DIR/tree"; # the same names each time: they are in the objects
		run('rm', '-rf', $tree);
		mkdir $tree;
		spew("$tree/f$_.c", "#include <stdio.h>\n#include <stdlib.h>\nint f$_(int a) { char *s = malloc(a + $_); int n = sprintf(s, \"%d\", a * $_); free(s); return n; }\n") for 1 .. $n;
		spew("$tree/main.c", join('', map { "int f$_(int);\n" } 1 .. $n) . "int main(void) { return (" . join(' + ', map { "f$_($_)" } 1 .. $n) . ") % 256; }\n");
		spew("$tree/Makefile", "all: main\nmain: \$(patsubst %.c,%.o,\$(wildcard *.c))\n\t\@gcc -Wl,--build-id=none -o \$@ \$^\n%.o: %.c\n\t\@gcc -O2 -g -c -o \$@ \$<\n");
		my $r = run({cd => $tree, timeout => 300}, @before, 'make', '-s', '-j4');
		return ended($r) . join '', map { "$_ " . md5_hex(slurp("$tree/$_")) . "\n" } (map { "f$_.o" } 1 .. $n), 'main.o', 'main';
	};
	my $db = both('make', $make);
	my $objects = $n + 1;
	is(sql($db, "select group_concat(command || ' ' || ended || ' ' || n, ', ') from (select command, ended, count(*) as n from process
		where command in ('make', 'gcc', 'cc1', 'as', 'collect2') group by 1, 2 order by 1)"),
		"as exit 0 $objects, cc1 exit 0 $objects, collect2 exit 0 1, gcc exit 0 " . ($objects + 1) . ', make exit 0 1', 'make: a compiler and an assembler for each object');
	is(sql($db, "select group_concat(n) from (select count(*) as n from process c join process p on p.id = c.parent_id
		where p.command = 'gcc' and c.command in ('cc1', 'as') group by p.id)"), join(',', (2) x $objects), 'make: driven by a gcc each');
	is(sql($db, "select count(*) from process c join process p on p.id = c.parent_id where c.command = 'gcc' and p.command = 'make'"), $objects + 1, 'make: started by make');
	is(sql($db, "select count(*) from process c join process p on p.id = c.parent_id where c.command like '%ld%' and p.command = 'collect2'"), 1, 'make: and a linker');
}

# --- stress-ng --------------------------------------------------------------------------------------------------------------

SKIP: {
	skip 'stress-ng is not there', 1 unless have('stress-ng');
	my $times = $LONG ? 50 : 1;
	# As root it makes its mutex threads real-time ones, which may have done everything before it has counted them; it then complains, alone too.
	my @as = $> || !have('runuser') ? () : ('runuser', '-u', 'nobody', '--');
	# Of threads no more at once than there is room for, which is 2048.
	for (['malloc', $LONG ? 1000 : 5000, ['--malloc-bytes', '16m'],
			"select sum(allocations + frees + reallocations) from process where command like 'stress-ng-mallo%'", 'allocations and frees'],
		['mutex', 20000, [], "select sum(acquisitions) from lock join process on process.id = process_id where kind = 'mutex' and command like 'stress-ng-mutex%'", 'acquisitions'],
		['fork', 200, [], "select count(*) from process where command like 'stress-ng-fork%' and id > 1", 'processes'],
		['pthread', 200, ['--pthread-max', 500], "select sum(threads) from process where command like 'stress-ng-pthre%'", 'threads']) {
		my ($stressor, $ops, $options, $query, $what) = @$_;
		my $done;
		my $db = both("stress-$stressor", sub {
			my ($way, @before) = @_;
			my $r = run({timeout => $LONG ? 900 : 200}, @as, @before, 'stress-ng', "--$stressor", 2, "--$stressor-ops", $ops * $times, @$options, '--metrics-brief', '--verify');
			my $all = $r->{out} . $r->{err};
			($done) = $all =~ /metrc.*\b$stressor +(\d+) /;
			return "$r->{status} $r->{signal} " . join ' ', $all =~ /(successful run completed|unsuccessful|fail:)/g;
		});
		cmp_ok($done // 0, '>=', $ops * $times, "stress-ng, $stressor: all that it was to do");
		cmp_ok(sql($db, $query), '>=', $done // 0, "stress-ng, $stressor: no fewer $what than it says it has done");
	}
}

# --- what a child costs -----------------------------------------------------------------------------------------------------

{
	my $n = $LONG ? 10000 : 150;
	my $script = 'my $n = shift; for (1 .. $n) { my $p = fork // die; if (!$p) { exec "/bin/true" or POSIX::_exit(9) } waitpid $p, 0; $bad++ if $? }
		printf "%d bad\n", $bad; if (open my $in, "<", "/proc/" . getppid . "/status") { my ($kib) = join("", <$in>) =~ /VmRSS:\s+(\d+)/; print STDERR "$kib KiB\n" } exit 0';
	my (%seconds, %kib);
	for my $count ($LONG ? ($n / 5, $n) : $n) {
		both("children-$count", sub {
			my ($way, @before) = @_;
			my $begin = spent();
			my $r = run({timeout => $LONG ? 1500 : 300}, @before, 'perl', '-MPOSIX', '-e', $script, $count);
			$seconds{$way} = (spent() - $begin) / $count;
			($kib{$count}) = $r->{err} =~ /(\d+) KiB/;
			return "$r->{status} $r->{signal} $r->{out}";
		});
		note(sprintf '%d children: %.2f ms of processor time each alone, %.2f ms recorded; collector %d KiB', $count, $seconds{alone} * 1e3, $seconds{recorded} * 1e3, $kib{$count});
		cmp_ok($seconds{recorded} - $seconds{alone}, '<', 0.02, "$count children: a recorded one costs milliseconds");
		is(sql("$DIR/children-$count.trace.db", "select count(*) from process c join process p on p.id = c.parent_id where c.command = 'true' and c.ended = 'exit 0' and p.ended = 'exec' and p.parent_id = 1"), $count, "$count children: all are there");
	}
	# Stacks of those that have ended make room once a million are known.
	cmp_ok($kib{$n}, '<', $kib{$n / 5} + 2048 + 0.8 * $n, 'five times as many children: less than a kilobyte more for each') if $LONG;
}

done_testing;
