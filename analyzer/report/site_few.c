/* SPDX-License-Identifier: MIT
 *
 * One statement for each part, bound to one site after the other.
 */
#include "analyzer/report/site_few.h"

#include <string.h>

typedef int take_row(struct statement *q, struct table *t, struct site_row *row);

/* Runs a query for each site, which is its last parameter, after the scope's and perhaps a cost. A taker returns 1 to see the next row,
 * 0 if it has seen enough. */
static int each_site(struct store *s, const struct scope *scope, const char *sql, int cost, take_row *take, struct table *t,
                     struct site_row *rows, size_t count, struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);
	int got = q ? 0 : -1;

	for (size_t k = 0; k < count && got >= 0; k++) {
		int more = 1;

		scope_bind(q, scope);
		statement_bind_number(q, 3, cost);
		statement_bind_number(q, 4, rows[k].site);
		while ((got = statement_step(q, err)) > 0)
			more = more && take(q, t, &rows[k]);
	}
	statement_finish(q);
	return got;
}

static int take_cost(struct statement *q, struct table *t, struct site_row *row)
{
	int64_t cost = statement_number(q, 0);

	(void)t;
	if (cost > 0 && cost < COST_LIMIT)
		row->costs[cost] = statement_number(q, 1);
	return 1;
}

static int take_peak(struct statement *q, struct table *t, struct site_row *row)
{
	(void)t;
	row->peak = statement_number(q, 0);
	row->max_live = statement_number(q, 1);
	return 0;
}

static const char *taken_text(struct statement *q, int column, struct table *t)
{
	return statement_none(q, column) ? NULL : table_text(t, statement_text(q, column), strlen(statement_text(q, column)));
}

static int take_names(struct statement *q, struct table *t, struct site_row *row)
{
	int64_t line = statement_number(q, 1);

	row->function = (uint32_t)statement_number(q, 0);
	row->line = line > 0 && line <= INT32_MAX ? (uint32_t)line : 0;
	row->name = taken_text(q, 2, t);
	row->file = taken_text(q, 3, t);
	row->module = taken_text(q, 4, t);
	return 0;
}

static int take_stack(struct statement *q, struct table *t, struct site_row *row)
{
	(void)t;
	row->stack = statement_number(q, 1) > 0 ? (uint32_t)statement_number(q, 0) : 0;
	return 0;
}

int site_few_read(struct store *s, const struct scope *scope, struct table *t, struct site_row *rows, size_t count, struct err *err)
{
	static const char costs[] = "SELECT cost_id, sum(value) FROM site_total WHERE cost_id IN (SELECT id FROM cost WHERE id > ?3) AND "
	                            "site_id = ?4 AND " SCOPE_THREADS " GROUP BY cost_id";
	static const char peaks[] = "SELECT max(peak_bytes), max(max_live), ?3 FROM site_peak WHERE site_id = ?4 AND " SCOPE_PROCESSES
	                            " AND (CASE WHEN ?2 = 0 THEN thread_id = 0 ELSE thread_id IN (SELECT id FROM thread WHERE tid = ?2) END)";
	static const char names[] = "SELECT site.function_id, site.line, function.name, file.path, module.path, ?1, ?2, ?3 FROM site "
	                            "JOIN function ON function.id = site.function_id LEFT JOIN file ON file.id = site.file_id "
	                            "LEFT JOIN module ON module.id = function.module_id WHERE site.id = ?4";

	if (each_site(s, scope, costs, 0, take_cost, t, rows, count, err) || each_site(s, scope, peaks, 0, take_peak, t, rows, count, err) ||
	    each_site(s, scope, names, 0, take_names, t, rows, count, err))
		return -1;
	for (size_t k = 0; k < count; k++)
		if (!rows[k].function)
			return err_set(err, ERR_FAILED, "the database is damaged: it counts something for site %u, which is not there",
			               rows[k].site);
	return 0;
}

int site_few_stacks(struct store *s, const struct scope *scope, int cost, struct site_row *rows, size_t count, struct err *err)
{
	static const char sql[] = "SELECT stack.id, sum(value) FROM stack CROSS JOIN total ON cost_id = ?3 AND stack_id = stack.id WHERE "
	                          "site_id = ?4 AND " SCOPE_THREADS " GROUP BY stack.id ORDER BY 2 DESC, 1";

	return each_site(s, scope, sql, cost, take_stack, NULL, rows, count, err);
}
