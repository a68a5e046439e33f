/* SPDX-License-Identifier: MIT
 *
 * Folded stacks: a line a stack, its functions from the outermost to the innermost joined by `;`, a
 * blank, and the cost as an integer. flamegraph.pl, inferno and speedscope read it. Stacks that read
 * the same are one line, stacks with nothing of the cost none; lines are sorted bytewise as a whole.
 * Names are escaped as stack_tree_write_name says; a function inlined into the one before ends in `_[i]`.
 * What is sorted is the children of a frame, so that no more than the tree is held in memory: the lines of ten million stacks are
 * many times as large.
 * Stacks that waited, or made others wait, have as a last frame what it was for: a lock by its name, `server+0x40`; what is
 * waited on for work with its kind before, `cond jobs+0x28`.
 */
#define _GNU_SOURCE /* qsort_r */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/trie.h"
#include "analyzer/export/stack_choice.h"
#include "analyzer/export/exporter_list.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

struct folding {
	struct stack_tree tree;
	uint32_t *spellings;   /* by function: a number that functions of the same name share */
	char **spelled;        /* by that number: the name as it is written; then the leaves */
	size_t spelled_count, spelled_capacity;
	struct trie trie;      /* labels: spelling * 2 + inlined */
	uint32_t *ends;        /* by stack: its node of the trie */
	unsigned char *chosen; /* by stack: 1 if it counts; NULL: all do */
};

/* Costs whose stacks have a leaf. Rows (leaf, stack, value), sorted by leaf; parameters 1 and 2 as scope_bind's, 3 a lock, 0: any. */
#define OF_LOCK "(?3 = 0 OR lock.id = ?3)"
#define WAITS_SQL(leaf, value, class) \
	"SELECT " leaf " AS leaf, w.stack_id, sum(w." value ") FROM lock_wait w JOIN lock ON lock.id = w.lock_id WHERE w.class = " class \
	" AND " SCOPE_THREADS " AND " OF_LOCK " GROUP BY leaf, w.stack_id ORDER BY leaf"
#define LOCK_LEAF "CASE lock.name WHEN '' THEN lock.kind ELSE lock.name END"
#define WORK_LEAF "CASE lock.kind WHEN 'join' THEN 'join' ELSE lock.kind || ' ' || lock.name END"
static const struct {
	int64_t cost;
	const char *sql;
} leaf_sources[] = {
	{ COST_WAIT_NS, WAITS_SQL(LOCK_LEAF, "wait_ns", "20") },
	{ COST_WAITS, WAITS_SQL(LOCK_LEAF, "waits", "20") },
	{ COST_BLOCKED_NS, WAITS_SQL(WORK_LEAF, "wait_ns", "22") },
	{ COST_HELD_NS, "SELECT " LOCK_LEAF " AS leaf, h.stack_id, sum(h.caused_wait_ns) FROM lock_hold h JOIN lock ON lock.id = h.lock_id "
	                "WHERE " SCOPE_THREADS " AND " OF_LOCK " GROUP BY leaf, h.stack_id ORDER BY leaf" },
};

static int compare_names(const void *a, const void *b, void *tree)
{
	return strcmp(stack_tree_function(tree, *(const uint32_t *)a), stack_tree_function(tree, *(const uint32_t *)b));
}

static char *spell(const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	stack_tree_write_name(name, out);
	fclose(out);
	return text;
}

static void number_spellings(struct folding *f)
{
	struct stack_tree *tree = &f->tree;
	uint32_t *functions = memory_zeroed((size_t)tree->last_function + 1, sizeof(*functions)), count = 0;

	f->spellings = memory_zeroed((size_t)tree->last_function + 1, sizeof(*f->spellings));
	for (uint32_t i = 1; i <= tree->last_function; i++)
		if (tree->functions[i].used)
			functions[count++] = i;
	qsort_r(functions, count, sizeof(*functions), compare_names, tree);
	f->spelled = memory_grown(NULL, &f->spelled_capacity, (size_t)count + 1, sizeof(*f->spelled));
	for (uint32_t i = 0; i < count; i++) {
		if (!i || compare_names(&functions[i], &functions[i - 1], tree) != 0)
			f->spelled[f->spelled_count++] = spell(stack_tree_function(tree, functions[i]));
		f->spellings[functions[i]] = (uint32_t)f->spelled_count - 1;
	}
	free(functions);
}

static void merge_stacks(struct folding *f)
{
	const struct stack_tree *tree = &f->tree;

	f->ends = memory_zeroed((size_t)tree->last_node + 1, sizeof(*f->ends));
	for (size_t i = 0; i < tree->order_count; i++) {
		uint32_t n = tree->order[i];
		const struct stack_place *frame = &tree->frames[tree->nodes[n].frame];
		f->ends[n] = trie_child(&f->trie, f->ends[tree->nodes[n].parent],
		                        f->spellings[frame->function] * 2 + (frame->inlined != 0));
	}
}

/* Counts every stack where it ends. */
static int count_stacks(struct folding *f, struct store *s, int64_t cost, const struct scope *scope, struct err *err)
{
	int64_t *values = memory_zeroed((size_t)f->tree.last_node + 1, sizeof(*values));
	int rc = cost_by_stack(s, cost, scope, values, f->tree.last_node, err);

	for (uint32_t n = 1; n <= f->tree.last_node && !rc; n++)
		if (!f->chosen || f->chosen[n])
			f->trie.nodes[f->ends[n]].self += values[n];
	free(values);
	return rc;
}

/* Counts a stack at a leaf below it; rows of a leaf come together, so the last one is the one or it is new. */
static int count_leaf(struct folding *f, struct statement *q, size_t first, struct err *err)
{
	int64_t stack = statement_number(q, 1);

	if (stack < 1 || stack > f->tree.last_node || !f->tree.nodes[stack].frame)
		return err_set(err, ERR_FAILED, "the database is damaged: somebody waited in stack %lld, which is not there", (long long)stack);
	if (f->chosen && !f->chosen[stack])
		return 0;
	char *leaf = spell(statement_text(q, 0));
	if (f->spelled_count > first && strcmp(f->spelled[f->spelled_count - 1], leaf) == 0) {
		free(leaf);
	} else {
		f->spelled = memory_grown(f->spelled, &f->spelled_capacity, f->spelled_count + 1, sizeof(*f->spelled));
		f->spelled[f->spelled_count++] = leaf;
	}
	uint32_t node = trie_child(&f->trie, f->ends[stack], (uint32_t)(f->spelled_count - 1) * 2);
	f->trie.nodes[node].self += statement_number(q, 2);
	return 0;
}

static int count_leaves(struct folding *f, struct store *s, const char *sql, const struct scope *scope, int64_t lock, struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);
	size_t first = f->spelled_count;
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	statement_bind_number(q, 3, lock);
	while ((got = statement_step(q, err)) > 0)
		if (count_leaf(f, q, first, err)) {
			got = -1;
			break;
		}
	statement_finish(q);
	return got;
}

static int count_cost(struct folding *f, struct store *s, int64_t cost, const struct scope *scope, int64_t lock, struct err *err)
{
	for (size_t i = 0; i < sizeof(leaf_sources) / sizeof(leaf_sources[0]); i++)
		if (leaf_sources[i].cost == cost)
			return count_leaves(f, s, leaf_sources[i].sql, scope, lock, err);
	return count_stacks(f, s, cost, scope, err);
}

/* --- writing -------------------------------------------------------------------------------------------- */

/* What stands below a frame: the line of a child, or all lines further in. Neither begins with what another one is. */
struct entry {
	const char *name, *mark;
	char end[24]; /* " 123" of a line; ";" */
	uint32_t node;
};

/* A frame whose entries are being written: those left to do are entries[next] up to entries[end]; `size` characters are before it. */
struct level {
	size_t first, next, end, size;
};

struct writing {
	const struct folding *f;
	uint32_t *start, *children; /* of a node: children[start[node]] up to children[start[node + 1]] */
	struct entry *entries;      /* of the levels, one after the other */
	size_t count, room;
	struct level *levels;
	size_t depth, level_room;
	char *prefix;               /* the names from the outermost to the last level's, each followed by ; */
	size_t prefix_room;
};

static void find_children(struct writing *w, const struct trie *trie)
{
	w->start = memory_zeroed(trie->count + 2, sizeof(*w->start));
	w->children = memory_zeroed(trie->count, sizeof(*w->children));
	for (size_t n = 1; n < trie->count; n++)
		w->start[trie->nodes[n].parent + 2]++;
	for (size_t n = 1; n < trie->count; n++)
		w->start[n + 1] += w->start[n];
	for (size_t n = 1; n < trie->count; n++)
		w->children[w->start[trie->nodes[n].parent + 1]++] = (uint32_t)n;
}

/* As strcmp of the two as they are written. */
static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	const char *const as[] = { a->name, a->mark, a->end, "" }, *const bs[] = { b->name, b->mark, b->end, "" };
	const char *x = as[0], *y = bs[0];

	for (size_t i = 0, k = 0;; x++, y++) {
		while (!*x && i < 3)
			x = as[++i];
		while (!*y && k < 3)
			y = bs[++k];
		if (*x != *y)
			return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
		if (!*x)
			return 0;
	}
}

static void add_entry(struct writing *w, uint32_t node, int is_line)
{
	const struct trie_node *n = &w->f->trie.nodes[node];
	struct entry *e;

	w->entries = memory_grown(w->entries, &w->room, w->count + 1, sizeof(*w->entries));
	e = &w->entries[w->count++];
	*e = (struct entry){ .name = w->f->spelled[n->label / 2], .mark = n->label & 1 ? "_[i]" : "", .end = ";", .node = is_line ? 0 : node };
	if (is_line)
		snprintf(e->end, sizeof(e->end), " %" PRId64, n->self);
}

/* Goes into a node of which `size` characters of the prefix are the name and those before it. */
static void push_level(struct writing *w, uint32_t node, size_t size)
{
	size_t first = w->count;

	for (uint32_t k = w->start[node]; k < w->start[node + 1]; k++) {
		uint32_t child = w->children[k];
		if (w->f->trie.nodes[child].self)
			add_entry(w, child, 1);
		if (w->start[child] < w->start[child + 1])
			add_entry(w, child, 0);
	}
	if (w->count > first + 1)
		qsort(w->entries + first, w->count - first, sizeof(*w->entries), compare_entries);
	w->levels = memory_grown(w->levels, &w->level_room, w->depth + 1, sizeof(*w->levels));
	w->levels[w->depth++] = (struct level){ first, first, w->count, size };
}

static size_t append(struct writing *w, size_t at, const char *text)
{
	size_t size = strlen(text);

	w->prefix = memory_grown(w->prefix, &w->prefix_room, at + size, 1);
	memcpy(w->prefix + at, text, size);
	return at + size;
}

static void write_lines(const struct folding *f, FILE *out)
{
	struct writing w = { .f = f };

	find_children(&w, &f->trie);
	push_level(&w, 0, 0);
	while (w.depth && !ferror(out)) {
		struct level *l = &w.levels[w.depth - 1];
		if (l->next == l->end) {
			w.count = l->first;
			w.depth--;
			continue;
		}
		const struct entry e = w.entries[l->next++];
		size_t size = append(&w, append(&w, append(&w, l->size, e.name), e.mark), e.end);
		if (e.node) {
			push_level(&w, e.node, size);
			continue;
		}
		fwrite(w.prefix, 1, size, out);
		fputc('\n', out);
	}
	free(w.start);
	free(w.children);
	free(w.entries);
	free(w.levels);
	free(w.prefix);
}

static int write_folded(struct store *s, const struct export_query *q, FILE *out, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct folding f = { 0 };
	struct cost cost;

	if (cost_find(s, q->cost, &cost, err) || scope_check(s, &scope, err) || stack_tree_load(s, &f.tree, err))
		return -1;
	trie_init(&f.trie);
	number_spellings(&f);
	merge_stacks(&f);
	f.chosen = stack_choice_mark(&f.tree, q);
	int rc = count_cost(&f, s, cost.id, &scope, q->lock_id, err);
	if (!rc)
		write_lines(&f, out);
	trie_release(&f.trie);
	while (f.spelled_count > 0)
		free(f.spelled[--f.spelled_count]);
	free(f.spelled);
	free(f.spellings);
	free(f.ends);
	free(f.chosen);
	stack_tree_release(&f.tree);
	return rc;
}

const struct exporter export_folded = {
	.name = "folded",
	.help = "folded stacks, for flamegraph.pl, inferno, speedscope",
	.write = write_folded,
};
