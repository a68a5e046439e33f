/* SPDX-License-Identifier: MIT
 *
 * Owners: a row a function in whose activations blocks of its own and of its callees died: how many of its calls, how much in
 * each, from how many sites. What dies together can be allocated together.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/escapes_sum.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/lens.h"

enum { FUNCTION, FILE_NAME, LINE, ACTIVATIONS, BLOCKS, BYTES, BLOCKS_EACH, BYTES_EACH, SITES, MAX_BYTES, MAX_BLOCKS, LOCAL_BYTES, UNCERTAIN,
       TOP_SITE, TOP_SHARE, MODULE, FUNCTION_KEY };

static const struct column columns[] = {
	[FUNCTION] = { "function", "OWNER", UNIT_TEXT, "function in whose calls they died" },
	[FILE_NAME] = { "file", NULL, UNIT_TEXT, "its source file" },
	[LINE] = { "line", NULL, UNIT_ID, "line in it by way of which most bytes were asked for" },
	[ACTIVATIONS] = { "activations", "CALLS", UNIT_COUNT, "calls of it in which at least one block died" },
	[BLOCKS] = { "blocks", "BLOCKS", UNIT_COUNT, "blocks that died in them" },
	[BYTES] = { "bytes", "BYTES", UNIT_BYTES, "bytes of those" },
	[BLOCKS_EACH] = { "blocks_per_activation", "BLOCKS/CALL", UNIT_COUNT, "blocks that died in one of those calls, on average" },
	[BYTES_EACH] = { "bytes_per_activation", "BYTES/CALL", UNIT_BYTES, "bytes that died in one, on average" },
	[SITES] = { "sites", "SITES", UNIT_COUNT, "sites that asked for them" },
	[MAX_BYTES] = { "max_bytes", "MOST", UNIT_BYTES, "most bytes that died in one call" },
	[MAX_BLOCKS] = { "max_blocks", NULL, UNIT_COUNT, "most blocks that died in one call" },
	[LOCAL_BYTES] = { "local_bytes", NULL, UNIT_BYTES, "of the bytes, those the function asked for itself" },
	[UNCERTAIN] = { "uncertain", NULL, UNIT_COUNT, "of the blocks, those that might have died further in" },
	[TOP_SITE] = { "top_site", NULL, UNIT_TEXT, "function of the site that asked for most of the bytes" },
	[TOP_SHARE] = { "top_site_share", NULL, UNIT_PERCENT, "percent of the bytes that are that site's" },
	[MODULE] = { "module", NULL, UNIT_TEXT, "executable or shared object it lies in" },
	[FUNCTION_KEY] = { "function_id", NULL, UNIT_ID, "key of the function" },
};

static const char owners_sql[] =
	"SELECT function_id, sum(activations), sum(blocks), sum(bytes), max(max_blocks), max(max_bytes) FROM owner WHERE "
	SCOPE_PROCESSES " GROUP BY function_id ORDER BY function_id";
static const char ends_sql[] =
	"SELECT owner_id, stack_id, class, bytes, uncertain FROM escaped WHERE class IN (1, 2) AND owner_id <> 0 AND " SCOPE_THREADS;

/* What died in a function, asked for by one site by way of one stack of it. */
struct share {
	uint32_t function, site, node;
	int64_t bytes, local, uncertain;
};

struct shares {
	struct share *at;
	size_t count, room;
};

static int compare_shares(const void *left, const void *right)
{
	const struct share *a = left, *b = right;
	const uint32_t keys[][2] = { { a->function, b->function }, { a->site, b->site }, { a->node, b->node } };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

static int read_shares(struct store *s, const struct scope *scope, const struct stack_tree *tree, struct shares *shares, struct err *err)
{
	struct statement *q = store_prepare(s, ends_sql, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	while ((got = statement_step(q, err)) > 0) {
		int64_t owner = statement_number(q, 0), stack = statement_number(q, 1), bytes = statement_number(q, 3);
		if (owner < 1 || owner > tree->last_node || !tree->nodes[owner].frame || stack < 1 || stack > tree->last_node ||
		    !tree->nodes[stack].frame) {
			got = err_set(err, ERR_FAILED, "the database is damaged: blocks of stack %lld died in stack %lld, which is not there",
			              (long long)stack, (long long)owner);
			break;
		}
		shares->at = memory_grown(shares->at, &shares->room, shares->count + 1, sizeof(*shares->at));
		shares->at[shares->count++] = (struct share){
			tree->frames[tree->nodes[owner].frame].function, tree->nodes[stack].site, (uint32_t)owner, bytes,
			statement_number(q, 2) == ESCAPES_LOCAL ? bytes : 0, statement_number(q, 4),
		};
	}
	statement_finish(q);
	if (!got && shares->count)
		qsort(shares->at, shares->count, sizeof(*shares->at), compare_shares);
	return got;
}

/* The first of a function's shares; they are sorted by it. */
static const struct share *find_shares(const struct shares *shares, uint32_t function)
{
	size_t low = 0, high = shares->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (shares->at[middle].function < function)
			low = middle + 1;
		else
			high = middle;
	}
	return shares->at + low;
}

/* What the shares of a function say: its sites, the biggest of them, and the place by way of which most was asked for. */
static void set_shares(const struct stack_tree *tree, const struct shares *shares, uint32_t function, struct table *t, struct value *row)
{
	const struct share *p = shares->count ? find_shares(shares, function) : NULL, *end = p ? shares->at + shares->count : NULL;
	int64_t sites = 0, local = 0, uncertain = 0, of_site = 0, most = -1, largest = -1;
	uint32_t site = 0, top = 0, node = 0;

	for (; p < end && p->function == function; p++) {
		sites += p->site != site;
		of_site = p->site == site ? of_site + p->bytes : p->bytes;
		site = p->site;
		local += p->local;
		uncertain += p->uncertain;
		if (of_site > most) {
			most = of_site;
			top = site;
		}
		if (p->bytes > largest) {
			largest = p->bytes;
			node = p->node;
		}
	}
	table_set_number(&row[SITES], sites);
	table_set_number(&row[LOCAL_BYTES], local);
	table_set_number(&row[UNCERTAIN], uncertain);
	if (!sites)
		return;
	const struct stack_place *place = &tree->frames[tree->nodes[node].frame];
	table_set_text(t, &row[FILE_NAME], stack_tree_file(tree, place->file));
	if (place->line)
		table_set_number(&row[LINE], place->line);
	table_set_text(t, &row[TOP_SITE], stack_tree_function(tree, tree->sites[top].function));
	table_set_number(&row[TOP_SHARE], row[BYTES].number > 0 ? (int64_t)(100.0 * (double)most / (double)row[BYTES].number + 0.5) : 0);
}

static int64_t average(int64_t sum, int64_t count)
{
	return count > 0 ? (int64_t)((double)sum / (double)count + 0.5) : 0;
}

static void add_row(const struct stack_tree *tree, const struct shares *shares, struct statement *q, struct table *t)
{
	static const size_t into[] = { ACTIVATIONS, BLOCKS, BYTES, MAX_BLOCKS, MAX_BYTES };
	uint32_t function = (uint32_t)statement_number(q, 0);
	struct value *row = table_add_row(t);

	table_set_text(t, &row[FUNCTION], stack_tree_function(tree, function));
	table_set_text(t, &row[MODULE], stack_tree_module(tree, function));
	table_set_number(&row[FUNCTION_KEY], function);
	for (size_t i = 0; i < sizeof(into) / sizeof(into[0]); i++)
		table_set_number(&row[into[i]], statement_number(q, 1 + (int)i));
	table_set_number(&row[BLOCKS_EACH], average(row[BLOCKS].number, row[ACTIVATIONS].number));
	table_set_number(&row[BYTES_EACH], average(row[BYTES].number, row[ACTIVATIONS].number));
	set_shares(tree, shares, function, t, row);
}

static int read_owners(struct store *s, const struct report_query *query, const struct stack_tree *tree, const struct shares *shares,
                       struct table *t, struct err *err)
{
	struct scope scope = { query->pid, query->tid };
	struct statement *q = store_prepare(s, owners_sql, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, &scope);
	while ((got = statement_step(q, err)) > 0) {
		int64_t function = statement_number(q, 0);
		if (function < 1 || function > tree->last_function || !tree->functions[function].used) {
			got = err_set(err, ERR_FAILED, "the database is damaged: blocks died in function %lld, which is not there",
			              (long long)function);
			break;
		}
		if (site_rows_match(query, stack_tree_function(tree, (uint32_t)function)))
			add_row(tree, shares, q, t);
	}
	statement_finish(q);
	return got;
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct stack_tree tree;
	struct shares shares = { 0 };

	if (stack_tree_load(s, &tree, err))
		return -1;
	int rc = read_shares(s, &scope, &tree, &shares, err) || read_owners(s, q, &tree, &shares, t, err) ? -1 : 0;

	free(shares.at);
	stack_tree_release(&tree);
	return rc;
}

const struct report report_owners = {
	.name = "owners",
	.title = "Owners",
	.help = "functions in whose calls blocks of others die: what could share one region",
	.rows = "owners",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 1,
	.sort_column = BYTES,
	.filters = REPORT_PID | REPORT_MATCH,
	.needs = LENS_OWNERS,
	.fill = fill,
	.sql =
		"SELECT function, activations, blocks, bytes, blocks_per_activation, bytes_per_activation, sites, max_bytes,\n"
		"       (SELECT max(max_blocks) FROM owner WHERE owner.function_id = owners.function_id) AS max_blocks\n"
		"FROM owners ORDER BY bytes DESC",
};
