/* SPDX-License-Identifier: MIT
 *
 * Reading stacks, all of them or one, and checking them: a database is a file, and files get damaged.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/stack_tree_private.h"
#include "analyzer/store/store_private.h"

#define NODE_COLUMNS "SELECT id, parent_id, frame_id, site_id, depth FROM stack"

/* Takes the row that a statement stands on into nodes. Frames and sites are looked up only where one might be missing: for ten million
 * stacks these looks take as long as reading them. */
static int take_node(const struct stack_tree *t, struct stack_node *nodes, struct statement *q, struct err *err)
{
	int64_t id = statement_number(q, 0), parent = statement_number(q, 1), frame = statement_number(q, 2);
	int64_t site = statement_number(q, 3), depth = statement_number(q, 4);

	if (parent < 0 || parent > t->last_node || frame < 1 || frame > t->last_frame || site < 1 || site > t->last_site || depth < 1 ||
	    depth > t->last_node || (!t->all_frames && !t->frames[frame].function) || (!t->all_sites && !t->sites[site].function))
		return stack_tree_damaged(err, "stack", id);
	nodes[id] = (struct stack_node){ (uint32_t)parent, (uint32_t)frame, (uint32_t)site, (uint32_t)depth };
	return 0;
}

/* Reads the stacks that are not among the partial ones yet. */
static int load_nodes(struct store *s, struct stack_tree *t, struct err *err)
{
	struct statement *q = store_prepare(s, NODE_COLUMNS " WHERE id > ?1 ORDER BY id", err);
	int got;

	if (!q)
		return -1;
	statement_bind_number(q, 1, t->partial_last);
	while ((got = statement_step(q, err)) > 0 && !(got = take_node(t, t->partial, q, err)))
		t->partial_last = (uint32_t)statement_number(q, 0);
	statement_finish(q);
	return got;
}

/* 1 if a stack is one deeper than its parent, which is there. */
static int node_fits(const struct stack_tree *t, const struct stack_node *node)
{
	return node->parent ? t->nodes[node->parent].frame && t->nodes[node->parent].depth + 1 == node->depth : node->depth == 1;
}

static void drop_partial(struct stack_tree *t)
{
	free(t->partial);
	t->partial = NULL;
	t->partial_last = 0;
}

/* Orders the stacks by depth; refuses one that is not one deeper than its parent. */
static int order_nodes(struct stack_tree *t, struct err *err)
{
	size_t *start = memory_zeroed((size_t)t->last_node + 2, sizeof(*start)), count = 0;
	int rc = 0;

	for (uint32_t n = 1; n <= t->last_node; n++)
		if (t->nodes[n].frame) {
			start[t->nodes[n].depth + 1]++;
			count++;
		}
	for (uint32_t d = 1; d <= t->last_node; d++)
		start[d + 1] += start[d];
	t->order = memory_zeroed(count + 1, sizeof(*t->order));
	for (uint32_t n = 1; n <= t->last_node && !rc; n++) {
		const struct stack_node *node = &t->nodes[n];
		if (!node->frame)
			continue;
		if (!node_fits(t, node))
			rc = stack_tree_damaged(err, "stack", n);
		t->order[start[node->depth]++] = n;
	}
	t->order_count = count;
	free(start);
	return rc;
}

/* Reads all stacks. If this is interrupted, what was read stays for the next time; if they do not fit, nothing. */
static int read_stacks(struct store *s, struct stack_tree *t, struct err *err)
{
	struct err own = { 0 };
	struct stack_tree all;
	int rc;

	if (!t->partial)
		t->partial = memory_zeroed((size_t)t->last_node + 1, sizeof(*t->partial));
	rc = store_interrupted(s, &own) || load_nodes(s, t, &own) ? -1 : 0;
	all = *t;
	all.nodes = t->partial;
	if (!rc)
		rc = order_nodes(&all, &own);
	if (!rc) {
		memcpy(t->nodes, t->partial, ((size_t)t->last_node + 1) * sizeof(*t->nodes)); /* who has the tree has this array */
		t->order = all.order;
		t->order_count = all.order_count;
	} else {
		if (all.order != t->order)
			free(all.order);
		err_set(err, own.kind, "%s", own.text);
	}
	if (own.kind != ERR_INTERRUPTED)
		drop_partial(t);
	return rc;
}

/* What the store keeps, read as far as is asked for. */
static struct stack_tree *kept_tree(struct store *s, int stacks, struct err *err)
{
	int rc = 0;

	if (!s->tree) {
		s->tree = memory_zeroed(1, sizeof(*s->tree));
		atomic_store(&s->patient, 1); /* what is read once for all should not have to be begun again */
		rc = stack_tree_read_names(s, s->tree, err);
		atomic_store(&s->patient, 0);
		if (rc) {
			free(s->tree);
			s->tree = NULL;
		}
	}
	if (!rc && stacks && !s->tree->order)
		rc = read_stacks(s, s->tree, err);
	return rc ? NULL : s->tree;
}

static int load(struct store *s, struct stack_tree *t, int stacks, struct err *err)
{
	if (s->reading) {
		const struct stack_tree *kept = kept_tree(s, stacks, err);

		if (!kept)
			return -1;
		*t = *kept;
		t->kept = 1;
		return 0;
	}
	if (stack_tree_read_names(s, t, err))
		return -1;
	if (stacks && read_stacks(s, t, err)) {
		stack_tree_release(t);
		return -1;
	}
	return 0;
}

int stack_tree_load(struct store *s, struct stack_tree *t, struct err *err)
{
	return load(s, t, 1, err);
}

int stack_tree_load_names(struct store *s, struct stack_tree *t, struct err *err)
{
	return load(s, t, 0, err);
}

/* Reads a stack. What does not fit leaves nothing behind. */
static int read_one(struct statement *q, const struct stack_tree *t, int64_t stack, struct err *err)
{
	int got, rc;

	statement_bind_number(q, 1, stack);
	got = statement_step(q, err);
	if (got <= 0)
		return got ? -1 : stack_tree_damaged(err, "stack", stack);
	rc = take_node(t, t->nodes, q, err);
	return statement_step(q, err) || rc ? -1 : 0; /* which ends it */
}

/* Reads a stack and its callers up to what is there. */
static int read_up(struct statement *q, const struct stack_tree *t, uint32_t stack, struct err *err)
{
	uint32_t n = stack, below = 0;
	int rc = 0;

	for (; n && !rc && !t->nodes[n].frame; below = n, n = t->nodes[n].parent)
		rc = read_one(q, t, n, err) || (below && !node_fits(t, &t->nodes[below])) ? -1 : 0;
	if (!rc && node_fits(t, &t->nodes[below]))
		return 0;
	for (n = stack; n && t->nodes[n].frame;) { /* up to what was there before, or could not be read */
		uint32_t parent = t->nodes[n].parent;

		t->nodes[n].frame = 0;
		if (n == below)
			break;
		n = parent;
	}
	return stack_tree_damaged(err, "stack", stack);
}

int stack_tree_need(const struct stack_tree *t, int64_t stack, struct err *err)
{
	static const char sql[] = NODE_COLUMNS " WHERE id = ?1";
	struct statement *q, **kept = t->kept ? &t->store->tree->one : NULL;
	int rc;

	if (stack > 0 && stack <= t->last_node && t->nodes[stack].frame)
		return 0;
	if (stack < 1 || stack > t->last_node || t->order)
		return stack_tree_damaged(err, "stack", stack);
	q = kept && *kept ? *kept : store_prepare(t->store, sql, err);
	if (!q)
		return -1;
	rc = read_up(q, t, (uint32_t)stack, err);
	if (kept)
		*kept = q;
	else
		statement_finish(q);
	return rc;
}

void stack_tree_release(struct stack_tree *t)
{
	if (t->kept) {
		*t = (struct stack_tree){ 0 };
		return;
	}
	statement_finish(t->one);
	free(t->partial);
	free(t->nodes);
	free(t->frames);
	free(t->sites);
	free(t->functions);
	free(t->files);
	free(t->modules);
	free(t->order);
	free(t->text);
	*t = (struct stack_tree){ 0 };
}
