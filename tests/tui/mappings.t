#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The line of the overview on what the program maps itself, the list of it, its stacks and callers: golden screens. The made-up
# recording has none, so some are made here.
. "$(dirname "$0")/screens.sh"
plan_or_skip
sqlite3 "$dir/synthetic.db" "
	INSERT INTO total SELECT 30, stack_id, thread_id, value / 1000000 + 1 FROM total WHERE cost_id = 2 AND stack_id IN (6, 11, 14, 15, 18, 76);
	INSERT INTO total SELECT 31, stack_id, thread_id, (value / 4096 + 1) * 4096 FROM total WHERE cost_id = 2 AND stack_id IN (6, 11, 14, 15, 18, 76);
	INSERT INTO total SELECT 32, stack_id, thread_id, value / 8192 * 4096 FROM total WHERE cost_id = 31;
	INSERT INTO total SELECT 33, stack_id, thread_id, value / 3 / 4096 * 4096 FROM total WHERE cost_id = 31;
	INSERT INTO total SELECT 34, stack_id, thread_id, value - value / 3 / 4096 * 4096 FROM total WHERE cost_id = 31;
	INSERT INTO site_total SELECT cost_id, site_id, thread_id, sum(value) FROM total JOIN stack ON stack.id = stack_id WHERE cost_id >= 30 GROUP BY 1, 2, 3;
	INSERT INTO mapping SELECT site_id, process_id, CASE site_id % 2 WHEN 0 THEN 'anonymous' ELSE 'file, shared file' END, sum(value) / 4096 * 3072
		FROM site_total JOIN thread ON thread.id = thread_id WHERE cost_id = 31 GROUP BY 1, 2;
	UPDATE process SET mappings = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 30 AND process_id = process.id),
		mapped_bytes = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 31 AND process_id = process.id),
		mapped_peak_bytes = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 32 AND process_id = process.id),
		still_mapped_bytes = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 34 AND process_id = process.id)
		WHERE id IN (SELECT process_id FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 30)"

walk() { # columns rows prefix
	open_tui "$1" "$2"
	sees "Largest at the peak" "$3: the program is there"
	golden "$3-mappings-overview"
	keys : m a p Enter; golden "$3-mappings"
	keys m m; golden "$3-mappings-peak"
	keys m m m m Down Enter; golden "$3-mappings-callers"
	keys m; golden "$3-mappings-callers-cost"
	keys BSpace q; sees "ended with 0" "$3: q leaves"
}

walk 80 24 small
walk 200 50 large

# Of a recording without any.
open_window 80 24 "sqlite3 synthetic.db 'DELETE FROM site_total WHERE cost_id >= 30'; culprit tui synthetic.db; echo ended with \$?"
sees "Largest at the peak"
keys : m a p Enter; sees "mapped no memory by calls of its own" "where nothing was mapped it says so"

finish
