/* SPDX-License-Identifier: MIT
 *
 * The table of cells: open-addressed levels, each eight times the one before, so that a program with ten locks touches one page
 * of it and one with a million still has room; those from NEAR_LEVELS on are mapped when they are needed. Which heap memory holds locks is counted in granules of 64 bytes, by
 * address modulo the table: an allocation looks there before it looks for cells.
 */
#include "preload/lock_cell.h"

#include <string.h>

#include "preload/sys.h"
#include "trace/segment.h"

#define LEVELS 4u
#define NEAR_LEVELS 2u
#define PROBES 32u
#define GRANULE_BITS 6u
#define GRANULES (1u << 20)
#define SATURATED 255u
#define LATE_BEATS 2u
#define ALIGNMENT 4u /* of locks */

/* Fits segment_lock.cell. */
#define CELLS (1u + (((1u << (LEVEL_SHIFT * LEVELS)) - 1) / ((1u << LEVEL_SHIFT) - 1) << LEVEL0_BITS))
#define LEVEL0_BITS 10u
#define LEVEL_SHIFT 3u

_Static_assert(CELLS < 1u << 20, "a cell's number has 20 bits");
_Static_assert(LOCK_CELLS_NEAR == 1 + (((1u << (LEVEL_SHIFT * NEAR_LEVELS)) - 1) / ((1u << LEVEL_SHIFT) - 1) << LEVEL0_BITS), "");

struct lock_cell *lock_cells;
_Atomic uint32_t lock_ends;
_Atomic uintptr_t lock_heap_low = UINTPTR_MAX, lock_heap_high;

static _Atomic uint8_t *granules;
static _Atomic uint32_t level_now, counts[LEVELS];
static _Atomic(struct lock_cell *) far_levels[LEVELS];
static void *rooms[SEGMENT_THREADS]; /* each written by the thread that has the slot */

static inline uint32_t level_first(unsigned level)
{
	return 1 + (((1u << (LEVEL_SHIFT * level)) - 1) / ((1u << LEVEL_SHIFT) - 1) << LEVEL0_BITS);
}
static inline uint32_t level_size(unsigned level) { return 1u << (LEVEL0_BITS + LEVEL_SHIFT * level); }

static void clear(void *at, uint64_t size)
{
	if (at && SYS3(SYS_madvise, at, size, MADV_DONTNEED) < 0) /* it is locked */
		memset(at, 0, size);
}

static void make_zero(void)
{
	clear(lock_cells, LOCK_CELLS_NEAR * sizeof(struct lock_cell) + GRANULES);
	for (unsigned i = NEAR_LEVELS; i < LEVELS; i++)
		clear(atomic_load(&far_levels[i]), level_size(i) * sizeof(struct lock_cell));
}

void lock_cells_start(void)
{
	const uint64_t size = LOCK_CELLS_NEAR * sizeof(struct lock_cell) + GRANULES;
	if (lock_cells) /* a child's: zero again, where it is, since hooks of its parent's may still go on in it */
		make_zero();
	else
		lock_cells = sys_map(size, -1);
	if (!lock_cells)
		return;
	granules = (_Atomic uint8_t *)(lock_cells + LOCK_CELLS_NEAR);
	level_now = 0;
	for (unsigned i = 0; i < LEVELS; i++)
		counts[i] = 0;
	lock_heap_low = UINTPTR_MAX;
	lock_heap_high = 0;
}

struct lock_cell *lock_cell_far(uint32_t number)
{
	for (unsigned level = NEAR_LEVELS; level < LEVELS; level++)
		if (number < level_first(level) + level_size(level))
			return atomic_load_explicit(&far_levels[level], memory_order_acquire) + (number - level_first(level));
	return lock_cells;
}

/* Makes memory for a level. 0: there is none. */
static int make_level(unsigned level)
{
	struct lock_cell *there = NULL, *made;
	const uint64_t size = level_size(level) * sizeof(*made);
	if (level < NEAR_LEVELS || atomic_load(&far_levels[level]))
		return 1;
	made = sys_map(size, -1);
	if (made && !atomic_compare_exchange_strong(&far_levels[level], &there, made))
		SYS2(SYS_munmap, made, size);
	return made != NULL;
}

void *lock_room(uint32_t index)
{
	if (!rooms[index])
		rooms[index] = sys_map(LOCK_ROOM_SIZE, -1);
	return rooms[index];
}

/* --- by address ------------------------------------------------------------------------------ */

static uint32_t place(uint64_t address, unsigned level, uint32_t probe)
{
	uint64_t h = address * 0x9e3779b97f4a7c15ull;
	return level_first(level) + ((uint32_t)(h >> 32) + probe) % level_size(level);
}

/* In one level. *free: the first free place met; 0: none. */
static uint32_t find_in(uint64_t address, unsigned level, uint32_t *free)
{
	*free = 0;
	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t at = place(address, level, i);
		uint64_t there = atomic_load_explicit(&lock_cell_at(at)->address, memory_order_acquire);
		if (there == address)
			return at;
		if (!there) {
			*free = at;
			return 0;
		}
	}
	return 0;
}

uint32_t lock_cell_find(uint64_t address)
{
	uint32_t free, last = atomic_load_explicit(&level_now, memory_order_acquire);
	for (unsigned level = 0; level <= last && level < LEVELS; level++) {
		uint32_t at = find_in(address, level, &free);
		if (at)
			return at;
	}
	return 0;
}

/* Into the newest level. 0: it is full. */
static uint32_t insert_in(uint64_t address, unsigned level)
{
	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t at = place(address, level, i);
		uint64_t there = 0;
		if (atomic_compare_exchange_strong(&lock_cell_at(at)->address, &there, address)) {
			atomic_fetch_add(&counts[level], 1);
			return at;
		}
		if (there == address)
			return at;
	}
	return 0;
}

uint32_t lock_cell_of(uint64_t address)
{
	uint32_t at = lock_cell_find(address);
	while (!at) {
		uint32_t level = atomic_load(&level_now);
		if (level == LEVELS)
			return 0;
		if (atomic_load(&counts[level]) < level_size(level) / 2)
			at = insert_in(address, level);
		if (at)
			return at;
		if (level + 1 < LEVELS && !make_level(level + 1))
			return 0;
		atomic_compare_exchange_strong(&level_now, &level, level + 1);
	}
	return at;
}

/* --- lives ----------------------------------------------------------------------------------- */

static _Atomic uint8_t *granule_of(uint64_t address) { return &granules[(address >> GRANULE_BITS) % GRANULES]; }

static void widen_heap(uint64_t address)
{
	uintptr_t low = atomic_load(&lock_heap_low), high = atomic_load(&lock_heap_high);
	while (address < low && !atomic_compare_exchange_weak(&lock_heap_low, &low, address))
		;
	while (address >= high && !atomic_compare_exchange_weak(&lock_heap_high, &high, address + 1))
		;
}

/* Counts in a granule; one that overflowed stays. */
static void count_granule(uint64_t address, int change)
{
	_Atomic uint8_t *g = granule_of(address);
	uint8_t n = atomic_load(g);
	while (n != SATURATED && (n || change > 0) && !atomic_compare_exchange_weak(g, &n, (uint8_t)(n + change)))
		;
}

int lock_cell_begin(struct lock_cell *c, uint32_t kind, int in_heap)
{
	uint32_t life = lock_cell_life(c);
	uint32_t begun = (life & 0xffff0000u) | kind << 8 | LIFE_BEGUN | (in_heap ? LIFE_IN_HEAP : 0);
	if (life & LIFE_BEGUN || !atomic_compare_exchange_strong(&c->life, &life, begun))
		return 0;
	if (in_heap) {
		count_granule(c->address, 1);
		widen_heap(c->address);
	}
	return 1;
}

int lock_cell_end(struct lock_cell *c, uint16_t *generation)
{
	uint32_t life = lock_cell_life(c);
	*generation = (uint16_t)(life_generation(life) + 1);
	if (!(life & LIFE_BEGUN) || !atomic_compare_exchange_strong(&c->life, &life, (uint32_t)*generation << 16))
		return 0;
	atomic_fetch_add(&lock_ends, 1);
	atomic_store(&c->last_owner, 0);
	atomic_store(&c->foreign, 0);
	atomic_store(&c->debt, 0);
	atomic_store(&c->tokens, 0);
	atomic_store(&c->beat, 0);
	if (life & LIFE_IN_HEAP)
		count_granule(c->address, -1);
	return 1;
}

static int is(const struct lock_cell *c, uint32_t flags)
{
	return (lock_cell_life(c) & (LIFE_BEGUN | LIFE_IN_HEAP)) == flags;
}

static void within_granule(uint64_t granule, uint64_t low, uint64_t high, void (*each)(struct lock_cell *))
{
	for (uint64_t a = granule << GRANULE_BITS, end = a + (1u << GRANULE_BITS); a < end; a += ALIGNMENT) {
		uint32_t at = a >= low && a < high ? lock_cell_find(a) : 0;
		if (at && is(lock_cell_at(at), LIFE_BEGUN | LIFE_IN_HEAP))
			each(lock_cell_at(at));
	}
}

static uint32_t cells_in_use(void)
{
	uint32_t last = atomic_load(&level_now);
	return level_first(last < LEVELS ? last + 1 : LEVELS);
}

static void within_all(uint64_t low, uint64_t high, uint32_t flags, void (*each)(struct lock_cell *))
{
	uint32_t end = cells_in_use();
	for (uint32_t at = 1; at < end; at++) {
		struct lock_cell *c = lock_cell_at(at);
		uint64_t address = atomic_load(&c->address);
		if (address >= low && address < high && is(c, flags))
			each(c);
	}
}

void lock_cells_of_module(uint64_t address, uint64_t size, void (*each)(struct lock_cell *))
{
	if (lock_cells)
		within_all(address, address + size, LIFE_BEGUN, each);
}

void lock_cells_within(uint64_t address, uint64_t size, void (*each)(struct lock_cell *))
{
	uint64_t low = atomic_load_explicit(&lock_heap_low, memory_order_relaxed);
	uint64_t high = atomic_load_explicit(&lock_heap_high, memory_order_relaxed);
	if (address > low)
		low = address;
	if (address + size < high)
		high = address + size;
	if (low >= high)
		return;
	uint64_t granule = low >> GRANULE_BITS, last = (high - 1) >> GRANULE_BITS;
	if (last - granule >= cells_in_use()) { /* so much memory that asking every cell is less work */
		within_all(low, high, LIFE_BEGUN | LIFE_IN_HEAP, each);
		return;
	}
	for (; granule <= last; granule++)
		if (__builtin_expect(atomic_load_explicit(granule_of(granule << GRANULE_BITS), memory_order_relaxed), 0))
			within_granule(granule, low, high, each);
}

/* --- who waits ------------------------------------------------------------------------------- */

#define SUM_MASK ((1ull << LOCK_WAITERS_SHIFT) - 1)

static inline uint64_t packed(uint64_t waiters, uint64_t sum)
{
	return waiters << LOCK_WAITERS_SHIFT | (sum < SUM_MASK ? sum : SUM_MASK);
}

static inline uint64_t behind(uint64_t stamp, uint64_t released) { return stamp > released ? stamp - released : 0; }

uint32_t lock_cell_join(struct lock_cell *c, uint64_t start)
{
	uint64_t released = c->released, waiting = atomic_load(&c->waiting), n, since, sum;
	do {
		n = waiting >> LOCK_WAITERS_SHIFT;
		since = n ? released : start; /* nobody waited: the last release was long ago, and says nothing */
		sum = n ? (waiting & SUM_MASK) + behind(start, released) : 0;
	} while (!arch_swap_pair(&c->released, &released, &waiting, since, packed(n + 1, sum)));
	return (uint32_t)n + 1;
}

void lock_cell_leave(struct lock_cell *c, uint64_t start, uint64_t end, int got, uint32_t beat)
{
	uint64_t released = c->released, waiting = atomic_load(&c->waiting), n, sum;
	do {
		uint64_t mine = behind(start, released);
		n = waiting >> LOCK_WAITERS_SHIFT;
		sum = waiting & SUM_MASK;
		n -= n > 0;
		sum = n && sum > mine ? sum - mine : 0;
	} while (!arch_swap_pair(&c->released, &released, &waiting, released, packed(n, sum)));
	if (got && lock_cell_crowded(c, beat)) /* else the release that let it in has been charged */
		atomic_fetch_add_explicit(&c->debt, behind(end, start > released ? start : released), memory_order_relaxed);
}

/* By the holder, so that nobody else does; readers of a rwlock may, and lose a token. */
static void spend(struct lock_cell *c, uint32_t beat)
{
	uint32_t tokens = atomic_load_explicit(&c->tokens, memory_order_relaxed);
	if (atomic_load_explicit(&c->beat, memory_order_relaxed) != beat) {
		atomic_store_explicit(&c->beat, beat, memory_order_relaxed);
		tokens = LOCK_TOKENS;
	}
	atomic_store_explicit(&c->tokens, tokens ? tokens - 1 : 0, memory_order_relaxed);
}

uint64_t lock_cell_release(struct lock_cell *c, uint64_t now, uint32_t beat, uint32_t *waiters)
{
	int late = beat - atomic_load_explicit(&c->beat, memory_order_relaxed) > LATE_BEATS;
	uint64_t debt = atomic_exchange_explicit(&c->debt, 0, memory_order_relaxed);
	if (late) /* that was another storm, and none of this holder's doing */
		debt = 0;
	uint64_t released = c->released, waiting = atomic_load(&c->waiting), n, all, sum;
	spend(c, beat);
	do {
		n = waiting >> LOCK_WAITERS_SHIFT;
		sum = waiting & SUM_MASK;
		*waiters = (uint32_t)n;
		if (!n || now <= released)
			return debt;
		all = n * (now - released);
	} while (!arch_swap_pair(&c->released, &released, &waiting, now, packed(n, 0)));
	return debt + (all > sum ? all - sum : 0);
}
