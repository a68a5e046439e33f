/* SPDX-License-Identifier: MIT
 *
 * One pass over the stacks says for each what of it matches; a node whose children are not made adds up what its items
 * have. Above, a node that matches counts as a whole, another one by its children.
 */
#define _GNU_SOURCE /* strcasestr */
#include "analyzer/report/flame_match.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

struct flame_match {
	char *text;
	uint8_t *labels;  /* 1: it matches */
	int64_t *sums;    /* inwards, by stack: of what ends at or below it what goes through matches at or below it */
	uint8_t *through; /* outwards, by stack: 1 if it or one above it matches */
};

void flame_match_release(struct flame_tree *t)
{
	if (!t->match)
		return;
	free(t->match->text);
	free(t->match->labels);
	free(t->match->sums);
	free(t->match->through);
	free(t->match);
	t->match = NULL;
}

static int has_capital(const char *text)
{
	for (; *text; text++)
		if (isupper((unsigned char)*text))
			return 1;
	return 0;
}

int flame_match_label(const struct flame_tree *t, const char *text, uint32_t label)
{
	const char *name = flame_tree_name(t, label);

	return name && (has_capital(text) ? strstr(name, text) : strcasestr(name, text)) != NULL;
}

static void sum_matches(const struct flame_tree *t, const uint8_t *functions, int64_t *sums)
{
	const struct flame_side *side = &t->sides[FLAME_NOW];
	const struct stack_tree *stacks = &side->stacks;

	for (size_t i = stacks->order_count; i-- > 0;) {
		uint32_t n = stacks->order[i], parent = stacks->nodes[n].parent;
		if (functions[flame_side_function(side, n)])
			sums[n] = side->sums[n];
		if (sums[n])
			sums[parent] = flame_sum(sums[parent], sums[n]);
	}
}

static void make_match(struct flame_tree *t, const char *text)
{
	struct flame_match *m = memory_zeroed(1, sizeof(*m));
	const struct flame_side *side = &t->sides[FLAME_NOW];
	uint8_t *functions = memory_zeroed((size_t)side->stacks.last_function + 1, 1);

	m->text = memory_text(text);
	m->labels = memory_zeroed((size_t)t->labels.last + 1, 1);
	for (uint32_t label = 1; label <= t->labels.last; label++)
		m->labels[label] = t->labels.names[label].function && flame_match_label(t, text, label);
	for (uint32_t f = 1; f <= side->stacks.last_function; f++)
		functions[f] = m->labels[t->labels.of[FLAME_NOW][f]];
	if (t->bottom_up) {
		m->through = flame_side_through(side, functions);
	} else {
		m->sums = memory_zeroed((size_t)side->stacks.last_node + 1, sizeof(*m->sums));
		sum_matches(t, functions, m->sums);
	}
	free(functions);
	t->match = m;
}

/* What the items of a node that does not match itself have. */
static int64_t sum_items(const struct flame_tree *t, const struct flame_node *n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n->item_count; i++) {
		const struct flame_item *item = &n->items[i];
		if (item->side != FLAME_NOW)
			continue;
		if (!t->bottom_up)
			sum = flame_sum(sum, t->match->sums[item->stack]);
		else if (t->match->through[item->stack])
			sum = flame_sum(sum, item->value);
	}
	return sum;
}

int64_t flame_match_value(struct flame_tree *t, const char *text, uint32_t node)
{
	uint32_t *left = NULL; /* nodes to look at */
	size_t count = 0, capacity = 0;
	int64_t sum = 0;

	if (t->match && strcmp(t->match->text, text) != 0)
		flame_match_release(t);
	if (!t->match)
		make_match(t, text);
	left = memory_grown(left, &capacity, 1, sizeof(*left));
	left[count++] = node;
	while (count > 0) {
		const struct flame_node *n = &t->nodes[left[--count]];
		if (n->label && t->match->labels[n->label]) {
			sum = flame_sum(sum, n->value[FLAME_NOW]);
		} else if (!n->made) {
			sum = flame_sum(sum, sum_items(t, n));
		} else {
			left = memory_grown(left, &capacity, count + n->count, sizeof(*left));
			for (uint32_t k = 0; k < n->count; k++)
				left[count++] = n->first + k;
		}
	}
	free(left);
	return sum;
}
