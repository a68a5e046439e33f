#!/bin/bash
# SPDX-License-Identifier: MIT
#
# From anything to anything: Enter goes from a site to its stacks, a stack's frames, a frame's source; what was left for another view
# can be come back to; what is written into a file is what is seen, and adds up to what sqlite3 adds up.
. "$(dirname "$0")/screens.sh"
plan_or_skip

ask() { sqlite3 "$dir/synthetic.db" "$1"; }
is() { # got want name
	if [ "$1" = "$2" ] && [ -n "$1" ]; then ok "$3 ($1)"; else not_ok "$3"; printf 'got  %s\nwant %s\n' "$1" "$2" | note; fi
}
sum_of() { awk '{ sum += $NF } END { printf "%.0f", sum }' "$dir/$1"; }
# Writes what is seen into a file.
write_to() { keys x C-u; tm send-keys -l "$1"; keys Enter; }

# --- deeper, and back ---
open_tui 80 24
sees "Largest at the peak"; keys 2; sees "Hot spots by"
keys / r o w _ n e w Enter Enter; sees "stacks (2)" "a site: its stacks"
sees "▶  5.91 MiB" "which have the keys"
keys Down; sees "start_thread › worker_main" "the whole of the selected one is below"
keys Up Enter; sees "Hot spots › row_new › Stack" "a stack"; golden small-stack
keys End; sees "▶     8  _start"; keys Home Enter; sees "row.c by bytes allocated" "a frame: its source"
keys BSpace; sees "1-9 of 9 frames" "back at the frames"
keys BSpace; sees "▶  5.91 MiB" "back at the stacks"
keys x Escape Enter t; sees "row_new over time" "a frame's function over time"
keys BSpace e; sees "row.c is not at" "a frame's line in the editor, if it is here"
keys BSpace Up Up; sees "▶  11.3 MiB" "over the edge of a list are the callees"
keys Enter; sees "row_new › row_new"
keys BSpace t; sees "over time"; keys BSpace f; sees "through row_new"

# --- left for another view ---
keys Tab; sees "Leaks by"; sees "Backspace back" "what was left can be come back to"
keys BSpace; sees "through row_new" "Backspace comes back to it"
keys BSpace; sees "stacks (2)" "and to what lay below"
keys 3 Enter; sees "Leaks ›"; keys : t h r e Enter; sees "Threads by"
keys BSpace; sees "Leaks ›" "the last one left comes first"
keys BSpace; sees "Leaks by"; keys BSpace; sees "Hot spots › row_new" "then the one before"
keys BSpace; sees "Hot spots by"; sees_not "Backspace back" "and then there is nothing more"
keys BSpace BSpace; sees "Hot spots by"
for n in 1 2 3 4 5 6 7 8 9 10 11; do keys Enter Tab BTab; done
sees "Hot spots by"; for n in 1 2 3 4 5 6 7 8 9 10; do keys BSpace BSpace; done
sees "Hot spots by" "far back there is an end"; sees_not "Backspace back"

# --- names of views ---
keys : s; sees "▶12  Sizes" "a view by what its name begins with"
keys Tab; sees "▶18  Source" "Tab goes on to the next of them"
keys Tab; sees "▶19  SQL"; keys Tab; sees "▶12  Sizes" "round and round"
keys Tab Enter; sees "Source files"

# --- what is seen goes into a file ---
keys 2; sees "Hot spots by"
keys / r o w _ n e w Enter; write_to all.folded; sees "All stacks by allocated_bytes, folded, are in all.folded"
is "$(sum_of all.folded)" "$(ask "SELECT sum(allocated_bytes) FROM process")" "a list of sites: all stacks"
site=$(ask "SELECT site.id FROM site JOIN function ON function.id = function_id WHERE name = 'row_new' AND line = 22")
keys Enter; sees "stacks (2)"
write_to site.folded; sees "The stacks to row_new, row.c:22 by allocated_bytes, folded, are in site"
is "$(sum_of site.folded)" "$(ask "SELECT sum(value) FROM total JOIN stack ON stack.id = stack_id WHERE cost_id = 2 AND site_id = $site")" "a site: its stacks"
is "$(wc -l < "$dir/site.folded")" 2 "which are as many as are shown"
write_to site.csv; sees "2 rows are in site.csv" "or the list"
keys f; sees "through row_new"; keys Down Down Down Down Down Down Down Enter; sees "zoom: command_set"
write_to zoom.folded; sees "within command_set"
is "$(grep -vc 'command_set;' "$dir/zoom.folded")" 0 "a zoomed flame graph: what is below"
keys BSpace BSpace 5; sees "Locks by"; keys Enter; sees "waiters ("
write_to lock.folded; sees "of server+0x40 by wait_ns"
is "$(sum_of lock.folded)" "$(ask "SELECT sum(lock_wait.wait_ns) FROM lock_wait JOIN lock ON lock.id = lock_id WHERE class = 20 AND name = 'server+0x40'")" "a lock: who waited for it"
keys 6; sees "Threads by"; keys Down Enter; sees "thread 4712 of"
write_to thread.folded; sees "of thread worker/1"
is "$(sum_of thread.folded)" "$(ask "SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 1 AND tid = 4712")" "a thread: its stacks, by the selected cost"
write_to thread.folded; sees "it is there already" "what is there is not written over"
keys Escape q; sees "ended with 0"

# --- the query behind each ---
open_tui 80 24
sees "Largest at the peak"; keys 2; sees "Hot spots by"; keys / r o w _ n e w Enter Enter; sees "stacks (2)"
keys S Enter; sees "1-2 of 2 rows" "a site's query gives its stacks"
keys Escape; sees "stacks (2)"; keys Enter; sees "1-9 of 9 frames"; keys S Enter; sees "1-9 of 9 rows" "a stack's its frames"
keys 5; sees "Locks by"; keys Enter; sees "waiters ("; keys S Enter; sees "1-3 of 3 rows" "a lock's who waited"
keys 6; sees "Threads by"; keys Down Enter; sees "thread 4712 of"; keys S Enter
sees "of $(ask "SELECT count(DISTINCT cost_id) FROM total") rows" "a thread's its costs"
keys Escape; sees "thread 4712 of"; keys Enter; sees "stacks by calls"; keys S Enter
sees "of $(ask "SELECT count(*) FROM total WHERE cost_id = 1 AND thread_id = 2") rows" "a thread's stacks' its stacks"
keys 8; sees "Flame graph by"; keys S; sees "SELECT name, sql FROM sqlite_schema" "where there is none, what can be asked"
keys Escape Escape q; sees "ended with 0"

# --- a search for what is too narrow to be seen ---
open_tui 80 24
sees "Largest at the peak"; keys 8; sees "3 outermost functions"
keys / g e t a d d r; sees "in no frame wide enough to be shown, but in <0.1 % of all" "the share of what cannot be drawn is said"
keys Enter; sees '"getaddr" is in no frame wide enough' "and stays"
sees "/getaddr <0.1 %"
keys / n o w h e r e Enter; sees '"nowhere" is in no frame.' "what is nowhere is nowhere"
keys q; sees "ended with 0"

finish
