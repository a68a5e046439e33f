/* SPDX-License-Identifier: MIT
 *
 * Advice on sites that make blocks again and again, and on the sizes they ask for.
 */
#include "analyzer/base/keyed.h"
#include "analyzer/report/advice_rule.h"

static uint32_t site_node(const struct advice *a, const struct advice_site *s)
{
	return s->stack ? a->facts.site_nodes[s->stack] : 0;
}

static struct advice_finding *found_at(struct advice *a, struct advice_site *s)
{
	s->claimed |= ADVICE_CHURN;
	return advice_found(a, s->process, s->stack, site_node(a, s));
}

static double seconds_of(const struct advice_process *p)
{
	return p->duration_ns > 1000000 ? (double)p->duration_ns / 1e9 : 1e-3;
}

/* --- stack ----------------------------------------------------------------------------------------------- */

static void stack_found(struct advice *a, struct advice_site *s)
{
	struct advice_finding *f = found_at(a, s);

	f->allocations = s->local;
	f->evidence = advice_words(a, "%d %% of %s blocks of %s died before the call that made them returned, at most %s alive at once",
	                           advice_percent(s->local, s->allocations), advice_count(a, s->allocations),
	                           advice_sizes(a, s->size_low, s->size_high), advice_count(a, s->max_live));
	f->cure = s->size_low == s->size_high
	        ? advice_words(a, "Make it a local variable: %s fit on the stack.", advice_bytes(a, s->size_high))
	        : advice_words(a, "Make it a local array of %s, the largest size seen, and allocate only what does not fit.",
	                       advice_bytes(a, s->size_high));
}

int advice_stack(struct advice *a, struct err *err)
{
	int64_t local = advice_limit(a, "local"), size = advice_limit(a, "size"), alive = advice_limit(a, "alive");

	(void)err;
	for (size_t i = 0; i < a->facts.site_count; i++) {
		struct advice_site *s = &a->facts.sites[i];
		if (s->local && s->size_high <= size && s->max_live_thread <= alive &&
		    advice_percent(s->local, s->allocations) >= local && !advice_without_frees(a, s->process) &&
		    advice_is_worth(a, s, s->local))
			stack_found(a, s);
	}
	return 0;
}

/* --- pool ------------------------------------------------------------------------------------------------ */

#define POOL_MOST 1000 /* objects; more alive at once are not all of those that are made and freed over and over */

static const char *pool_cure(struct advice *a, const struct advice_site *s)
{
	const char *each = s->max_live > s->max_live_thread ? ", one a thread" : "", *size = advice_bytes(a, s->class_high);

	if (s->max_live <= 1)
		return advice_words(a, "Keep the block of %s when it is done with, and use it again.", size);
	if (s->max_live > POOL_MOST)
		return advice_words(a, "Keep a free list of some hundred objects of %s%s: take from it, give back to it, and allocate only when it "
		                       "is empty.", size, each);
	return advice_words(a, "Keep a free list of %s objects of %s%s: take from it, give back to it, and allocate only when it is empty.",
	                    advice_count(a, s->max_live), size, each);
}

static void pool_found(struct advice *a, struct advice_site *s)
{
	struct advice_finding *f = found_at(a, s);
	int class = advice_percent(s->class_count, s->allocations), life = advice_percent(s->life_count, s->allocations);

	f->allocations = s->allocations - s->max_live;
	f->evidence = class == life
	        ? advice_words(a, "%d %% of %s blocks have %s, and as many died within %s; at most %s alive at once", class,
	                       advice_count(a, s->allocations), advice_sizes(a, s->class_low, s->class_high), advice_time(a, s->life_ns),
	                       advice_count(a, s->max_live))
	        : advice_words(a, "%d %% of %s blocks have %s, %d %% died within %s; at most %s alive at once", class,
	                       advice_count(a, s->allocations), advice_sizes(a, s->class_low, s->class_high), life,
	                       advice_time(a, s->life_ns), advice_count(a, s->max_live));
	f->cure = pool_cure(a, s);
}

int advice_pool(struct advice *a, struct err *err)
{
	int64_t class = advice_limit(a, "class"), life = advice_limit(a, "life_ns"), reuse = advice_limit(a, "reuse");

	(void)err;
	for (size_t i = 0; i < a->facts.site_count; i++) {
		struct advice_site *s = &a->facts.sites[i];
		if (advice_percent(s->class_count, s->allocations) >= class && s->life_count && s->life_ns <= life &&
		    (double)s->max_live * (double)reuse <= (double)s->allocations && advice_is_worth(a, s, s->allocations))
			pool_found(a, s);
	}
	return 0;
}

/* --- temporary ------------------------------------------------------------------------------------------- */

static void temporary_found(struct advice *a, struct advice_site *s, double rate)
{
	struct advice_finding *f = found_at(a, s);

	f->allocations = s->temporary;
	f->evidence = advice_words(a, "%d %% of %s blocks of %s were freed before their thread's next allocation, %s a second",
	                           advice_percent(s->temporary, s->allocations), advice_count(a, s->allocations),
	                           advice_sizes(a, s->size_low, s->size_high), advice_count(a, (int64_t)rate));
	f->cure = advice_words(a, "Keep one buffer from call to call, in the object that needs it or one a thread, and let it grow to "
	                          "the largest size (%s here).", advice_bytes(a, s->size_high));
}

int advice_temporary(struct advice *a, struct err *err)
{
	int64_t part = advice_limit(a, "part"), least = advice_limit(a, "rate");

	(void)err;
	for (size_t i = 0; i < a->facts.site_count; i++) {
		struct advice_site *s = &a->facts.sites[i];
		double rate = (double)s->temporary / seconds_of(s->process);
		if (s->temporary && rate >= (double)least && advice_percent(s->temporary, s->allocations) >= part &&
		    advice_is_worth(a, s, s->temporary))
			temporary_found(a, s, rate);
	}
	return 0;
}

/* --- pre-size -------------------------------------------------------------------------------------------- */

struct growing { /* of a site in a process */
	struct growing_key {
		uint32_t site, process;
	} key;
	uint32_t stack;
	int64_t chains, steps, max_steps, copied, final_p90, best;
	int container; /* of C++ */
};

static void pre_size_found(struct advice *a, const struct growing *g, const struct advice_process *p)
{
	struct advice_finding *f = advice_found(a, p, g->stack, a->facts.site_nodes[g->stack]);
	double steps = (double)g->steps / (double)g->chains;
	int doublings = 64 - __builtin_clzll((unsigned long long)g->final_p90 | 1);

	f->allocations = g->steps - g->steps / 10; /* nine of ten blocks get their final size at once */
	f->evidence = advice_words(a, "%s %s%s grew %s times, %.1f times each on average and %s at the most; %s copied on the way",
	                           advice_count(a, g->chains), g->container ? "container" : "block", advice_s(g->chains),
	                           advice_count(a, g->steps), steps, advice_count(a, g->max_steps), advice_bytes(a, g->copied));
	if (g->container)
		f->cure = advice_words(a, "Call reserve() with what it will hold: nine of ten end with no more than %s.", advice_bytes(a, g->final_p90));
	else
		f->cure = advice_words(a, "Start at %s: nine of ten end no larger.%s", advice_bytes(a, g->final_p90),
		                       steps > doublings ? " And let the size double when that does not do, rather than grow bit by bit." : "");
}

static int is_growing(struct advice *a, const struct growing *g, const struct advice_process *p)
{
	double share = (double)advice_limit(a, "share");
	struct advice_site *s = advice_facts_site(&a->facts, g->key.site, p);

	/* What ends smaller than it is on average shrinks: there is no size to start with. */
	if (!s || s->claimed & ADVICE_CHURN || g->chains < 1 || s->allocations < 1 || s->bytes / s->allocations > g->final_p90 || g->steps < advice_limit(a, "resizes") ||
	    (double)g->steps < (double)advice_limit(a, "steps") * (double)g->chains)
		return 0;
	return 100.0 * (double)g->steps >= share * (double)p->allocations && !advice_facts_is_runtime(&a->facts, a->facts.tree.sites[s->site].function);
}

static int read_growing(struct advice *a, struct keyed *growing, struct err *err)
{
	struct statement *q = store_prepare(a->facts.store, "SELECT stack_id, process_id, chains, steps, max_steps, copied_bytes, final_p90, container "
	                                                    "FROM growth WHERE " SCOPE_PROCESSES, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, &a->facts.scope);
	while ((got = statement_step(q, err)) > 0) {
		const struct advice_process *p = advice_facts_process(&a->facts, statement_number(q, 1));
		int64_t stack = statement_number(q, 0), steps = statement_number(q, 3);
		if ((got = advice_facts_check_stack(&a->facts, stack, err)))
			break;
		if (!p)
			continue;
		struct growing_key key = { a->facts.tree.nodes[stack].site, (uint32_t)(p - a->facts.processes) };
		struct growing *g = keyed_at(growing, &key);
		g->chains += statement_number(q, 2);
		g->steps += steps;
		g->max_steps = statement_number(q, 4) > g->max_steps ? statement_number(q, 4) : g->max_steps;
		g->copied += statement_number(q, 5);
		if (steps < g->best)
			continue;
		g->best = steps;
		g->stack = (uint32_t)stack;
		g->final_p90 = statement_number(q, 6);
		g->container = statement_number(q, 7) == 1;
	}
	statement_finish(q);
	return got;
}

int advice_pre_size(struct advice *a, struct err *err)
{
	struct keyed growing;

	keyed_init(&growing, sizeof(struct growing), sizeof(struct growing_key));
	int rc = read_growing(a, &growing, err);
	for (size_t i = 0; !rc && i < growing.count; i++) {
		const struct growing *g = keyed_item(&growing, i);
		const struct advice_process *p = &a->facts.processes[g->key.process];
		if (is_growing(a, g, p)) {
			pre_size_found(a, g, p);
			advice_facts_site(&a->facts, g->key.site, p)->claimed |= ADVICE_CHURN;
		}
	}
	keyed_release(&growing);
	return rc;
}

/* --- slack ----------------------------------------------------------------------------------------------- */

static void slack_of(struct advice *a, struct advice_site *s, int64_t blocks, int64_t requested, int64_t usable)
{
	double given = (double)(usable - requested) / (double)blocks;
	int64_t wasted = advice_whole(given * (double)s->at_peak);

	if (s->claimed & ADVICE_SLACK || blocks < 1 || blocks < advice_limit(a, "sample") || usable <= requested ||
	    100.0 * (double)(usable - requested) < (double)advice_limit(a, "percent") * (double)usable || wasted < advice_limit(a, "bytes") ||
	    100.0 * (double)wasted < (double)advice_limit(a, "share") * (double)s->process->peak_bytes ||
	    advice_facts_is_runtime(&a->facts, a->facts.tree.sites[s->site].function))
		return;
	struct advice_finding *f = advice_found(a, s->process, s->peak_stack, s->peak_stack ? a->facts.site_nodes[s->peak_stack] : 0);
	f->bytes = wasted;
	f->evidence = advice_words(a, "a sample of %s blocks asked for %.1f bytes each and got %.1f: %d %% of that is slack, in %s blocks at "
	                              "the peak", advice_count(a, blocks), (double)requested / (double)blocks,
	                           (double)usable / (double)blocks, advice_percent(usable - requested, usable), advice_count(a, s->at_peak));
	f->cure = "Ask for sizes that the allocator has, or put several of these objects into one block.";
}

int advice_slack(struct advice *a, struct err *err)
{
	struct statement *q = store_prepare(a->facts.store, "SELECT stack.site_id, process_id, sum(blocks), sum(requested_bytes), sum(usable_bytes) "
		"FROM slack JOIN stack ON stack.id = stack_id WHERE " SCOPE_PROCESSES " GROUP BY 1, 2", err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, &a->facts.scope);
	while ((got = statement_step(q, err)) > 0) {
		const struct advice_process *p = advice_facts_process(&a->facts, statement_number(q, 1));
		struct advice_site *s = p ? advice_facts_site(&a->facts, (uint32_t)statement_number(q, 0), p) : NULL;
		if (s)
			slack_of(a, s, statement_number(q, 2), statement_number(q, 3), statement_number(q, 4));
	}
	statement_finish(q);
	return got;
}
