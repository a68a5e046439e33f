/* SPDX-License-Identifier: MIT
 *
 * A row a node. One set of columns for each unit a cost can have.
 */
#define _GNU_SOURCE /* qsort_r */
#include "analyzer/report/flame_rows.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/site_rows.h"

#define COLUMNS(unit) { \
	{ "depth", NULL, UNIT_ID, "0 at the root" }, \
	{ "parent", NULL, UNIT_ID, "the row of the frame above, from 0" }, \
	{ "kind", NULL, UNIT_ID, "0 above where it starts, 1 there, 2 below, 3 others" }, \
	SITE_COLUMNS, \
	{ "value", "VALUE", unit, "of the stacks that go through here" }, \
	{ "self", "SELF", unit, "of the stacks that end here" }, \
	{ "base", "BASE", unit, "the value in the recording that is compared with" }, \
	{ "base_self", NULL, unit, "the self there" }, \
	{ "change", "CHANGE", unit, "value - base" }, \
	{ "matched", NULL, unit, "of the value what goes through frames that match" }, \
	{ "children", NULL, UNIT_COUNT, "frames directly below; of others: how many there are" }, \
	{ "open", NULL, UNIT_ID, "1: its children are shown" }, \
	{ "function_id", NULL, UNIT_ID, "key of the function" }, \
	{ "label", NULL, UNIT_ID, "what paths are made of" }, \
}

static const struct column count_columns[] = COLUMNS(UNIT_COUNT);
static const struct column bytes_columns[] = COLUMNS(UNIT_BYTES);
static const struct column ns_columns[] = COLUMNS(UNIT_NS);

void flame_rows_start(struct flame_rows *rows, struct flame_tree *tree, struct table *t)
{
	enum unit unit = tree->cost.unit;

	*rows = (struct flame_rows){ .tree = tree, .table = t };
	table_init(t, unit == UNIT_BYTES ? bytes_columns : unit == UNIT_NS ? ns_columns : count_columns,
	           sizeof(bytes_columns) / sizeof(bytes_columns[0]));
	t->total_rows = 0;
}

void flame_rows_release(struct flame_rows *rows)
{
	free(rows->pending);
	free(rows->chosen);
	rows->pending = NULL;
	rows->chosen = NULL;
}

static void set_place(struct flame_rows *rows, const struct flame_node *n, struct value *row)
{
	const struct flame_tree *t = rows->tree;
	const struct flame_label *label = &t->labels.names[n->label];

	if (n->frame)
		site_rows_place(&t->sides[n->frame_side].stacks, &t->sides[n->frame_side].stacks.frames[n->frame], rows->table,
		                &row[FLAME_FUNCTION]);
	if (label->side == FLAME_NOW)
		table_set_number(&row[FLAME_FUNCTION_KEY], label->function);
	table_set_number(&row[FLAME_LABEL], n->label);
}

static struct value *add_row(struct flame_rows *rows, size_t parent, size_t depth, enum flame_kind kind)
{
	struct value *row = table_add_row(rows->table);

	table_set_number(&row[FLAME_DEPTH_COLUMN], (int64_t)depth);
	if (depth)
		table_set_number(&row[FLAME_PARENT], (int64_t)parent);
	table_set_number(&row[FLAME_KIND], kind);
	table_set_number(&row[FLAME_OPEN], 0);
	return row;
}

/* Of two recordings, the other one's value and what has become of it. */
static void set_base(struct flame_rows *rows, const int64_t value[FLAME_SIDES], struct value *row)
{
	if (rows->tree->side_count < 2)
		return;
	table_set_number(&row[FLAME_BASE_VALUE], value[FLAME_BASE]);
	table_set_number(&row[FLAME_CHANGE], flame_sum(value[FLAME_NOW], flame_negative(value[FLAME_BASE])));
}

size_t flame_rows_add(struct flame_rows *rows, uint32_t node, size_t parent, size_t depth, enum flame_kind kind)
{
	const struct flame_node *n = &rows->tree->nodes[node];
	struct value *row = add_row(rows, parent, depth, kind);

	if (node)
		set_place(rows, n, row);
	else
		table_set_text(rows->table, &row[FLAME_FUNCTION], "(all)");
	table_set_number(&row[FLAME_VALUE], n->value[FLAME_NOW]);
	table_set_number(&row[FLAME_SELF], n->self[FLAME_NOW]);
	set_base(rows, n->value, row);
	if (rows->tree->side_count > 1)
		table_set_number(&row[FLAME_BASE_SELF], n->self[FLAME_BASE]);
	table_set_number(&row[FLAME_CHILDREN], n->count);
	return rows->table->row_count - 1;
}

void flame_rows_add_others(struct flame_rows *rows, const struct flame_pending *others)
{
	struct value *row = add_row(rows, others->parent, others->depth, FLAME_OTHERS);

	table_set_text(rows->table, &row[FLAME_FUNCTION], "(others)");
	table_set_number(&row[FLAME_VALUE], others->value[FLAME_NOW]);
	set_base(rows, others->value, row);
	table_set_number(&row[FLAME_CHILDREN], (int64_t)others->others);
}

static int compare_names(const void *a, const void *b, void *arg)
{
	const struct flame_tree *t = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int c = strcmp(flame_tree_name(t, t->nodes[x].label), flame_tree_name(t, t->nodes[y].label));

	return c ? c : x < y ? -1 : x > y;
}

void flame_rows_push_children(struct flame_rows *rows, uint32_t node, size_t row, size_t depth, int64_t least, size_t most)
{
	struct flame_tree *t = rows->tree;
	const struct flame_node *n = &t->nodes[node];
	struct flame_pending others = { .node = node, .parent = row, .depth = depth };
	size_t chosen = 0;

	table_set_number(table_at(rows->table, row, FLAME_OPEN), 1);
	rows->pending = memory_grown(rows->pending, &rows->capacity, rows->count + n->count + 1, sizeof(*rows->pending));
	rows->chosen = memory_grown(rows->chosen, &rows->chosen_capacity, (size_t)n->count + 1, sizeof(*rows->chosen));
	for (uint32_t k = n->first; k < n->first + n->count; k++) {
		if (flame_tree_weight(&t->nodes[k]) >= least && chosen < most) {
			rows->chosen[chosen++] = k;
			continue;
		}
		others.others++;
		for (int side = 0; side < FLAME_SIDES; side++)
			others.value[side] = flame_sum(others.value[side], t->nodes[k].value[side]);
	}
	if (others.others)
		rows->pending[rows->count++] = others;
	if (rows->by_name)
		qsort_r(rows->chosen, chosen, sizeof(*rows->chosen), compare_names, t);
	while (chosen > 0)
		rows->pending[rows->count++] = (struct flame_pending){ .node = rows->chosen[--chosen], .parent = row, .depth = depth };
}

size_t flame_rows_add_path(struct flame_rows *rows, uint32_t node)
{
	uint32_t *path = NULL;
	size_t count = 0, capacity = 0, row = 0;

	for (uint32_t n = node;; n = rows->tree->nodes[n].parent) {
		path = memory_grown(path, &capacity, count + 1, sizeof(*path));
		path[count++] = n;
		if (!n)
			break;
	}
	flame_tree_make_children(rows->tree, node);
	for (size_t depth = 0; depth < count; depth++) {
		uint32_t n = path[count - 1 - depth];
		row = flame_rows_add(rows, n, row, depth, n == node ? FLAME_START : FLAME_ABOVE);
	}
	free(path);
	return row;
}
