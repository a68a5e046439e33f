#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The mouse: what can be seen can be clicked on. The reports are those that terminals send.
. "$(dirname "$0")/screens.sh"
plan_or_skip

flag_is() { # flag value name
	is_flag() { [ "$(tm display -p "#{$1}")" = "$2" ]; }
	if until_true is_flag "$1" "$2"; then ok "$3"; else not_ok "$3: $1 is $(tm display -p "#{$1}")"; fi
}

# "column row" of the first place at which a text stands, counted from 1.
place_of() {
	screen | perl -CSDA -Mutf8 -ne 'BEGIN { $text = shift } my $at = index $_, $text; if ($at >= 0) { print $at + 1, " $."; exit }' "$1"
}
click_on() { # text
	sees "$1" "there is \"$1\" to click on"
	# shellcheck disable=SC2046
	click $(place_of "$1")
}
twice() { # column row
	tm send-keys -l "$(printf '\033[<0;%d;%dM\033[<0;%d;%dm\033[<0;%d;%dM\033[<0;%d;%dm' "$1" "$2" "$1" "$2" "$1" "$2" "$1" "$2")"
}
twice_on() {
	sees "$1" "there is \"$1\" to click on twice"
	# shellcheck disable=SC2046
	twice $(place_of "$1")
}
line_with() { screen | grep -E -- "$1" > /dev/null; }
has_line() { # expression name
	if until_true line_with "$1"; then ok "$2"; else not_ok "$2"; screen | note; fi
}

# Tabs, rows, heads.
open_tui 80 24
sees "Largest at the peak"
flag_is mouse_any_flag 1 "the mouse is asked for"
flag_is mouse_button_flag 1 "with what is dragged"
flag_is mouse_sgr_flag 1 "and positions of any size"
click_on "2 Hot spots"; sees "Hot spots by bytes allocated" "a click on a tab opens the view"
click_on "reply_append"; has_line '^▶ .*reply_append' "a click on a row selects it"
click_on "reply_append"; sees "Hot spots › reply_append" "a click on the selected row opens it"
report '2;5;5M'; report '2;5;5m'; has_line '^▶ .*reply_append' "the right button goes back, the place kept"
twice_on "  row_new"; has_line '^ Hot spots › row_new  ' "a double click opens a row"
click_on "Backspace back"; has_line '^▶ .*row_new' "a click on a key does what it does"
twice_on "  row_new"; has_line '^▶ .*read_client' "a double click on the selected row"
has_line '^ Hot spots › row_new  ' "opens one view, not two"
report '2;5;5M'; has_line '^▶ .*row_new' "back"
click_on "  calls"; has_line '  calls▼' "a click on a head sorts by the column"
has_line '^▶ .*419 k' "from its first row"
click_on " calls▼"; has_line ' calls▲' "another one turns the order round"
click_on " allocated "; has_line 'allocated▼' "and back by the cost"

# Small windows: the wheel, tabs that are out of sight.
tm resize-window -x 80 -y 12; sees "1-7 of 21" "a small window"
report '65;10;6M'; sees "4-10 of 21" "the wheel scrolls down"
report '65;10;6M'; sees "7-13 of 21" "and on"
report '64;10;6M'; sees "4-10 of 21" "and up"
for _ in 1 2 3 4 5 6 7 8 9; do report '65;10;6M'; done; sees "15-21 of 21" "to the end"
for _ in 1 2 3 4 5 6 7 8 9; do report '64;10;6M'; done; sees "1-7 of 21" "and the beginning"
click_on ": more"; sees "what to change, and what that promises" "the sign for more views is a key"
report '65;10;6M'; report '64;10;6M'
twice_on "Threads"; sees "Threads by" "a view from the list of all"
tm resize-window -x 80 -y 24

# What is typed at the bottom has the keys; the mouse keeps still.
click_on "2 Hot spots"; sees "Hot spots by"
click_on "/ search"; click 20 3; keys c a c h e _ g Enter; has_line '^▶ .*cache_grow' "the key for search"
click_on "? help"; sees "Help: Hot spots" "the key for help"
sees "KEYS"
for _ in $(seq 30); do report '65;10;6M'; done; sees "to select text" "help tells of the mouse, and scrolls"
click_on "q quit"; sees_not "Help:" "the key that closes help"

# Several lists.
click_on "1 Overview"; sees "Most allocations"
click_on "385 k"; has_line '▶ 385 k|▶385 k' "a click on another list"
keys Enter; sees "Overview › parse_command" "which has the keys then"
click_on "worker_main"; has_line '^▶ .*worker_main' "a row of a list among others"
report '2;5;5M'; click_on "5 Locks"; sees "Locks by"
keys Enter; sees "Locks ›"
click_on "holders ("; keys Down Up; keys Enter; sees "caused" "a click on the title of a list"

# Reports that mean nothing do no harm, and the next key is read.
click_on "1 Overview"; sees "Most allocations"
for nonsense in '99999999999;1;1M' '0;;M' '0;1M' 'xM' '-1;-1;-1M' '0;999;999M' '0;999;999m' '3;1;1M' '35;2;2M' '1;5;5M' '130;5;5M' '32;5;5M' \
	'11111111111111111111111111111111111111111111111111M'; do
	report "$nonsense"
done
tm send-keys -l "$(printf '\033[M!')"; tm send-keys -l "$(printf '!!\033[M   ')"
keys 3; sees "Leaks by" "nonsense is passed over"
tm send-keys -l "$(printf '\033[M 0"\033[M#0"')"; sees "Overview" # the older form: button 0 at column 16, row 2
sees "Hot spots by" "reports in the older form"
keys q; sees "ended with 0"
flag_is mouse_any_flag 0 "the mouse is given back"

# Wide windows have more columns than the older form has.
open_tui 300 40
sees "Largest at the peak"; keys 2; sees "Hot spots by"
click_on "network.c:233"; has_line '^▶ .*reply_append' "a click far to the right"
keys q; sees "ended with 0"

# Left to the terminal.
open_window 80 24 "CULPRIT_MOUSE=off culprit tui synthetic.db; echo ended with \$?"
sees "Largest at the peak"; flag_is mouse_any_flag 0 "CULPRIT_MOUSE=off leaves the mouse to the terminal"
keys q; sees "ended with 0"
TERMINAL=vt100 open_window 80 24 "culprit tui synthetic.db; echo ended with \$?"
sees "Largest at the peak"; flag_is mouse_any_flag 0 "a terminal without one is not asked"
keys q; sees "ended with 0"

finish
