/* SPDX-License-Identifier: MIT
 *
 * The whole recording's distributions are kept by time slice, which is few rows; where a filter leaves nothing of those, the sites'
 * own are added up.
 */
#include "analyzer/report/sizes_view.h"

static const struct column columns[] = {
	{ "kind", NULL, UNIT_TEXT, "size, lifetime, live" },
	{ "low", NULL, UNIT_COUNT, "the bucket's lower end, bytes or ns" },
	{ "high", NULL, UNIT_COUNT, "its upper end" },
	{ "count", NULL, UNIT_COUNT, "blocks" },
	{ "bytes", NULL, UNIT_BYTES, "bytes of those" },
};

#define LIVE(where) \
	" UNION ALL SELECT 'live', 0, 0, coalesce(sum(CASE cost_id WHEN 5 THEN value END), 0), coalesce(sum(CASE cost_id WHEN 4 THEN value END), 0) " \
	"FROM site_total WHERE cost_id IN (4, 5)" where " ORDER BY 1 DESC, 2"

static const char site_sql[] =
	"SELECT kind, low, max(high), sum(count), sum(amount) FROM histogram WHERE kind IN ('size', 'lifetime') AND site_id = ?1 "
	"GROUP BY kind, low" LIVE(" AND site_id = ?1");
static const char slices_sql[] =
	"SELECT kind, low, max(high), sum(count), sum(amount) FROM span_histogram WHERE ?1 = 0 GROUP BY kind, low" LIVE(" AND ?1 = 0");
static const char sites_sql[] =
	"SELECT kind, low, max(high), sum(count), sum(amount) FROM histogram WHERE ?1 = 0 GROUP BY kind, low" LIVE(" AND ?1 = 0");

static int read_rows(struct store *s, const char *sql, int64_t site_id, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);
	int rc = -1;

	table_init(t, columns, sizeof(columns) / sizeof(columns[0]));
	if (q) {
		statement_bind_number(q, 1, site_id);
		rc = store_fill(s, q, t, err);
		statement_finish(q);
	}
	if (rc)
		table_release(t);
	return rc;
}

int sizes_view_read(struct store *s, int64_t site_id, struct table *t, struct err *err)
{
	if (site_id)
		return read_rows(s, site_sql, site_id, t, err);
	if (read_rows(s, slices_sql, 0, t, err))
		return -1;
	if (t->row_count > 1)
		return 0;
	table_release(t);
	return read_rows(s, sites_sql, 0, t, err);
}
