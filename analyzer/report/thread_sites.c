/* SPDX-License-Identifier: MIT
 *
 * Thread sites: a row a place that creates threads and function they run: how many there were, how long
 * they lived, what they cost. A thread that lives on has no lifetime yet; it is alive. Threads whose
 * creation was not seen (main threads among them) are in none.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/cost.h"

enum { FUNCTION, FILE_NAME, LINE, MODULE, START_FUNCTION, THREADS, ALIVE, P50, MAX, FIRST_SUM, STACK = FIRST_SUM + 4, PID, SITE_KEY,
       FUNCTION_KEY };

static const struct column columns[] = {
	[FUNCTION] = { "function", "CREATED IN", UNIT_TEXT, "innermost function that creates them" },
	[FILE_NAME] = { "file", NULL, UNIT_TEXT, "its source file" },
	[LINE] = { "line", NULL, UNIT_ID, "line in the file" },
	[MODULE] = { "module", NULL, UNIT_TEXT, "executable or shared object it lies in" },
	[START_FUNCTION] = { "start_function", "RUNS", UNIT_TEXT, "function they run" },
	[THREADS] = { "threads", "THREADS", UNIT_COUNT, "threads created" },
	[ALIVE] = { "alive", "ALIVE", UNIT_COUNT, "of those, alive when the trace ends" },
	[P50] = { "life_p50_ns", "HALF WITHIN", UNIT_NS, "half of those that ended lived at most this long" },
	[MAX] = { "life_max_ns", "ALL WITHIN", UNIT_NS, "none of those that ended lived longer" },
	[FIRST_SUM] = { "allocations", "CALLS", UNIT_COUNT, "their successful allocations" },
	[FIRST_SUM + 1] = { "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes they asked for" },
	[FIRST_SUM + 2] = { "wait_ns", "WAIT", UNIT_NS, "time they spent waiting for locks" },
	[FIRST_SUM + 3] = { "blocked_ns", "BLOCKED", UNIT_NS, "time they spent waiting for work" },
	[STACK] = { "stack", NULL, UNIT_TEXT, "stack that created the first: functions from the root inwards, joined by ;" },
	[PID] = { "pid", "PID", UNIT_ID, "process" },
	[SITE_KEY] = { "site_id", NULL, UNIT_ID, "key of the site" },
	[FUNCTION_KEY] = { "function_id", NULL, UNIT_ID, "key of the function" },
};

/* A row a thread, those of a site together, the ended ones first and the shortest lives of them first. */
static const char sql[] =
	"WITH sums AS (SELECT thread_id, sum(CASE cost_id WHEN 1 THEN value ELSE 0 END) AS c1, "
	"sum(CASE cost_id WHEN 2 THEN value ELSE 0 END) AS c2, sum(CASE cost_id WHEN 20 THEN value ELSE 0 END) AS c20, "
	"sum(CASE cost_id WHEN 22 THEN value ELSE 0 END) AS c22 FROM site_total WHERE cost_id IN (1, 2, 20, 22) GROUP BY thread_id) "
	"SELECT thread.process_id, stack.site_id, coalesce(start_function, ''), max(thread.end_ns - thread.start_ns, 0), "
	"coalesce(c1, 0), coalesce(c2, 0), coalesce(c20, 0), coalesce(c22, 0), created_stack_id, pid "
	"FROM thread JOIN process ON process.id = thread.process_id JOIN stack ON stack.id = created_stack_id "
	"LEFT JOIN sums ON sums.thread_id = thread.id WHERE (?1 = 0 OR pid = ?1) AND ?2 = 0 "
	"ORDER BY 1, 2, 3, thread.end_ns IS NULL, 4, thread.id";

struct group { /* the row in the making */
	int64_t process, site, *lives;
	size_t ended, room;
	struct value *row; /* NULL: the first is still to come */
};

static void close_row(struct group *g)
{
	if (!g->row || !g->ended)
		return;
	table_set_number(&g->row[P50], g->lives[(g->ended - 1) / 2]);
	table_set_number(&g->row[MAX], g->lives[g->ended - 1]);
}

static int open_row(struct group *g, const struct stack_tree *tree, struct statement *q, struct table *t, struct err *err)
{
	int64_t site = statement_number(q, 1), stack = statement_number(q, 8); /* the stack's */

	if (stack_tree_need(tree, stack, err))
		return -1;
	*g = (struct group){ statement_number(q, 0), site, g->lives, 0, g->room, table_add_row(t) };
	site_rows_place(tree, &tree->sites[site], t, &g->row[FUNCTION]);
	table_set_text(t, &g->row[START_FUNCTION], statement_text(q, 2));
	site_rows_stack(tree, (uint32_t)stack, t, &g->row[STACK]);
	for (size_t c = THREADS; c < STACK; c++)
		if (c != P50 && c != MAX)
			table_set_number(&g->row[c], 0);
	table_set_number(&g->row[PID], statement_number(q, 9));
	table_set_number(&g->row[SITE_KEY], site);
	table_set_number(&g->row[FUNCTION_KEY], tree->sites[site].function);
	return 0;
}

static void add_thread(struct group *g, struct statement *q)
{
	g->row[THREADS].number++;
	g->row[ALIVE].number += statement_none(q, 3);
	for (int i = 0; i < 4; i++)
		g->row[FIRST_SUM + i].number += statement_number(q, 4 + i);
	if (statement_none(q, 3))
		return;
	g->lives = memory_grown(g->lives, &g->room, g->ended + 1, sizeof(*g->lives));
	g->lives[g->ended++] = statement_number(q, 3);
}

static int read_groups(const struct stack_tree *tree, struct statement *q, struct table *t, struct err *err)
{
	struct group g = { 0 };
	int got;

	while ((got = statement_step(q, err)) > 0) {
		if (!g.row || g.process != statement_number(q, 0) || g.site != statement_number(q, 1) ||
		    strcmp(g.row[START_FUNCTION].text, statement_text(q, 2)) != 0) {
			close_row(&g);
			if (open_row(&g, tree, q, t, err)) {
				free(g.lives);
				return -1;
			}
		}
		add_thread(&g, q);
	}
	close_row(&g);
	free(g.lives);
	return got;
}

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	static const size_t names[] = { FUNCTION, START_FUNCTION };
	struct scope scope = { query->pid, query->tid };
	struct stack_tree tree;
	int rc = -1;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	struct statement *q = store_prepare(s, sql, err);
	if (q) {
		scope_bind(q, &scope);
		rc = read_groups(&tree, q, t, err);
		statement_finish(q);
	}
	stack_tree_release(&tree);
	if (!rc)
		site_rows_keep_matching(query, t, names, 2);
	return rc;
}

const struct report report_thread_sites = {
	.name = "thread-sites",
	.title = "Where threads are created",
	.help = "every place that creates threads: how many, how long they lived, what they cost",
	.rows = "places",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 2,
	.sort_column = THREADS,
	.filters = REPORT_PID | REPORT_MATCH,
	.fill = fill,
	.sql =
		"WITH c AS (SELECT thread_id, sum(CASE cost_id WHEN 1 THEN value ELSE 0 END) AS allocations,\n"
		"                  sum(CASE cost_id WHEN 2 THEN value ELSE 0 END) AS allocated_bytes,\n"
		"                  sum(CASE cost_id WHEN 20 THEN value ELSE 0 END) AS wait_ns,\n"
		"                  sum(CASE cost_id WHEN 22 THEN value ELSE 0 END) AS blocked_ns FROM site_total GROUP BY thread_id),\n"
		"l AS (SELECT thread.id, process_id, site_id, coalesce(start_function, '') AS start_function, end_ns IS NULL AS alive,\n"
		"             max(end_ns - start_ns, 0) AS life,\n"
		"             row_number() OVER (PARTITION BY process_id, site_id, coalesce(start_function, '')\n"
		"                                ORDER BY end_ns IS NULL, max(end_ns - start_ns, 0), thread.id) AS place,\n"
		"             count(end_ns) OVER (PARTITION BY process_id, site_id, coalesce(start_function, '')) AS ended\n"
		"      FROM thread JOIN stack ON stack.id = created_stack_id)\n"
		"SELECT function, file, nullif(line, 0) AS line, module, start_function, count(*) AS threads, sum(alive) AS alive,\n"
		"       max(CASE WHEN place = (ended + 1) / 2 AND NOT alive THEN life END) AS life_p50_ns, max(life) AS life_max_ns,\n"
		"       coalesce(sum(allocations), 0) AS allocations, coalesce(sum(allocated_bytes), 0) AS allocated_bytes,\n"
		"       coalesce(sum(wait_ns), 0) AS wait_ns, coalesce(sum(blocked_ns), 0) AS blocked_ns, pid\n"
		"FROM l JOIN sites ON sites.site_id = l.site_id JOIN (SELECT id, pid FROM process) p ON p.id = process_id LEFT JOIN c ON c.thread_id = l.id\n"
		"GROUP BY process_id, l.site_id, start_function ORDER BY threads DESC",
};
