#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What libculprit.so shows to the program it is loaded into: the hooks and nothing else, and no library but libc.
use strict;
use warnings;
use Test::More;

my $so = ($ENV{CULPRIT_BUILD} || 'build') . '/libculprit.so';
ok(-f $so, "$so is built") or BAIL_OUT('nothing to look at');

open my $map, '<', 'preload/exports.map' or die "preload/exports.map: $!";
my $text = do { local $/; <$map> };
$text =~ s{/\*.*?\*/}{}gs;
my ($globals) = $text =~ /global:(.*?)local:/s;
my %listed = map { $_ => 1 } grep { /^\w+$/ } split /[;\s]+/, $globals;
my %exported = map { (split)[-1] => 1 } grep { !/ A / } split /\n/, `nm -D --defined-only $so`;
cmp_ok(scalar keys %exported, '>', 20, 'hooks are exported');
is(join(' ', grep { !$listed{$_} } sort keys %exported), '', 'nothing is exported that exports.map does not name');
is(join(' ', grep { !$exported{$_} } sort keys %listed), '', 'everything exports.map names is exported');
unlike(join(' ', keys %exported), qr/@/, 'no versions');

my $dynamic = `readelf -dW $so`;
my @needed = $dynamic =~ /\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g;
is(join(' ', grep { !/^(libc\.so\.6|ld-linux-x86-64\.so\.2)$/ } @needed), '', 'needs libc alone');
unlike($dynamic, qr/TEXTREL/, 'no text relocations');
my $segments = `readelf -lW $so`;
unlike($segments, qr/GNU_STACK\s+(\S+\s+){5}RWE/, 'no executable stack');
done_testing;
