/* SPDX-License-Identifier: MIT
 *
 * Makes the database of a large recording that never was, for the feel benchmark: `feel_db FILE [SITES [NODES]]`, 100,000 sites
 * and 10,000,000 nodes of the stack tree if not said. The same numbers give the same database.
 */
#include <stdio.h>
#include <stdlib.h>

#include "feel_load.h"

static const char before[] =
	"INSERT INTO meta VALUES ('schema_version', (SELECT user_version FROM pragma_user_version)), ('trace_id', 'feedfacefeedfacefeedfacefeedface'),"
	" ('trace_bytes', 0), ('trace_path', 'made-up.trace'), ('culprit_version', 'benchmark'), ('start_realtime_ns', 1700000000000000000),"
	" ('duration_ns', 12800000000), ('complete', 1), ('options', ''), ('notes', '');"
	"INSERT INTO slice WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 256)"
	" SELECT id, (id - 1) * 50000000, id * 50000000 FROM n;"
	"INSERT INTO process (id, pid, ppid, parent_id, command, command_line, executable, start_ns, ended, duration_ns, threads)"
	" WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 6)"
	" SELECT id, 4000 + id, 3999 + min(id, 2), nullif(id > 1, 0), 'warehouse', 'warehouse --port ' || (7000 + id), '/usr/bin/warehouse',"
	" 0, 'running', 0, 6 FROM n;"
	"INSERT INTO thread (id, process_id, tid, name, start_ns) WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 36)"
	" SELECT id, (id - 1) % 6 + 1, 4000 + id, CASE WHEN id < 7 THEN 'warehouse' ELSE 'worker/' || id END, 0 FROM n;";

/* Five hundred locks, and who waited for and held them: stacks all over the tree, more for the first locks than for the last. */
static const char after[] =
	"INSERT INTO kind_total SELECT process_id, kind, sum(allocations), sum(bytes) FROM span_kind GROUP BY 1, 2;"
	"INSERT INTO lock (id, process_id, kind, flags, name, address, life, first_stack_id, start_ns, acquisitions, read_acquisitions, contended,"
	" read_contended, try_failures, timeouts, wait_ns, read_wait_ns, wait_max_ns, waits, hold_ns, hold_max_ns, hold_measured,"
	" hold_allocations, owner_changes, max_waiters, sampled)"
	" WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 500)"
	" SELECT id, id % 6 + 1, CASE id % 10 WHEN 0 THEN 'cond' WHEN 1 THEN 'rwlock' ELSE 'mutex' END, '', 'stock+0x' || printf('%x', id * 64),"
	" id * 64, 1, (SELECT max(id) FROM stack) / 501 * id + 1, 0, 1000000 / id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1000000000 / id, 2000000, 1000,"
	" 0, 100, 8, 0 FROM n;"
	"INSERT INTO lock_wait WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 40000),"
	" w AS (SELECT id, 1 + id * id % 500 * (id % 7) / 7 AS lock FROM n)"
	" SELECT CASE lock % 10 WHEN 0 THEN 22 ELSE 20 END, lock, (SELECT max(id) FROM stack) / 1009 * (id % 1009) + 1,"
	" lock % 6 + 1 + 6 * (id % 6), CASE lock % 10 WHEN 0 THEN 0 ELSE lock % 6 + 1 END, id % 256 + 1, 0, 1 + id % 20, 1000 * (1 + id % 20) * (id % 97),"
	" 1000 * (id % 97), 0, 0 FROM w WHERE true ON CONFLICT DO NOTHING;"
	"INSERT INTO lock_hold WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 20000),"
	" w AS (SELECT id, 1 + id * id % 500 * (id % 7) / 7 AS lock FROM n)"
	" SELECT lock, (SELECT max(id) FROM stack) / 509 * (id % 509) + 1, lock % 6 + 1 + 6 * (id % 6), id % 256 + 1, 1 + id % 9,"
	" 1000 * (id % 93), 50000, 20000, id % 3 FROM w WHERE lock % 10 <> 0 ON CONFLICT DO NOTHING;"
	"INSERT INTO lock_histogram SELECT lock_id, 'wait', 1000, 128000, sum(waits) FROM lock_wait GROUP BY 1;"
	"UPDATE lock SET waits = w.n, contended = iif(kind = 'cond', 0, w.n), wait_ns = w.ns, wait_max_ns = w.longest FROM (SELECT lock_id, sum(waits) AS n,"
	" sum(wait_ns) AS ns, max(max_ns) AS longest FROM lock_wait GROUP BY 1) w WHERE w.lock_id = lock.id;"
	"UPDATE lock SET acquisitions = max(acquisitions, contended);"
	"INSERT INTO lock_order WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 200)"
	" SELECT id, id, id + 6, (SELECT max(id) FROM stack) / 201 * id + 1, (SELECT max(id) FROM stack) / 203 * id + 1, id % 6 + 1, id * 1000000, 0 FROM n;"
	"UPDATE process SET contended = w.n, wait_ns = w.ns FROM (SELECT process_id, sum(lock.contended) AS n, sum(lock.wait_ns) AS ns FROM lock"
	" WHERE kind <> 'cond' GROUP BY 1) w WHERE w.process_id = process.id;"
	"UPDATE process SET blocked_ns = w.ns FROM (SELECT process_id, sum(lock.wait_ns) AS ns FROM lock WHERE kind = 'cond' GROUP BY 1) w"
	" WHERE w.process_id = process.id;"
	"INSERT INTO total SELECT class, stack_id, thread_id, sum(wait_ns) AS ns FROM lock_wait GROUP BY 1, 2, 3 HAVING ns > 0 UNION ALL"
	" SELECT 21, stack_id, thread_id, sum(waits) FROM lock_wait WHERE class = 20 GROUP BY 2, 3 UNION ALL"
	" SELECT 23, stack_id, thread_id, sum(caused_wait_ns) AS ns FROM lock_hold GROUP BY 2, 3 HAVING ns > 0;"
	"INSERT INTO site_total SELECT cost_id, site_id, thread_id, sum(value) FROM total JOIN stack ON stack.id = stack_id WHERE cost_id >= 20"
	" GROUP BY 1, 2, 3;"
	"INSERT INTO span_sum SELECT class, slice, 0, stack_id, thread_id, sum(waits), sum(wait_ns) FROM lock_wait GROUP BY 1, 2, 4, 5 UNION ALL"
	" SELECT 23, slice, 0, stack_id, thread_id, sum(releases), sum(caused_wait_ns) FROM lock_hold GROUP BY 2, 4, 5;"
	"INSERT INTO growth SELECT stack_id, process_id, max(value / 3, 1), value, min(value, 40), value * 100, 256, 4096, 0 FROM total"
	" JOIN thread ON thread.id = thread_id WHERE cost_id = 8 ON CONFLICT DO UPDATE SET chains = chains + excluded.chains, steps = steps + excluded.steps;"
	"INSERT INTO slack SELECT stack_id, process_id, value, value * 100, value * 112 FROM total JOIN thread ON thread.id = thread_id"
	" WHERE cost_id = 1 AND stack_id % 127 = 0 ON CONFLICT DO NOTHING;";

int main(int argc, char **argv)
{
	unsigned long sites = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000, nodes = argc > 3 ? strtoul(argv[3], NULL, 10) : 10000000;
	struct feel_tree tree;
	struct feel_loads loads;
	struct err err = { 0 };
	struct store *s;
	int failed;

	if (argc < 2 || argc > 4 || sites < 16 || nodes < 1000 || sites > 10000000 || nodes > 100000000) {
		fprintf(stderr, "usage: feel_db FILE [SITES [NODES]], at least 16 sites and 1000 nodes\n");
		return 2;
	}
	s = store_create(argv[1], &err);
	if (!s) {
		fprintf(stderr, "feel_db: %s\n", err.text);
		return 1;
	}
	feel_tree_grow(&tree, (uint32_t)sites, (uint32_t)nodes);
	feel_loads_make(&loads, &tree);
	failed = store_execute(s, before, &err) || feel_tree_write(&tree, s, &err) || feel_costs_write(&loads, s, &err) ||
	         feel_sums_write(&loads, s, &err) || store_execute(s, after, &err) || store_publish(s, &err);
	if (failed)
		fprintf(stderr, "feel_db: %s\n", err.text);
	store_close(s);
	feel_loads_release(&loads);
	feel_tree_release(&tree);
	return failed != 0;
}
