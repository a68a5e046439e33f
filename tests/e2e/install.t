#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What `make install` lays down works from there, staged under DESTDIR, and `make uninstall` takes it all away.
use strict;
use warnings;
use Harness;
use Test::More;

need('make');
my @make = ('make', '-s', '-C', $TOP, "BUILD=$BUILD", 'PREFIX=/opt/tool', "DESTDIR=$DIR/stage");
is(run({timeout => 200}, @make, 'install')->{status}, 0, 'make install');
my $prefix = "$DIR/stage/opt/tool";
ok(-x "$prefix/bin/culprit", 'bin/culprit');
ok(-f "$prefix/lib/culprit/libculprit.so", 'lib/culprit/libculprit.so');
ok(-f "$prefix/share/doc/culprit/README.md", 'share/doc/culprit/README.md');
my $r = run({env => {PATH => "/usr/bin:/bin"}}, "$prefix/bin/culprit", 'record', '-o', "$DIR/x.trace", '--', example('leak'));
is($r->{out}, "1000 sessions\n", 'the installed culprit finds its library');
like(run("$prefix/bin/culprit", 'report', 'leaks', "$DIR/x.trace")->{out}, qr/session_open/, 'and reports');
$r = run({env => {LD_PRELOAD => "$prefix/lib/culprit/libculprit.so", CULPRIT_OUTPUT => "$DIR/y.trace"}}, example('leak'));
is("$r->{out}$r->{err}", "1000 sessions\n", 'the installed library runs alone');
ok(wait_until(10, sub { run("$prefix/bin/culprit", 'report', 'leaks', "$DIR/y.trace")->{out} =~ /session_open/ }), 'and finds its collector');
is(run(@make, 'uninstall')->{status}, 0, 'make uninstall');
is(run('find', "$DIR/stage", '-type', 'f')->{out}, '', 'nothing stays');
done_testing;
