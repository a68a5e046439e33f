/* SPDX-License-Identifier: MIT
 *
 * Making children. Inwards, the items of a node's children are the stacks directly below its own. Outwards, they are
 * those directly above, with the values they had; where two items meet in one stack they become one, and the
 * children's items take their parent's place in memory, so that all of them never need more than the first ones.
 */
#define _GNU_SOURCE /* qsort_r */
#include "analyzer/report/flame_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/flame_match.h"
#include "analyzer/store/kept.h"

#define KEPT_TREES 4 /* of 10 million stacks one takes 80 MB and what was looked at */

/* Children to be. */
struct group {
	uint32_t label, node;
	uint32_t frame, frame_side;
	int64_t most; /* the value of that frame's item */
	int64_t value[FLAME_SIDES];
	size_t items;
};

struct flame_growth {
	struct flame_item *items;   /* of the children being made */
	size_t item_count, item_capacity;
	struct group *groups;
	size_t group_count, group_capacity;
	uint32_t *order;            /* groups, biggest first */
	size_t order_capacity;
	uint32_t *slots;            /* by label: its group + 1; all 0 between calls */
	uint32_t *meetings[FLAME_SIDES]; /* outwards, by stack: its item + 1; all 0 between calls */
	struct flame_item **blocks; /* memory of items */
	size_t block_count, block_capacity;
};

/* --- whole trees ------------------------------------------------------------------------------------ */

static void release_tree(void *data)
{
	struct flame_tree *t = data;
	struct flame_growth *g = t->growth;

	flame_match_release(t);
	for (int side = 0; side < t->side_count; side++)
		flame_side_release(&t->sides[side]);
	flame_label_release(&t->labels);
	for (size_t i = 0; i < g->block_count; i++)
		free(g->blocks[i]);
	free(g->blocks);
	free(g->items);
	free(g->groups);
	free(g->order);
	free(g->slots);
	free(g->meetings[0]);
	free(g->meetings[1]);
	free(g);
	free(t->nodes);
	free(t);
}

static struct flame_item *new_block(struct flame_growth *g, size_t count)
{
	g->blocks = memory_grown(g->blocks, &g->block_capacity, g->block_count + 1, sizeof(*g->blocks));
	return g->blocks[g->block_count++] = memory_resized(NULL, count + 1, sizeof(struct flame_item));
}

/* Inwards the root's items are what the outermost stacks are below; outwards they are those of the sites. */
static void start_root(struct flame_tree *t)
{
	struct flame_node *root = &t->nodes[0];
	size_t count = (size_t)t->side_count;

	for (int side = 0; side < t->side_count && t->bottom_up; side++) {
		const struct flame_side *from = &t->sides[side];
		for (uint32_t n = 1; n <= from->stacks.last_node; n++)
			count += from->sums[n] && from->stacks.nodes[n].frame;
	}
	root->items = new_block(t->growth, count);
	for (int side = 0; side < t->side_count; side++) {
		const struct flame_side *from = &t->sides[side];
		if (!t->bottom_up) {
			root->items[root->item_count++] = (struct flame_item){ .side = side & 1, .value = from->sums[0] };
			root->value[side] = from->sums[0];
			continue;
		}
		for (uint32_t n = 1; n <= from->stacks.last_node; n++) {
			if (!from->sums[n] || !from->stacks.nodes[n].frame)
				continue;
			root->items[root->item_count++] = (struct flame_item){ .stack = n, .side = side & 1, .value = from->sums[n] };
			root->value[side] = flame_sum(root->value[side], from->sums[n]);
		}
	}
}

/* Which functions of a side bear the label of the first one's function `id`. Caller frees. */
static uint8_t *mark_functions(const struct flame_tree *t, int side, int64_t id)
{
	uint32_t last = t->sides[side].stacks.last_function;
	uint8_t *marks = memory_zeroed((size_t)last + 1, 1);

	if (id < 1 || id > t->sides[0].stacks.last_function || !t->labels.of[0][id])
		return marks;
	for (uint32_t f = 1; f <= last; f++)
		marks[f] = t->labels.of[side][f] == t->labels.of[0][id];
	return marks;
}

static int read_figures(struct flame_tree *t, const struct flame_subject *subject, struct err *err)
{
	for (int side = 0; side < t->side_count; side++) {
		uint8_t *through = subject->through ? mark_functions(t, side, subject->through) : NULL;
		int rc = flame_side_read(&t->sides[side], t->cost.name, t->bottom_up, through, err);
		free(through);
		if (rc)
			return -1;
	}
	return 0;
}

static struct flame_tree *make_tree(struct store *s, struct store *base, const struct flame_subject *subject, struct err *err)
{
	struct flame_tree *t = memory_zeroed(1, sizeof(*t));
	struct store *const stores[] = { s, base };

	t->growth = memory_zeroed(1, sizeof(*t->growth));
	t->bottom_up = subject->bottom_up != 0;
	t->nodes = memory_grown(NULL, &t->capacity, 1, sizeof(*t->nodes));
	t->nodes[t->count++] = (struct flame_node){ 0 };
	if (cost_find(s, subject->cost, &t->cost, err))
		goto failed;
	for (int side = 0; side < FLAME_SIDES && stores[side]; side++) {
		if (flame_side_open(&t->sides[side], stores[side], err))
			goto failed;
		t->side_count++;
	}
	flame_label_make(&t->labels, t->sides, t->side_count);
	if (read_figures(t, subject, err))
		goto failed;
	t->growth->slots = memory_zeroed((size_t)t->labels.last + 1, sizeof(*t->growth->slots));
	for (int side = 0; side < t->side_count && t->bottom_up; side++)
		t->growth->meetings[side] = memory_zeroed((size_t)t->sides[side].stacks.last_node + 1, sizeof(uint32_t));
	start_root(t);
	return t;
failed:
	release_tree(t);
	return NULL;
}

struct flame_tree *flame_tree_get(struct store *s, struct store *base, const struct flame_subject *subject, struct err *err)
{
	char key[256];

	snprintf(key, sizeof(key), "flame tree %s %d %lld %llu", subject->cost ? subject->cost : "allocated_bytes", subject->bottom_up != 0,
	         (long long)subject->through, (unsigned long long)(base ? kept_generation(base) : 0));
	struct flame_tree *t = kept_find(s, key);
	if (!t && (t = make_tree(s, base, subject, err)))
		kept_add(s, KEPT_FIGURES, KEPT_TREES, key, t, release_tree);
	return t;
}

/* --- children --------------------------------------------------------------------------------------- */

static void add_item(struct flame_growth *g, const struct flame_item *item)
{
	g->items = memory_grown(g->items, &g->item_capacity, g->item_count + 1, sizeof(*g->items));
	g->items[g->item_count++] = *item;
}

static void gather_inwards(struct flame_tree *t, const struct flame_node *n)
{
	for (size_t i = 0; i < n->item_count; i++) {
		const struct flame_item *item = &n->items[i];
		const struct flame_side *side = &t->sides[item->side];
		for (uint32_t k = side->children->start[item->stack]; k < side->children->start[item->stack + 1]; k++) {
			uint32_t stack = side->children->stacks[k];
			if (side->sums[stack])
				add_item(t->growth, &(struct flame_item){ .stack = stack, .side = item->side, .value = side->sums[stack] });
		}
	}
}

static void gather_outwards(struct flame_tree *t, const struct flame_node *n)
{
	struct flame_growth *g = t->growth;

	for (size_t i = 0; i < n->item_count; i++) {
		struct flame_item item = n->items[i];
		if (n != t->nodes)
			item.stack = t->sides[item.side].stacks.nodes[item.stack].parent;
		if (!item.stack)
			continue;
		uint32_t *met = &g->meetings[item.side][item.stack];
		if (*met) {
			g->items[*met - 1].value = flame_sum(g->items[*met - 1].value, item.value);
			continue;
		}
		add_item(g, &item);
		*met = (uint32_t)g->item_count;
	}
	for (size_t i = 0; i < g->item_count; i++)
		g->meetings[g->items[i].side][g->items[i].stack] = 0;
}

static void group_items(struct flame_tree *t)
{
	struct flame_growth *g = t->growth;

	for (size_t i = 0; i < g->item_count; i++) {
		struct flame_item *item = &g->items[i];
		const struct flame_side *side = &t->sides[item->side];
		uint32_t label = t->labels.of[item->side][flame_side_function(side, item->stack)];
		if (!g->slots[label]) {
			g->groups = memory_grown(g->groups, &g->group_capacity, g->group_count + 1, sizeof(*g->groups));
			g->groups[g->group_count] = (struct group){ .label = label, .most = INT64_MIN };
			g->slots[label] = (uint32_t)++g->group_count;
		}
		item->group = (g->slots[label] - 1) & 0x7fffffff;
		struct group *group = &g->groups[item->group];
		group->value[item->side] = flame_sum(group->value[item->side], item->value);
		group->items++;
		if (group->most == INT64_MIN || (item->side == group->frame_side && item->value > group->most)) {
			group->most = item->value;
			group->frame = side->stacks.nodes[item->stack].frame;
			group->frame_side = item->side;
		}
	}
	for (size_t i = 0; i < g->group_count; i++)
		g->slots[g->groups[i].label] = 0;
}

static int compare_groups(const void *a, const void *b, void *arg)
{
	const struct group *groups = arg, *x = &groups[*(const uint32_t *)a], *y = &groups[*(const uint32_t *)b];

	for (int side = 0; side < FLAME_SIDES; side++)
		if (x->value[side] != y->value[side])
			return x->value[side] > y->value[side] ? -1 : 1;
	return x->label < y->label ? -1 : x->label > y->label;
}

/* Nodes for the groups, each with room for its items from `room` on. */
static void add_nodes(struct flame_tree *t, uint32_t parent, struct flame_item *room)
{
	struct flame_growth *g = t->growth;

	g->order = memory_grown(g->order, &g->order_capacity, g->group_count + 1, sizeof(*g->order));
	for (size_t i = 0; i < g->group_count; i++)
		g->order[i] = (uint32_t)i;
	qsort_r(g->order, g->group_count, sizeof(*g->order), compare_groups, g->groups);
	t->nodes = memory_grown(t->nodes, &t->capacity, t->count + g->group_count, sizeof(*t->nodes));
	t->nodes[parent].first = (uint32_t)t->count;
	t->nodes[parent].count = (uint32_t)g->group_count;
	for (size_t i = 0; i < g->group_count; i++) {
		struct group *group = &g->groups[g->order[i]];
		group->node = (uint32_t)t->count++;
		t->nodes[group->node] = (struct flame_node){
			.value = { group->value[0], group->value[1] }, .label = group->label, .parent = parent,
			.frame = group->frame, .frame_side = group->frame_side, .items = room,
		};
		room += group->items;
	}
}

void flame_tree_make_children(struct flame_tree *t, uint32_t node)
{
	struct flame_growth *g = t->growth;
	struct flame_node *n = &t->nodes[node];

	if (n->made)
		return;
	g->item_count = g->group_count = 0;
	if (t->bottom_up)
		gather_outwards(t, n);
	else
		gather_inwards(t, n);
	group_items(t);
	add_nodes(t, node, t->bottom_up ? n->items : new_block(g, g->item_count));
	for (size_t i = 0; i < g->item_count; i++) {
		struct flame_node *child = &t->nodes[g->groups[g->items[i].group].node];
		child->items[child->item_count++] = g->items[i];
	}
	n = &t->nodes[node];
	n->made = 1;
	n->items = NULL;
	n->item_count = 0;
	for (int side = 0; side < t->side_count; side++) {
		n->self[side] = n->value[side];
		for (uint32_t k = 0; k < n->count; k++)
			n->self[side] = flame_sum(n->self[side], flame_negative(t->nodes[n->first + k].value[side]));
	}
}

/* --- finding one's way ------------------------------------------------------------------------------ */

uint32_t flame_tree_child(struct flame_tree *t, uint32_t node, uint32_t label)
{
	flame_tree_make_children(t, node);
	for (uint32_t k = 0; k < t->nodes[node].count; k++)
		if (t->nodes[t->nodes[node].first + k].label == label)
			return t->nodes[node].first + k;
	return 0;
}

uint32_t flame_tree_find(struct flame_tree *t, const char *path, size_t *depth)
{
	uint32_t node = 0;

	*depth = 0;
	for (const char *at = path; at && *at;) {
		char *end;
		unsigned long label = strtoul(at, &end, 10);
		uint32_t child = end == at || label > UINT32_MAX ? 0 : flame_tree_child(t, node, (uint32_t)label);

		if (!child)
			break;
		node = child;
		++*depth;
		at = *end == '/' ? end + 1 : end;
	}
	return node;
}

const char *flame_tree_name(const struct flame_tree *t, uint32_t label)
{
	return stack_tree_function(&t->sides[t->labels.names[label].side].stacks, t->labels.names[label].function);
}

const char *flame_tree_module(const struct flame_tree *t, uint32_t label)
{
	return stack_tree_module(&t->sides[t->labels.names[label].side].stacks, t->labels.names[label].function);
}

int64_t flame_tree_weight(const struct flame_node *n)
{
	return n->value[FLAME_BASE] > n->value[FLAME_NOW] ? n->value[FLAME_BASE] : n->value[FLAME_NOW];
}
