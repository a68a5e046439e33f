/* SPDX-License-Identifier: MIT
 *
 * Advice on locks that are waited for, or taken in an order that can end in a deadlock, and on condition variables that
 * wake too many.
 */
#include <string.h>

#include "analyzer/report/advice_rule.h"

struct lock_row {
	const struct advice_process *process;
	const char *name, *kind;
	int64_t id, acquisitions, contended, wait_ns, waits, hold_ns, hold_waiting_ns, hold_allocations, owner_changes;
	int64_t threads;   /* that waited */
	int64_t holds;     /* orders in which it was the one that was held */
	int64_t held_releases, held_ns, held_max_ns, held_allocations; /* while others waited */
	int64_t broadcasts, woken_in_vain;
	int hold_known;
};

static const char lock_sql[] =
	"SELECT lock.id, acquisitions, contended, wait_ns, waits, coalesce(hold_ns, 0), hold_waiting_ns, hold_allocations, owner_changes, "
	"(SELECT count(DISTINCT thread_id) FROM lock_wait w WHERE w.class = 20 AND w.lock_id = lock.id), "
	"(SELECT count(*) FROM lock_order o WHERE o.held_lock_id = lock.id), "
	"coalesce(h.releases, 0), coalesce(h.ns, 0), coalesce(h.most, 0), coalesce(h.allocations, 0), broadcasts, woken_in_vain, "
	"process_id, name, kind, hold_ns IS NOT NULL AND hold_measured > 0 "
	"FROM lock LEFT JOIN (SELECT lock_id, sum(releases) AS releases, sum(hold_ns) AS ns, max(hold_max_ns) AS most, "
	" sum(allocations) AS allocations FROM lock_hold GROUP BY lock_id) h ON h.lock_id = lock.id WHERE ";

static void read_lock(struct advice *a, struct lock_row *l, struct statement *q)
{
	int64_t *const figures[] = { &l->id, &l->acquisitions, &l->contended, &l->wait_ns, &l->waits, &l->hold_ns, &l->hold_waiting_ns,
		                     &l->hold_allocations, &l->owner_changes, &l->threads, &l->holds, &l->held_releases, &l->held_ns,
		                     &l->held_max_ns, &l->held_allocations, &l->broadcasts, &l->woken_in_vain };
	int count = (int)(sizeof(figures) / sizeof(figures[0]));

	*l = (struct lock_row){ 0 };
	for (int i = 0; i < count; i++)
		*figures[i] = statement_number(q, i);
	l->process = advice_facts_process(&a->facts, statement_number(q, count));
	l->name = advice_words(a, "%.200s", statement_text(q, count + 1));
	l->kind = advice_words(a, "%.20s", statement_text(q, count + 2));
	l->hold_known = statement_number(q, count + 3) != 0;
}

/* Calls look at every lock that `where` lets through and nothing has claimed. */
static int each_lock(struct advice *a, const char *where, int (*look)(struct advice *a, const struct lock_row *l, struct err *err),
                     struct err *err)
{
	const char *sql = advice_words(a, "%s%s AND " SCOPE_PROCESSES " ORDER BY lock.id", lock_sql, where);
	struct statement *q = store_prepare(a->facts.store, sql, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, &a->facts.scope);
	while ((got = statement_step(q, err)) > 0) {
		struct lock_row l;
		read_lock(a, &l, q);
		if (l.process && !map_find(&a->claimed_locks, (uint64_t)l.id) && look(a, &l, err)) {
			got = -1;
			break;
		}
	}
	statement_finish(q);
	return got;
}

#define LOCKS "kind IN ('mutex', 'rwlock', 'spin', 'futex')"

/* The stack with most of something about a lock, as a statement with the lock's id as its parameter says; 0: none. */
static int worst_stack(struct advice *a, const char *sql, int64_t lock, uint32_t *stack, struct err *err)
{
	struct statement *q = store_prepare(a->facts.store, sql, err);

	*stack = 0;
	if (!q)
		return -1;
	statement_bind_number(q, 1, lock);
	int got = statement_step(q, err);
	int64_t id = got > 0 ? statement_number(q, 0) : 0;
	statement_finish(q);
	if (got <= 0 || !id)
		return got < 0 ? -1 : 0;
	if (advice_facts_check_stack(&a->facts, id, err))
		return -1;
	*stack = (uint32_t)id;
	return 0;
}

#define WORST_WAITER(class) "SELECT stack_id FROM lock_wait WHERE class = " class " AND lock_id = ?1 GROUP BY 1 ORDER BY sum(wait_ns) DESC, 1 LIMIT 1"
#define WORST_HOLDER "SELECT stack_id FROM lock_hold WHERE lock_id = ?1 GROUP BY 1 ORDER BY sum(caused_wait_ns) DESC, 1 LIMIT 1"
#define FIRST_USER "SELECT first_stack_id FROM lock WHERE id = ?1"

/* A finding at the stack a statement gives; 0 with *found NULL if there is none that can be changed. */
static int found_at(struct advice *a, const struct lock_row *l, const char *sql, struct advice_finding **found, struct err *err)
{
	uint32_t stack, node;

	*found = NULL;
	if (worst_stack(a, sql, l->id, &stack, err))
		return -1;
	if (!stack && worst_stack(a, FIRST_USER, l->id, &stack, err))
		return -1;
	node = advice_facts_own_node(&a->facts, stack);
	if (!node)
		return 0;
	*found = advice_found(a, l->process, stack, node);
	(*found)->lock = l->id;
	*map_at(&a->claimed_locks, (uint64_t)l->id) = 1;
	return 0;
}

static const char *name_of(const struct lock_row *l)
{
	return l->name[0] ? l->name : "a lock";
}

/* 1 if that much of the threads' time is as large a share of it as the rule asks for. */
static int is_share(const struct advice *a, const struct lock_row *l, double ns)
{
	return 100.0 * ns >= (double)advice_limit(a, "share") * (double)l->process->busy_ns;
}

/* --- atomic ---------------------------------------------------------------------------------------------- */

static int look_atomic(struct advice *a, const struct lock_row *l, struct err *err)
{
	double saved = (double)l->wait_ns + (double)l->acquisitions * (double)advice_limit(a, "lock_ns");
	struct advice_finding *f;

	if (!l->hold_known || l->acquisitions < 1 || l->acquisitions < advice_limit(a, "acquisitions") || l->holds || l->hold_allocations || l->hold_waiting_ns ||
	    (double)l->hold_ns > (double)advice_limit(a, "hold_ns") * (double)l->acquisitions || !is_share(a, l, saved) ||
	    l->owner_changes < advice_limit(a, "changes"))
		return 0;
	int rc = found_at(a, l, WORST_WAITER("20"), &f, err);
	if (rc || !f)
		return rc;
	f->ns = advice_whole(saved);
	f->evidence = advice_words(a, "%s %s was acquired %s times and held for %s on average, with no allocation, lock or wait inside; "
	                              "%s acquisitions had to wait, %s in all", l->kind, name_of(l), advice_count(a, l->acquisitions),
	                           advice_time(a, l->hold_ns / l->acquisitions), advice_count(a, l->contended), advice_time(a, l->wait_ns));
	f->cure = "If a counter, flag or pointer is all that it guards, make that atomic and drop the lock; a sum may also be kept one a thread.";
	return 0;
}

int advice_atomic(struct advice *a, struct err *err)
{
	return each_lock(a, "kind IN ('mutex', 'spin', 'futex')", look_atomic, err);
}

/* --- critical section ------------------------------------------------------------------------------------ */

static const char *section_cure(const struct advice *a, const struct lock_row *l)
{
	if (100.0 * (double)l->hold_waiting_ns >= (double)advice_limit(a, "part") * (double)l->hold_ns && l->hold_waiting_ns)
		return "Do not wait with it held: give it back before waiting for another lock or for work.";
	if (l->held_allocations >= l->held_releases)
		return "Allocate before taking it and free after giving it back; what is long and needs no shared data goes outside as well.";
	return "Take a copy of what is shared and work on that without the lock, or hold it for a part of the work at a time.";
}

static int look_section(struct advice *a, const struct lock_row *l, struct err *err)
{
	struct advice_finding *f;

	/* The longest may be one whose thread lost the processor. */
	if (l->held_releases < 2 || l->held_releases < advice_limit(a, "holds") || !is_share(a, l, (double)l->wait_ns) ||
	    (double)l->held_ns - (double)l->held_max_ns < (double)advice_limit(a, "hold_ns") * (double)(l->held_releases - 1))
		return 0;
	int rc = found_at(a, l, WORST_HOLDER, &f, err);
	if (rc || !f)
		return rc;
	f->ns = l->wait_ns;
	f->evidence = advice_words(a, "%s %s was held for %s on average and %s at the most while others waited, %s in all; inside its holders "
	                              "made %s allocations and waited themselves for %s", l->kind, name_of(l),
	                           advice_time(a, l->held_ns / l->held_releases), advice_time(a, l->held_max_ns), advice_time(a, l->wait_ns),
	                           advice_count(a, l->held_allocations), advice_time(a, l->hold_waiting_ns));
	f->cure = section_cure(a, l);
	return 0;
}

int advice_critical_section(struct advice *a, struct err *err)
{
	return each_lock(a, LOCKS, look_section, err);
}

/* --- shard ----------------------------------------------------------------------------------------------- */

#define LOCKS_MOST 1000000 /* to advise */

static int look_shard(struct advice *a, const struct lock_row *l, struct err *err)
{
	long long locks = advice_limit(a, "locks") < LOCKS_MOST ? advice_limit(a, "locks") : LOCKS_MOST;
	struct advice_finding *f;

	if (!l->hold_known || l->acquisitions < 1 || l->waits < advice_limit(a, "waits") || l->threads < advice_limit(a, "threads") ||
	    (double)l->hold_ns > (double)advice_limit(a, "hold_ns") * (double)l->acquisitions || !is_share(a, l, (double)l->wait_ns))
		return 0;
	int rc = found_at(a, l, WORST_WAITER("20"), &f, err);
	if (rc || !f)
		return rc;
	f->ns = locks > 0 ? l->wait_ns - l->wait_ns / locks : 0;
	f->evidence = advice_words(a, "%s threads waited for %s %s, %s times and %s in all, though it was held for %s on average",
	                           advice_count(a, l->threads), l->kind, name_of(l), advice_count(a, l->waits), advice_time(a, l->wait_ns),
	                           advice_time(a, l->hold_ns / l->acquisitions));
	f->cure = advice_words(a, "Divide what it guards by key (a hash of it) among %lld to %lld locks, each in a cache line of its own.",
	                       locks, locks * 2);
	return 0;
}

int advice_shard(struct advice *a, struct err *err)
{
	return each_lock(a, LOCKS, look_shard, err);
}

/* --- broadcast ------------------------------------------------------------------------------------------- */

static int look_broadcast(struct advice *a, const struct lock_row *l, struct err *err)
{
	struct advice_finding *f;

	if (l->broadcasts < 1 || l->broadcasts < advice_limit(a, "broadcasts") || l->woken_in_vain < advice_limit(a, "vain") ||
	    advice_percent(l->woken_in_vain, l->waits) < advice_limit(a, "part"))
		return 0;
	int rc = found_at(a, l, WORST_WAITER("22"), &f, err);
	if (rc || !f)
		return rc;
	f->ns = advice_whole((double)l->woken_in_vain * (double)advice_limit(a, "wake_ns"));
	f->evidence = advice_words(a, "%s broadcasts of condition variable %s; after %d %% of %s waits there was nothing to do but wait again, "
	                              "%.1f of them a broadcast", advice_count(a, l->broadcasts), name_of(l),
	                           advice_percent(l->woken_in_vain, l->waits), advice_count(a, l->waits),
	                           (double)l->woken_in_vain / (double)l->broadcasts);
	f->cure = "Signal, once for each thing that is there to be done; give those who wait for different things a condition variable each.";
	return 0;
}

int advice_broadcast(struct advice *a, struct err *err)
{
	return each_lock(a, "kind = 'cond'", look_broadcast, err);
}

/* --- lock order ------------------------------------------------------------------------------------------ */

#define ORDERS_NAMED 4

struct cycle { /* in the making */
	const struct advice_process *process;
	int64_t number, lock, last_held, last_lock;
	uint32_t stack;
	const char *words;
	int orders;
};

static const char order_sql[] =
	"SELECT cycle, held_lock_id, lock_id, stack_id, wanted.process_id, held.name, wanted.name, sites.function FROM lock_order "
	"JOIN lock held ON held.id = held_lock_id JOIN lock wanted ON wanted.id = lock_id LEFT JOIN stack ON stack.id = stack_id "
	"LEFT JOIN sites ON sites.site_id = stack.site_id WHERE cycle <> 0 AND (?1 = 0 OR wanted.process_id IN "
	"(SELECT id FROM process WHERE pid = ?1)) AND ?2 = 0 ORDER BY cycle, held_lock_id, lock_id, lock_order.id";

static void cycle_found(struct advice *a, const struct cycle *c)
{
	if (!c->number || !c->process)
		return;
	struct advice_finding *f = advice_found(a, c->process, c->stack, advice_facts_own_node(&a->facts, c->stack));
	f->lock = c->lock;
	f->evidence = advice_words(a, "%s%s: each may come to hold what the next one wants", c->words, c->orders > ORDERS_NAMED ? ", ..." : "");
	f->cure = "Take these locks in one order everywhere, or with a trylock that gives back what is held when it fails; "
	          "`report lock-order` has the stacks.";
}

static void add_order(struct advice *a, struct cycle *c, struct statement *q)
{
	if (c->last_held == statement_number(q, 1) && c->last_lock == statement_number(q, 2))
		return;
	c->last_held = statement_number(q, 1);
	c->last_lock = statement_number(q, 2);
	if (++c->orders > ORDERS_NAMED)
		return;
	c->words = advice_words(a, "%s%s%.100s then %.100s in %.150s", c->words, c->orders > 1 ? ", " : "", statement_text(q, 5),
	                        statement_text(q, 6), statement_none(q, 7) ? "a place not known" : statement_text(q, 7));
}

int advice_lock_order(struct advice *a, struct err *err)
{
	struct statement *q = store_prepare(a->facts.store, order_sql, err);
	struct cycle c = { 0 };
	int got;

	if (!q)
		return -1;
	scope_bind(q, &a->facts.scope);
	while ((got = statement_step(q, err)) > 0) {
		int64_t stack = statement_number(q, 3);
		if (stack && (got = advice_facts_check_stack(&a->facts, stack, err)))
			break;
		if (c.number != statement_number(q, 0)) {
			cycle_found(a, &c);
			c = (struct cycle){ .process = advice_facts_process(&a->facts, statement_number(q, 4)), .number = statement_number(q, 0),
				            .lock = statement_number(q, 2), .stack = (uint32_t)stack, .words = "" };
		}
		c.stack = c.stack ? c.stack : (uint32_t)stack;
		add_order(a, &c, q);
	}
	if (!got)
		cycle_found(a, &c);
	statement_finish(q);
	return got;
}
