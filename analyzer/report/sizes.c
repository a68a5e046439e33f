/* SPDX-License-Identifier: MIT
 *
 * Sizes: how large the blocks of each site are, a row a site and bucket. Buckets are those of the
 * histogram table; the sites with most bytes come first, their buckets in order of size.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/report_write.h"
#include "analyzer/report/site_buckets.h"
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

/* A site's buckets are `count` of all from `first` on. */
struct sized_site {
	uint32_t id;
	int64_t allocations, bytes;
	size_t first, count;
};

struct sizes {
	const struct stack_tree *tree;
	const struct report_query *query;
	struct sized_site *sites;
	size_t site_count, site_room;
	struct site_bucket *buckets;
	size_t count, room;
	int64_t damaged; /* a site that is not there, or 0 */
};

static void take_site(void *to, int64_t id, const struct site_bucket *at, size_t count)
{
	struct sizes *z = to;
	struct sized_site site = { (uint32_t)id, 0, 0, z->count, count };

	if (id < 1 || id > z->tree->last_site || !z->tree->sites[id].function) {
		z->damaged = id;
		return;
	}
	if (!site_rows_match(z->query, stack_tree_function(z->tree, z->tree->sites[id].function)))
		return;
	z->buckets = memory_grown(z->buckets, &z->room, z->count + count, sizeof(*z->buckets));
	for (size_t i = 0; i < count; i++) {
		z->buckets[z->count++] = at[i];
		site.allocations = site_buckets_sum(site.allocations, at[i].count);
		site.bytes = site_buckets_sum(site.bytes, at[i].amount);
	}
	z->sites = memory_grown(z->sites, &z->site_room, z->site_count + 1, sizeof(*z->sites));
	z->sites[z->site_count++] = site;
}

static int by_bytes(const void *left, const void *right)
{
	const struct sized_site *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static void add_row(const struct sizes *z, const struct sized_site *site, const struct site_bucket *bucket, struct table *t)
{
	const struct stack_place *place = &z->tree->sites[site->id];
	struct value *row = table_add_row(t);

	site_rows_place(z->tree, place, t, row);
	table_set_number(&row[LOW], bucket->low);
	table_set_number(&row[HIGH], bucket->high);
	table_set_number(&row[ALLOCATIONS], bucket->count);
	table_set_number(&row[BYTES], bucket->amount);
	if (site->allocations > 0)
		table_set_number(&row[SHARE], (int64_t)(100.0 * (double)bucket->count / (double)site->allocations + 0.5));
	table_set_number(&row[SITE], site->id);
	table_set_number(&row[FUNCTION_KEY], place->function);
}

/* No rows that would not be shown: a large recording has millions. */
static void add_rows(const struct sizes *z, struct table *t)
{
	size_t most = z->query->limit > 0 && !z->query->sort ? (size_t)z->query->limit : z->count;

	for (size_t i = 0; i < z->site_count; i++)
		for (size_t k = 0; k < z->sites[i].count && t->row_count < most; k++)
			add_row(z, &z->sites[i], &z->buckets[z->sites[i].first + k], t);
	t->total_rows = z->count;
}

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	struct scope scope = { query->pid, query->tid };
	struct stack_tree tree;
	struct sizes z = { .tree = &tree, .query = query };
	int rc;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	rc = site_buckets_each(s, &scope, "size", 0, take_site, &z, err);
	if (!rc && z.damaged)
		rc = err_set(err, ERR_FAILED, "the database is damaged: it knows sizes of site %" PRId64 ", which is not there", z.damaged);
	if (!rc && z.site_count)
		qsort(z.sites, z.site_count, sizeof(*z.sites), by_bytes);
	if (!rc)
		add_rows(&z, t);
	free(z.sites);
	free(z.buckets);
	stack_tree_release(&tree);
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
