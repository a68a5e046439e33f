# SPDX-License-Identifier: MIT
#
# What the lints look at: the files of the project (tracked ones, and new ones that are not ignored), and their text.
package Sources;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(files text layer_of);

my @all;
sub files {
	my ($pattern) = @_;
	unless (@all) {
		my $list = `git ls-files --cached --others --exclude-standard 2>/dev/null`;
		$list = `find . -type f -not -path './build*' -not -path './.git/*' | sed 's,^[.]/,,'` if $? || !$list;
		@all = sort grep { -f $_ } split /\n/, $list;
	}
	return grep { $_ =~ $pattern } @all;
}

sub text {
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!";
	local $/;
	return scalar <$in>;
}

# "analyzer/store/store.c" is of layer analyzer/store, "trace/event.h" of trace.
sub layer_of {
	my ($file) = @_;
	return $1 if $file =~ m{^(analyzer/[^/]+)/};
	return $1 if $file =~ m{^([^/]+)/};
	return '';
}
1;
