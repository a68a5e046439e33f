/* SPDX-License-Identifier: MIT
 *
 * One walk through the tree, depth first: on the way in a node's line, file and place are counted as being on the stack, on the way
 * out they are not any more, and what all stacks through the node amount to goes to those that are left for good. So recursion
 * needs no looking back.
 */
#include "analyzer/report/source_sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/kept.h"

enum {
	KEPT_MOST = 6,
	LOOK = 1 << 17, /* nodes between two looks at whether to stop */
};

/* What is counted by: a place is a function on a line. Number 0 is nothing: code without line numbers. */
struct place {
	uint32_t line, function;
	int64_t value;
};

struct walk {
	struct stack_tree tree;
	struct source_sums *sums;
	int64_t *values;              /* by stack; on leaving a node what all below it have is added to its caller */
	uint32_t *frame_places;       /* by frame id: its place */
	uint32_t *site_lines;         /* by site id: its line's number */
	struct place *places;
	uint32_t place_count;
	struct map lines, known;      /* (file, line) to a line's number; (line, function) to a place's */
	size_t line_room, place_room;
	uint32_t *on_lines, *on_files, *on_places; /* how often it is on the stack in hand */
	uint32_t *first, *next;       /* children of a node, brothers */
};

static uint32_t line_number(struct walk *w, const struct stack_place *at)
{
	if (!at->file || !at->line)
		return 0;
	uint32_t *number = map_at(&w->lines, map_pair(at->file, at->line));
	if (!*number) {
		struct source_sums *sums = w->sums;
		*number = ++sums->line_count;
		sums->lines = memory_grown(sums->lines, &w->line_room, (size_t)*number + 1, sizeof(*sums->lines));
		sums->lines[*number] = (struct source_sum){ .file = at->file, .line = at->line };
		sums->files[at->file].file = at->file;
	}
	return *number;
}

static uint32_t place_number(struct walk *w, const struct stack_place *at)
{
	uint32_t line = line_number(w, at);

	if (!line)
		return 0;
	uint32_t *number = map_at(&w->known, map_pair(line, at->function));
	if (!*number) {
		*number = ++w->place_count;
		w->places = memory_grown(w->places, &w->place_room, (size_t)*number + 1, sizeof(*w->places));
		w->places[*number] = (struct place){ .line = line, .function = at->function };
	}
	return *number;
}

static void prepare(struct walk *w)
{
	const struct stack_tree *tree = &w->tree;
	size_t nodes = (size_t)tree->last_node + 1;

	w->sums->last_file = tree->last_file;
	w->sums->files = memory_zeroed((size_t)tree->last_file + 1, sizeof(*w->sums->files));
	w->frame_places = memory_zeroed((size_t)tree->last_frame + 1, sizeof(*w->frame_places));
	for (uint32_t f = 1; f <= tree->last_frame; f++)
		if (tree->frames[f].function)
			w->frame_places[f] = place_number(w, &tree->frames[f]);
	w->site_lines = memory_zeroed((size_t)tree->last_site + 1, sizeof(*w->site_lines));
	for (uint32_t site = 1; site <= tree->last_site; site++)
		if (tree->sites[site].function)
			w->site_lines[site] = line_number(w, &tree->sites[site]);
	w->on_lines = memory_zeroed((size_t)w->sums->line_count + 1, sizeof(*w->on_lines));
	w->on_places = memory_zeroed((size_t)w->place_count + 1, sizeof(*w->on_places));
	w->on_files = memory_zeroed((size_t)tree->last_file + 1, sizeof(*w->on_files));
	w->first = memory_zeroed(nodes, sizeof(*w->first));
	w->next = memory_zeroed(nodes, sizeof(*w->next));
	for (uint32_t n = tree->last_node; n; n--) {
		if (!tree->nodes[n].frame)
			continue;
		w->next[n] = w->first[tree->nodes[n].parent];
		w->first[tree->nodes[n].parent] = n;
	}
}

static void enter(struct walk *w, uint32_t node)
{
	uint32_t number = w->frame_places[w->tree.nodes[node].frame];

	if (w->values[node]) {
		uint32_t line = w->site_lines[w->tree.nodes[node].site];
		w->sums->total += w->values[node];
		if (line) {
			w->sums->lines[line].self += w->values[node];
			w->sums->files[w->sums->lines[line].file].self += w->values[node];
		}
	}
	if (!number)
		return;
	w->on_places[number]++;
	w->on_lines[w->places[number].line]++;
	w->on_files[w->sums->lines[w->places[number].line].file]++;
}

static void leave(struct walk *w, uint32_t node)
{
	uint32_t number = w->frame_places[w->tree.nodes[node].frame];
	int64_t value = w->values[node];

	w->values[w->tree.nodes[node].parent] += value;
	if (!number)
		return;
	struct source_sum *line = &w->sums->lines[w->places[number].line], *file = &w->sums->files[line->file];
	if (!--w->on_places[number])
		w->places[number].value += value;
	if (!--w->on_lines[w->places[number].line])
		line->value += value;
	if (!--w->on_files[line->file])
		file->value += value;
}

/* 0; or -1: interrupted. */
static int walk_tree(struct walk *w, struct store *s, struct err *err)
{
	uint32_t node = 0, entered = 0;

	for (;;) {
		if (w->first[node]) {
			uint32_t child = w->first[node];
			w->first[node] = w->next[child];
			node = child;
			enter(w, node);
			if (!(++entered % LOOK) && store_interrupted(s, err))
				return -1;
		} else if (node) {
			leave(w, node);
			node = w->tree.nodes[node].parent;
		} else {
			return 0;
		}
	}
}

/* What stands on a line: of functions with as much, the older. */
static void choose_functions(struct walk *w)
{
	struct source_sum *lines = w->sums->lines;
	int64_t *most = memory_zeroed((size_t)w->sums->line_count + 1, sizeof(*most));

	for (uint32_t p = 1; p <= w->place_count; p++) {
		const struct place *place = &w->places[p];
		struct source_sum *line = &lines[place->line];
		if (!place->value)
			continue;
		line->functions++;
		if (line->functions > 1 && (place->value < most[place->line] || (place->value == most[place->line] && place->function > line->function)))
			continue;
		most[place->line] = place->value;
		line->function = place->function;
	}
	free(most);
}

static void walk_release(struct walk *w)
{
	stack_tree_release(&w->tree);
	map_release(&w->lines);
	map_release(&w->known);
	free(w->values);
	free(w->frame_places);
	free(w->site_lines);
	free(w->places);
	free(w->on_lines);
	free(w->on_files);
	free(w->on_places);
	free(w->first);
	free(w->next);
}

static void sums_release(void *data)
{
	struct source_sums *sums = data;

	free(sums->lines);
	free(sums->files);
	free(sums);
}

static struct source_sums *sum(struct store *s, const struct cost *cost, const struct scope *scope, struct err *err)
{
	struct walk w = { .sums = NULL };

	if (stack_tree_load(s, &w.tree, err))
		return NULL;
	w.values = memory_zeroed((size_t)w.tree.last_node + 1, sizeof(*w.values));
	if (!cost_by_stack(s, cost->id, scope, w.values, w.tree.last_node, err)) {
		w.sums = memory_zeroed(1, sizeof(*w.sums));
		w.sums->cost = *cost;
		prepare(&w);
		if (walk_tree(&w, s, err)) {
			sums_release(w.sums);
			w.sums = NULL;
		} else {
			choose_functions(&w);
		}
	}
	walk_release(&w);
	return w.sums;
}

const struct source_sums *source_sums_read(struct store *s, const struct report_query *q, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct cost cost;
	char key[96];

	if (cost_find(s, q->cost, &cost, err))
		return NULL;
	snprintf(key, sizeof(key), "source %" PRId64 " %ld %ld", cost.id, q->pid, q->tid);
	struct source_sums *sums = kept_find(s, key);
	if (!sums && (sums = sum(s, &cost, &scope, err)))
		kept_add(s, KEPT_FIGURES, KEPT_MOST, key, sums, sums_release);
	return sums;
}
