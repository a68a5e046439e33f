/* SPDX-License-Identifier: MIT
 *
 * Who passes a filter. A term is about stacks or about threads, so a figure passes where its stack and its thread do. Stacks are
 * decided once, callers before callees: a stack passes through what its caller passes through, and through its own frame.
 */
#define _GNU_SOURCE /* strcasestr */
#include "analyzer/store/lens_private.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/code_class.h"

static int is_about_stacks(const struct filter_term *t)
{
	return t->kind != FILTER_THREAD && t->kind != FILTER_PROCESS;
}

static int is_about_sites(const struct filter_term *t)
{
	return t->kind == FILTER_SITE || t->kind == FILTER_CLASS;
}

/* --- stacks --------------------------------------------------------------------------------------------- */

/* Sets of terms as bits. */
struct stack_terms {
	const struct filter *filter;
	uint32_t wanted, unwanted; /* must hold, must not */
	uint32_t *functions;       /* by function: terms that hold of stacks through it */
	uint32_t *sites;           /* by site: terms that hold of stacks of it */
	unsigned char *own;        /* by module: 1: an executable that was recorded */
};

static int has_text(const char *name, const char *text)
{
	return name && strcasestr(name, text) != NULL;
}

static void mark_functions(const struct stack_tree *tree, struct stack_terms *terms, const struct filter_term *t, uint32_t bit)
{
	for (uint32_t f = 1; f <= tree->last_function; f++) {
		if (!tree->functions[f].used)
			continue;
		int holds = t->kind == FILTER_FUNCTION      ? has_text(stack_tree_function(tree, f), t->text)
		            : t->kind == FILTER_FUNCTION_ID ? t->number == f
		                                            : has_text(stack_tree_module(tree, f), t->text);
		terms->functions[f] |= holds ? bit : 0;
	}
}

static enum code_class class_of(const struct stack_tree *tree, const struct stack_terms *terms, uint32_t function)
{
	uint32_t module = tree->functions[function].module;

	if (code_class_is_runtime(stack_tree_module(tree, function)))
		return CODE_RUNTIME;
	return !module || terms->own[module] ? CODE_OWN : CODE_LIBRARY;
}

static void mark_sites(const struct stack_tree *tree, struct stack_terms *terms, const struct filter_term *t, uint32_t bit)
{
	for (uint32_t site = 1; site <= tree->last_site; site++) {
		uint32_t function = tree->sites[site].function;
		int holds = t->kind == FILTER_SITE ? t->number == site : function && t->number == (int64_t)class_of(tree, terms, function);
		terms->sites[site] |= holds ? bit : 0;
	}
}

static int read_own_modules(struct store *s, const struct stack_tree *tree, struct stack_terms *terms, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT id FROM main.module WHERE path IN (SELECT executable FROM main.process)", err);
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0)
		if (statement_number(q, 0) > 0 && statement_number(q, 0) <= tree->last_module)
			terms->own[statement_number(q, 0)] = 1;
	statement_finish(q);
	return got;
}

static void mark_terms(const struct stack_tree *tree, struct stack_terms *terms)
{
	for (size_t i = 0; i < terms->filter->count; i++) {
		const struct filter_term *t = &terms->filter->terms[i];
		uint32_t bit = 1u << i;

		if (!is_about_stacks(t))
			continue;
		*(t->excluded ? &terms->unwanted : &terms->wanted) |= bit;
		(is_about_sites(t) ? mark_sites : mark_functions)(tree, terms, t, bit);
	}
}

/* Fills the bit map; takes it away again if every stack passes. */
static int decide_nodes(struct store *s, struct lens_state *l, const struct stack_terms *terms, struct err *err)
{
	const struct stack_tree *tree = &l->tree;
	uint32_t *through = memory_zeroed((size_t)tree->last_node + 1, sizeof(*through));
	size_t passing = 0;
	int rc = 0;

	l->nodes = memory_zeroed((size_t)tree->last_node / 8 + 1, 1);
	for (size_t i = 0; i < tree->order_count && !rc; i++) {
		uint32_t n = tree->order[i];
		const struct stack_node *node = &tree->nodes[n];

		through[n] = through[node->parent] | terms->functions[tree->frames[node->frame].function];
		uint32_t holds = through[n] | terms->sites[node->site];
		if ((holds & terms->wanted) == terms->wanted && !(holds & terms->unwanted)) {
			l->nodes[n >> 3] |= (unsigned char)(1u << (n & 7));
			passing++;
		}
		if ((i & 0xfffff) == 0xfffff)
			rc = store_interrupted(s, err);
	}
	free(through);
	if (passing == tree->order_count) {
		free(l->nodes);
		l->nodes = NULL;
	} else {
		l->kinds |= LENS_BY_STACK;
	}
	return rc;
}

/* Where all terms are about sites, a site passes with all its stacks. */
static void decide_sites(struct lens_state *l, const struct stack_terms *terms)
{
	for (size_t i = 0; i < terms->filter->count; i++)
		if (is_about_stacks(&terms->filter->terms[i]) && !is_about_sites(&terms->filter->terms[i]))
			return;
	l->sites = memory_zeroed((size_t)l->tree.last_site + 1, 1);
	for (uint32_t site = 1; site <= l->tree.last_site; site++)
		l->sites[site] = (terms->sites[site] & terms->wanted) == terms->wanted && !(terms->sites[site] & terms->unwanted);
}

static int decide_stacks(struct store *s, struct lens_state *l, struct err *err)
{
	const struct stack_tree *tree = &l->tree;
	struct stack_terms terms = { .filter = &l->lens.filter };
	int rc;

	terms.functions = memory_zeroed((size_t)tree->last_function + 1, sizeof(*terms.functions));
	terms.sites = memory_zeroed((size_t)tree->last_site + 1, sizeof(*terms.sites));
	terms.own = memory_zeroed((size_t)tree->last_module + 1, 1);
	rc = read_own_modules(s, tree, &terms, err);
	if (!rc) {
		mark_terms(tree, &terms);
		if (terms.wanted || terms.unwanted)
			rc = decide_nodes(s, l, &terms, err);
		if (l->nodes && !rc)
			decide_sites(l, &terms);
	}
	free(terms.functions);
	free(terms.sites);
	free(terms.own);
	return rc;
}

/* --- threads and processes ------------------------------------------------------------------------------ */

/* The largest id of a table; ids are given in order, so one far above the number of rows is damage. */
static int last_id(struct store *s, const char *sql, int64_t *last, struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);
	int got;

	if (!q)
		return -1;
	got = statement_step(q, err);
	*last = got > 0 ? statement_number(q, 0) : 0;
	if (got > 0 && (statement_number(q, 1) < 1 || *last > 16 * statement_number(q, 2) + 65536))
		got = err_set(err, ERR_FAILED, "the database is damaged: there is a thread or process %lld", (long long)*last);
	statement_finish(q);
	return got < 0 ? -1 : 0;
}

static int is_named(const struct filter_term *t, const char *name, int64_t id)
{
	return has_text(name, t->text) || (t->number >= 0 && t->number == id);
}

/* Rows of threads_sql. */
enum { THREAD, TID, THREAD_NAME, START, END, PROCESS, PID, COMMAND, EXECUTABLE };

static const char threads_sql[] =
	"SELECT thread.id, tid, name, thread.start_ns, thread.end_ns, process_id, pid, command, executable FROM main.thread "
	"JOIN main.process ON process.id = process_id";

static int thread_passes(const struct filter *f, struct statement *q)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct filter_term *t = &f->terms[i];
		int holds;

		if (is_about_stacks(t))
			continue;
		holds = t->kind == FILTER_THREAD ? is_named(t, statement_text(q, THREAD_NAME), statement_number(q, TID))
		                                 : is_named(t, statement_text(q, COMMAND), statement_number(q, PID)) ||
		                                   has_text(statement_text(q, EXECUTABLE), t->text);
		if (holds == t->excluded)
			return 0;
	}
	return 1;
}

static int read_threads(struct store *s, struct lens_state *l, struct err *err)
{
	struct statement *q = store_prepare(s, threads_sql, err);
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		int64_t id = statement_number(q, THREAD), process = statement_number(q, PROCESS);
		if (id < 1 || id > l->last_thread || process < 1 || process > l->last_process)
			continue;
		int passes = thread_passes(&l->lens.filter, q);
		int there = !(l->kinds & LENS_BY_TIME) ||
		            (statement_number(q, START) < l->to_ns && (statement_none(q, END) || statement_number(q, END) >= l->from_ns));
		l->threads[id] = (struct lens_thread){ (uint32_t)process, (unsigned char)passes, (unsigned char)(passes && there) };
		l->processes[process].known = 1;
		l->processes[process].passes |= (unsigned char)passes;
	}
	statement_finish(q);
	return got;
}

/* A process of which no thread was recorded passes by itself. */
static int read_lone_processes(struct store *s, struct lens_state *l, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT NULL, -1, '', NULL, NULL, id, pid, command, executable FROM main.process", err);
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		int64_t id = statement_number(q, PROCESS);
		if (id > 0 && id <= l->last_process && !l->processes[id].known)
			l->processes[id] = (struct lens_process){ .known = 1, .passes = (unsigned char)thread_passes(&l->lens.filter, q) };
	}
	statement_finish(q);
	return got;
}

static void judge_threads(struct lens_state *l)
{
	for (int64_t id = 1; id <= l->last_thread; id++)
		if (l->threads[id].process && !l->threads[id].passes && l->processes[l->threads[id].process].passes)
			l->kinds |= LENS_BY_THREAD;
	for (int64_t id = 1; id <= l->last_process; id++)
		if (l->processes[id].known && !l->processes[id].passes)
			l->kinds |= LENS_BY_PROCESS;
}

static int decide_threads(struct store *s, struct lens_state *l, struct err *err)
{
	if (last_id(s, "SELECT coalesce(max(id), 0), coalesce(min(id), 1), count(*) FROM main.thread", &l->last_thread, err) ||
	    last_id(s, "SELECT coalesce(max(id), 0), coalesce(min(id), 1), count(*) FROM main.process", &l->last_process, err))
		return -1;
	l->threads = memory_zeroed((size_t)l->last_thread + 1, sizeof(*l->threads));
	l->processes = memory_zeroed((size_t)l->last_process + 1, sizeof(*l->processes));
	if (read_threads(s, l, err) || read_lone_processes(s, l, err))
		return -1;
	judge_threads(l);
	return 0;
}

/* --- the same for SQL ----------------------------------------------------------------------------------- */

/* A stack that is not known (NULL) is none of those that a filter asks for. */
static void sql_stack(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct lens_state *l = ((struct store *)sqlite3_user_data(context))->lens;

	(void)count;
	sqlite3_result_int(context, !l || (lens_node_passes(l, sqlite3_value_int64(values[0])) &&
	                                   lens_thread_passes(l, sqlite3_value_int64(values[1]))));
}

static void sql_node(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct lens_state *l = ((struct store *)sqlite3_user_data(context))->lens;

	(void)count;
	sqlite3_result_int(context, !l || lens_node_passes(l, sqlite3_value_int64(values[0])));
}

static void sql_thread(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct lens_state *l = ((struct store *)sqlite3_user_data(context))->lens;
	int64_t id = sqlite3_value_int64(values[0]);

	(void)count;
	sqlite3_result_int(context, !l || (id > 0 && id <= l->last_thread && l->threads[id].there));
}

static void sql_process(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct lens_state *l = ((struct store *)sqlite3_user_data(context))->lens;

	(void)count;
	sqlite3_result_int(context, !l || lens_process_passes(l, sqlite3_value_int64(values[0])));
}

static int make_functions(struct store *s, struct err *err)
{
	static const struct {
		const char *name;
		int values;
		void (*call)(sqlite3_context *context, int count, sqlite3_value **values);
	} functions[] = {
		{ "lens_stack", 2, sql_stack }, { "lens_node", 1, sql_node }, { "lens_thread", 1, sql_thread }, { "lens_process", 1, sql_process },
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (sqlite3_create_function(s->handle, functions[i].name, functions[i].values, SQLITE_UTF8 | SQLITE_INNOCUOUS, s,
		                            functions[i].call, NULL, NULL) != SQLITE_OK)
			return store_complain(s, "read", err);
	return 0;
}

int lens_pass_decide(struct store *s, struct lens_state *l, struct err *err)
{
	return decide_stacks(s, l, err) || decide_threads(s, l, err) || make_functions(s, err) ? -1 : 0;
}

/* --- for others ----------------------------------------------------------------------------------------- */

int lens_passes(const struct store *s, int64_t stack, int64_t thread)
{
	return !s->lens || (lens_node_passes(s->lens, stack) && lens_thread_passes(s->lens, thread));
}

int lens_passes_thread(const struct store *s, int64_t thread)
{
	return !s->lens || lens_thread_passes(s->lens, thread);
}

int lens_passes_process(const struct store *s, int64_t process)
{
	if (s->lens && !lens_process_passes(s->lens, process))
		return LENS_NONE;
	return s->lens && (s->lens->kinds & (LENS_BY_STACK | LENS_BY_THREAD)) ? LENS_SOME : LENS_ALL;
}

int lens_damaged(const struct lens_state *l, int64_t stack, int64_t thread, struct err *err)
{
	int no_stack = stack < 1 || stack > l->tree.last_node || !l->tree.nodes[stack].frame;

	return err_set(err, ERR_FAILED, "the database is damaged: it counts something for %s %lld, which is not there", no_stack ? "stack" : "thread",
	               (long long)(no_stack ? stack : thread));
}
