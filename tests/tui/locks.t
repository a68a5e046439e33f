#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The views about waiting, at 80x24 and 200x50, as golden screens: locks with their waiters and holders, from a lock into
# a waiter's or holder's callers and back, the stacks that wait and block, threads, the lock order.
. "$(dirname "$0")/screens.sh"
plan_or_skip

# Waits and holds as they are recorded: a bucket is twice as long as the one before.
sqlite3 "$dir/synthetic.db" << 'END'
DELETE FROM lock_histogram WHERE lock_id IN (1, 3);
WITH RECURSIVE b(n, low) AS (SELECT 0, 0 UNION ALL SELECT n + 1, CASE n WHEN 0 THEN 8 ELSE low * 2 END FROM b WHERE n < 31)
INSERT INTO lock_histogram SELECT lock, kind, low, CASE n WHEN 0 THEN 8 WHEN 31 THEN NULL ELSE low * 2 END, count FROM b JOIN
  (SELECT 1 AS lock, 'wait' AS kind, 10 AS bucket, 12 AS count UNION ALL VALUES
   (1, 'wait', 11, 40), (1, 'wait', 12, 93), (1, 'wait', 13, 150), (1, 'wait', 14, 210), (1, 'wait', 15, 160), (1, 'wait', 16, 90),
   (1, 'wait', 17, 41), (1, 'wait', 20, 35), (1, 'wait', 21, 15), (1, 'wait', 22, 4), (1, 'hold', 0, 1000), (1, 'hold', 2, 300000),
   (1, 'hold', 3, 700000), (1, 'hold', 4, 190000), (1, 'hold', 5, 8000), (1, 'hold', 17, 90), (1, 'hold', 22, 700),
   (3, 'wait', 17, 80), (3, 'wait', 18, 30), (3, 'wait', 20, 10), (3, 'hold', 6, 400000)) ON bucket = n;
END

walk() { # columns rows prefix
	open_tui "$1" "$2"
	sees "989 contended" "$3: the overview has a line on locks"
	keys 5; golden "$3-locks"
	keys Down; golden "$3-locks-second"
	keys Up Enter; golden "$3-lock"
	keys Enter; golden "$3-lock-waiter"
	keys Up Up Up Up Enter; golden "$3-lock-waiter-walked"
	keys BSpace BSpace; golden "$3-lock"
	keys Right Down; golden "$3-lock-holder-selected"
	keys Enter; golden "$3-lock-holder"
	keys m; golden "$3-lock-holder-cost"
	keys BSpace; golden "$3-lock-holder-selected"
	keys Up Up; golden "$3-lock-last-waiter"
	keys BSpace; golden "$3-locks"
	keys m o; golden "$3-locks-sorted"
	keys u; golden "$3-locks-exact"
	keys u '?'; golden "$3-locks-help"
	keys q : w a i Enter; golden "$3-waiters"
	keys : h o l Enter; golden "$3-holders"
	keys Down Enter; golden "$3-holders-callers"
	keys BSpace : b l o Enter; golden "$3-blocked"
	keys 6; golden "$3-threads"
	keys m m m Down Down; golden "$3-threads-by-wait"
	keys Enter; golden "$3-thread"
	keys Down Down; golden "$3-thread-third"
	keys BSpace; golden "$3-threads-by-wait"
	keys : l o c k Space o Enter; golden "$3-lock-order"
	keys G; golden "$3-lock-order-last"
	keys q; sees "ended with 0" "$3: q leaves"
}

walk 80 24 small
walk 200 50 large

# Searching finds names of locks; changing the window keeps what was open and selected.
open_tui 80 24
sees "989 contended"; keys 5; sees "Locks by time waited"
keys / t a b l e Enter; sees "▶ 270 ms" "a lock is found by its name"
keys Enter; sees "Locks › table_lock" "Enter opens it"
sees "rwlock prefer-writer" "what it is"
sees "to read" "waits for reading stand apart"
tm resize-window -x 200 -y 50; sees "held by thread" "a larger window has more columns"
tm resize-window -x 40 -y 8; sees "waiters (2)" "the smallest window has the list with the keys"
keys Right; sees "holders (2)" "or the other"
tm resize-window -x 80 -y 24; sees "Locks › table_lock"; keys BSpace; sees "▶ 270 ms" "back where one was"
keys q; sees "ended with 0"

# A recording without locks.
sqlite3 "$dir/synthetic.db" "DELETE FROM lock; DELETE FROM lock_wait; DELETE FROM lock_hold; DELETE FROM lock_order; DELETE FROM lock_histogram; DELETE FROM total WHERE cost_id >= 20; DELETE FROM span_sum WHERE class >= 20; UPDATE process SET contended = 0, wait_ns = 0, blocked_ns = 0"
open_tui 80 24
sees "Largest at the peak"; sees_not "contended" "the overview has no line on locks"; sees_not "lock wait" "and no chart"
keys 5; sees "No lock was used" "no locks"
keys Enter Down o m : w a i Enter; sees "No thread had to wait" "no waiters"
keys : h o l Enter; sees "No release of a lock" "no holders"
keys : b l o Enter; sees "No thread waited for work" "nobody blocked"
keys : l o c k Space o Enter; sees "No thread asked for a lock" "no order"
keys Enter Down G q; sees "ended with 0"

# One whose stacks, locks and owners point nowhere says so and goes on.
sqlite3 "$dir/synthetic.db" "INSERT INTO lock (id, process_id, kind, flags, name, address, life, block_stack_id, first_stack_id, start_ns, acquisitions, read_acquisitions, contended, read_contended, try_failures, timeouts, wait_ns, read_wait_ns, wait_max_ns, waits, hold_measured, hold_allocations, owner_changes, max_waiters, sampled) VALUES (1, 1, 'mutex', '', 'broken', 16, 1, 999999, 999999, 0, 9, 0, 9, 0, 0, 0, 9, 0, 9, 9, 0, 0, 0, 1, 0); INSERT INTO lock_wait (class, lock_id, stack_id, thread_id, owner_id, slice, reading, waits, wait_ns, max_ns, timeouts) VALUES (20, 1, 999999, 777, 888, 1, 0, 1, 1, 1, 0); INSERT INTO lock_hold VALUES (1, -5, 777, 1, 1, 1, 1, 1, 0)"
open_tui 80 24
keys 5; sees "broken"; sees "damaged" "a stack that is not there is told"
keys Enter; sees "damaged" "and when the lock is opened"
keys : w a i Enter; sees "damaged" "and among the waiters"
keys 2; sees "Hot spots by bytes" "the rest can be looked at"
keys q; sees "ended with 0"

finish
