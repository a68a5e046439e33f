#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Who can read what, write where, and order whom: files and their modes, links and pipes that others have laid, sockets of another
# user's, secrets of the target, targets that write anything into what they share with the collector, names made for terminals. The
# long form of what docs/security.md says; what needs another user needs root, and is skipped without.
use strict;
use warnings;
use Fcntl ':mode';
use Harness;
use IO::Socket::UNIX;
use POSIX 'mkfifo';
use Socket;
use Test::More;
use Time::HiRes qw(sleep time);

need('sqlite3', 'zstd');
my $root = $> == 0 && have('setpriv');
my $NOBODY = 65534;
my @as_nobody = ('setpriv', '--reuid', $NOBODY, '--regid', $NOBODY, '--clear-groups');
my $hostile = program('hostile');
my $true = -x '/bin/true' ? '/bin/true' : '/usr/bin/true';
chmod 0755, $DIR;
$ENV{CULPRIT_LIBRARY} = $SHIM; # of the sanitized culprit, too

sub mode_of { my @s = lstat $_[0]; return @s ? sprintf('%04o', S_IMODE($s[2])) : 'missing'; }
sub user_of { return (lstat $_[0])[4]; }
sub with_umask { my ($mask, @command) = @_; return run('sh', '-c', "umask $mask; exec \"\$@\"", 'sh', @command); }
sub files_in { my ($dir) = @_; opendir my $d, $dir or return ''; return join ' ', sort grep { !/^\.\.?$/ } readdir $d; }

# --- whose files they are ------------------------------------------------------------------------------------------------------

for my $mask ('000', '077') {
	my $trace = "$DIR/mode$mask.trace";
	is(with_umask($mask, $CULPRIT, 'record', '-q', '-o', $trace, '--', $hostile)->{status}, 0, "umask $mask: recorded");
	is(with_umask($mask, $CULPRIT, 'analyze', $trace)->{status}, 0, "umask $mask: analyzed");
	is(mode_of($trace) . ' ' . mode_of("$trace.db"), '0600 0600', "umask $mask: trace and database are their user's alone");
}
{
	my $r = with_umask('000', 'env', "LD_PRELOAD=$SHIM", "CULPRIT_OUTPUT=$DIR/bare.trace", $hostile);
	wait_until(10, sub { culprit('report', 'summary', "$DIR/bare.trace")->{out} =~ /ended: exit 0/ });
	is(mode_of("$DIR/bare.trace"), '0600', 'LD_PRELOAD: the trace is its user\'s alone');
	chmod 0640, "$DIR/bare.trace";
	culprit('record', '-q', '-o', "$DIR/bare.trace", '--', $hostile);
	is(mode_of("$DIR/bare.trace"), '0640', 'a trace that is there keeps the mode that its user gave it');
	with_umask('022', $CULPRIT, 'export', 'folded', '-o', "$DIR/out.folded", "$DIR/bare.trace");
	is(mode_of("$DIR/out.folded"), '0644', 'an export, which is made to be shown, is as the umask says');
}

# --- what bears the name already -----------------------------------------------------------------------------------------------

sub refused {
	my ($name, $why, $output) = @_;
	my $r = culprit({timeout => 5}, 'record', '-o', $output, '--', $true);
	is("$r->{status} " . one_line_of($r->{err}), '1 1', "$name: refused in one line") or diag($r->{err});
	like($r->{err}, $why, "$name: and told why");
}
sub kept { my ($name) = @_; is(slurp("$DIR/victim"), 'precious', "$name: what it leads to is as it was"); }
spew("$DIR/victim", 'precious');
link "$DIR/victim", "$DIR/hard.trace";
refused('a second name of another file', qr/has another name too/, "$DIR/hard.trace");
kept('a second name of another file');
unlink "$DIR/hard.trace";
symlink "$DIR/own-target", "$DIR/own.trace";
is(culprit('record', '-q', '-o', "$DIR/own.trace", '--', $hostile)->{status}, 0, 'one\'s own link is followed');
ok(-l "$DIR/own.trace" && -s "$DIR/own-target", 'to where it leads');
is(run('sh', '-c', "$CULPRIT record -q -o /dev/stdout -- $hostile > /dev/null | cat > /dev/null")->{status}, 0, 'a device is written to');
is(run('sh', '-c', "$CULPRIT record -q -o /dev/fd/3 -- $hostile 3>&1 | head -c 7")->{out}, 'culprit', 'so is a pipe that is given');
SKIP: {
	skip 'not root: no other user to lay traps', 16 unless $root;
	mkdir "$DIR/sticky";
	chmod 01777, "$DIR/sticky";
	my ($link, $file, $pipe) = map { "$DIR/sticky/$_.trace" } qw(link file pipe);
	run(@as_nobody, 'sh', '-c', "ln -s $DIR/victim $link; ln -s $DIR/victim $file.db; umask 0; : > $file; mkfifo $pipe");
	refused('another user\'s link', qr/link of another user/, $link);
	kept('another user\'s link');
	refused('another user\'s file', qr/another user's/, $file);
	is(-s $file, 0, 'another user\'s file: nothing is told to it');
	refused('another user\'s pipe', qr/another user's/, $pipe);
	my $r = run('sh', '-c', "LD_PRELOAD=$SHIM CULPRIT_OUTPUT=$link exec $hostile 2> $DIR/said");
	is($r->{status}, 0, 'LD_PRELOAD, another user\'s link: the program runs');
	ok(wait_until(10, sub { slurp("$DIR/said") =~ /^culprit: cannot write .*link of another user/ }), 'and it is said');
	kept('LD_PRELOAD, another user\'s link');
	unlink $file;
	culprit('record', '-q', '-o', $file, '--', $hostile);
	$r = culprit('analyze', $file);
	is("$r->{status} " . one_line_of($r->{err}), '1 1', 'another user\'s link in the place of the database: refused in one line');
	kept('another user\'s link in the place of the database');
	run(@as_nobody, 'ln', '-sf', "$DIR/nowhere", "$file.db");
	is(culprit('analyze', $file)->{status}, 0, 'another user\'s link that leads nowhere in the place of the database');
	ok(!-l "$file.db" && user_of("$file.db") == 0 && !-e "$DIR/nowhere", 'is replaced');
	SKIP: {
		skip 'no devices can be made', 1 unless run('mknod', "$DIR/null", 'c', 1, 3)->{status} == 0;
		spew("$DIR/no-interpreter", "#!/nonexistent/interpreter\n");
		chmod 0755, "$DIR/no-interpreter";
		culprit('record', '-o', "$DIR/null", '--', "$DIR/no-interpreter");
		ok(-c "$DIR/null", 'a command that cannot be run: the device that was to take its trace stays');
	}
}

# --- names ---------------------------------------------------------------------------------------------------------------------

mkdir "$DIR/deep";
mkdir "$DIR/deep/out";
for my $name ('../../x', "/etc/x\n\e]0;y", '..') {
	my $shown = $name =~ s/[^ -~]/?/gr;
	my $before = files_in($DIR);
	my $r = run({cd => "$DIR/deep/out", env => {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => "$DIR/deep/out/%e.trace", HOSTILE_NAME => $name}}, $hostile);
	wait_until(10, sub { files_in("$DIR/deep/out") =~ /trace/ });
	is($r->{status} . files_in("$DIR/deep"), '0out', "a program that calls itself $shown: no trace outside of its directory");
	like(files_in("$DIR/deep/out"), qr/\A[ -~]+\.trace\z/, "a program that calls itself $shown: one in it, with a harmless name");
	unlink glob "$DIR/deep/out/*.trace";
}

# --- secrets -------------------------------------------------------------------------------------------------------------------

# Everything in a trace, decompressed: the header and the payload of each block, as trace/FORMAT.md has them.
sub unpacked {
	my ($trace) = @_;
	my $bytes = slurp($trace);
	my $frames = '';
	for (my $at = 64; $at + 48 <= length $bytes;) {
		my $size = unpack 'V', substr $bytes, $at + 8, 4;
		$frames .= substr $bytes, $at + 48, $size;
		$at += 48 + $size;
	}
	spew("$DIR/frames", $frames);
	my $r = run({in => "$DIR/frames"}, 'zstd', '-dc');
	is($r->{status}, 0, 'what is packed in the trace can be unpacked by zstd') or diag($r->{err});
	return substr($bytes, 0, 64) . $r->{out};
}
{
	my $secret = 'Zq7#hunter2-w0mbat!%KIpQ';
	my @pieces = map { substr $secret, $_, 8 } 0 .. length($secret) - 8;
	spew("$DIR/secret", $secret);
	chmod 0600, "$DIR/secret";
	my $r = record({in => "$DIR/secret", env => {TOKEN_OF_MINE => "env-$secret"}}, 'secrets', $hostile, 'secrets', 'argument-MARK');
	is($r->{status}, 0, 'a program with a secret in environment, heap and stack is recorded');
	my %seen = (trace => slurp($r->{trace}), 'trace, decompressed' => unpacked($r->{trace}), dump => culprit('dump', '--events', $r->{trace})->{out},
		database => slurp($r->{db}), 'database, dumped' => run('sqlite3', $r->{db}, '.dump')->{out});
	for my $where (sort keys %seen) {
		my @found = grep { index($seen{$where}, $_) >= 0 } @pieces, 'TOKEN_OF_MINE', 'env-Zq7';
		is("@found", '', "$where: nothing of the secret, nor of the environment");
		like($seen{$where}, qr/argument-MARK/, "$where: the command line is there, as ps shows it") unless $where eq 'trace';
	}
	cmp_ok(summary_of($r->{db})->{allocations}, '>=', 12000, 'and it has been recorded, all of it');
}

# --- the sockets and the segment -----------------------------------------------------------------------------------------------

sub abstract_names { return map { /\s@(culprit-\S+)/ ? $1 : () } split /\n/, slurp('/proc/net/unix'); }
{
	my $trace = "$DIR/sleep.trace";
	my $pid = start('sleep', $CULPRIT, 'record', '-o', $trace, '--', 'sleep', '60');
	ok(wait_until(10, sub { culprit('ctl', $pid, 'status')->{out} =~ /\d+ sleep$/m }), 'a recording under way');
	my $door = 'culprit-' . unpack 'H32', substr slurp($trace), 16, 16; # the recording's id
	is(scalar(grep { $_ eq $door } abstract_names()), 1, 'has a socket by the name of its id');
	my ($target) = culprit('ctl', $pid, 'status')->{out} =~ /^process +(\d+) sleep$/m;

	my ($memory) = grep { (readlink($_) // '') =~ /memfd:culprit/ } glob "/proc/$pid/fd/*";
	is(mode_of("/proc/$target/exe") ne 'missing' && !grep({ (readlink($_) // '') =~ /memfd:culprit/ } glob "/proc/$target/fd/*"), 1,
		'the target does not hold the segment\'s descriptor');
	SKIP: {
		skip 'the segment cannot be opened by its descriptor here', 3 unless $memory && open my $m, '+<', $memory;
		is(sprintf('%04o', S_IMODE((stat $m)[2])), '0600', 'the segment is its user\'s alone');
		is(fcntl($m, 1034, 0) & 6, 6, 'and sealed against shrinking and growing');
		ok(!truncate($m, 0), 'so that it cannot be cut');
	}
	my $again = culprit('ctl', $$, 'status');
	is($again->{status}, 1, 'a process that is not recorded: told so');
	SKIP: {
		skip 'not root: no other user to try it', 12 unless $root;
		run('cp', $CULPRIT, "$DIR/culprit");
		my $r = run(@as_nobody, "$DIR/culprit", 'ctl', $pid, 'off');
		is("$r->{status} $r->{out} " . one_line_of($r->{err}), '1  1', 'another user\'s order is refused in one line') or diag($r->{err});
		like($r->{err}, qr/is not recorded by anyone who would say so/, 'and told why');
		my $order = 'socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack("S", AF_UNIX) . "\0$ARGV[0]") or exit 3; ';
		$r = run(@as_nobody, 'perl', '-MSocket', '-e', $order . 'syswrite $s, "off\n"; sysread $s, my $text, 99; print $text', "$door.control");
		is($r->{out}, "error the recording is another user's\n", 'so is one that is given past ctl');
		like(culprit('ctl', $pid, 'status')->{out}, qr/^state +on/m, 'nor is it followed');
		$r = run(@as_nobody, 'perl', '-MSocket', '-e', $order . 'my $n = sysread $s, my $text, 10; print defined $n ? $n : "refused"', $door);
		is($r->{out}, '0', 'another user who asks for the segment is shown the door');
		$r = run(@as_nobody, 'sh', '-c', "cat $trace; ls -l /proc/$pid/fd /proc/$target/fd /proc/$target/map_files; : < $memory");
		is($r->{out}, '', 'nor can the trace be read, or the segment be had by /proc');

		# One who says that he records everything.
		my $server = 'socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack("S", AF_UNIX) . "\0$ARGV[0]") or die; listen $s, 5; $| = 1; print "ready\n";'
			. 'while (accept my $c, $s) { print "asked\n"; syswrite $c, "ok\ntrace /etc/\e[31mx\nstate off\nprocess $ARGV[1] x\nprocess $ARGV[2] x\n"; }';
		my $liar = start('liar', @as_nobody, 'perl', '-MSocket', '-e', $server, 'culprit-00.control', $target, $$);
		wait_until(10, sub { slurp("$DIR/liar.out") =~ /ready/ });
		like(culprit('ctl', $target, 'status')->{out}, qr/^state +on/m, 'who records a process is not asked of another user');
		$r = culprit('ctl', $$, 'status');
		is("$r->{status} $r->{out}", '1 ', 'and what he claims is not believed');
		my $taker = start('taker', @as_nobody, 'perl', '-MSocket', '-e', $server, 'culprit-taken', 1, 2);
		wait_until(10, sub { slurp("$DIR/taker.out") =~ /ready/ });
		$r = run({env => {LD_PRELOAD => $SHIM, CULPRIT_RECORDING => 'culprit-taken'}}, $hostile);
		is($r->{status}, 0, 'a program that finds another user where its recording was: runs');
		like($r->{err}, qr/\Aculprit: the recording is another user's; this program runs unrecorded\n\z/, 'unrecorded, and says why');
		stop($_, 'KILL') for $liar, $taker;
		$r = culprit('report', 'summary', $trace);
		is($r->{status}, 0, 'the recording goes on');
	}
	kill 'TERM', $target;
	stop($pid);
}

# --- targets that mean harm ----------------------------------------------------------------------------------------------------

{
	my $alone = run($hostile, 'descriptors');
	my $r = record('descriptors', $hostile, 'descriptors');
	is("$r->{status} $r->{out}", "0 $alone->{out}", 'a program that closes and overwrites every descriptor: had as many as alone');
	cmp_ok(summary_of($r->{db})->{allocations}, '>=', 1000, 'and is recorded');
}

# What a process may write to: its descriptors that are open for writing.
sub writable {
	my ($pid) = @_;
	my @open;
	return () unless (readlink("/proc/$pid/exe") // '') =~ m{/culprit$}; # until then it is this test's own
	for my $fd (glob "/proc/$pid/fd/*") {
		my ($number) = $fd =~ /(\d+)$/;
		my ($flags) = slurp("/proc/$pid/fdinfo/$number") =~ /^flags:\s*(\d+)/m;
		push @open, readlink($fd) // '' if defined $flags && (oct($flags) & 3);
	}
	return @open;
}
for my $seed (1 .. ($LONG ? 20 : 2)) {
	my ($name, $trace) = ("scribble$seed", "$DIR/scribble$seed.trace");
	mkdir "$DIR/cell";
	my $busy = program('counter');
	my $pid = start({cd => "$DIR/cell"}, $name, $SAN_CULPRIT, 'record', '-o', $trace, '--', 'sh', '-c',
		"$busy $DIR/scribble.count 2 300000 & env -u LD_PRELOAD $hostile scribble 700 $seed; echo ended \$?; wait; echo over");
	my %to;
	wait_until(20, sub { $to{$_} = 1 for writable($pid); slurp("$DIR/$name.out") =~ /^ended/m });
	is((slurp("$DIR/$name.out") =~ /^(ended \d+)/m)[0], 'ended 0', "seed $seed: a target writes anything into the segment, and cannot cut it");
	ok(wait_until(30, sub { slurp("$DIR/$name.out") =~ /^over/m }), "seed $seed: the program beside it is not held up for ever") if $LONG;
	my $status; # the collector may have been made to believe that somebody lives, and one that lives to wait for it
	for (1 .. 2) { # if both are taken for one, the program beside ends by itself in ten seconds
		kill 'INT', $pid;
		last if wait_until($_ < 2 ? 0.7 : 40, sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? defined($status = $?) : 0 });
	}
	ok(defined $status && !($status & 127) && $status >> 8 != 99, "seed $seed: the collector lives through it") or diag(slurp("$DIR/$name.err"));
	ok(wait_until(20, sub { slurp("$DIR/$name.out") =~ /^over/m }), "seed $seed: and when it ends the program beside it goes on");
	kill 'KILL', -$pid unless defined $status;
	stop($pid);
	unlike(slurp("$DIR/$name.err"), qr/Sanitizer|runtime error/, "seed $seed: and touches no memory that is not its own");
	is(join(' ', grep { !m{^\Q$trace\E$|^/dev/null$|^/memfd:culprit|^socket:|^\Q$DIR/$name\E\.(?:out|err)$|^anon_inode:|^pipe:} } sort keys %to), '',
		"seed $seed: it never had a file open for writing but its trace");
	is(files_in("$DIR/cell"), '', "seed $seed: nothing is written where it ran");
	my $r = san_culprit('report', 'summary', $trace);
	is("$r->{signal} $r->{status}", '0 0', "seed $seed: the trace reads") or diag($r->{err});
	unlink $trace, "$trace.db";
}

# --- programs with rights of their own -----------------------------------------------------------------------------------------

SKIP: {
	skip 'not root: no setuid program of another user can be made', 3 unless $root;
	run('cp', $hostile, "$DIR/setuid");
	skip 'no setuid programs here', 3 unless chown($NOBODY, -1, "$DIR/setuid") && chmod(04755, "$DIR/setuid") &&
		run('findmnt', '-no', 'OPTIONS', '-T', $DIR)->{out} !~ /nosuid/;
	my $r = run({env => {LD_PRELOAD => $SHIM, CULPRIT_OUTPUT => "$DIR/setuid.trace"}}, "$DIR/setuid");
	is("$r->{status} $r->{err}", '0 ', 'a setuid program under LD_PRELOAD runs as ever') or diag($r->{err});
	ok(!-e "$DIR/setuid.trace", 'the loader gives it no library, and there is no trace');
	like(culprit('doctor', '--', "$DIR/setuid")->{out}, qr/^FAILURE +loading: .*setuid/m, 'doctor says so');
}
{
	run('cp', $hostile, "$DIR/own-loader");
	my ($loader) = run('readelf', '-l', $hostile)->{out} =~ m{interpreter: (/[^\]]+)\]};
	my $elf = slurp("$DIR/own-loader");
	my $fake = '/tmp/ld-linux-' . substr("x$$" . '0' x 20, 0, length($loader // '') - 14);
	SKIP: {
		skip 'no loader is named', 2 unless defined $loader && length $loader > 16;
		substr($elf, index($elf, $loader), length $loader) = $fake;
		spew("$DIR/own-loader", $elf);
		spew($fake, "#!/bin/sh\ntouch $DIR/was-run\n");
		chmod 0755, $fake, "$DIR/own-loader";
		my $r = culprit('doctor', '--', "$DIR/own-loader");
		unlink $fake;
		isnt($r->{out}, '', 'doctor on a program that brings its own loader');
		ok(!-e "$DIR/was-run", 'does not run that loader');
	}
}

# --- names made for terminals --------------------------------------------------------------------------------------------------

{
	my $name = "\e]0;a\a\xc2\x9bb";
	my $r = record('names', $hostile, 'names', $name);
	my $evil = "char(27) || ']0;c' || char(7) || char(155) || 'd' || char(10)";
	sql($r->{db}, "update $_") for "process set command = command || $evil, command_line = command_line || $evil, executable = executable || $evil",
		"thread set name = name || $evil, start_function = $evil", "module set path = path || $evil", "function set name = name || $evil",
		"file set path = path || $evil", "mark set name = name || $evil", "lock set name = name || $evil",
		"meta set value = value || $evil where key in ('notes', 'trace_path')";
	for my $locale ('C', 'C.UTF-8') {
		my (@bad, $tried);
		for my $report (grep { !/^(?:diff)$/ } culprit('report', 'no-such', $r->{db})->{err} =~ /\b([a-z]+(?:-[a-z]+)*)(?=,|$| and)/g) {
			my $shown = culprit({env => {LC_ALL => $locale}}, 'report', $report, $r->{db});
			$tried += $shown->{status} == 0;
			push @bad, $report if "$shown->{out}$shown->{err}" =~ /[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/;
		}
		cmp_ok($tried, '>=', 20, "$locale: reports of names made for terminals");
		is("@bad", '', "$locale: none of them prints what a terminal would obey");
	}
	for my $words (['dump', '--events', $r->{trace}], ['export', 'folded', $r->{db}], ['report', '--format=json', 'threads', $r->{db}], ['report', 'summary', "$DIR/\e[31m.trace"]) {
		my $shown = culprit(@$words);
		unlike("$shown->{out}$shown->{err}", qr/[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/, "$words->[0] $words->[1]: nor does it");
	}
}
done_testing;
