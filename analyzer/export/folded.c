/* SPDX-License-Identifier: MIT
 *
 * Folded stacks: a line a stack, its functions from the outermost to the innermost joined by `;`, a
 * blank, and the cost as an integer. flamegraph.pl, inferno and speedscope read it. Stacks that read
 * the same are one line, stacks with nothing of the cost none; lines are sorted bytewise as a whole.
 * Names are escaped as stack_tree_write_name says; a function inlined into the one before ends in `_[i]`.
 * Stacks that waited, or made others wait, have as a last frame what it was for: a lock by its name, `server+0x40`; what is
 * waited on for work with its kind before, `cond jobs+0x28`.
 */
#define _GNU_SOURCE /* qsort_r */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/trie.h"
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
};

/* Costs whose stacks have a leaf. Rows (leaf, stack, value), sorted by leaf; parameters 1 and 2 as scope_bind's. */
#define WAITS_SQL(leaf, value, class) \
	"SELECT " leaf " AS leaf, w.stack_id, sum(w." value ") FROM lock_wait w JOIN lock ON lock.id = w.lock_id WHERE w.class = " class \
	" AND " SCOPE_THREADS " GROUP BY leaf, w.stack_id ORDER BY leaf"
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
	                "WHERE " SCOPE_THREADS " GROUP BY leaf, h.stack_id ORDER BY leaf" },
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

static int count_leaves(struct folding *f, struct store *s, const char *sql, const struct scope *scope, struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);
	size_t first = f->spelled_count;
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	while ((got = statement_step(q, err)) > 0)
		if (count_leaf(f, q, first, err)) {
			got = -1;
			break;
		}
	statement_finish(q);
	return got;
}

static int count_cost(struct folding *f, struct store *s, int64_t cost, const struct scope *scope, struct err *err)
{
	for (size_t i = 0; i < sizeof(leaf_sources) / sizeof(leaf_sources[0]); i++)
		if (leaf_sources[i].cost == cost)
			return count_leaves(f, s, leaf_sources[i].sql, scope, err);
	return count_stacks(f, s, cost, scope, err);
}

/* The line of a trie node, without its newline: written from its end. Caller frees. */
static char *write_line(const struct folding *f, uint32_t node)
{
	char figure[24];
	size_t size = (size_t)snprintf(figure, sizeof(figure), " %" PRId64, f->trie.nodes[node].self), at;

	for (uint32_t n = node; n; n = f->trie.nodes[n].parent)
		size += strlen(f->spelled[f->trie.nodes[n].label / 2]) + (f->trie.nodes[n].label & 1 ? 4 : 0) + (n != node);
	char *line = memory_resized(NULL, size + 1, 1);
	at = size - strlen(figure);
	memcpy(line + at, figure, strlen(figure) + 1);
	for (uint32_t n = node; n; n = f->trie.nodes[n].parent) {
		const char *name = f->spelled[f->trie.nodes[n].label / 2];
		if (n != node)
			line[--at] = ';';
		if (f->trie.nodes[n].label & 1)
			memcpy(line + (at -= 4), "_[i]", 4);
		at -= strlen(name);
		memcpy(line + at, name, strlen(name));
	}
	return line;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void write_lines(const struct folding *f, FILE *out)
{
	char **lines = memory_zeroed(f->trie.count, sizeof(*lines));
	size_t count = 0;

	for (size_t n = 1; n < f->trie.count; n++)
		if (f->trie.nodes[n].self)
			lines[count++] = write_line(f, (uint32_t)n);
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++) {
		fputs(lines[i], out);
		fputc('\n', out);
		free(lines[i]);
	}
	free(lines);
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
	int rc = count_cost(&f, s, cost.id, &scope, err);
	if (!rc)
		write_lines(&f, out);
	trie_release(&f.trie);
	while (f.spelled_count > 0)
		free(f.spelled[--f.spelled_count]);
	free(f.spelled);
	free(f.spellings);
	free(f.ends);
	stack_tree_release(&f.tree);
	return rc;
}

const struct exporter export_folded = {
	.name = "folded",
	.help = "folded stacks, for flamegraph.pl, inferno, speedscope",
	.write = write_folded,
};
