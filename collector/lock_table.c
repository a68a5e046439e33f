/* SPDX-License-Identifier: MIT
 *
 * A scan has four steps, and their order is what makes the counters of a round precede those of the next in the trace:
 * read `round`; drain the ring, which has all that was told before that round began; copy the counters; see whether
 * it is the same round still. Only then is anything told, from the copy.
 *
 * Within a scan a row is taken only if its key was the same before and after its counters were read. A counter that
 * falls is not told: none of a well-behaved thread does within a round.
 */
#include "collector/lock_table.h"

#include <stdlib.h>
#include <string.h>

#include "collector/thread.h"

#define ADDRESS_MASK (((1ull << 48) - 1) & ~3ull) /* below it: what the address is used as */
#define READING 1u
#define VALUE_MASK ((1ull << LOCK_ROUND_SHIFT) - 1)
#define TRIES 3
#define FIRST_ROOM 32u

/* A row: a key and the counters it has, side by side. */
enum { LOCK_WORDS = 1 + 2, STATS_WORDS = 1 + LOCK_TOTALS };

struct rows {
	uint64_t *words;
	uint32_t room; /* rows there is memory for; those not used yet are zero */
};

struct lock_table {
	uint32_t round;
	struct rows locks, stats;
};

/* Of the thread in hand. The collector is one thread. */
static struct {
	uint32_t lock_count, stats_count;
	uint64_t locks[SEGMENT_LOCKS * LOCK_WORDS];
	uint64_t stats[SEGMENT_LOCK_STATS * STATS_WORDS];
} scan;

/* --- copying --------------------------------------------------------------------------------- */

static uint32_t bounded(const _Atomic uint32_t *count, uint32_t most)
{
	uint32_t n = atomic_load_explicit(count, memory_order_acquire);
	return n < most ? n : most;
}

/* A row whose key is in motion gets the key 0. */
static void copy_row(uint64_t *row, const _Atomic uint64_t *key, const uint64_t *counters, unsigned n)
{
	row[0] = atomic_load_explicit(key, memory_order_acquire);
	for (unsigned i = 0; i < n; i++)
		row[1 + i] = __atomic_load_n(&counters[i], __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_acquire);
	if (atomic_load_explicit(key, memory_order_relaxed) != row[0])
		row[0] = 0;
}

/* 0: the thread has begun another round. */
static int copy(const struct segment_locks *locks, uint32_t round)
{
	scan.lock_count = bounded(&locks->lock_count, SEGMENT_LOCKS);
	scan.stats_count = bounded(&locks->stats_count, SEGMENT_LOCK_STATS);
	for (uint32_t i = 0; i < scan.lock_count; i++) {
		const struct segment_lock *l = &locks->locks[i];
		copy_row(&scan.locks[i * LOCK_WORDS], &l->key, &l->acquisitions, LOCK_WORDS - 1);
	}
	for (uint32_t i = 0; i < scan.stats_count; i++) {
		const struct segment_lock_stats *s = &locks->stats[i];
		copy_row(&scan.stats[i * STATS_WORDS], &s->key, s->totals, LOCK_TOTALS);
	}
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&locks->round, memory_order_relaxed) == round;
}

_Static_assert(offsetof(struct segment_lock, owner_changes) == offsetof(struct segment_lock, acquisitions) + 8,
               "a lock's counters lie side by side");

/* --- what was told --------------------------------------------------------------------------- */

/* 0, or -1 (no memory; as it was). */
static int rows_grow(struct rows *r, uint32_t count, uint32_t most, uint32_t row_words)
{
	if (count <= r->room)
		return 0;
	uint32_t room = r->room ? r->room * 2 : FIRST_ROOM;
	room = room < count ? count : room;
	room = room < most ? room : most;
	size_t had = (size_t)r->room * row_words, wanted = (size_t)room * row_words;
	uint64_t *words = realloc(r->words, wanted * sizeof(*words));
	if (!words)
		return -1;
	memset(words + had, 0, (wanted - had) * sizeof(*words));
	r->words = words;
	r->room = room;
	return 0;
}

/* The thread's table, as large as the scan. NULL: no memory. */
static struct lock_table *make_table(struct thread *t)
{
	if (!t->locks)
		t->locks = calloc(1, sizeof(*t->locks));
	if (!t->locks || rows_grow(&t->locks->locks, scan.lock_count, SEGMENT_LOCKS, LOCK_WORDS) < 0 ||
	    rows_grow(&t->locks->stats, scan.stats_count, SEGMENT_LOCK_STATS, STATS_WORDS) < 0)
		return NULL;
	return t->locks;
}

static void rows_clear(struct rows *r, uint32_t row_words)
{
	if (r->room)
		memset(r->words, 0, (size_t)r->room * row_words * sizeof(*r->words));
}

static void begin_round(struct lock_table *table, uint32_t round)
{
	if (table->round == round)
		return;
	table->round = round;
	rows_clear(&table->locks, LOCK_WORDS);
	rows_clear(&table->stats, STATS_WORDS);
}

void lock_table_free(struct lock_table *table)
{
	if (!table)
		return;
	free(table->locks.words);
	free(table->stats.words);
	free(table);
}

/* --- telling --------------------------------------------------------------------------------- */

struct telling {
	struct thread *thread;
	struct drain *drain;
	uint64_t tick;
	uint32_t round;
};

static int tell(const struct telling *a, uint64_t key, unsigned total, uint64_t value)
{
	struct event e = {
		.kind = EVENT_LOCK_TOTAL,
		.address = key & ADDRESS_MASK,
		.shared = (uint16_t)(key >> 48),
		.stack = total,
		.size = (value < VALUE_MASK ? value : VALUE_MASK) | (uint64_t)(a->round & 0xff) << LOCK_ROUND_SHIFT,
	};
	return thread_append(a->thread, a->drain, &e, a->tick);
}

/* Tells the counters of a row that have grown. `totals`: which they are; LOCK_TOTALS: none. 0 or -1. */
static int tell_row(const struct telling *a, uint64_t *told, const uint64_t *now, const uint8_t *totals, unsigned n)
{
	if (now[0] != told[0]) {
		memset(told, 0, (1 + n) * sizeof(*told));
		told[0] = now[0];
	}
	if (!now[0])
		return 0;
	for (unsigned i = 1; i <= n; i++) {
		if (now[i] <= told[i] || totals[i - 1] == LOCK_TOTALS)
			continue;
		if (tell(a, now[0], totals[i - 1], now[i]) < 0)
			return -1;
		told[i] = now[i];
	}
	return 0;
}

static int tell_locks(const struct telling *a, struct lock_table *table)
{
	static const uint8_t totals[2][LOCK_WORDS - 1] = {
		{ LOCK_ACQUISITIONS, LOCK_OWNER_CHANGES },
		{ LOCK_READS, LOCK_TOTALS }, /* readers do not own */
	};
	for (uint32_t i = 0; i < scan.lock_count; i++) {
		const uint64_t *now = &scan.locks[i * LOCK_WORDS];
		if (tell_row(a, &table->locks.words[i * LOCK_WORDS], now, totals[now[0] & READING], LOCK_WORDS - 1) < 0)
			return -1;
	}
	return 0;
}

/* What the rows of locks tell is not to be found in these. */
static void name_totals(uint8_t totals[LOCK_TOTALS])
{
	for (unsigned i = 0; i < LOCK_TOTALS; i++)
		totals[i] = i == LOCK_ACQUISITIONS || i == LOCK_READS || i == LOCK_OWNER_CHANGES ? LOCK_TOTALS : (uint8_t)i;
}

static int tell_stats(const struct telling *a, struct lock_table *table)
{
	uint8_t totals[LOCK_TOTALS];
	name_totals(totals);
	for (uint32_t i = 0; i < scan.stats_count; i++) {
		const uint64_t *now = &scan.stats[i * STATS_WORDS];
		if (!(now[0] & READING) && tell_row(a, &table->stats.words[i * STATS_WORDS], now, totals, LOCK_TOTALS) < 0)
			return -1;
	}
	return 0;
}

void lock_table_tell(struct thread *t, struct drain *d, uint64_t tick, int last)
{
	const struct segment_locks *locks = &t->slot->locks;
	for (int tries = 0; tries < TRIES; tries++) {
		struct telling a = { .thread = t, .drain = d, .tick = tick };
		a.round = atomic_load_explicit(&locks->round, memory_order_acquire);
		thread_drain(t, d);
		if (t->broken)
			return;
		if (!copy(locks, a.round) || (t->in_group && !last))
			continue;
		struct lock_table *table = scan.lock_count || scan.stats_count ? make_table(t) : NULL;
		if (!table)
			return;
		begin_round(table, a.round);
		if (tell_locks(&a, table) == 0)
			tell_stats(&a, table);
		return;
	}
}
