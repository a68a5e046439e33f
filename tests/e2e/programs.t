#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Real programs and services do under culprit, and under the bare LD_PRELOAD, what they do without: the same output, the
# same exit status, the same answers.
use strict;
use warnings;
use Harness;
use IO::Socket::INET;
use Test::More;

need('sqlite3');
my $input = "$TOP/tests/e2e/input";
chmod 0755, $DIR;

# The three ways to run a command: [name, environment, words before it].
sub ways {
	my ($name) = @_;
	return (['alone', {}], ['record', {}, $CULPRIT, 'record', '-o', "$DIR/$name.record.trace", '--'],
		['LD_PRELOAD', {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => "$DIR/$name.preload.trace"}]);
}

# The trace of a way holds events, lost none, and its main process ended as it did.
sub check_trace {
	my ($name, $way, $ended) = @_;
	return if $way eq 'alone';
	my $trace = "$DIR/$name." . ($way eq 'record' ? 'record' : 'preload') . '.trace';
	ok(wait_until(10, sub { -s $trace }), "$name, $way: there is a trace") or return;
	my $complete = wait_until(10, sub {
		my $r = culprit('analyze', $trace);
		return $r->{status} == 0 && sql("$trace.db", "select value from meta where key = 'complete'") eq '1';
	});
	ok($complete, "$name, $way: the trace ends in order") or return;
	my $p = summary_of("$trace.db");
	cmp_ok($p->{allocations}, '>', 0, "$name, $way: $p->{allocations} allocations");
	is($p->{lost_events}, 0, "$name, $way: nothing lost");
	# Without being its parent the collector learns how a process ended where Linux tells (6.15), and it came in time.
	my $unknown = $way eq 'record' ? '' : '|unknown';
	like($p->{ended}, qr/^($ended$unknown)$/, "$name, $way: ended") if defined $ended;
}

# Runs a command in the three ways, with the same input.
sub same {
	my ($name, $o, @command) = @_;
	my $alone;
	for (ways($name)) {
		my ($way, $environment, @before) = @$_;
		my $r = run({timeout => 120, %$o, env => {%$environment, %{$o->{env} || {}}}}, @before, @command);
		if ($way eq 'alone') { $alone = $r; next; }
		my $status = $way eq 'record' && $alone->{signal} ? 128 + $alone->{signal} . ' 0' : "$alone->{status} $alone->{signal}";
		is("$r->{status} $r->{signal}", $status, "$name, $way: exit status") or diag($r->{err});
		is($r->{out}, $alone->{out}, "$name, $way: output");
		is($r->{err}, $alone->{err}, "$name, $way: nothing more on stderr") if $way ne 'record';
		check_trace($name, $way, $alone->{signal} ? "signal $alone->{signal}" : "exit $alone->{status}");
	}
}

same('sqlite3', {}, 'sqlite3', ':memory:', ".read $input/script.sql");
same('gcc', {}, 'gcc', '-O2', '-S', "$input/list.c", '-o', '/dev/stdout');
same('gcc-fails', {}, 'gcc', '-c', "$input/no-such.c");
spew("$DIR/t.py", <<'P');
import json, re, sys, threading, hashlib
def work(n, out):
    out[n] = hashlib.md5(json.dumps([{"k%d" % i: [i] * 5} for i in range(500)]).encode()).hexdigest()
out = {}
threads = [threading.Thread(target=work, args=(n, out)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print(sorted(out.items()), len(re.findall("a+b", "aab" * 1000)))
sys.exit(3)
P
same('python3', {env => {PYTHONHASHSEED => 0}}, '/usr/bin/python3', "$DIR/t.py");
same('perl', {}, 'perl', '-e', 'my %h = map { $_ => "x" x $_ } 1 .. 500; my $s = 0; $s += length for values %h; print "$s\n"; exit 9');
same('shell', {}, 'sh', '-c', 'for i in 1 2 3; do echo $i | cat; done; ls / > /dev/null; exit 4');
same('failing', {}, program('failing_calls'));
same('all_calls', {}, program('all_calls'));
same('ending-exit', {}, program('ending'), 'exit');
same('ending-_exit', {}, program('ending'), '_exit');
same('ending-abort', {}, program('ending'), 'abort');
same('ending-segfault', {}, program('ending'), 'segfault');
same('ending-thread', {}, program('ending'), 'thread');
for my $how (qw(exit _exit abort segfault thread)) {
	for my $way (qw(record preload)) {
		is(sql("$DIR/ending-$how.$way.trace.db", "select sum(allocations) from hotspots where function = 'before'"), 12345,
			"ending by $how, $way: every allocation is there");
	}
}

# An image that is gone at once, and the one that follows it: nothing of either is missed.
for my $n (1 .. ($LONG ? 300 : 20)) {
	my $trace = "$DIR/exec.trace";
	unlink $trace, "$trace.db";
	run({env => {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => $trace}}, 'sh', '-c', 'exec "$1" exit', 'sh', program('ending'));
	my $complete = wait_until(10, sub {
		culprit('analyze', $trace)->{status} == 0 && sql("$trace.db", "select value from meta where key = 'complete'") eq '1' });
	my $got = $complete ? sql("$trace.db", "select sum(allocations) from hotspots where function = 'before'") : 'no complete trace';
	is($got, 12345, "exec at once, $n: every allocation is there") or last;
}

# A service in the three ways: ask(port) drives it and gives its answers as text; it is stopped by SIGTERM.
sub service {
	my ($name, $command, $ask, $ended) = @_;
	my $alone;
	for (ways($name)) {
		my ($way, $environment, @before) = @$_;
		my $port = free_port();
		my $pid = start({env => $environment}, "$name.$way", @before, $command->($port));
		unless (ok(wait_for_port($port), "$name, $way: answers")) { stop($pid, 'KILL'); diag(slurp("$DIR/$name.$way.err")); next; }
		my $answer = $ask->($port);
		my $status = stop($pid, 'TERM');
		if ($way eq 'alone') { $alone = [$answer, $status]; next; }
		is($answer, $alone->[0], "$name, $way: the same answers");
		is($status, $alone->[1], "$name, $way: the same end");
		check_trace($name, $way, $ended);
	}
}

sub talk {
	my ($port, $request, $end) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) or return 'no connection';
	print $socket $request;
	my $answer = '';
	while (defined(my $line = <$socket>)) {
		$answer .= $line;
		last if $end && $line =~ $end;
	}
	return $answer;
}

SKIP: {
	skip 'redis-server is not there', 1 unless have('redis-server') && have('redis-cli');
	service('redis', sub { ('redis-server', '--port', $_[0], '--save', '', '--appendonly', 'no', '--dir', $DIR) }, sub {
		my ($port) = @_;
		my $commands = join '', map { "set key:$_ " . ('v' x $_) . "\nrpush list $_\nhset hash f$_ $_\nincr n\n" } 1 .. 300;
		spew("$DIR/commands", $commands . "lrange list 0 20\nhgetall hash\nget n\ndbsize\neval 'return {1,2,3}' 0\nflushall\n");
		return run({in => "$DIR/commands"}, 'redis-cli', '-p', $port)->{out};
	}, 'exit 0');
}
SKIP: {
	skip 'memcached is not there', 1 unless have('memcached');
	service('memcached', sub { ('memcached', '-l', '127.0.0.1', '-p', $_[0], '-U', 0, '-u', 'nobody', '-m', 16) }, sub {
		my $request = join '', map { "set k$_ 0 0 " . $_ . "\r\n" . ('x' x $_) . "\r\nget k$_\r\n" } 1 .. 200;
		return talk($_[0], $request . "incr none 1\r\nquit\r\n");
	});
}
SKIP: {
	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";
	skip 'nginx is not there', 1 unless have('nginx');
	mkdir "$DIR/www";
	spew("$DIR/www/index.html", "<p>" . ('hello ' x 2000) . "</p>\n");
	service('nginx', sub {
		spew("$DIR/nginx.conf", "daemon off; pid $DIR/nginx.pid; error_log /dev/null; worker_processes 2; events {} http { access_log off;
			client_body_temp_path $DIR/t1; proxy_temp_path $DIR/t2; fastcgi_temp_path $DIR/t3; uwsgi_temp_path $DIR/t4; scgi_temp_path $DIR/t5;
			gzip on; gzip_types text/html; server { listen 127.0.0.1:$_[0]; root $DIR/www; } }\n");
		('nginx', '-e', '/dev/null', '-c', "$DIR/nginx.conf");
	}, sub {
		my ($port) = @_;
		my $all = '';
		$all .= talk($port, "GET $_ HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n") for ('/', '/none', '/index.html') x 30;
		$all =~ s/^(Date|Last-Modified|ETag):.*\n//mg;
		return $all;
	}, 'exit 0');
}
done_testing;
