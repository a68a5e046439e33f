/* SPDX-License-Identifier: MIT
 *
 * Marks: a row an instant of the recording itself: when it was paused, when it went on, what somebody wanted to find again.
 */
#include "analyzer/report/report_list.h"

static const struct column columns[] = {
	{ "time_ns", "TIME", UNIT_NS, "since the recording began" },
	{ "kind", "WHAT", UNIT_TEXT, "paused, resumed, ended (while processes go on), or mark: somebody's own" },
	{ "name", "NAME", UNIT_TEXT, "of a mark; of an end why" },
};

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT time_ns, kind, name FROM mark ORDER BY id", err);

	(void)query;
	if (!q)
		return -1;
	int rc = store_fill(s, q, t, err);
	statement_finish(q);
	return rc;
}

const struct report report_marks = {
	.name = "marks",
	.title = "Marks",
	.help = "when the recording was paused and resumed, and marks left in it",
	.rows = "marks",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.sort_column = REPORT_IN_ORDER,
	.fill = fill,
	.sql = "SELECT time_ns, kind, name FROM mark ORDER BY id",
};
