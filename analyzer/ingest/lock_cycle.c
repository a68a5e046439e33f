/* SPDX-License-Identifier: MIT
 *
 * Strongly connected components after Tarjan, with a stack of our own: a chain of locks may be as long as a trace wants.
 */
#include "analyzer/ingest/lock_cycle.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/map.h"
#include "analyzer/base/memory.h"

struct node {
	uint32_t first, end; /* its edges: indices of `to` */
	uint32_t next;       /* edge to follow */
	uint32_t order, low; /* order of the visit, from 1; 0: not visited */
	uint32_t component;  /* 0: not known */
	uint32_t before;     /* the node it was visited from */
};

struct graph {
	struct map nodes;  /* life: node, from 1 */
	struct node *at;   /* [0] unused */
	uint32_t *to;
	uint32_t *open;    /* nodes visited and of no component yet */
	uint32_t *sizes;   /* of components, [0] unused */
	uint32_t node_count, open_count, visits, components;
};

static uint32_t graph_node(struct graph *g, uint32_t life)
{
	uint32_t *node = map_at(&g->nodes, life);

	if (!*node)
		*node = ++g->node_count;
	return *node;
}

static void graph_build(struct graph *g, const struct order_cell *cells, size_t count)
{
	uint32_t at = 0;

	*g = (struct graph){ 0 };
	for (size_t i = 0; i < count; i++) {
		graph_node(g, cells[i].held);
		graph_node(g, cells[i].life);
	}
	g->at = memory_zeroed((size_t)g->node_count + 1, sizeof(*g->at));
	g->open = memory_zeroed((size_t)g->node_count + 1, sizeof(*g->open));
	g->sizes = memory_zeroed((size_t)g->node_count + 1, sizeof(*g->sizes));
	g->to = memory_zeroed(count, sizeof(*g->to));
	for (size_t i = 0; i < count; i++)
		g->at[graph_node(g, cells[i].held)].end++;
	for (uint32_t n = 1; n <= g->node_count; n++) {
		uint32_t edges = g->at[n].end;

		g->at[n].first = g->at[n].next = g->at[n].end = at;
		at += edges;
	}
	for (size_t i = 0; i < count; i++)
		g->to[g->at[graph_node(g, cells[i].held)].end++] = graph_node(g, cells[i].life);
}

static void graph_release(struct graph *g)
{
	map_release(&g->nodes);
	free(g->at);
	free(g->to);
	free(g->open);
	free(g->sizes);
}

static void visit_begin(struct graph *g, uint32_t node, uint32_t before)
{
	g->at[node].order = g->at[node].low = ++g->visits;
	g->at[node].before = before;
	g->open[g->open_count++] = node;
}

/* All edges of the node were followed. Returns where to go on, 0: nowhere. */
static uint32_t visit_end(struct graph *g, uint32_t node)
{
	uint32_t before = g->at[node].before, member;

	if (g->at[node].low == g->at[node].order) {
		g->components++;
		do {
			member = g->open[--g->open_count];
			g->at[member].component = g->components;
			g->sizes[g->components]++;
		} while (member != node);
	}
	if (before && g->at[node].low < g->at[before].low)
		g->at[before].low = g->at[node].low;
	return before;
}

static void graph_visit(struct graph *g, uint32_t node)
{
	visit_begin(g, node, 0);
	while (node) {
		struct node *n = &g->at[node];
		uint32_t to;

		if (n->next == n->end) {
			node = visit_end(g, node);
			continue;
		}
		to = g->to[n->next++];
		if (!g->at[to].order) {
			visit_begin(g, to, node);
			node = to;
		} else if (!g->at[to].component && g->at[to].order < n->low) {
			n->low = g->at[to].order;
		}
	}
}

/* Drops edges that say nothing, or less than another. */
static size_t order_prune(struct order_cell *cells, size_t count)
{
	struct map known = MAP_INIT;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (cells[i].held_stack)
			*map_at(&known, map_pair(cells[i].held, cells[i].life)) = 1;
	for (size_t i = 0; i < count; i++) {
		if (cells[i].held == cells[i].life ||
		    (!cells[i].held_stack && map_find(&known, map_pair(cells[i].held, cells[i].life))))
			continue;
		cells[kept++] = cells[i];
	}
	map_release(&known);
	return kept;
}

size_t lock_cycles(struct order_cell *cells, size_t count)
{
	struct graph g;
	uint32_t *numbers, cycles = 0;

	count = order_prune(cells, count);
	graph_build(&g, cells, count);
	for (uint32_t n = 1; n <= g.node_count; n++)
		if (!g.at[n].order)
			graph_visit(&g, n);
	numbers = memory_zeroed((size_t)g.components + 1, sizeof(*numbers));
	for (size_t i = 0; i < count; i++) {
		uint32_t component = g.at[graph_node(&g, cells[i].held)].component;

		cells[i].cycle = 0;
		if (component != g.at[graph_node(&g, cells[i].life)].component || g.sizes[component] < 2)
			continue;
		if (!numbers[component])
			numbers[component] = ++cycles;
		cells[i].cycle = numbers[component];
	}
	free(numbers);
	graph_release(&g);
	return count;
}
