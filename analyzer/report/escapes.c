/* SPDX-License-Identifier: MIT
 *
 * Escapes: a row a site: how far its blocks outlived the call that asked for them. The four classes add up to its
 * allocations, and these to the summary's.
 */
#include "analyzer/report/escapes.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/escapes_sum.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/sample_errors.h"
#include "analyzer/report/site_rank.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/report/site_sums.h"
#include "analyzer/store/lens.h"

enum { FEW_SITES = 200 }; /* are read by key */

static const struct column columns[] = {
	[ESCAPES_FUNCTION] = { "function", "SITE", UNIT_TEXT, "function that asked for the memory" },
	[ESCAPES_FILE] = { "file", NULL, UNIT_TEXT, "its source file" },
	[ESCAPES_LINE] = { "line", NULL, UNIT_ID, "line in the file" },
	[ESCAPES_ALLOCATIONS] = { "allocations", "CALLS", UNIT_COUNT, "successful allocations" },
	[ESCAPES_ALLOCATED_BYTES] = { "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes asked for" },
	[ESCAPES_LOCAL_BLOCKS] = { "local", NULL, UNIT_COUNT, "blocks freed while the call that asked for them still ran" },
	[ESCAPES_LOCAL_BLOCKS + 1] = { "caller", NULL, UNIT_COUNT, "blocks freed by the same thread after that call returned" },
	[ESCAPES_LOCAL_BLOCKS + 2] = { "thread", NULL, UNIT_COUNT, "blocks freed by another thread" },
	[ESCAPES_LOCAL_BLOCKS + 3] = { "retained", NULL, UNIT_COUNT, "blocks not freed when the trace ended" },
	[ESCAPES_UNCERTAIN] = { "uncertain", NULL, UNIT_COUNT, "blocks that might have died further in" },
	[ESCAPES_CLASS] = { "class", NULL, UNIT_TEXT, "what most blocks are: local, caller, thread, retained" },
	[ESCAPES_OWNER] = { "owner", NULL, UNIT_TEXT, "function in whose call most of those died; thread: that freed them" },
	[ESCAPES_LEVEL] = { "level", NULL, UNIT_ID, "frames from the site out to the owner" },
	[ESCAPES_LIFETIME_P50] = { "lifetime_p50_ns", NULL, UNIT_NS, "half of the freed blocks lived at most this long" },
	[ESCAPES_LIFETIME_P99] = { "lifetime_p99_ns", NULL, UNIT_NS, "99 of 100 freed blocks lived at most this long" },
	[ESCAPES_MAX_LIVE] = { "max_live", NULL, UNIT_COUNT, "most blocks live at once" },
	[ESCAPES_SIZE_P50] = { "size_p50", NULL, UNIT_BYTES, "half of the blocks are at most this large" },
	[ESCAPES_SIZE_MAX] = { "size_max", NULL, UNIT_BYTES, "none is larger" },
	[ESCAPES_LOCAL_SHARE] = { "local_share", "LOCAL", UNIT_PERCENT, "percent of the blocks that are local" },
	[ESCAPES_LOCAL_SHARE + 1] = { "caller_share", "CALLER", UNIT_PERCENT, "percent that died in a caller" },
	[ESCAPES_LOCAL_SHARE + 2] = { "thread_share", "THREAD", UNIT_PERCENT, "percent that another thread freed" },
	[ESCAPES_LOCAL_SHARE + 3] = { "retained_share", "KEPT", UNIT_PERCENT, "percent not freed" },
	[ESCAPES_UNCERTAIN_SHARE] = { "uncertain_share", "UNSURE", UNIT_PERCENT, "percent that might have died further in" },
	[ESCAPES_LOCAL_BYTES] = { "local_bytes", NULL, UNIT_BYTES, "bytes of local blocks" },
	[ESCAPES_LOCAL_BYTES + 1] = { "caller_bytes", NULL, UNIT_BYTES, "bytes of those that died in a caller" },
	[ESCAPES_LOCAL_BYTES + 2] = { "thread_bytes", NULL, UNIT_BYTES, "bytes of those that another thread freed" },
	[ESCAPES_LOCAL_BYTES + 3] = { "retained_bytes", NULL, UNIT_BYTES, "bytes of those not freed" },
	[ESCAPES_OWNER_FILE] = { "owner_file", NULL, UNIT_TEXT, "the owner's source file" },
	[ESCAPES_OWNER_LINE] = { "owner_line", NULL, UNIT_ID, "line in it by way of which most were asked for; thread: that freed them" },
	[ESCAPES_FREED_FUNCTION] = { "freed_function", NULL, UNIT_TEXT, "function that freed most of the site's blocks" },
	[ESCAPES_FREED_FILE] = { "freed_file", NULL, UNIT_TEXT, "its source file" },
	[ESCAPES_FREED_LINE] = { "freed_line", NULL, UNIT_ID, "line in the file" },
	[ESCAPES_MADE_IN] = { "made_in", NULL, UNIT_TEXT, "class thread: where the threads that made most of them were created" },
	[ESCAPES_FREED_IN] = { "freed_in", NULL, UNIT_TEXT, "class thread: where the threads that freed those were created" },
	[ESCAPES_MODULE] = { "module", NULL, UNIT_TEXT, "executable or shared object the site lies in" },
	[ESCAPES_SITE_ID] = { "site_id", NULL, UNIT_ID, "key of the site" },
	[ESCAPES_FUNCTION_ID] = { "function_id", NULL, UNIT_ID, "key of the function" },
	[ESCAPES_OWNER_ID] = { "owner_id", NULL, UNIT_ID, "key of the owner's function" },
};

static int64_t percent(int64_t part, int64_t whole)
{
	return (int64_t)(100.0 * (double)part / (double)whole + 0.5);
}

static void set_figures(const struct escapes_site *site, int by_process, struct value *row)
{
	table_set_number(&row[ESCAPES_ALLOCATIONS], site->blocks[0]);
	table_set_number(&row[ESCAPES_ALLOCATED_BYTES], site->bytes[0]);
	for (int c = 1; c < ESCAPES_CLASSES; c++) {
		table_set_number(&row[ESCAPES_LOCAL_BLOCKS + c - 1], site->blocks[c]);
		table_set_number(&row[ESCAPES_LOCAL_SHARE + c - 1], percent(site->blocks[c], site->blocks[0]));
		table_set_number(&row[ESCAPES_LOCAL_BYTES + c - 1], site->bytes[c]);
	}
	table_set_number(&row[ESCAPES_UNCERTAIN], site->uncertain);
	table_set_number(&row[ESCAPES_UNCERTAIN_SHARE], percent(site->uncertain, site->blocks[0]));
	if (site->max_live) /* at least one was: else it is not known */
		table_set_number(&row[ESCAPES_MAX_LIVE], site->max_live);
	if (by_process && site->lifetimes.count) {
		table_set_number(&row[ESCAPES_LIFETIME_P50], site->lifetimes.p50);
		table_set_number(&row[ESCAPES_LIFETIME_P99], site->lifetimes.p99);
	}
	if (by_process && site->sizes.count) {
		table_set_number(&row[ESCAPES_SIZE_P50], site->sizes.p50);
		table_set_number(&row[ESCAPES_SIZE_MAX], site->sizes.most);
	}
}

/* A place's function, file and line into three columns. */
static void set_place(const struct stack_tree *tree, const struct stack_place *place, struct table *t, struct value *function,
                      struct value *file, struct value *line)
{
	table_set_text(t, function, stack_tree_function(tree, place->function));
	table_set_text(t, file, stack_tree_file(tree, place->file));
	if (place->line)
		table_set_number(line, place->line);
}

static void set_ends(const struct stack_tree *tree, const struct escapes_site *site, struct table *t, struct value *row)
{
	const struct stack_node *owner = &tree->nodes[site->owner_node];
	char name[512];

	table_set_text(t, &row[ESCAPES_CLASS], escapes_class_name(site->class));
	if (site->owner) {
		set_place(tree, site->class == ESCAPES_THREAD ? &tree->sites[owner->site] : &tree->frames[owner->frame], t,
		          &row[ESCAPES_OWNER], &row[ESCAPES_OWNER_FILE], &row[ESCAPES_OWNER_LINE]);
		table_set_number(&row[ESCAPES_LEVEL], site->level);
		table_set_number(&row[ESCAPES_OWNER_ID], site->owner);
	}
	if (site->free_site)
		set_place(tree, &tree->sites[site->free_site], t, &row[ESCAPES_FREED_FUNCTION], &row[ESCAPES_FREED_FILE],
		          &row[ESCAPES_FREED_LINE]);
	if (site->blocks[ESCAPES_THREAD]) {
		table_set_text(t, &row[ESCAPES_MADE_IN], escapes_origin_name(tree, site->maker, name, sizeof(name)));
		table_set_text(t, &row[ESCAPES_FREED_IN], escapes_origin_name(tree, site->freer, name, sizeof(name)));
	}
}

static void add_row(const struct escapes_sum *sum, uint32_t id, int by_process, struct table *t)
{
	const struct stack_place *place = &sum->tree->sites[id];
	struct value *row = table_add_row(t), four[4] = { { .none = 1 }, { .none = 1 }, { .none = 1 }, { .none = 1 } };

	site_rows_place(sum->tree, place, t, four);
	row[ESCAPES_FUNCTION] = four[0];
	row[ESCAPES_FILE] = four[1];
	row[ESCAPES_LINE] = four[2];
	row[ESCAPES_MODULE] = four[3];
	set_figures(&sum->sites[id], by_process, row);
	set_ends(sum->tree, &sum->sites[id], t, row);
	table_set_number(&row[ESCAPES_SITE_ID], id);
	table_set_number(&row[ESCAPES_FUNCTION_ID], place->function);
}

/* The sites that come first, if that is known without looking at the blocks of all: where the order is that of a cost. Sets *sites, NULL if it
 * is not, and *all. The caller frees. */
static int first_sites(struct store *s, const struct report_query *q, uint32_t **sites, size_t *count, size_t *all, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	int up = q->sort && q->sort[0] == '-';
	const char *sort = q->sort ? q->sort + up : "allocated_bytes";
	int cost = !strcmp(sort, "allocated_bytes") ? COST_ALLOCATED_BYTES : !strcmp(sort, "allocations") ? COST_ALLOCATIONS : 0;
	struct site_sums *sums;

	*sites = NULL;
	if (!cost || q->limit <= 0 || q->limit > FEW_SITES || q->match)
		return 0;
	sums = site_sums_of(s, &scope, err);
	if (!sums || site_sums_need_cost(sums, s, COST_ALLOCATIONS, err) || site_sums_need_cost(sums, s, cost, err))
		return -1;
	*sites = memory_zeroed((size_t)sums->last + 1, sizeof(**sites));
	*all = 0;
	for (uint32_t id = 1; id <= sums->last; id++)
		if (sums->costs[COST_ALLOCATIONS][id] > 0)
			(*sites)[(*all)++] = id;
	*count = site_rank_first(*sites, *all, sums->costs[cost], up, (size_t)q->limit);
	return 0;
}

static int add_rows(struct store *s, const struct report_query *q, const struct stack_tree *tree, const uint32_t *sites, size_t count,
                    struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct escapes_sum sum;

	if (escapes_sum_load(s, &scope, tree, sites, count, &sum, err))
		return -1;
	for (uint32_t id = 1; id <= tree->last_site; id++)
		if (sum.sites[id].blocks[0] > 0)
			add_row(&sum, id, !q->tid, t);
	escapes_sum_release(&sum);
	return 0;
}

/* A sample tells who freed a block and what was kept, not whose call it outlived. */
static void hide_unknown(struct store *s, struct table *t)
{
	if (!sample_errors_hide(s, t))
		return;
	for (size_t row = 0; row < t->row_count; row++) {
		struct value *class = table_at(t, row, ESCAPES_CLASS);
		if (class->text && strcmp(class->text, "thread") != 0 && strcmp(class->text, "retained") != 0)
			class->none = 1;
	}
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	static const size_t names[] = { ESCAPES_FUNCTION, ESCAPES_OWNER };
	struct stack_tree tree = { 0 };
	uint32_t *sites;
	size_t count = 0, all = 0;
	int rc;

	if (first_sites(s, q, &sites, &count, &all, err))
		return -1;
	if ((sites ? stack_tree_load_names : stack_tree_load)(s, &tree, err)) {
		free(sites);
		return -1;
	}
	rc = add_rows(s, q, &tree, sites, count, t, err);
	hide_unknown(s, t);
	if (!rc && !sites)
		site_rows_keep_matching(q, t, names, 2);
	if (sites)
		t->total_rows = all;
	stack_tree_release(&tree);
	free(sites);
	return rc;
}

const struct report report_escapes = {
	.name = "escapes",
	.title = "Escapes",
	.help = "how far blocks outlive the call that asks for them, and in whose call they die",
	.rows = "sites",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 3,
	.sort_column = ESCAPES_ALLOCATED_BYTES,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.needs = LENS_ESCAPES,
	.parts = LENS_HISTOGRAMS | LENS_PEAKS,
	.fill = fill,
	.sql =
		"SELECT function, file, nullif(line, 0) AS line, allocations, allocated_bytes, local, caller, thread, retained, uncertain, class, owner,\n"
		"       level, lifetime_p50_ns, lifetime_p99_ns, coalesce(max_live, 0) AS max_live, size_p50, size_max,\n"
		"       CAST(100.0 * local / allocations + 0.5 AS INTEGER) AS local_share,\n"
		"       CAST(100.0 * caller / allocations + 0.5 AS INTEGER) AS caller_share,\n"
		"       CAST(100.0 * thread / allocations + 0.5 AS INTEGER) AS thread_share,\n"
		"       CAST(100.0 * retained / allocations + 0.5 AS INTEGER) AS retained_share,\n"
		"       CAST(100.0 * uncertain / allocations + 0.5 AS INTEGER) AS uncertain_share\n"
		"FROM escapes ORDER BY allocated_bytes DESC",
	.write_below = escapes_write_below,
};
