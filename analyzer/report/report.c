/* SPDX-License-Identifier: MIT
 *
 * The registry of reports, and running one: what the query asks is checked against what the report
 * understands, then it is filled, sorted and cut.
 */
#include "analyzer/report/report.h"

#include <string.h>

#include "analyzer/report/report_list.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

const struct report *const report_all[] = {
	&report_summary, &report_hotspots, &report_leaks, &report_temporary, &report_sizes, &report_lifetimes,
	&report_escapes, &report_owners, &report_wrappers, &report_callers, &report_functions, &report_lines, &report_locks,
	&report_waits, &report_holders, &report_blocked, &report_lock_order, &report_threads, &report_thread_sites,
	&report_growth, &report_slack, &report_advice, &report_modules, &report_kinds, &report_timeline, &report_marks,
	&report_mappings, &report_pools, NULL,
};

const struct report *report_find(const char *name)
{
	for (size_t i = 0; report_all[i]; i++)
		if (strcmp(report_all[i]->name, name) == 0)
			return report_all[i];
	return NULL;
}

static int check_filters(const struct report *r, const struct report_query *q, struct err *err)
{
	const struct {
		unsigned filter;
		int asked;
		const char *what;
	} checks[] = {
		{ REPORT_PID, q->pid != 0, "a process (--pid)" },
		{ REPORT_THREAD, q->tid != 0, "a thread (--thread)" },
		{ REPORT_COST, q->cost != NULL, "a cost (--cost)" },
		{ REPORT_DIRECTION, q->bottom_up != 0, "a direction (--bottom-up)" },
		{ REPORT_MATCH, q->match != NULL, "a name (--match)" },
		{ REPORT_THRESHOLDS, q->threshold_count != 0, "a threshold (--threshold)" },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].asked && !(r->filters & checks[i].filter))
			return err_set(err, ERR_USAGE, "report %s cannot be asked for %s", r->name, checks[i].what);
	return r->check ? r->check(q, err) : 0;
}

/* Finds the column to sort by; REPORT_IN_ORDER: leave the rows as they are. */
static int sort_column(const struct report *r, const struct report_query *q, size_t *column, struct err *err)
{
	char known[700] = "";
	size_t used = 0;

	*column = r->sort_column;
	if (!q->sort)
		return 0;
	const char *name = q->sort + (q->sort[0] == '-');
	for (size_t c = 0; c < r->column_count - r->key_count; c++) {
		if (strcmp(r->columns[c].name, name) == 0) {
			*column = c;
			return 0;
		}
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", c ? ", " : "", r->columns[c].name);
	}
	return err_set(err, ERR_USAGE, "report %s has no column \"%s\"; it has %s", r->name, name, known);
}

int report_check(const struct report *r, const struct report_query *q, struct err *err)
{
	size_t column;

	return check_filters(r, q, err) ? -1 : sort_column(r, q, &column, err);
}

int report_check_lens(const struct report *r, struct store *s, struct err *err)
{
	unsigned missing = lens_missing(s, r->needs);
	char lens[FILTER_WORDS], why[700];

	if (!missing)
		return 0;
	lens_describe(s, lens, sizeof(lens));
	lens_limits(s, missing, why, sizeof(why));
	return err_set(err, ERR_USAGE, "report %s has nothing to say %s%.300s: %s", r->name, strncmp(lens, "from ", 5) == 0 ? "" : "with the filter ",
	               lens, why);
}

int report_run(const struct report *r, struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	size_t column;

	if (check_filters(r, q, err) || sort_column(r, q, &column, err) || report_check_lens(r, s, err) || scope_check(s, &scope, err))
		return -1;
	table_init(t, r->columns, r->column_count);
	t->total_rows = 0;
	if (r->fill(s, q, t, err)) {
		table_release(t);
		return -1;
	}
	if (column != REPORT_IN_ORDER) {
		int descending = r->columns[column].unit != UNIT_TEXT;
		table_sort(t, column, q->sort && q->sort[0] == '-' ? !descending : descending);
	}
	if (t->total_rows < t->row_count)
		t->total_rows = t->row_count;
	if (q->limit > 0 && t->row_count > (size_t)q->limit)
		t->row_count = (size_t)q->limit;
	return 0;
}
