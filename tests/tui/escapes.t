#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The views about what becomes of blocks, and advice, at 80x24 and 200x50, as golden screens: from a site to its stacks, owners
# and who freed, from there into callers and back; from an owner to the sites whose blocks die in it; findings in full.
. "$(dirname "$0")/screens.sh"
plan_or_skip

walk() { # columns rows prefix
	open_tui "$1" "$2"
	sees "Largest at the peak" "$3: the program is there"
	keys 0; golden "$3-escapes"
	keys Down Down Down Down; golden "$3-escapes-fifth"
	keys Enter; golden "$3-escape"
	keys Right Down; golden "$3-escape-owner"
	keys Enter; golden "$3-escape-owner-callers"
	keys BSpace; golden "$3-escape-owner"
	keys Right; golden "$3-escape-freed"
	keys Enter; golden "$3-escape-freed-callers"
	keys BSpace Left Left; golden "$3-escape"
	keys Enter; golden "$3-escape-callers"
	keys BSpace BSpace; golden "$3-escapes-fifth"
	keys m o o; golden "$3-escapes-by-local"
	keys u; golden "$3-escapes-exact"
	keys u '?'; golden "$3-escapes-help"
	keys q : o w n Enter; golden "$3-owners"
	keys m; golden "$3-owners-by-blocks"
	keys Down Down Down; golden "$3-owners-fourth"
	keys Enter; golden "$3-owner"
	keys Down Enter; golden "$3-owner-site"
	keys BSpace BSpace; golden "$3-owners-fourth"
	keys q; sees "ended with 0" "$3: q leaves"
}

walk 80 24 small
walk 200 50 large

# Advice: what was seen, what to do, and what it is about.
open_tui 80 24
sees "Largest at the peak"; keys 7; sees "findings" "7 is the advice"
sees "rules looked at" "what was checked stands below"
keys / p o o l Enter; sees "Keep a free list of 2 objects" "a finding has its cure below"
sees "row_new" "and others above"
keys Enter; sees "Advice › pool in parse_command" "Enter opens it"
sees "died within 1.02 us; at most 2" "what was seen"; sees "saves 410 k allocations" "what it saves"; sees "read_client ›" "the stack"
keys Enter; sees "asked for by way of (" "Enter goes on to the site's blocks"
keys BSpace; sees "command.c:40"; keys BSpace; sees "findings" "and back"
keys Home / c r i t i c a l Enter; sees "while others waited" "a finding on a lock"
keys Enter Enter; sees "waiters (" "leads to the lock"
keys BSpace BSpace q; sees "ended with 0"

# Searching, and other windows.
open_tui 80 24
sees "Largest at the peak"; keys 0 / c a c h e _ i Enter; sees "66 %" "a site is found by its name"
keys Enter; sees "Escapes › cache_insert" "Enter opens it"
tm resize-window -x 200 -y 50; sees "command_set < run_command < read_client < event_loop" "a larger window has more of the way"
tm resize-window -x 40 -y 8; sees "asked for by" "the smallest window has the list with the keys"
keys Right; sees "owners" "or the next"
tm resize-window -x 80 -y 24; sees "Escapes › cache_insert"; keys BSpace; sees "Escapes by"
keys : o w n Enter G Enter; sees "Owners › json_parse_value" "the last owner"
keys Enter; sees "json_parse_string" "and what dies in it"
keys q; sees "ended with 0"

# A recording without anything.
sqlite3 "$dir/synthetic.db" "CREATE TABLE keep AS SELECT * FROM escaped; DELETE FROM escaped; DELETE FROM owner; DELETE FROM total; DELETE FROM lock; DELETE FROM lock_wait; DELETE FROM lock_hold; DELETE FROM lock_order; DELETE FROM span_sum; DELETE FROM thread"
open_tui 80 24
sees "Largest at the peak"; keys 0; sees "Nothing was allocated" "no escapes"
keys Enter Down o m : o w n Enter; sees "No block was seen to die" "no owners"
keys Enter Down 7; sees "Nothing to advise" "no findings"
sees "rules looked at" "but what was checked"
keys Enter q; sees "ended with 0"

# One whose owners and threads point nowhere says so and goes on.
sqlite3 "$dir/synthetic.db" "INSERT INTO escaped SELECT * FROM keep; UPDATE escaped SET owner_id = 5000 WHERE class = 2 AND stack_id = 6"
open_tui 80 24
sees "Largest at the peak"; keys 0; sees "the database is damaged" "what is damaged is said"
keys : o w n Enter; sees "the database is damaged" "of owners, too"
keys 2 q; sees "ended with 0"

finish
