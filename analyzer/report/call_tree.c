/* SPDX-License-Identifier: MIT
 *
 * Stacks into a trie. Going inwards every node of the stack tree is visited once. Going outwards every stack that was counted goes
 * from its site towards its outermost frame, all of them a frame at a time: no node is bigger than its parent, so that with a limit
 * stacks stop where their node is too small to be among the biggest. All ways out of millions of stacks would be more than fits memory.
 */
#include "analyzer/report/call_tree.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/largest.h"
#include "analyzer/report/site_rows.h"

static uint64_t hash_line(const struct stack_place *p)
{
	return map_pair(p->file, p->line);
}

/* Numbers the places: equal ones get one label, whatever their address. */
static void label_frames(struct call_tree *tree)
{
	const struct stack_tree *stacks = &tree->stacks;
	struct map lines = MAP_INIT, places = MAP_INIT;
	uint32_t line_count = 0, label_count = 0;

	tree->labels = memory_zeroed((size_t)stacks->last_frame + 1, sizeof(*tree->labels));
	tree->frames = memory_zeroed((size_t)stacks->last_frame + 1, sizeof(*tree->frames));
	for (uint32_t f = 1; f <= stacks->last_frame; f++) {
		const struct stack_place *place = &stacks->frames[f];
		if (!place->function)
			continue;
		uint32_t *line = map_at(&lines, hash_line(place));
		if (!*line)
			*line = ++line_count;
		uint32_t *label = map_at(&places, map_pair(place->function, *line));
		if (!*label) {
			*label = ++label_count;
			tree->frames[label_count] = f;
		}
		tree->labels[f] = *label;
	}
	map_release(&lines);
	map_release(&places);
}

/* For every stack 1 if a function in it matches; NULL if all do. */
static uint8_t *find_matching(const struct stack_tree *stacks, const struct report_query *q)
{
	if (!q->match)
		return NULL;
	uint8_t *functions = memory_zeroed((size_t)stacks->last_function + 1, 1);
	uint8_t *found = memory_zeroed((size_t)stacks->last_node + 1, 1);
	for (uint32_t f = 1; f <= stacks->last_function; f++)
		functions[f] = stacks->functions[f].used && site_rows_match(q, stack_tree_function(stacks, f));
	for (size_t i = 0; i < stacks->order_count; i++) {
		uint32_t n = stacks->order[i];
		found[n] = functions[stacks->frames[stacks->nodes[n].frame].function] || found[stacks->nodes[n].parent];
	}
	free(functions);
	return found;
}

static void add_inwards(struct call_tree *tree, const int64_t *values)
{
	const struct stack_tree *stacks = &tree->stacks;
	uint32_t *into = memory_zeroed((size_t)stacks->last_node + 1, sizeof(*into));

	for (size_t i = 0; i < stacks->order_count; i++) {
		uint32_t n = stacks->order[i];
		into[n] = trie_child(&tree->trie, into[stacks->nodes[n].parent], tree->labels[stacks->nodes[n].frame]);
		tree->trie.nodes[into[n]].self += values[n];
	}
	free(into);
}

/* A counted stack on its way outwards. */
struct climb {
	uint32_t stack; /* the frame it takes next; 0: none is left */
	uint32_t node;  /* that it has come to */
	int64_t value;
};

/* Takes every stack a frame further; those that end count for the node they are at. Returns how many are left. */
static size_t climb_on(struct call_tree *tree, struct climb *at, size_t count)
{
	const struct stack_node *stacks = tree->stacks.nodes;
	struct trie *trie = &tree->trie;
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		struct climb c = at[i];
		if (!c.stack) {
			trie->nodes[c.node].self += c.value;
			continue;
		}
		c.node = trie_child(trie, c.node, tree->labels[stacks[c.stack].frame]);
		c.stack = stacks[c.stack].parent;
		trie->nodes[c.node].value += c.value;
		at[left++] = c;
	}
	return left;
}

/* Leaves the stacks whose nodes may be among the biggest, new nodes being those from `first` on. */
static size_t keep_biggest(const struct call_tree *tree, struct largest *biggest, size_t first, struct climb *at, size_t count)
{
	const struct trie_node *nodes = tree->trie.nodes;
	size_t left = 0;

	for (size_t n = first; n < tree->trie.count; n++)
		largest_add(biggest, nodes[n].value);
	for (size_t i = 0; i < count; i++)
		if (nodes[at[i].node].value >= largest_least(biggest))
			at[left++] = at[i];
	return left;
}

static void add_outwards(struct call_tree *tree, const int64_t *values, size_t limit)
{
	uint32_t *sites = stack_tree_site_nodes(&tree->stacks), last = tree->stacks.last_node;
	struct climb *at = memory_zeroed((size_t)last + 1, sizeof(*at));
	struct largest biggest;
	size_t count = 0;

	largest_init(&biggest, limit);
	for (uint32_t n = 1; n <= last; n++) {
		if (!values[n])
			continue;
		at[count++] = (struct climb){ sites[n], 0, values[n] };
		tree->trie.nodes[0].value += values[n];
	}
	free(sites);
	while (count) {
		size_t first = tree->trie.count;

		count = climb_on(tree, at, count);
		count = keep_biggest(tree, &biggest, first, at, count);
	}
	largest_release(&biggest);
	free(at);
}

static void merge(struct call_tree *tree, const struct report_query *q, int64_t *values)
{
	uint8_t *found = find_matching(&tree->stacks, q);

	for (uint32_t n = 1; found && n <= tree->stacks.last_node; n++)
		if (!found[n])
			values[n] = 0;
	free(found);
	label_frames(tree);
	trie_init(&tree->trie);
	if (q->bottom_up) {
		add_outwards(tree, values, q->limit > 0 && !q->sort ? (size_t)q->limit : 0);
	} else {
		add_inwards(tree, values);
		trie_sum(&tree->trie);
	}
}

int call_tree_load(struct store *s, const struct report_query *q, struct call_tree *tree, struct err *err)
{
	struct scope scope = { q->pid, q->tid };

	*tree = (struct call_tree){ 0 };
	if (cost_find(s, q->cost, &tree->cost, err) || stack_tree_load(s, &tree->stacks, err))
		return -1;
	int64_t *values = memory_zeroed((size_t)tree->stacks.last_node + 1, sizeof(*values));
	int rc = cost_by_stack(s, tree->cost.id, &scope, values, tree->stacks.last_node, err);
	if (rc)
		stack_tree_release(&tree->stacks);
	else
		merge(tree, q, values);
	free(values);
	return rc;
}

void call_tree_release(struct call_tree *tree)
{
	trie_release(&tree->trie);
	stack_tree_release(&tree->stacks);
	free(tree->labels);
	free(tree->frames);
	*tree = (struct call_tree){ 0 };
}

const struct stack_place *call_tree_place(const struct call_tree *tree, uint32_t node)
{
	return &tree->stacks.frames[tree->frames[tree->trie.nodes[node].label]];
}
