/* SPDX-License-Identifier: MIT
 *
 * Lives in order of their generation, an array an address.
 */
#include "analyzer/ingest/lock_life.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define FIRST_GENERATION 0x10000u /* so that one may be older than the first that was named */

void lock_lives_init(struct lock_lives *l, size_t process_count)
{
	*l = (struct lock_lives){ .process_count = process_count };
	l->by_address = memory_zeroed(process_count + 1, sizeof(*l->by_address));
	l->joins = memory_zeroed(process_count + 1, sizeof(*l->joins));
}

void lock_lives_release(struct lock_lives *l)
{
	for (size_t i = 1; i <= l->count; i++)
		free(l->at[i].counts);
	for (size_t i = 1; i <= l->place_count; i++)
		free(l->places[i].lives);
	for (size_t i = 0; l->by_address && i <= l->process_count; i++)
		map_release(&l->by_address[i]);
	free(l->by_address);
	free(l->joins);
	free(l->places);
	free(l->at);
	*l = (struct lock_lives){ 0 };
}

struct lock_counts *lock_life_counts(struct lock_life *life)
{
	if (!life->counts)
		life->counts = memory_zeroed(1, sizeof(*life->counts));
	return life->counts;
}

/* --- places ---------------------------------------------------------------------------------- */

static uint32_t place_of(struct lock_lives *l, uint32_t process, uint64_t address)
{
	uint32_t *place = map_at(&l->by_address[process], address);

	if (!*place) {
		*place = (uint32_t)++l->place_count;
		l->places = memory_grown(l->places, &l->place_room, l->place_count + 1, sizeof(*l->places));
		l->places[*place] = (struct lock_place){ 0 };
	}
	return *place;
}

/* Counts a generation of 16 bits on, to the nearest one to the newest. */
static uint64_t place_generation(struct lock_place *p, uint16_t generation)
{
	uint64_t whole;

	if (!p->newest)
		p->newest = FIRST_GENERATION + generation;
	whole = p->newest + (uint64_t)(int64_t)(int16_t)(uint16_t)(generation - p->newest);
	if (whole > p->newest)
		p->newest = whole;
	return whole;
}

/* Where the first life of this generation or a later one stands; often at the end. */
static uint32_t place_search(const struct lock_lives *l, const struct lock_place *p, uint64_t generation)
{
	uint32_t low = 0, high = p->count;

	if (p->count && l->at[p->lives[p->count - 1]].generation == generation)
		return p->count - 1;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (l->at[p->lives[middle]].generation < generation)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void place_insert(struct lock_place *p, uint32_t at, uint32_t life)
{
	if (!(p->count & (p->count - 1)))
		p->lives = memory_resized(p->lives, p->count ? (size_t)p->count * 2 : 1, sizeof(*p->lives));
	memmove(p->lives + at + 1, p->lives + at, (p->count++ - at) * sizeof(*p->lives));
	p->lives[at] = life;
}

/* --- lives ----------------------------------------------------------------------------------- */

static uint32_t life_new(struct lock_lives *l, uint32_t process, uint64_t address, uint64_t tick)
{
	l->at = memory_grown(l->at, &l->room, ++l->count + 1, sizeof(*l->at));
	l->at[l->count] = (struct lock_life){ .address = address, .process = process, .begin = tick, .end = LOCK_ALIVE };
	return (uint32_t)l->count;
}

uint32_t lock_lives_find(struct lock_lives *l, uint32_t process, uint64_t address, uint16_t generation, uint64_t tick)
{
	uint32_t number = place_of(l, process, address), at, life;
	struct lock_place *p = &l->places[number];
	uint64_t whole = place_generation(p, generation);

	at = place_search(l, p, whole);
	if (at < p->count && l->at[p->lives[at]].generation == whole)
		return p->lives[at];
	life = life_new(l, process, address, tick);
	l->at[life].place = number;
	l->at[life].generation = whole;
	if (whole < p->ended)
		l->at[life].end = tick;
	place_insert(p, at, life);
	return life;
}

/* Ends the lives of a place below a generation; those before one that has ended have ended. */
static void place_end(struct lock_lives *l, struct lock_place *p, uint64_t generation, uint64_t tick)
{
	if (generation <= p->ended)
		return;
	p->ended = generation;
	for (uint32_t i = place_search(l, p, generation); i-- > 0 && l->at[p->lives[i]].end == LOCK_ALIVE;)
		l->at[p->lives[i]].end = tick;
}

void lock_lives_end(struct lock_lives *l, uint32_t process, uint64_t address, uint16_t generation, uint64_t tick)
{
	uint32_t number = place_of(l, process, address); /* may move the places */
	struct lock_place *p = &l->places[number];

	place_end(l, p, place_generation(p, generation), tick);
}

static void counts_add(struct lock_counts *to, const struct lock_counts *from)
{
	for (unsigned i = 0; i < LOCK_TOTALS; i++) {
		if (i != LOCK_WAIT_MAX && i != LOCK_MAX_WAITERS && i != LOCK_HELD_MAX)
			to->totals[i] += from->totals[i];
		else if (from->totals[i] > to->totals[i])
			to->totals[i] = from->totals[i];
	}
	for (unsigned i = 0; i < LOCK_BUCKETS; i++)
		to->seen_buckets[i] += from->seen_buckets[i];
}

/* A life turns out to be a thread that is joined: what it has is the joins'. */
static void life_becomes_join(struct lock_lives *l, uint32_t life, uint64_t tick)
{
	uint32_t process = l->at[life].process, joins = l->joins[process];

	if (!joins) {
		joins = l->joins[process] = life_new(l, process, 0, tick);
		l->at[joins].kind = LOCK_JOIN;
		l->at[joins].told = 1;
		l->at[joins].node = l->at[life].node;
	}
	if (l->at[life].counts) {
		counts_add(lock_life_counts(&l->at[joins]), l->at[life].counts);
		free(l->at[life].counts);
		l->at[life].counts = NULL;
	}
	l->at[joins].acquisitions += l->at[life].acquisitions;
	if (l->at[life].begin < l->at[joins].begin)
		l->at[joins].begin = l->at[life].begin;
	l->at[life].alias = joins;
}

void lock_lives_tell(struct lock_lives *l, uint32_t life, uint64_t about, uint32_t node, uint64_t tick)
{
	struct lock_life *x = &l->at[life];

	if (x->told || LOCK_ABOUT_KIND(about) == 0 || LOCK_ABOUT_KIND(about) >= LOCK_KINDS)
		return;
	place_end(l, &l->places[x->place], x->generation, tick);
	x->told = 1;
	x->kind = (uint8_t)LOCK_ABOUT_KIND(about);
	x->flags = (uint8_t)LOCK_ABOUT_FLAGS(about);
	x->frame = (uint16_t)LOCK_ABOUT_FRAME(about);
	x->node = node;
	if (tick < x->begin)
		x->begin = tick;
	if (x->kind == LOCK_JOIN)
		life_becomes_join(l, life, tick);
}

/* --- asking ---------------------------------------------------------------------------------- */

uint32_t lock_lives_before(const struct lock_lives *l, uint32_t life)
{
	const struct lock_life *x = &l->at[life];

	return x->place ? place_search(l, &l->places[x->place], x->generation) : 0;
}

unsigned lock_lives_kind(const struct lock_lives *l, uint32_t life)
{
	const struct lock_life *x = &l->at[life];
	uint32_t before = x->kind ? 0 : lock_lives_before(l, life);
	unsigned kind = before ? l->at[l->places[x->place].lives[before - 1]].kind : x->kind;

	if (x->kind || (kind && kind != LOCK_JOIN))
		return kind;
	if (x->blocked && !x->waited)
		return LOCK_COND;
	return x->reads ? LOCK_RWLOCK : LOCK_MUTEX;
}
