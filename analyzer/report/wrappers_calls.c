/* SPDX-License-Identifier: MIT
 *
 * A list of calls, sorted by place when it is summed up.
 */
#include "analyzer/report/wrappers_calls.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

static int compare_places(const struct stack_place *a, const struct stack_place *b)
{
	const uint32_t keys[][2] = { { a->function, b->function }, { a->file, b->file }, { a->line, b->line } };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

static int compare_calls(const void *left, const void *right)
{
	return compare_places(&((const struct wrappers_call *)left)->from, &((const struct wrappers_call *)right)->from);
}

void wrappers_calls_add(struct wrappers_calls *calls, const struct stack_tree *tree, uint32_t node, struct wrappers_amount amount)
{
	uint32_t caller = tree->nodes[node].parent;

	calls->at = memory_grown(calls->at, &calls->room, calls->count + 1, sizeof(*calls->at));
	calls->at[calls->count++] = (struct wrappers_call){
		.from = caller ? tree->frames[tree->nodes[caller].frame] : (struct stack_place){ 0 },
		.node = caller,
		.amount = amount,
	};
}

static void add_place(struct wrappers_callers *c, const struct stack_place *from, const struct wrappers_amount *a)
{
	double mean = a->allocations > 0 ? (double)a->bytes / (double)a->allocations : 0;

	c->smallest = !c->of_most || mean < c->smallest ? mean : c->smallest;
	c->largest = mean > c->largest ? mean : c->largest;
	c->places += from->function != 0;
	if (a->allocations <= c->of_most)
		return;
	c->of_most = a->allocations;
	c->most = *from;
}

struct wrappers_callers wrappers_calls_count(struct wrappers_calls *calls)
{
	struct wrappers_callers callers = { 0 };
	struct wrappers_amount here = { 0 };

	if (calls->count)
		qsort(calls->at, calls->count, sizeof(*calls->at), compare_calls);
	for (size_t i = 0; i < calls->count; i++) {
		here.allocations += calls->at[i].amount.allocations;
		here.bytes += calls->at[i].amount.bytes;
		if (i + 1 < calls->count && compare_calls(&calls->at[i], &calls->at[i + 1]) == 0)
			continue;
		add_place(&callers, &calls->at[i].from, &here);
		here = (struct wrappers_amount){ 0 };
	}
	return callers;
}

void wrappers_calls_climb(struct wrappers_calls *calls, const struct stack_tree *tree, const struct stack_place *place)
{
	struct wrappers_calls outer = { 0 };

	for (size_t i = 0; i < calls->count; i++)
		if (calls->at[i].node && compare_places(&calls->at[i].from, place) == 0)
			wrappers_calls_add(&outer, tree, calls->at[i].node, calls->at[i].amount);
	free(calls->at);
	*calls = outer;
}
