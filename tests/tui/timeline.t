#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Time: how the recording went, what went how, and a span of it chosen by keys or with the mouse, of which all views then
# speak: their figures are those that sqlite3 adds up for that span.
. "$(dirname "$0")/screens.sh"
plan_or_skip

walk() { # columns rows prefix
	open_tui "$1" "$2"
	sees "Largest at the peak" "$3: the program is there"
	keys v; golden "$3-overview-cursor"
	keys Home Right Right v NPage NPage Right; golden "$3-overview-choosing"
	keys Enter; sees "from 100 ms to 1.90 s" "$3: the header says the span"
	sees "All views speak of 100 ms to 1.90 s now" "$3: and so does a message"
	keys Down; golden "$3-overview-span"
	keys 2; golden "$3-hotspots-span"
	keys : t i m e l i n e; sees "Views: timeline" "$3: a view by its name"
	keys Enter; golden "$3-timeline-span"
	keys Escape; sees "whole recording again" "$3: Escape clears the span"
	keys Home End PPage Left h l; golden "$3-timeline"
	keys '?'; golden "$3-timeline-help"
	keys q v PPage; golden "$3-timeline-choosing"
	keys Escape u; golden "$3-timeline-exact"
	keys u 2 Down Down t; golden "$3-timeline-site"
	keys c; sees "called by (2)" "$3: from there to its callers"
	keys BSpace BSpace; sees "Hot spots by" "$3: and back"
	keys 5 t; golden "$3-timeline-lock"
	keys 6 t; golden "$3-timeline-thread"
	keys q; sees "ended with 0" "$3: q leaves"
}

walk 80 24 small
walk 200 50 large

# The figures of a span: sqlite3 adds up the slices 41 to 50, 2.0 to 2.5 s.
ask() { sqlite3 "$dir/synthetic.db" "$1"; }
exactly() { ask "SELECT printf('%,d', x) FROM (SELECT $1)"; } # figure, as x, FROM ...
in_span="slice BETWEEN 41 AND 50"
bytes_of_first=$(exactly "max(bytes) AS x FROM (SELECT sum(amount) AS bytes FROM span_sum JOIN stack ON stack.id = stack_id WHERE class = 1 AND $in_span GROUP BY site_id)")
first=$(ask "SELECT function.name FROM span_sum JOIN stack ON stack.id = stack_id JOIN site ON site.id = site_id JOIN function ON function.id = function_id WHERE class = 1 AND $in_span GROUP BY site.id ORDER BY sum(amount) DESC LIMIT 1")
calls_of_first=$(exactly "calls AS x FROM (SELECT sum(count) AS calls, sum(amount) AS bytes FROM span_sum JOIN stack ON stack.id = stack_id WHERE class = 1 AND $in_span GROUP BY site_id ORDER BY bytes DESC LIMIT 1)")
all_calls=$(exactly "sum(count) AS x FROM span_sum WHERE class = 1 AND $in_span")
all_bytes=$(exactly "sum(amount) AS x FROM span_sum WHERE class = 1 AND $in_span")
all_wait=$(exactly "sum(amount) AS x FROM span_sum WHERE class = 20 AND $in_span")
most_live=$(exactly "max(live) AS x FROM (SELECT sum(live_bytes) AS live FROM timeline WHERE $in_span GROUP BY slice)")
whole_bytes=$(exactly "max(bytes) AS x FROM (SELECT sum(value) AS bytes FROM site_total WHERE cost_id = 2 GROUP BY site_id)")

for figure in "$bytes_of_first" "$first" "$calls_of_first" "$all_calls" "$all_bytes" "$all_wait" "$most_live" "$whole_bytes"; do
	if [ -n "$figure" ] && [ "$figure" != 0 ]; then ok "sqlite3 says $figure"; else not_ok "sqlite3 says \"$figure\""; fi
done

open_tui 200 50
sees "Largest at the peak"; keys u : t i m e l i n e Enter; sees "The whole recording over time"
keys Home NPage NPage Right Right Right Right Right Right; sees "at 2.00 s:" "the cursor is where the span shall begin"
keys v; sees "2.00 s to 2.05 s:" "v begins one"
keys Right Right Right Right Right Right Right Right Right; sees "2.00 s to 2.50 s:" "arrows move its end"
sees "$all_calls allocations, $all_bytes allocated" "what was allocated in it ($all_calls, $all_bytes)"
sees "$all_wait waited" "what was waited ($all_wait)"
sees "up to $most_live live" "and how much was live at most ($most_live)"
keys Enter; sees "from 2.00 s to 2.50 s" "Enter applies it"
keys 2; sees "$bytes_of_first" "the hot spots are those of the span ($bytes_of_first)"
first_row() { screen | grep -F "▶" | grep -F "$bytes_of_first" | grep -F "$calls_of_first" | grep -qF "$first"; }
if until_true first_row; then ok "the first is $first, $calls_of_first calls"; else not_ok "the first is $first, $calls_of_first calls"; screen | note; fi
keys '&' t h r e a d = w o r k e r Enter; sees "from 2.00 s to 2.50 s, thread=worker" "a filter joins the span"
worker=$(exactly "sum(count) AS x FROM span_sum JOIN thread ON thread.id = thread_id WHERE class = 1 AND name LIKE '%worker%' AND $in_span")
keys : t i m e l i n e Enter; sees "2.00 s to 2.50 s: $worker allocations" "the charts follow it ($worker)"
keys Escape; sees "whole recording again" "Escape takes the span away"; sees_not "from 2.00 s"
sees "thread=worker" "and leaves the filter"
keys v Home v End; sees "0 ns to 12.8 s" "a span of everything"
keys Enter; sees "All views speak of the whole recording." "is no span"
keys '&' C-u Enter; sees_not "thread=worker"
keys 2; sees "$whole_bytes" "the hot spots are those of the whole again"
keys q; sees "ended with 0"

# What is seen can be written into a file; a lock nobody waited for, and a broken time.
open_tui 80 24
sees "Largest at the peak"; keys 2 t; sees "reply_begin over time"; keys x C-u o u t . c s v Enter; sees "256 rows are in out.csv" "the course is exported"
calls=$(ask "SELECT sum(value) FROM site_total WHERE cost_id = 1 AND site_id = (SELECT site_id FROM site_total WHERE cost_id = 2 GROUP BY site_id ORDER BY sum(value) DESC LIMIT 1)")
written=$(perl -ne 'chomp; my @cells = split /,/; if ($. == 1) { ($at) = grep { $cells[$_] eq "allocations" } 0 .. $#cells } else { $sum += $cells[$at] } END { print $sum }' "$dir/out.csv")
if [ "$written" = "$calls" ]; then ok "and adds up to the site's $calls allocations"; else not_ok "$written allocations were written, not $calls"; fi
keys 5; sees "Locks by time waited"; keys G t; sees "Nobody had to wait for it." "a lock nobody waited for"
sqlite3 "$dir/synthetic.db" ".backup '$dir/broken.db'"; sqlite3 "$dir/broken.db" "UPDATE slice SET id = 999 WHERE id = 256"
open_tui 80 24 broken.db
keys : t i m e l i n e Enter; sees "the database is damaged" "a database whose time is broken"
keys v Right Enter Escape q; sees "ended with 0"

# The mouse: a drag over the charts is a span, also from right to left; a click moves the cursor.
button() { tm send-keys -l "$(printf '\033[<%d;%d;%d%s' "$1" "$2" "$3" "$4")"; } # code column row M|m
open_tui 200 50
sees "Largest at the peak"
button 0 100 4 M; button 32 120 4 M; button 0 120 4 m; sees "All views speak of" "a drag in the overview chooses a span"
keys 2; sees "Hot spots by"; sees "from " "which the header says"; keys 1
keys Escape; sees "whole recording again" "Escape clears it there, too"
button 0 120 4 M; button 32 110 6 M; button 32 100 30 M; button 0 100 30 m; sees "All views speak of" "from right to left, and past the charts"
keys Escape; sees_not "[──"
button 0 100 4 M; button 0 100 4 m; sees "Left and Right move the cursor" "a click brings the cursor"
keys Escape; sees_not "cursor" "Escape takes it away"
keys v; sees "cursor"; keys v Escape; sees "v or Enter begins a span" "Escape gives up a span, then the cursor"
keys Escape Enter; sees "Overview › " "and Enter is the lists' again"
keys q; sees "ended with 0"

# Nothing to choose from.
sqlite3 "$dir/synthetic.db" "DELETE FROM slice; DELETE FROM span_sum; DELETE FROM timeline; DELETE FROM lock_wait; DELETE FROM span_histogram; DELETE FROM span_kind"
open_tui 80 24
sees "Largest at the peak"; keys v Right Enter BSpace : t i m e l i n e Enter; sees "Nothing was recorded." "a recording without time"
keys v Right Home End Enter Escape; sees "Nothing was recorded."
keys 2 t; sees "Nothing was recorded." "nor had a site any"
keys q; sees "ended with 0"

finish
