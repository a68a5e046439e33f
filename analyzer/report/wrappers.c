/* SPDX-License-Identifier: MIT
 *
 * Wrappers: functions that look as if they only passed a request for memory on, without being known for it: most of what they
 * ask for comes through one place in them, has many sizes, none of which prevails, and is wanted by many callers, some of which
 * want far larger blocks than others. Where one function is called by another alone, which asks for nothing else, the two are
 * looked at as one, and both are told. It is a guess from what was seen: the row says what to add to have it looked through.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/report/wrappers_calls.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"
#include "analyzer/store/stack_tree.h"

enum {
	LEAST_ALLOCATIONS = 64,
	LEAST_CALLERS = 4,  /* places */
	LEAST_SIZES = 4,
	LEAST_SPREAD = 4,    /* times the mean size of one caller, the mean of another */
	MOST_OF_A_SIZE = 90, /* percent of the allocations */
	NEARLY_ALL = 90,     /* percent */
	LAYERS = 3,          /* functions looked at as one, at the most */
};

enum { FUNCTION, FILE_NAME, LINE, CALLERS, SIZES, ALLOCATIONS, SUGGESTION, MODULE, FUNCTION_KEY };

static const struct column columns[] = {
	[FUNCTION] = { "function", "FUNCTION", UNIT_TEXT, "what looks like a wrapper" },
	[FILE_NAME] = { "file", NULL, UNIT_TEXT, "its source file" },
	[LINE] = { "line", NULL, UNIT_ID, "line in it that most of its allocations come through" },
	[CALLERS] = { "callers", "CALLERS", UNIT_COUNT, "places it is called from" },
	[SIZES] = { "sizes", "SIZES", UNIT_COUNT, "different sizes it asked for" },
	[ALLOCATIONS] = { "allocations", "CALLS", UNIT_COUNT, "allocations that came through the line" },
	[SUGGESTION] = { "suggestion", "TO LOOK THROUGH IT", UNIT_TEXT, "what to add to a command that analyzes the trace" },
	[MODULE] = { "module", NULL, UNIT_TEXT, "executable or shared object it lies in" },
	[FUNCTION_KEY] = { "function_id", NULL, UNIT_ID, "key of the function" },
};

struct sizes {
	int64_t different, largest_count;
};

struct search {
	struct stack_tree tree;
	struct wrappers_amount *nodes; /* by stack: those whose site is this node */
	uint32_t *first, *next; /* by site, by stack: the stacks that are the site of something; 0: no more */
	int64_t *sites;      /* by site: allocations */
	int64_t *own;        /* by function: allocations whose site is in it */
	int64_t *all;        /* by function: allocations of stacks it is on */
	uint32_t *main_site; /* by function: its site with most */
	struct sizes *sizes; /* by site */
	char *told;          /* by function: there is a row, or none is wanted, as for those that are looked through already */
};

/* --- reading -------------------------------------------------------------------------------------------- */

/* Counts a stack's allocations for every function on it, once. */
static void count_functions(const struct search *w, uint32_t stack, int64_t allocations, uint32_t *last)
{
	for (uint32_t n = stack; n; n = w->tree.nodes[n].parent) {
		uint32_t function = w->tree.frames[w->tree.nodes[n].frame].function;
		if (last[function] == stack)
			continue;
		last[function] = stack;
		w->all[function] += allocations;
	}
}

/* A function that is looked through is the site of none of its frames. */
static void find_known(const struct search *w)
{
	const struct stack_tree *tree = &w->tree;

	for (uint32_t n = 1; n <= tree->last_node; n++) {
		const struct stack_place *frame = &tree->frames[tree->nodes[n].frame], *site = &tree->sites[tree->nodes[n].site];
		if (tree->nodes[n].parent && tree->nodes[n].site == tree->nodes[tree->nodes[n].parent].site && frame->function != site->function)
			w->told[frame->function] = 1;
	}
}

static int read_allocations(struct store *s, const struct scope *scope, struct search *w, struct err *err)
{
	const struct stack_tree *tree = &w->tree;
	int64_t *values = memory_zeroed((size_t)tree->last_node + 1, sizeof(*values));
	int64_t *bytes = memory_zeroed((size_t)tree->last_node + 1, sizeof(*bytes));
	uint32_t *last = memory_zeroed((size_t)tree->last_function + 1, sizeof(*last)), *site_nodes = stack_tree_site_nodes(tree);
	int rc = cost_by_stack(s, COST_ALLOCATIONS, scope, values, tree->last_node, err);

	if (!rc)
		rc = cost_by_stack(s, COST_ALLOCATED_BYTES, scope, bytes, tree->last_node, err);
	for (uint32_t n = 1; n <= tree->last_node && !rc; n++) {
		if (!values[n])
			continue;
		uint32_t site = tree->nodes[n].site;
		w->nodes[site_nodes[n]].allocations += values[n];
		w->nodes[site_nodes[n]].bytes += bytes[n];
		w->sites[site] += values[n];
		w->own[tree->sites[site].function] += values[n];
		count_functions(w, n, values[n], last);
	}
	for (uint32_t n = tree->last_node; n >= 1 && !rc; n--) {
		uint32_t *first = &w->first[tree->nodes[n].site];

		if (w->nodes[n].allocations <= 0)
			continue;
		w->next[n] = *first;
		*first = n;
	}
	for (uint32_t i = 1; i <= tree->last_site && !rc; i++) {
		uint32_t *main_site = &w->main_site[tree->sites[i].function];
		if (w->sites[i] > w->sites[*main_site])
			*main_site = i;
	}
	free(values);
	free(bytes);
	free(last);
	free(site_nodes);
	return rc;
}

static int read_sizes(struct store *s, const struct scope *scope, struct search *w, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT site_id, count(*), max(count) FROM (SELECT site_id, sum(count) AS count FROM histogram "
	                                       "WHERE kind = 'size' AND " SCOPE_PROCESSES " GROUP BY site_id, low) GROUP BY site_id", err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	while ((got = statement_step(q, err)) > 0) {
		int64_t site = statement_number(q, 0);
		if (site > 0 && site <= w->tree.last_site)
			w->sizes[site] = (struct sizes){ statement_number(q, 1), statement_number(q, 2) };
	}
	statement_finish(q);
	return got;
}

/* --- judging -------------------------------------------------------------------------------------------- */

static int are_many(const struct wrappers_callers *c)
{
	return c->places >= LEAST_CALLERS && c->largest >= c->smallest * LEAST_SPREAD;
}

static int nearly_all(int64_t part, int64_t whole)
{
	return (double)part * 100 >= (double)whole * NEARLY_ALL;
}

static int has_many_sizes(const struct search *w, uint32_t site)
{
	return w->sizes[site].different >= LEAST_SIZES &&
	       (double)w->sizes[site].largest_count * 100 <= (double)w->sites[site] * MOST_OF_A_SIZE;
}

/* What has to be told when `count` functions, the innermost first, are one wrapper. */
struct finding {
	struct stack_place layers[LAYERS];
	size_t count, callers;
	uint32_t site;
	int64_t allocations;
};

/* 1 if the function looks like a wrapper, perhaps together with who alone calls it. */
static int judge(const struct search *w, uint32_t function, struct finding *f)
{
	uint32_t site = w->main_site[function];
	struct wrappers_calls calls = { 0 };
	int found = 0;

	*f = (struct finding){ .site = site, .allocations = w->sites[site], .layers[0] = w->tree.sites[site] };
	if (!site || w->sites[site] < LEAST_ALLOCATIONS || w->sites[site] * 2 <= w->own[function] || !has_many_sizes(w, site))
		return 0;
	for (uint32_t n = w->first[site]; n; n = w->next[n])
		wrappers_calls_add(&calls, &w->tree, n, w->nodes[n]);
	for (f->count = 1;; f->count++) {
		struct wrappers_callers callers = wrappers_calls_count(&calls);

		f->callers = callers.places;
		if ((found = are_many(&callers)) || f->count == LAYERS)
			break;
		if (!callers.most.function || callers.most.function == f->layers[f->count - 1].function ||
		    !nearly_all(callers.of_most, f->allocations) || !nearly_all(callers.of_most, w->all[callers.most.function]))
			break;
		f->layers[f->count] = callers.most;
		wrappers_calls_climb(&calls, &w->tree, &callers.most);
	}
	free(calls.at);
	return found;
}

/* --- telling -------------------------------------------------------------------------------------------- */

/* --wrapper='^NAME$', for a shell. Caller frees. */
static char *suggestion(const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	fputs("--wrapper='^", out);
	for (; *name; name++) {
		if (strchr("\\^.[$()|*+?{", *name))
			fputc('\\', out);
		fputs(*name == '\'' ? "'\\''" : (char[]){ *name, 0 }, out);
	}
	fputs("$'", out);
	fclose(out);
	return text;
}

static void add_row(const struct search *w, const struct finding *f, const struct stack_place *place, struct table *t)
{
	const char *name = stack_tree_function(&w->tree, place->function);
	struct value *row = table_add_row(t);
	char *text = suggestion(name ? name : "");

	table_set_text(t, &row[FUNCTION], name);
	table_set_text(t, &row[FILE_NAME], stack_tree_file(&w->tree, place->file));
	if (place->line)
		table_set_number(&row[LINE], place->line);
	table_set_number(&row[CALLERS], (int64_t)f->callers);
	table_set_number(&row[SIZES], w->sizes[f->site].different);
	table_set_number(&row[ALLOCATIONS], f->allocations);
	table_set_text(t, &row[SUGGESTION], text);
	table_set_text(t, &row[MODULE], stack_tree_module(&w->tree, place->function));
	table_set_number(&row[FUNCTION_KEY], place->function);
	free(text);
}

static void tell(struct search *w, const struct finding *f, const struct report_query *q, struct table *t)
{
	for (size_t i = 0; i < f->count; i++) {
		uint32_t function = f->layers[i].function;
		if (w->told[function] || !site_rows_match(q, stack_tree_function(&w->tree, function)))
			continue;
		w->told[function] = 1;
		add_row(w, f, &f->layers[i], t);
	}
}

static void search_init(struct search *w)
{
	size_t functions = (size_t)w->tree.last_function + 1, sites = (size_t)w->tree.last_site + 1;

	w->nodes = memory_zeroed((size_t)w->tree.last_node + 1, sizeof(*w->nodes));
	w->next = memory_zeroed((size_t)w->tree.last_node + 1, sizeof(*w->next));
	w->first = memory_zeroed(sites, sizeof(*w->first));
	w->sites = memory_zeroed(sites, sizeof(*w->sites));
	w->own = memory_zeroed(functions, sizeof(*w->own));
	w->all = memory_zeroed(functions, sizeof(*w->all));
	w->main_site = memory_zeroed(functions, sizeof(*w->main_site));
	w->sizes = memory_zeroed(sites, sizeof(*w->sizes));
	w->told = memory_zeroed(functions, 1);
}

static void search_release(struct search *w)
{
	free(w->nodes);
	free(w->next);
	free(w->first);
	free(w->sites);
	free(w->own);
	free(w->all);
	free(w->main_site);
	free(w->sizes);
	free(w->told);
	stack_tree_release(&w->tree);
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct search w = { 0 };
	struct finding f;

	if (stack_tree_load(s, &w.tree, err))
		return -1;
	search_init(&w);
	int rc = read_allocations(s, &scope, &w, err) || read_sizes(s, &scope, &w, err) ? -1 : 0;

	find_known(&w);
	for (uint32_t i = 1; i <= w.tree.last_function && !rc; i++)
		if (judge(&w, i, &f))
			tell(&w, &f, q, t);
	search_release(&w);
	return rc;
}

const struct report report_wrappers = {
	.name = "wrappers",
	.title = "Wrappers",
	.help = "functions that look like wrappers of an allocator, and how to have them looked through",
	.rows = "functions that look like wrappers of an allocator",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 1,
	.sort_column = ALLOCATIONS,
	.filters = REPORT_PID | REPORT_MATCH,
	.needs = LENS_WHOLE,
	.fill = fill,
};
