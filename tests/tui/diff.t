#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Two recordings in the terminal, at 80x24 and 200x50, as golden screens: the differences by one cost and another, with the stacks
# in both; what changed as a whole; a recording with itself; what can be told apart without colours.
. "$(dirname "$0")/screens.sh"
plan_or_skip

cp "$dir/synthetic.db" "$dir/earlier.db"
sqlite3 "$dir/earlier.db" < "$top/tests/data/earlier.sql" || exit 1

walk() { # columns rows prefix
	open_tui "$1" "$2" "earlier.db synthetic.db"
	sees "since  earlier.db: allocated +5.60 MiB (+1.6 %), calls +" "$3: the overview says what changed"
	golden "$3-diff-overview"
	keys BTab; golden "$3-diff"
	keys Down Down; golden "$3-diff-third"
	keys u; golden "$3-diff-exact"
	keys u Enter; golden "$3-diff-callers"
	keys BSpace; golden "$3-diff-third"
	keys m; golden "$3-diff-calls"
	keys m m; golden "$3-diff-at-peak"
	keys m; golden "$3-diff-leaked"
	keys m m m; golden "$3-diff-wait"
	keys m m; golden "$3-diff-again"
	keys o; golden "$3-diff-sorted"
	keys O; golden "$3-diff-reversed"
	keys / g o n e Enter; sees "▶  -191 MiB" "$3: a search finds what is gone"
	keys q; sees "ended with 0" "$3: q leaves"
}

walk 80 24 small
walk 200 50 large

# What is gone has no callers any more.
open_tui 80 24 "earlier.db synthetic.db"
sees "Largest at the peak"; keys BTab; sees "reply_start" "the differences"
keys Down Enter; sees "it is not in B any more" "what is gone cannot be gone into"
keys q; sees "ended with 0"

# With itself.
open_tui 80 24 "synthetic.db synthetic.db"
sees "since  synthetic.db: no change" "a recording with itself: no change"
keys BTab; sees "The sites of both recordings cost the same." "and no rows"
keys m o Down Enter u; sees "The sites of both recordings cost the same." "keys do no harm there"
keys q; sees "ended with 0"

# One recording alone has no such view.
open_tui 200 50
sees "Largest at the peak"; sees_not "Differences" "one recording: no differences among the tabs"
sees_not "since " "and nothing about another in the overview"
keys q; sees "ended with 0"

# Growth and shrinkage are of two colours where there are any, and have their signs where there are none.
styles_of() { # TERM environment
	TERMINAL=$1 open_window 80 24 "$2 culprit tui earlier.db synthetic.db"
	sees "Largest at the peak" "TERM=$1 $2"
	keys : d i f f Enter # not every terminal has a key for the tab before
	sees "+191 MiB" "TERM=$1 $2: growth has its sign"
	sees "-191 MiB" "TERM=$1 $2: shrinkage has its sign"
}
colour_of() { tm capture-pane -p -e | grep -F -- "$1" | head -1 | sed "s/.*\(\x1b\[[0-9;]*m\)$1.*/\1/"; } # the last change of colour before a text
for terminal in tmux-256color screen; do
	styles_of $terminal ""
	keys Down Down # the selected row looks otherwise
	until_true shows "+5.63 MiB"; sleep 0.3
	grown=$(colour_of "+191 MiB") shrunk=$(colour_of "-191 MiB")
	case $grown-$shrunk in
	*"$(printf '\033')["*-*"$(printf '\033')["*) [ "$grown" != "$shrunk" ] && ok "$terminal: two colours" || not_ok "$terminal: one colour for both" ;;
	*) not_ok "$terminal: no colours: $(printf %s "$grown-$shrunk" | cat -v)" ;;
	esac
done
styles_of vt100 ""
LC_ALL=C open_window 80 24 "LC_ALL=C culprit tui earlier.db synthetic.db"
sees "Largest at the peak"; keys BTab; golden ascii-diff
if screen | LC_ALL=C grep -q '[^ -~]'; then not_ok "ASCII only"; else ok "ASCII only"; fi

finish
