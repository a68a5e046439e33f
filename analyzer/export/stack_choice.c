/* SPDX-License-Identifier: MIT
 *
 * Callers come before callees, so that what holds of a caller is known when its callees are looked at.
 */
#include "analyzer/export/stack_choice.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

struct path {
	uint32_t *functions;
	uint32_t length;
};

static struct path read_path(const char *text)
{
	struct path p = { .functions = memory_zeroed(strlen(text) + 1, sizeof(*p.functions)) };

	for (char *end; *text; text = *end ? end + 1 : end)
		p.functions[p.length++] = (uint32_t)strtoul(text, &end, 10);
	return p;
}

static uint32_t function_of(const struct stack_tree *t, uint32_t node)
{
	return t->frames[t->nodes[node].frame].function;
}

/* Those that begin as the path does: how much of it they have gone is known of the caller. */
static void keep_inwards(const struct stack_tree *t, const struct path *p, unsigned char *chosen)
{
	uint32_t *gone = memory_zeroed((size_t)t->last_node + 1, sizeof(*gone));

	for (size_t i = 0; i < t->order_count; i++) {
		uint32_t n = t->order[i], parent = t->nodes[n].parent, before = gone[parent];
		int on_it = before + 1 == t->nodes[n].depth && before < p->length && p->functions[before] == function_of(t, n);

		gone[n] = on_it ? before + 1 : before == p->length ? before : 0;
		chosen[n] &= gone[n] == p->length;
	}
	free(gone);
}

static int goes_outwards(const struct stack_tree *t, const struct path *p, uint32_t node)
{
	uint32_t i = 0;

	for (; i < p->length && node && function_of(t, node) == p->functions[i]; i++)
		node = t->nodes[node].parent;
	return i == p->length;
}

static void keep_outwards(const struct stack_tree *t, const struct path *p, unsigned char *chosen)
{
	uint32_t *sites = stack_tree_site_nodes(t);

	for (uint32_t n = 1; n <= t->last_node; n++)
		chosen[n] &= goes_outwards(t, p, sites[n]);
	free(sites);
}

static void keep_through(const struct stack_tree *t, int64_t function, unsigned char *chosen)
{
	unsigned char *through = memory_zeroed((size_t)t->last_node + 1, 1);

	for (size_t i = 0; i < t->order_count; i++) {
		uint32_t n = t->order[i];

		through[n] = function_of(t, n) == function || through[t->nodes[n].parent];
		chosen[n] &= through[n];
	}
	free(through);
}

unsigned char *stack_choice_mark(const struct stack_tree *t, const struct export_query *q)
{
	int by_path = q->path && *q->path;
	unsigned char *chosen;

	if (!q->site_id && !q->function_id && !q->stack_id && !by_path)
		return NULL;
	chosen = memory_zeroed((size_t)t->last_node + 1, 1);
	for (uint32_t n = 1; n <= t->last_node; n++)
		chosen[n] = (!q->site_id || t->nodes[n].site == q->site_id) && (!q->stack_id || n == q->stack_id);
	if (q->function_id)
		keep_through(t, q->function_id, chosen);
	if (by_path) {
		struct path p = read_path(q->path);

		(q->outwards ? keep_outwards : keep_inwards)(t, &p, chosen);
		free(p.functions);
	}
	return chosen;
}
