#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The flame graph and the call tree, at 80x24 and 200x50, as golden screens: going by where frames stand, zooming, searching, turning,
# other costs, another recording beside; nodes opened one by one and all the way.
. "$(dirname "$0")/screens.sh"
plan_or_skip

# Another recording of the same program: some of it has grown, some of it is gone, one function bears another name.
cp "$dir/synthetic.db" "$dir/later.db"
sqlite3 "$dir/later.db" "UPDATE total SET value = value * 2 WHERE stack_id % 3 = 0; DELETE FROM total WHERE stack_id % 7 = 0;
UPDATE function SET name = 'newly_named' WHERE name = 'parse_command';
UPDATE meta SET value = 'ff112233445566778899aabbccddeeff' WHERE key = 'trace_id'"

walk() { # columns rows prefix
	open_tui "$1" "$2"
	sees "Largest at the peak"
	keys 8; golden "$3-flame"
	keys Down Down Down; golden "$3-flame-down"
	keys Right; golden "$3-flame-right"
	keys Left Enter; golden "$3-flame-zoomed"
	keys / r o w _ Enter; golden "$3-flame-searched"
	keys n; golden "$3-flame-next"
	keys Escape BSpace; golden "$3-flame-down"
	keys i; golden "$3-flame-over"
	keys Up; golden "$3-flame-over-up"
	keys i b End; golden "$3-flame-outwards"
	keys b m; golden "$3-flame-cost"
	keys u; golden "$3-flame-exact"
	keys u '?'; sees "upside down" "$3: the graph's keys are in the help"
	keys q 2 f; golden "$3-flame-of"
	keys BSpace; sees "Hot spots by bytes" "$3: back from the flame of a site"
	keys 9; golden "$3-tree"
	keys Down Right; golden "$3-tree-opened"
	keys '*'; golden "$3-tree-hottest"
	keys Left; golden "$3-tree-closed"
	keys Enter m; golden "$3-tree-cost"
	keys b; golden "$3-tree-outwards"
	keys + ; golden "$3-tree-outwards-hottest"
	keys / k e y Enter; golden "$3-tree-searched"
	keys '?'; sees "open the way that most" "$3: the tree's keys are in the help"
	keys q q; sees "ended with 0" "$3: q leaves"

	open_tui "$1" "$2" "synthetic.db later.db"
	sees "Largest at the peak"
	keys 8; golden "$3-flame-compared"
	keys Down Down Down; golden "$3-flame-compared-down"
	keys 9 '*'; golden "$3-tree-compared"
	keys q; sees "ended with 0"
}

walk 80 24 small
walk 200 50 large

# Where there is little room, and none for colours or for anything but ASCII.
open_tui 40 8
sees "live heap"; keys 8; golden "tiny-flame"
keys End; sees "reply" "the smallest window shows the frame under the cursor"
keys 9; sees "(all)"; keys '*'; sees "(all)"; keys q; sees "ended with 0"
LC_ALL=C open_tui 80 24
sees "357 MiB"; keys 8; golden "ascii-flame"; keys 9 '*'; golden "ascii-tree"; keys q; sees "ended with 0"

# The mouse.
open_tui 80 24
sees "357 MiB"; keys 8; sees "3 outermost functions"
click 75 5; sees "30.1 MiB, 8.4 % of all" "a click selects a frame"
click 20 9; sees "read_client" "another one another"
click 20 9; click 20 9; sees "zoom: read_client" "two clicks zoom into it"
report "2;20;9M"; sees_not "zoom:" "the right button zooms out"
keys 8 q; sees "ended with 0"

# Nothing to be shown; figures that do not fit.
sqlite3 "$dir/synthetic.db" "DELETE FROM total"
open_tui 80 24
keys 8; sees "Nothing of this was counted" "a flame of nothing"
keys Down Right Enter BSpace b i C m End Home n; sees "Nothing of this was counted"
keys 9; sees "(all)"; keys Down Right Left '*' b m Enter End; sees "(all)" "a tree of nothing"
keys q; sees "ended with 0"
sqlite3 "$dir/synthetic.db" "INSERT INTO total VALUES (2, 1, 1, 9223372036854775807), (2, 2, 1, 9223372036854775807), (2, 3, 1, -9223372036854775808)"
open_tui 80 24
keys 8; sees "EiB"; keys End Enter b i; keys 9 '*'; sees "EiB" "sums that do not fit"
keys q; sees "ended with 0"
sqlite3 "$dir/synthetic.db" "INSERT INTO total VALUES (2, 999999, 1, 5)"
open_tui 80 24
keys 8; sees "damaged" "a stack that is not there is told"
keys 9; sees "damaged"
keys 2; sees "Hot spots" "the rest can be looked at"
keys q; sees "ended with 0"

finish
