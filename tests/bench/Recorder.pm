# SPDX-License-Identifier: MIT
#
# Those who record the program that is measured: nobody ("native"), culprit, and other tools where they are installed.
# What each puts before the command, and which file it leaves.
package Recorder;
use strict;
use warnings;
use Exporter 'import';
use Harness;

our @EXPORT = qw(recorders recorder_command file_of);

my %prefix = (
	native => sub { return (); },
	culprit => sub { my ($file, @options) = @_; return ($CULPRIT, 'record', '-o', "$file.trace", @options, '--'); },
	heaptrack => sub { my ($file) = @_; return ('heaptrack', '-o', $file); },
	mutrace => sub { return ('mutrace'); },
);

# Native, culprit, and those of the others that are there.
sub recorders { return ('native', 'culprit', grep { have($_) } @_); }
sub recorder_command { my ($recorder, $file, @options) = @_; return $prefix{$recorder}->($file, @options); }
sub file_of { my ($recorder, $file) = @_; my ($f) = $recorder eq 'culprit' ? "$file.trace" : glob("$file.zst $file.gz"); return $f; }
1;
