/* SPDX-License-Identifier: MIT
 *
 * Passes over all stacks. `order` has callers before callees, so sums go through it backwards and what is
 * inherited from above forwards.
 */
#include "analyzer/report/flame_side.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/kept.h"

static void release_children(void *data)
{
	struct flame_children *c = data;

	free(c->start);
	free(c->stacks);
	free(c);
}

static const struct flame_children *find_children(struct store *s, const struct stack_tree *t)
{
	static const char key[] = "flame children";
	struct flame_children *c = kept_find(s, key);

	if (c)
		return c;
	c = memory_zeroed(1, sizeof(*c));
	c->start = memory_zeroed((size_t)t->last_node + 3, sizeof(*c->start));
	c->stacks = memory_resized(NULL, t->order_count + 1, sizeof(*c->stacks));
	for (uint32_t n = 1; n <= t->last_node; n++)
		if (t->nodes[n].frame)
			c->start[t->nodes[n].parent + 2]++;
	for (uint32_t n = 0; n <= t->last_node; n++)
		c->start[n + 2] += c->start[n + 1];
	for (uint32_t n = 1; n <= t->last_node; n++)
		if (t->nodes[n].frame)
			c->stacks[c->start[t->nodes[n].parent + 1]++] = n;
	kept_add(s, KEPT_STACKS, 1, key, c, release_children);
	return c;
}

int flame_side_open(struct flame_side *side, struct store *s, struct err *err)
{
	*side = (struct flame_side){ .store = s };
	if (stack_tree_load(s, &side->stacks, err))
		return -1;
	side->children = find_children(s, &side->stacks);
	return 0;
}

void flame_side_release(struct flame_side *side)
{
	free(side->sums);
	stack_tree_release(&side->stacks);
	*side = (struct flame_side){ 0 };
}

uint8_t *flame_side_through(const struct flame_side *side, const uint8_t *functions)
{
	const struct stack_tree *t = &side->stacks;
	uint8_t *found = memory_zeroed((size_t)t->last_node + 1, 1);

	for (size_t i = 0; i < t->order_count; i++) {
		uint32_t n = t->order[i];
		found[n] = functions[flame_side_function(side, n)] || found[t->nodes[n].parent];
	}
	return found;
}

static void keep_through(const struct flame_side *side, const uint8_t *functions, int64_t *values)
{
	uint8_t *found = flame_side_through(side, functions);

	for (uint32_t n = 1; n <= side->stacks.last_node; n++)
		if (!found[n])
			values[n] = 0;
	free(found);
}

static void sum_inwards(const struct stack_tree *t, int64_t *values)
{
	for (size_t i = t->order_count; i-- > 0;) {
		uint32_t n = t->order[i];
		if (values[n])
			values[t->nodes[n].parent] = flame_sum(values[t->nodes[n].parent], values[n]);
	}
}

/* What ends in an allocator counts where it was called. */
static void sum_sites(const struct stack_tree *t, int64_t *values)
{
	uint32_t *sites = stack_tree_site_nodes(t);

	for (uint32_t n = 1; n <= t->last_node; n++) {
		int64_t value = values[n];
		if (!value || sites[n] == n)
			continue;
		values[n] = 0;
		values[sites[n]] = flame_sum(values[sites[n]], value);
	}
	free(sites);
}

int flame_side_read(struct flame_side *side, const char *cost_name, int bottom_up, const uint8_t *through, struct err *err)
{
	struct scope all = { 0 };
	struct cost cost;

	if (cost_find(side->store, cost_name, &cost, err))
		return -1;
	side->sums = memory_zeroed((size_t)side->stacks.last_node + 1, sizeof(*side->sums));
	if (cost_by_stack(side->store, cost.id, &all, side->sums, side->stacks.last_node, err))
		return -1;
	if (through)
		keep_through(side, through, side->sums);
	if (bottom_up)
		sum_sites(&side->stacks, side->sums);
	else
		sum_inwards(&side->stacks, side->sums);
	return 0;
}
