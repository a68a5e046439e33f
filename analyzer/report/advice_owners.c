/* SPDX-License-Identifier: MIT
 *
 * Advice on where blocks die: many within the calls of one function, or in other threads than made them.
 */
#include <stdlib.h>

#include "analyzer/base/keyed.h"
#include "analyzer/base/memory.h"
#include "analyzer/report/advice_rule.h"
#include "analyzer/report/advice_stacks.h"

/* --- arena ----------------------------------------------------------------------------------------------- */

struct owned { /* blocks of a site that died within calls of a function */
	struct owned_key {
		uint32_t function, process, site;
	} key;
	uint32_t stack, node; /* with most of them, and the owner's node in it */
	int64_t blocks, bytes, best;
};

static const char owned_sql[] =
	"SELECT owner_id, stack_id, thread_id, blocks, bytes FROM escaped WHERE class IN (1, 2) AND owner_id > 0 ORDER BY stack_id";

/* Where a row of escapes goes. */
struct taking {
	struct advice *advice;
	struct keyed to;
};

static void take_owned(void *to, const struct advice_stack *row)
{
	struct taking *t = to;
	const struct stack_tree *tree = &t->advice->facts.tree;
	struct owned_key key = { tree->frames[tree->nodes[row->key].frame].function, (uint32_t)(row->process - t->advice->facts.processes),
		                 tree->nodes[row->stack].site };
	struct owned *o;

	if (advice_without_frees(t->advice, row->process))
		return;
	o = keyed_at(&t->to, &key);
	o->blocks += row->first;
	o->bytes += row->second;
	if (row->first <= o->best)
		return;
	o->best = row->first;
	o->stack = row->stack;
	o->node = (uint32_t)row->key;
}

static int by_function(const void *left, const void *right)
{
	const struct owned *a = left, *b = right;

	if (a->key.process != b->key.process)
		return a->key.process < b->key.process ? -1 : 1;
	if (a->key.function != b->key.function)
		return a->key.function < b->key.function ? -1 : 1;
	return a->blocks != b->blocks ? (a->blocks > b->blocks ? -1 : 1) : (a->key.site > b->key.site) - (a->key.site < b->key.site);
}

struct calls { /* of a function, as its row of `owner` says */
	int64_t calls, blocks, most_blocks, most_bytes;
};

static int read_calls(struct advice *a, const struct owned *first, struct calls *c, struct err *err)
{
	struct statement *q = store_prepare(a->facts.store, "SELECT activations, blocks, max_blocks, max_bytes FROM owner "
	                                                    "WHERE function_id = ?1 AND process_id = ?2", err);
	if (!q)
		return -1;
	statement_bind_number(q, 1, first->key.function);
	statement_bind_number(q, 2, a->facts.processes[first->key.process].id);
	int got = statement_step(q, err);
	if (got > 0)
		*c = (struct calls){ statement_number(q, 0), statement_number(q, 1), statement_number(q, 2), statement_number(q, 3) };
	statement_finish(q);
	return got < 0 ? -1 : 0;
}

/* A site goes into the arena if (nearly) all of its blocks die there and nothing better is known for it. */
static int goes_in(struct advice *a, const struct owned *o)
{
	struct advice_site *s = advice_facts_site(&a->facts, o->key.site, &a->facts.processes[o->key.process]);

	return s && !(s->claimed & ADVICE_CHURN) && advice_percent(o->blocks, s->allocations) >= advice_limit(a, "part") &&
	       !advice_facts_is_runtime(&a->facts, a->facts.tree.sites[s->site].function);
}

static void arena_found(struct advice *a, struct owned *at, size_t count, const struct calls *c, int64_t sites, int64_t blocks, int64_t bytes)
{
	const struct stack_tree *tree = &a->facts.tree;
	const struct owned *first = at;

	for (size_t i = count; i-- > 0;)
		if (goes_in(a, &at[i])) {
			advice_facts_site(&a->facts, at[i].key.site, &a->facts.processes[at[i].key.process])->claimed |= ADVICE_CHURN;
			first = &at[i];
		}
	struct advice_finding *f = advice_found(a, &a->facts.processes[first->key.process], first->stack, first->node);
	const char *name = stack_tree_function(tree, first->key.function);
	f->allocations = blocks - c->calls;
	f->evidence = advice_words(a, "%s blocks of %s sites died in %s calls of %.200s: %s blocks and %s a call, %s and %s at the most",
	                           advice_count(a, blocks), advice_count(a, sites), advice_count(a, c->calls), name ? name : "?",
	                           advice_count(a, blocks / c->calls), advice_bytes(a, bytes / c->calls), advice_count(a, c->most_blocks),
	                           advice_bytes(a, c->most_bytes));
	f->cure = advice_words(a, "Take them from a region that %.200s gives back as a whole when it returns, with room for %s to begin with; "
	                          "then nothing in it has to be freed.", name ? name : "it", advice_bytes(a, c->most_bytes));
}

static int look_at_owner(struct advice *a, struct owned *at, size_t count, struct err *err)
{
	const struct advice_process *p = &a->facts.processes[at->key.process];
	int64_t sites = 0, blocks = 0, bytes = 0;
	struct calls c = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (!goes_in(a, &at[i]))
			continue;
		sites++;
		blocks += at[i].blocks;
		bytes += at[i].bytes;
	}
	if (sites < advice_limit(a, "sites") || 100.0 * (double)blocks < (double)advice_limit(a, "share") * (double)p->allocations ||
	    advice_facts_is_runtime(&a->facts, at->key.function))
		return 0;
	if (read_calls(a, at, &c, err))
		return -1;
	if (c.calls > 0 && c.calls >= advice_limit(a, "calls") && (double)blocks >= (double)advice_limit(a, "blocks") * (double)c.calls &&
	    c.most_bytes <= advice_limit(a, "bytes"))
		arena_found(a, at, count, &c, sites, blocks, bytes);
	return 0;
}

int advice_arena(struct advice *a, struct err *err)
{
	struct taking owned = { .advice = a };
	int rc;

	keyed_init(&owned.to, sizeof(struct owned), sizeof(struct owned_key));
	rc = advice_stacks_each(&a->facts, owned_sql, 1, take_owned, &owned, err);
	struct owned *at = (struct owned *)(void *)owned.to.items;
	if (!rc && owned.to.count)
		qsort(at, owned.to.count, sizeof(*at), by_function);
	for (size_t i = 0, end; !rc && i < owned.to.count; i = end) {
		for (end = i; end < owned.to.count && at[end].key.function == at[i].key.function && at[end].key.process == at[i].key.process; end++)
			;
		rc = look_at_owner(a, &at[i], end - i, err);
	}
	keyed_release(&owned.to);
	return rc;
}

/* --- cross-thread ---------------------------------------------------------------------------------------- */

struct handed { /* blocks of a site that other threads freed */
	struct handed_key {
		uint32_t site, process;
	} key;
	uint32_t stack, free_stack;  /* the pair with most of them */
	int64_t thread, free_thread;
	int64_t blocks, best;
};

static const char handed_sql[] =
	"SELECT process_id, stack_id, free_stack_id, blocks, thread_id, free_thread_id FROM escaped JOIN thread ON thread.id = thread_id "
	"WHERE class = 3 AND free_stack_id > 0 AND " SCOPE_PROCESSES;

static void take_handed(const struct advice *a, struct keyed *to, const struct advice_process *p, struct statement *q)
{
	uint32_t stack = (uint32_t)statement_number(q, 1);
	struct handed_key key = { a->facts.tree.nodes[stack].site, (uint32_t)(p - a->facts.processes) };
	struct handed *h = keyed_at(to, &key);
	int64_t blocks = statement_number(q, 3);

	h->blocks += blocks;
	if (blocks <= h->best)
		return;
	h->best = blocks;
	h->stack = stack;
	h->free_stack = (uint32_t)statement_number(q, 2);
	h->thread = statement_number(q, 4);
	h->free_thread = statement_number(q, 5);
}

static int read_handed(const struct advice *a, struct keyed *to, struct err *err)
{
	struct statement *q = store_prepare(a->facts.store, handed_sql, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, &a->facts.scope);
	while ((got = statement_step(q, err)) > 0) {
		const struct advice_process *p = advice_facts_process(&a->facts, statement_number(q, 0));

		if (advice_facts_check_stack(&a->facts, statement_number(q, 1), err) || advice_facts_check_stack(&a->facts, statement_number(q, 2), err)) {
			got = -1;
			break;
		}
		if (p && !advice_without_frees(a, p))
			take_handed(a, to, p, q);
	}
	statement_finish(q);
	return got;
}

/* "worker of start_workers": a thread and the function that created it. */
static const char *who(struct advice *a, int64_t thread)
{
	struct statement *q = store_prepare(a->facts.store, "SELECT thread.name, sites.function FROM thread LEFT JOIN stack ON stack.id = created_stack_id "
	                                                    "LEFT JOIN sites ON sites.site_id = stack.site_id WHERE thread.id = ?1", NULL);
	const char *words = "?";

	if (!q)
		return words;
	statement_bind_number(q, 1, thread);
	if (statement_step(q, NULL) > 0)
		words = statement_none(q, 1) ? advice_words(a, "%.100s", statement_text(q, 0))
		                             : advice_words(a, "%.100s (created in %.200s)", statement_text(q, 0), statement_text(q, 1));
	statement_finish(q);
	return words;
}

static void cross_thread_found(struct advice *a, struct advice_site *s, const struct handed *h, double rate)
{
	const struct stack_tree *tree = &a->facts.tree;
	struct advice_finding *f = advice_found(a, s->process, h->stack, a->facts.site_nodes[h->stack]);
	const char *where = stack_tree_function(tree, tree->sites[tree->nodes[h->free_stack].site].function);

	s->claimed |= ADVICE_CHURN;
	f->allocations = h->blocks - s->max_live > 0 ? h->blocks - s->max_live : 0;
	f->evidence = advice_words(a, "%d %% of %s blocks of %s were freed by other threads, %s a second: made by %s, freed by %s, mostly in %.200s",
	                           advice_percent(h->blocks, s->allocations), advice_count(a, s->allocations),
	                           advice_sizes(a, s->size_low, s->size_high), advice_count(a, (int64_t)rate), who(a, h->thread),
	                           who(a, h->free_thread), where ? where : "?");
	f->cure = "Hand the blocks back to the thread that made them, in batches, and let it use them again; or copy what is small instead of "
	          "handing a block over.";
}

int advice_cross_thread(struct advice *a, struct err *err)
{
	int64_t part = advice_limit(a, "part"), least = advice_limit(a, "rate");
	struct keyed handed;
	int rc;

	keyed_init(&handed, sizeof(struct handed), sizeof(struct handed_key));
	rc = read_handed(a, &handed, err);
	for (size_t i = 0; !rc && i < handed.count; i++) {
		const struct handed *h = keyed_item(&handed, i);
		const struct advice_process *p = &a->facts.processes[h->key.process];
		struct advice_site *s = advice_facts_site(&a->facts, h->key.site, p);
		double rate = 1e9 * (double)h->blocks / (double)(p->duration_ns > 1000000 ? p->duration_ns : 1000000);
		if (s && rate >= (double)least && advice_percent(h->blocks, s->allocations) >= part && advice_is_worth(a, s, h->blocks))
			cross_thread_found(a, s, h, rate);
	}
	keyed_release(&handed);
	return rc;
}
