/* SPDX-License-Identifier: MIT
 *
 * Advice on places that create threads: too many short ones, or ones that pile up.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/advice_rule.h"

enum { PARTS = 4 }; /* quarters of a process's life */

struct birth { /* of a thread */
	const struct advice_process *process;
	uint32_t site, stack;
	const char *start_function;
	int64_t start_ns, end_ns; /* end_ns < 0: alive at the end */
	int kept;                 /* ended, neither joined nor detached */
};

struct births {
	struct birth *at;
	size_t count, room;
};

static int read_births(struct advice *a, struct births *b, struct err *err)
{
	struct statement *q = store_prepare(a->facts.store,
		"SELECT created_stack_id, process_id, start_ns, coalesce(max(end_ns, start_ns), -1), end_ns IS NOT NULL AND joined = 0 AND detached = 0, "
		"coalesce(start_function, '?') FROM thread WHERE created_stack_id IS NOT NULL AND " SCOPE_PROCESSES, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, &a->facts.scope);
	while ((got = statement_step(q, err)) > 0) {
		const struct advice_process *p = advice_facts_process(&a->facts, statement_number(q, 1));
		int64_t stack = statement_number(q, 0);
		if ((got = advice_facts_check_stack(&a->facts, stack, err)))
			break;
		if (!p)
			continue;
		/* One that was there to the end of its process has not ended by itself. */
		int64_t end = statement_number(q, 3);
		if (p->ended != ADVICE_RUNNING && end >= p->start_ns + p->duration_ns)
			end = -1;
		b->at = memory_grown(b->at, &b->room, b->count + 1, sizeof(*b->at));
		b->at[b->count++] = (struct birth){
			.process = p, .site = a->facts.tree.nodes[stack].site, .stack = (uint32_t)stack,
			.start_function = advice_words(a, "%.200s", statement_text(q, 5)),
			.start_ns = statement_number(q, 2), .end_ns = end, .kept = end >= 0 && statement_number(q, 4) != 0,
		};
	}
	statement_finish(q);
	return got;
}

static int by_site(const void *left, const void *right)
{
	const struct birth *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->site != b->site)
		return a->site < b->site ? -1 : 1;
	return (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

static int by_number(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* Calls look with the threads of each site in each process, by their start. */
static int each_site(struct advice *a, void (*look)(struct advice *a, const struct birth *at, size_t count), struct err *err)
{
	struct births b = { 0 };
	int rc = read_births(a, &b, err);

	if (!rc && b.count)
		qsort(b.at, b.count, sizeof(*b.at), by_site);
	for (size_t i = 0, end; !rc && i < b.count; i = end) {
		for (end = i; end < b.count && b.at[end].site == b.at[i].site && b.at[end].process == b.at[i].process; end++)
			;
		look(a, &b.at[i], end - i);
	}
	free(b.at);
	return rc;
}

static struct advice_finding *found_at(struct advice *a, const struct birth *first)
{
	uint32_t node = advice_facts_own_node(&a->facts, first->stack);

	return node ? advice_found(a, first->process, first->stack, node) : NULL;
}

/* --- bound the threads ----------------------------------------------------------------------------------- */

/* Most of them at once: of starts and ends in order, each start is one more, each end before it one less. */
static int64_t most_at_once(const struct birth *at, size_t count, const int64_t *ends, size_t ended)
{
	int64_t now = 0, most = 0;

	for (size_t i = 0, e = 0; i < count; i++) {
		for (; e < ended && ends[e] <= at[i].start_ns; e++)
			now--;
		most = ++now > most ? now : most;
	}
	return most;
}

static void bound_found(struct advice *a, const struct birth *at, size_t count, int64_t life, int64_t ended, int64_t most)
{
	struct advice_finding *f = found_at(a, at);

	if (!f)
		return;
	f->ns = advice_whole((double)count * (double)advice_limit(a, "create_ns"));
	f->evidence = advice_words(a, "%s threads were created here to run %s; half of the %s that ended lived at most %s, at most %s at once",
	                           advice_count(a, (int64_t)count), at->start_function, advice_count(a, ended), advice_time(a, life),
	                           advice_count(a, most));
	f->cure = "Give the work to a fixed number of threads (as many as cores, more if they wait) that take it from a queue.";
}

static void look_bound(struct advice *a, const struct birth *at, size_t count)
{
	int64_t *lives = memory_zeroed(count, sizeof(*lives)), *ends = memory_zeroed(count, sizeof(*ends));
	double seconds = (double)at->process->duration_ns / 1e9;
	size_t ended = 0;

	for (size_t i = 0; i < count; i++) {
		if (at[i].end_ns < 0)
			continue;
		lives[ended] = at[i].end_ns - at[i].start_ns;
		ends[ended++] = at[i].end_ns;
	}
	qsort(lives, ended, sizeof(*lives), by_number);
	qsort(ends, ended, sizeof(*ends), by_number);
	if (ended && (int64_t)ended >= advice_limit(a, "threads") && lives[(ended - 1) / 2] <= advice_limit(a, "life_ns") &&
	    (double)ended >= (double)advice_limit(a, "rate") * seconds)
		bound_found(a, at, count, lives[(ended - 1) / 2], (int64_t)ended, most_at_once(at, count, ends, ended));
	free(lives);
	free(ends);
}

int advice_bound_the_threads(struct advice *a, struct err *err)
{
	return each_site(a, look_bound, err);
}

/* --- thread leak ----------------------------------------------------------------------------------------- */

/* Those that never end, by the quarter they were created in; 1 if there is as much in each, as with growth. */
static int pile_up(const struct advice *a, const struct birth *at, size_t count, int64_t parts[PARTS])
{
	const struct advice_process *p = at->process;
	int64_t alive = 0, most = 0;

	memset(parts, 0, PARTS * sizeof(*parts));
	for (size_t i = 0; i < count; i++) {
		double part = PARTS * (double)(at[i].start_ns - p->start_ns) / ((double)p->duration_ns + 1);
		if (at[i].end_ns < 0 && ++alive)
			parts[part < 0 ? 0 : part < PARTS ? (int)part : PARTS - 1]++;
	}
	for (int i = 1; i < PARTS; i++)
		most = parts[i] > most ? parts[i] : most;
	for (int i = 0; i < PARTS; i++)
		if (100.0 * (double)parts[i] < (double)advice_limit(a, "even") * (double)most)
			return 0;
	return most && alive >= advice_limit(a, "threads");
}

static void look_leak(struct advice *a, const struct birth *at, size_t count)
{
	int64_t parts[PARTS], unjoined = 0;
	struct advice_finding *f;

	for (size_t i = 0; i < count; i++)
		unjoined += at[i].kept;
	if (!advice_too_short(a, a->rule, at->process) && pile_up(a, at, count, parts) && (f = found_at(a, at))) {
		f->evidence = advice_words(a, "of the threads created here to run %s, %s, %s, %s and %s of those from each quarter of %s never ended",
		                           at->start_function, advice_count(a, parts[0]), advice_count(a, parts[1]), advice_count(a, parts[2]),
		                           advice_count(a, parts[3]), advice_time(a, at->process->duration_ns));
		f->cure = "Tell each to end when what it is for ends, and join it.";
	} else if (unjoined && unjoined >= advice_limit(a, "unjoined") && (f = found_at(a, at))) {
		f->evidence = advice_words(a, "%s threads created here to run %s ended, and nobody joined or detached them: their stacks and "
		                              "descriptors are kept", advice_count(a, unjoined), at->start_function);
		f->cure = "Join them, or detach them when they are created.";
	}
}

int advice_thread_leak(struct advice *a, struct err *err)
{
	return each_site(a, look_leak, err);
}
