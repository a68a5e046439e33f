/* SPDX-License-Identifier: MIT
 *
 * Folded stacks: a line a stack, its functions from the outermost to the innermost joined by `;`, a
 * blank, and the cost as an integer. flamegraph.pl, inferno and speedscope read it. Stacks that read
 * the same are one line, stacks with nothing of the cost none; lines are sorted bytewise as a whole.
 * Names are escaped as stack_tree_write_name says; a function inlined into the one before ends in `_[i]`.
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
	int64_t *values;       /* by stack */
	uint32_t *spellings;   /* by function: a number that functions of the same name share */
	char **spelled;        /* by that number: the name as it is written */
	size_t spelled_count;
	struct trie trie;      /* labels: spelling * 2 + inlined */
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
	f->spelled = memory_zeroed(count, sizeof(*f->spelled));
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
	uint32_t *into = memory_zeroed((size_t)tree->last_node + 1, sizeof(*into));

	trie_init(&f->trie);
	for (size_t i = 0; i < tree->order_count; i++) {
		uint32_t n = tree->order[i];
		const struct stack_place *frame = &tree->frames[tree->nodes[n].frame];
		into[n] = trie_child(&f->trie, into[tree->nodes[n].parent], f->spellings[frame->function] * 2 + (frame->inlined != 0));
		f->trie.nodes[into[n]].self += f->values[n];
	}
	free(into);
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
	f.values = memory_zeroed((size_t)f.tree.last_node + 1, sizeof(*f.values));
	int rc = cost_by_stack(s, cost.id, &scope, f.values, f.tree.last_node, err);
	if (!rc) {
		number_spellings(&f);
		merge_stacks(&f);
		write_lines(&f, out);
		trie_release(&f.trie);
	}
	while (f.spelled_count > 0)
		free(f.spelled[--f.spelled_count]);
	free(f.spelled);
	free(f.spellings);
	free(f.values);
	stack_tree_release(&f.tree);
	return rc;
}

const struct exporter export_folded = {
	.name = "folded",
	.help = "folded stacks, for flamegraph.pl, inferno, speedscope",
	.write = write_folded,
};
