#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Real programs that live by their locks: memcached, redis and nginx with threads, PostgreSQL with several clients, a Rust
# program that waits by futex alone; glibc's allocator, and others that lock inside malloc. Each does what it does
# without culprit, and its waiting is there.
use strict;
use warnings;
use Harness;
use IO::Socket::INET;
use Test::More;
use Time::HiRes 'sleep';

need('sqlite3');
chmod 0777, $DIR;
$ENV{PATH} .= ':/usr/sbin:/sbin';

# The ways to run a command: [name, environment, words before it].
sub ways {
	my ($name) = @_;
	return (['alone', {}], ['record', {}, $CULPRIT, 'record', '-o', "$DIR/$name.record.trace", '--'],
		['LD_PRELOAD', {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => "$DIR/$name.preload.trace"}]);
}

# The database of a way's trace once it has ended in order, with nothing lost, and figures that agree.
sub database_of {
	my ($name, $way) = @_;
	my $trace = "$DIR/$name." . ($way eq 'record' ? 'record' : 'preload') . '.trace';
	my $complete = wait_until(15, sub {
		-s $trace && culprit('analyze', $trace)->{status} == 0 && sql("$trace.db", "select value from meta where key = 'complete'") eq '1' });
	ok($complete, "$name, $way: the trace ends in order") or return;
	is(sql("$trace.db", 'select sum(lost_events) from process'), 0, "$name, $way: nothing lost");
	is(sql("$trace.db", "select count(*) from lock where wait_ns <> (select coalesce(sum(w.wait_ns), 0) from lock_wait w where w.lock_id = lock.id)
		or waits <> (select coalesce(sum(w.waits), 0) from lock_wait w where w.lock_id = lock.id)"), 0, "$name, $way: each lock's waiters add up to it");
	is(sql("$trace.db", 'select sum(wait_ns) || " " || sum(blocked_ns) from process'), sql("$trace.db", 'select coalesce(sum(case class when 20 then wait_ns end), 0)
		|| " " || coalesce(sum(case class when 22 then wait_ns end), 0) from lock_wait'), "$name, $way: and to the summary");
	is(sql("$trace.db", 'select count(*) from lock where contended > acquisitions or wait_max_ns > wait_ns'), 0, "$name, $way: no figure that cannot be");
	return "$trace.db";
}

# A service in these ways: ask(port) drives it and gives its answers as text; it is stopped by SIGTERM. look(db, way) looks on.
sub service {
	my ($name, $command, $ask, $look, @ways) = @_;
	my $alone;
	for (@ways ? @ways : ways($name)) {
		my ($way, $environment, @before) = @$_;
		my $port = free_port();
		my $pid = start({env => $environment}, "$name.$way" =~ tr/ /-/r, @before, $command->($port));
		unless (ok(wait_for_port($port), "$name, $way: answers")) { stop($pid, 'KILL'); diag(slurp("$DIR/$name.$way.err")); next; }
		my $answer = $ask->($port);
		my $status = stop($pid, 'TERM');
		if ($way eq 'alone') { $alone = [$answer, $status]; next; }
		is($answer, $alone->[0], "$name, $way: the same answers");
		is($status, $alone->[1], "$name, $way: the same end");
		my $db = database_of($name, $way) or next;
		$look->($db, $way);
	}
}

sub talk {
	my ($port, $request) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) or return 'no connection';
	print $socket $request;
	local $/;
	return scalar <$socket>;
}
sub kinds { my ($db) = @_; return map { ($_->{kind} => $_) } rows($db, 'select kind, sum(acquisitions) as acquisitions, sum(waits) as waits, sum(wait_ns) as ns from lock group by kind'); }

my $load = "$BUILD/tests/bench/memcached_load";
SKIP: {
	skip 'memcached is not there', 1 unless have('memcached');
	my $keys = 0;
	my $command = sub { ('memcached', '-l', '127.0.0.1', '-p', $_[0], '-U', 0, '-u', 'nobody', '-m', 64, '-t', 4) };
	my $ask = sub {
		my $r = run($load, '-t', 2, '-c', 4, '-s', $LONG ? 10 : 0.5, '-k', 2000, '-h', 4, '-g', 70, $_[0]);
		my ($rate, $got, $set) = $r->{out} =~ /([\d.]+)/g;
		$keys = $got + $set;
		diag($r->{err}) if $r->{status};
		return "$r->{status} " . talk($_[0], "set k 0 0 3\r\nabc\r\nget k none\r\nincr k 1\r\nquit\r\n");
	};
	my $look = sub {
		my ($db, $way) = @_;
		my %kind = kinds($db);
		cmp_ok($kind{mutex}{acquisitions}, '>=', $keys, "memcached, $way: a lock for each of $keys keys");
		cmp_ok($kind{mutex}{waits}, '>', 0, "memcached, $way: threads waited for each other");
		cmp_ok($kind{cond}{waits}, '>', 0, "memcached, $way: and for work");
		cmp_ok(sql($db, 'select threads from process where id = 1'), '>=', 5, "memcached, $way: its threads");
		is(sql($db, "select count(*) from thread where name = 'mc-worker'"), 4, "memcached, $way: the workers by name") if sql($db, "select count(*) from thread where name like 'mc-%'");
	};
	service('memcached', $command, $ask, $look);
	for my $library ('libjemalloc.so.2', 'libtcmalloc_minimal.so.4') {
		my ($name) = $library =~ /(lib[a-z]+)/;
		service("memcached-$name", $command, $ask, $look, ['alone', {LD_PRELOAD => $library}],
			['record', {LD_PRELOAD => $library}, $CULPRIT, 'record', '-o', "$DIR/memcached-$name.record.trace", '--'],
			['LD_PRELOAD', {LD_PRELOAD => "$library:$SHIM", CULPRIT_OUTPUT => "$DIR/memcached-$name.preload.trace"}]);
	}
}

SKIP: {
	skip 'redis-server is not there', 1 unless have('redis-server') && have('redis-cli');
	service('redis', sub { ('redis-server', '--port', $_[0], '--save', '', '--appendonly', 'no', '--dir', $DIR, '--io-threads', 3, '--io-threads-do-reads', 'yes') }, sub {
		my $commands = join '', map { "set key:$_ " . ('v' x ($_ % 90)) . "\nincr n\nrpush l $_\n" } 1 .. 200;
		spew("$DIR/commands", $commands . "lrange l 0 -1\nunlink l\nflushall async\ndbsize\n");
		return run({in => "$DIR/commands"}, 'redis-cli', '-p', $_[0])->{out} . run('redis-benchmark', '-p', $_[0], '-q', '-n', 4000, '-c', 20, '-P', 4, '-t', 'set')->{status};
	}, sub {
		my ($db, $way) = @_;
		my %kind = kinds($db);
		cmp_ok($kind{cond}{waits}, '>=', 3, "redis, $way: its background threads wait for work");
		cmp_ok(sql($db, "select count(*) from thread where name like 'bio_%' or name like 'io_thd_%'"), '>=', 5, "redis, $way: threads by their names");
	});
}

SKIP: {
	skip 'nginx with threads is not there', 1 unless have('nginx') && run('nginx', '-V')->{err} =~ /with-threads/;
	mkdir "$DIR/www";
	spew("$DIR/www/f$_", ("$_ " x 20000)) for 1 .. 20;
	service('nginx', sub {
		spew("$DIR/nginx.conf", "daemon off; pid $DIR/nginx.pid; error_log /dev/null; worker_processes 2; thread_pool default threads=4;
			events {} http { access_log off; aio threads; sendfile off; output_buffers 1 16k; client_body_temp_path $DIR/t1; proxy_temp_path $DIR/t2;
			fastcgi_temp_path $DIR/t3; uwsgi_temp_path $DIR/t4; scgi_temp_path $DIR/t5; server { listen 127.0.0.1:$_[0]; root $DIR/www; } }\n");
		('nginx', '-e', '/dev/null', '-c', "$DIR/nginx.conf");
	}, sub {
		my ($port) = @_;
		my $all = '';
		$all .= talk($port, "GET /f$_ HTTP/1.0\r\n\r\n") for 1 .. 21, 1 .. 21;
		$all =~ s/^(Date|Last-Modified|ETag):.*\n//mg;
		return $all;
	}, sub {
		my ($db, $way) = @_;
		my %kind = kinds($db);
		cmp_ok($kind{cond}{waits}, '>', 8, "nginx, $way: its pool waits for work");
		cmp_ok($kind{mutex}{acquisitions}, '>=', 200, "nginx, $way: and has a lock for its queue");
		is(sql($db, 'select count(distinct process_id) from thread where creator_id is not null'), 2, "nginx, $way: in each of the workers");
	});
}

SKIP: {
	skip 'ripgrep is not there', 1 unless have('rg');
	my @command = ('rg', '-c', '-j', 4, '--no-messages', '--no-ignore', 'define', '/usr/include');
	my $alone;
	for (ways('rg')) {
		my ($way, $environment, @before) = @$_;
		my $r = run({env => $environment}, @before, @command);
		my $out = join "\n", sort split /\n/, $r->{out};
		if ($way eq 'alone') { $alone = [$out, $r->{status}]; next; }
		is($r->{status}, $alone->[1], "rg, $way: exit status");
		ok($out eq $alone->[0], "rg, $way: output");
		my $db = database_of('rg', $way) or next;
		my %kind = kinds($db);
		cmp_ok($kind{futex}{waits}, '>', 0, "rg, $way: its futex waits");
		cmp_ok($kind{futex}{ns}, '>', 0, "rg, $way: and their time");
		is($kind{join}{waits}, 4, "rg, $way: joins");
		is(sql($db, 'select threads from process where id = 1'), 5, "rg, $way: threads");
	}
}

my ($postgres) = map { m{(.*)/postgres$} } reverse glob '/usr/lib/postgresql/*/bin/postgres';
SKIP: {
	skip 'PostgreSQL is not there', 1 unless $postgres && -x "$postgres/pgbench" && have('runuser');
	my @as = $> ? () : ('runuser', '-u', 'nobody', '--');
	my $port = free_port(); # the name of a socket in a directory of ours; nobody listens on it
	my @made = (run(@as, "$postgres/initdb", '-A', 'trust', '-U', 'postgres', '--no-sync', '-D', "$DIR/pg"));
	skip 'initdb does not work here', 1 if $made[0]{status};
	my $alone;
	for (ways('postgres')) {
		my ($way, $environment, @before) = @$_;
		run('cp', '-a', "$DIR/pg", "$DIR/pg.$way");
		my @variables = map { "$_=$environment->{$_}" } sort keys %$environment; # not for runuser, which is root's
		my $pid = start("postgres.$way", @as, 'env', @variables, @before, "$postgres/postgres", '-D', "$DIR/pg.$way", '-k', $DIR, '-p', $port,
			'-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'max_connections=20', '-c', 'autovacuum=off', '-c', 'shared_buffers=16MB');
		my @client = (-h => $DIR, -p => $port, -U => 'postgres');
		my $up = wait_until(20, sub { run("$postgres/pg_isready", @client)->{status} == 0 });
		ok($up, "postgres, $way: answers") or do { diag(slurp("$DIR/postgres.$way.err")); kill 'KILL', -$pid; stop($pid); next };
		my $init = run("$postgres/pgbench", @client, '-i', '-q', 'postgres');
		my $bench = run("$postgres/pgbench", @client, '-n', '-c', 6, '-j', 2, '-t', $LONG ? 500 : 50, 'postgres');
		my $answer = run("$postgres/psql", @client, '-At', '-c', 'select count(*), (select sum(abalance) from pgbench_accounts) = (select sum(bbalance) from pgbench_branches),
			(select sum(delta) from pgbench_history) = (select sum(tbalance) from pgbench_tellers) from pgbench_history', 'postgres');
		my ($server) = split /\n/, slurp("$DIR/pg.$way/postmaster.pid");
		kill 'INT', $server;
		my $status = stop($pid);
		my @seen = ("$init->{status} $bench->{status} $status $answer->{out}", $bench->{out} =~ /(number of transactions.*)/g);
		if ($way eq 'alone') { $alone = "@seen"; next; }
		is("@seen", $alone, "postgres, $way: every transaction, and the end") or diag($bench->{err}, slurp("$DIR/postgres.$way.err"));
		my $db = database_of('postgres', $way) or next;
		cmp_ok(sql($db, 'select count(*) from process'), '>=', 1 + 5 + 6, "postgres, $way: its processes");
		is(sql($db, "select count(*) from lock where kind = 'sem' and waits = 0"), 0, "postgres, $way: a semaphore is there because somebody waited");
	}
}

# Allocators that lock inside malloc, under programs with threads that allocate all the time.
my %truth = (hand_over => ["select sum(allocations) || ' ' || sum(leaked_allocations) from hotspots where function = 'job_new'", '100000 0'],
	many_threads => ["select threads || ' ' || (select sum(allocations) from hotspots where function = 'serve') from process where id = 1", '2002 2000']);
for my $library ('libjemalloc.so.2', 'libtcmalloc_minimal.so.4') {
	for my $name (sort keys %truth) {
		SKIP: {
			my $alone = run({env => {LD_PRELOAD => $library}}, example($name));
			skip "$library is not there", 1 if $alone->{err} =~ /cannot be preloaded/;
			my $r = record({env => {LD_PRELOAD => $library}}, "$name-$library", example($name));
			is("$r->{status} $r->{out}", "$alone->{status} $alone->{out}", "$name with $library: the same output");
			is(sql($r->{db}, 'select sum(lost_events) from process'), 0, "$name with $library: nothing lost");
			is(sql($r->{db}, $truth{$name}[0]), $truth{$name}[1], "$name with $library: what there is to find");
			is(sql($r->{db}, "select count(*) from stacks where stack like '%libculprit%'"), 0, "$name with $library: no frame of the tool");
		}
	}
}
done_testing;
