/* SPDX-License-Identifier: MIT
 *
 * Sizes: how large the blocks of each site are, a row a site and bucket. Buckets are those of the
 * histogram table; the sites with most bytes come first, their buckets in order of size.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/report/report_list.h"
#include "analyzer/report/report_write.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/lens.h"

#define BAR 24 /* columns of a full bar */

enum { FUNCTION, FILE_, LINE, MODULE, LOW, HIGH, ALLOCATIONS, BYTES, SHARE, SITE, FUNCTION_KEY };

static const struct column columns[] = {
	SITE_COLUMNS,
	{ "low", "FROM", UNIT_BYTES, "smallest size in the bucket" },
	{ "high", "TO", UNIT_BYTES, "largest size in the bucket" },
	{ "allocations", "CALLS", UNIT_COUNT, "allocations of such a size" },
	{ "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes of those" },
	{ "share", "SHARE", UNIT_PERCENT, "percent of the site's allocations" },
	{ "site_id", NULL, UNIT_ID, "key of the site" },
	{ "function_id", NULL, UNIT_ID, "key of the function" },
};

/* ?3 is the text to match or NULL. */
static const char sql[] =
	"WITH h AS (SELECT site_id, low, high, sum(count) AS count, sum(amount) AS amount FROM histogram "
	"WHERE kind = 'size' AND " SCOPE_PROCESSES " GROUP BY site_id, low) "
	"SELECT s.function, s.file, nullif(s.line, 0), s.module, h.low, h.high, h.count, h.amount, "
	"CAST(round(100.0 * h.count / sum(h.count) OVER site) AS INTEGER), h.site_id, site.function_id "
	"FROM h JOIN sites s ON s.site_id = h.site_id JOIN site ON site.id = h.site_id "
	"WHERE ?3 IS NULL OR instr(lower(s.function), lower(?3)) > 0 "
	"WINDOW site AS (PARTITION BY h.site_id) ORDER BY sum(h.amount) OVER site DESC, h.site_id, h.low";

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	struct scope scope = { query->pid, query->tid };
	struct statement *q = store_prepare(s, sql, err);

	if (!q)
		return -1;
	scope_bind(q, &scope);
	if (query->match)
		statement_bind_text(q, 3, query->match, strlen(query->match));
	int rc = store_fill(s, q, t, err);
	statement_finish(q);
	return rc;
}

static void write_site(const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	char place[512];

	report_write_place(t, row, place, sizeof(place));
	size_t behind = strlen(place) + 2, room = page->width > behind + 20 ? page->width - behind : 20;
	fputs(page->colour ? "\033[1m" : "", out);
	report_write_cell(table_at(t, row, FUNCTION)->text, page->width ? room : 0, 0, page, out);
	fputs(page->colour ? "\033[0m  " : "  ", out);
	report_write_cell(place, 0, 0, page, out);
	fputc('\n', out);
}

static void write_bucket(const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	char low[UNIT_WIDTH], high[UNIT_WIDTH], count[UNIT_WIDTH], bytes[UNIT_WIDTH];
	int64_t share = table_at(t, row, SHARE)->number;

	unit_format(low, UNIT_BYTES, table_at(t, row, LOW)->number);
	unit_format(high, UNIT_BYTES, table_at(t, row, HIGH)->number);
	unit_format(count, UNIT_COUNT, table_at(t, row, ALLOCATIONS)->number);
	unit_format(bytes, UNIT_BYTES, table_at(t, row, BYTES)->number);
	fprintf(out, "  %10s - %-10s %8s %10s %4" PRId64 " %% ", low, high, count, bytes, share);
	for (int64_t i = 0; i < (share * BAR + 50) / 100; i++)
		fputs(page->unicode ? "█" : "#", out);
	fputc('\n', out);
}

static void write_text(const struct report *r, const struct table *t, const struct report_query *q,
                       const struct report_page *page, FILE *out)
{
	int64_t site = 0;

	(void)q;
	for (size_t row = 0; row < t->row_count; row++) {
		if (table_at(t, row, SITE)->number != site) {
			site = table_at(t, row, SITE)->number;
			write_site(t, row, page, out);
		}
		write_bucket(t, row, page, out);
	}
	report_write_more(r, t, out);
}

const struct report report_sizes = {
	.name = "sizes",
	.title = "Sizes",
	.help = "how large the blocks of each site are",
	.rows = "buckets",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 2,
	.sort_column = REPORT_IN_ORDER,
	.filters = REPORT_PID | REPORT_MATCH,
	.needs = LENS_HISTOGRAMS,
	.fill = fill,
	.sql =
		"WITH h AS (SELECT site_id, low, high, sum(count) AS allocations, sum(amount) AS allocated_bytes\n"
		"           FROM histogram WHERE kind = 'size' GROUP BY site_id, low)\n"
		"SELECT function, file, nullif(line, 0) AS line, module, low, high, allocations, allocated_bytes,\n"
		"       CAST(round(100.0 * allocations / sum(allocations) OVER (PARTITION BY h.site_id)) AS INTEGER) AS share\n"
		"FROM h JOIN sites ON sites.site_id = h.site_id\n"
		"ORDER BY sum(allocated_bytes) OVER (PARTITION BY h.site_id) DESC, h.site_id, low",
	.write_text = write_text,
};
