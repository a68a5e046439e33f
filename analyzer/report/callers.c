/* SPDX-License-Identifier: MIT
 *
 * Callers: the call tree of a cost, a row a node, parents before their children and the biggest
 * first. A limit keeps the biggest nodes: no node is bigger than its parent, so what is left is a
 * tree still.
 */
#define _GNU_SOURCE /* qsort_r */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/call_tree.h"
#include "analyzer/report/callers.h"
#include "analyzer/report/largest.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"

#define COLUMNS(unit) { \
	{ "depth", NULL, UNIT_ID, "1 at the roots" }, \
	SITE_COLUMNS, \
	{ "value", "VALUE", unit, "of the stacks that go through here" }, \
	{ "self", "SELF", unit, "of the stacks that end here" }, \
	{ "share", "SHARE", UNIT_PERCENT, "percent of the total" }, \
	{ "stack", NULL, UNIT_TEXT, "the functions from the root to here, joined by ;" }, \
	{ "function_id", NULL, UNIT_ID, "key of the function" }, \
}

/* One set for each unit a cost can have. */
static const struct column count_columns[] = COLUMNS(UNIT_COUNT);
static const struct column bytes_columns[] = COLUMNS(UNIT_BYTES);
static const struct column ns_columns[] = COLUMNS(UNIT_NS);

/* Biggest first; of equals the older, which is never below the younger. */
static int compare_values(const void *a, const void *b, void *arg)
{
	const struct trie_node *nodes = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (nodes[x].value != nodes[y].value)
		return nodes[x].value > nodes[y].value ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Brothers together, in the order above. */
static int compare_brothers(const void *a, const void *b, void *arg)
{
	const struct trie_node *nodes = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (nodes[x].parent != nodes[y].parent)
		return nodes[x].parent < nodes[y].parent ? -1 : 1;
	return compare_values(a, b, arg);
}

/* The nodes with a value, `limit` of the biggest, brothers together. Sets *count, and *all before the limit. Caller frees. */
static uint32_t *choose_nodes(const struct trie *trie, long limit, size_t *count, size_t *all)
{
	uint32_t *chosen = memory_resized(NULL, trie->count, sizeof(*chosen));
	struct largest biggest;
	size_t n = 0;

	largest_init(&biggest, limit > 0 ? (size_t)limit : 0);
	*all = 0;
	for (size_t i = 1; i < trie->count; i++) {
		if (!trie->nodes[i].value)
			continue;
		largest_add(&biggest, trie->nodes[i].value);
		++*all;
	}
	for (size_t i = 1; i < trie->count; i++)
		if (trie->nodes[i].value && trie->nodes[i].value >= largest_least(&biggest))
			chosen[n++] = (uint32_t)i;
	largest_release(&biggest);
	if (limit > 0 && n > (size_t)limit) {
		qsort_r(chosen, n, sizeof(*chosen), compare_values, trie->nodes);
		n = (size_t)limit;
	}
	qsort_r(chosen, n, sizeof(*chosen), compare_brothers, trie->nodes);
	*count = n;
	return chosen;
}

struct walk {
	const struct call_tree *tree;
	struct table *table;
	char *stack;          /* names from the root to the row in hand */
	size_t stack_capacity;
	size_t *ends;         /* by depth: where the names up to there end in `stack` */
	size_t ends_capacity;
};

/* The name as a frame of a folded stack, after the names up to depth - 1. Returns the length of it all. */
static size_t push_name(struct walk *w, const char *name, size_t depth)
{
	char *text = NULL;
	size_t size = 0, at = depth > 1 ? w->ends[depth - 1] : 0;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		stack_tree_write_name(name, out);
		fclose(out);
	}
	w->stack = memory_grown(w->stack, &w->stack_capacity, at + size + 2, 1);
	if (at)
		w->stack[at++] = ';';
	memcpy(w->stack + at, text ? text : "", size);
	free(text);
	w->ends = memory_grown(w->ends, &w->ends_capacity, depth + 1, sizeof(*w->ends));
	return w->ends[depth] = at + size;
}

static void add_row(struct walk *w, uint32_t node, size_t depth)
{
	const struct trie_node *n = &w->tree->trie.nodes[node];
	const struct stack_place *place = call_tree_place(w->tree, node);
	int64_t total = w->tree->trie.nodes[0].value;
	size_t size = push_name(w, stack_tree_function(&w->tree->stacks, place->function), depth);
	struct value *row = table_add_row(w->table);

	table_set_number(&row[CALLERS_DEPTH], (int64_t)depth);
	site_rows_place(&w->tree->stacks, place, w->table, &row[CALLERS_FUNCTION]);
	table_set_number(&row[CALLERS_VALUE], n->value);
	table_set_number(&row[CALLERS_SELF], n->self);
	table_set_number(&row[CALLERS_SHARE], total ? (int64_t)(100.0 * (double)n->value / (double)total + 0.5) : 0);
	row[CALLERS_STACK].text = table_text(w->table, w->stack, size);
	row[CALLERS_STACK].none = 0;
	table_set_number(&row[CALLERS_FUNCTION_KEY], place->function);
}

/* Depth first. The children of a node that are left to do are chosen[next[node]] up to chosen[end[node]]. */
static void add_rows(struct walk *w, const uint32_t *chosen, size_t count)
{
	const struct trie *trie = &w->tree->trie;
	size_t *next = memory_zeroed(trie->count, sizeof(*next)), *end = memory_zeroed(trie->count, sizeof(*end));
	size_t depth = 0;
	uint32_t at = 0;

	for (size_t i = count; i-- > 0;) {
		uint32_t parent = trie->nodes[chosen[i]].parent;
		next[parent] = i;
		end[parent] = end[parent] ? end[parent] : i + 1;
	}
	for (;;) {
		if (next[at] < end[at]) {
			at = chosen[next[at]++];
			add_row(w, at, ++depth);
		} else if (at) {
			at = trie->nodes[at].parent;
			depth--;
		} else {
			break;
		}
	}
	free(next);
	free(end);
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct call_tree tree;
	size_t count, all;

	if (call_tree_load(s, q, &tree, err))
		return -1;
	struct walk walk = { .tree = &tree, .table = t };
	uint32_t *chosen = choose_nodes(&tree.trie, q->sort ? 0 : q->limit, &count, &all);
	t->columns = tree.cost.unit == UNIT_BYTES ? bytes_columns : tree.cost.unit == UNIT_NS ? ns_columns : count_columns;
	add_rows(&walk, chosen, count);
	t->total_rows = all;
	free(chosen);
	free(walk.stack);
	free(walk.ends);
	call_tree_release(&tree);
	return 0;
}

const struct report report_callers = {
	.name = "callers",
	.title = "Callers",
	.help = "the call tree of a cost, from main inwards or (--bottom-up) from the sites outwards",
	.rows = "nodes",
	.columns = bytes_columns,
	.column_count = sizeof(bytes_columns) / sizeof(bytes_columns[0]),
	.key_count = 1,
	.sort_column = REPORT_IN_ORDER,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_COST | REPORT_DIRECTION | REPORT_MATCH,
	.fill = fill,
	.write_text = callers_write_text,
};
