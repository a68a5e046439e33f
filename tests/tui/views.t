#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every view at 80x24 and 200x50, as golden screens: what is shown, what gives way in a narrow window, how one goes
# from a site into its callers and back.
. "$(dirname "$0")/screens.sh"
plan_or_skip

walk() { # columns rows prefix
	open_tui "$1" "$2"
	sees "Largest at the peak" "$3: the program is there"
	golden "$3-overview"
	keys Right Down; golden "$3-overview-other-list"
	keys 2; golden "$3-hotspots"
	keys Down Down Down Down; golden "$3-hotspots-fifth"
	keys Enter; golden "$3-callers"
	keys Up Up Up Enter; golden "$3-callers-walked"
	keys m; golden "$3-callers-cost"
	keys BSpace BSpace; golden "$3-hotspots-fifth"
	keys u; golden "$3-hotspots-exact"
	keys u m; golden "$3-hotspots-cost"
	keys o; golden "$3-hotspots-sorted"
	keys O; golden "$3-hotspots-reversed"
	keys Tab; golden "$3-leaks"
	keys Tab; golden "$3-temporary"
	keys 1; golden "$3-overview-other-list"
	keys Tab BTab 4; golden "$3-temporary"
	keys '?'; golden "$3-help"
	keys q; golden "$3-temporary"
	keys :; golden "$3-views"
	keys o w BSpace BSpace h o t; sees "Views: hot" "$3: a name is typed"
	keys Enter; golden "$3-hotspots-reversed"
	keys : 2 Enter; golden "$3-hotspots-reversed"
	keys : n o n e; sees "There is no view" "$3: no such view"
	keys Escape; golden "$3-hotspots-reversed"
	keys q; sees "ended with 0" "$3: q leaves"
}

walk 80 24 small
walk 200 50 large

# Going through rows.
open_tui 80 24
keys 2; sees "Hot spots by bytes allocated"
keys G; sees "io_main" "G: the last row"
keys g; sees "1-14 of 21" "g: the first rows again"
keys NPage; sees "▶   896 KiB" "PgDn goes a page less a row"
keys k; sees "▶  1.12 MiB" "k goes up"
keys j; sees "▶   896 KiB" "j goes down"
keys Home; sees "▶   191 MiB" "Home"
keys End; sees "▶  1.31 KiB" "End"
keys PPage; sees "▶  6.60 MiB" "PgUp goes a page less a row"

finish
