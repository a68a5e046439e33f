/* SPDX-License-Identifier: MIT
 *
 * Stamps of threads are good to a tick: what unmaps more than there is, or maps what is still there, may have come too early, and
 * waits for the others' events of that moment.
 */
#include "analyzer/ingest/mapping.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/replay.h"

#define CELL_KEY offsetof(struct mapping_cell, site)
#define SITE_KEY offsetof(struct mapping_site, live)
#define LAST_ADDRESS (1ull << 48)

/* What a callback is told. */
struct whose {
	struct replay *replay;
	struct replay_thread *thread;
};

void mappings_init(struct mappings *m)
{
	keyed_init(&m->cells, sizeof(struct mapping_cell), CELL_KEY);
	keyed_init(&m->sites, sizeof(struct mapping_site), SITE_KEY);
}

void mappings_release(struct mappings *m)
{
	keyed_release(&m->cells);
	keyed_release(&m->sites);
}

void mapping_process_release(struct mapping_process *p)
{
	range_set_release(&p->ranges);
}

void mapping_move_release(struct mapping_move *m)
{
	free(m->pieces);
}

/* --- sums ------------------------------------------------------------------------------------ */

static uint32_t number_of(const struct keyed *k, const void *item)
{
	return (uint32_t)((size_t)((const unsigned char *)item - k->items) / k->size);
}

static uint32_t cell_number(struct replay *r, const struct replay_thread *t, uint32_t stack)
{
	struct mapping_cell key = { .process = t->process->id, .thread = t->id, .stack = stack };
	struct mapping_site of = { .process = t->process->id, .site = r->naming->stacks[stack].site };
	struct mapping_cell *c = keyed_at(&r->mappings.cells, &key);

	if (!c->calls) {
		c->site = number_of(&r->mappings.sites, keyed_at(&r->mappings.sites, &of));
		c->epoch = t->process->mapped.epoch;
	}
	return number_of(&r->mappings.cells, c);
}

static void keep_peak(struct mapping_cell *c, uint64_t epoch)
{
	if (c->epoch == epoch)
		return;
	c->epoch = epoch;
	c->at_peak = c->live;
}

uint64_t mapping_at_peak(const struct replay *r, const struct mapping_cell *c)
{
	return c->epoch == r->processes[c->process].mapped.epoch ? c->at_peak : c->live;
}

static void sums_map(struct replay *r, struct mapping_process *p, const struct range *range)
{
	struct mapping_cell *c = keyed_item(&r->mappings.cells, range->cell);
	struct mapping_site *s = keyed_item(&r->mappings.sites, c->site);
	uint64_t bytes = range->end - range->start;

	keep_peak(c, p->epoch);
	c->calls++;
	c->bytes += bytes;
	c->live += bytes;
	s->live += bytes;
	s->peak = s->live > s->peak ? s->live : s->peak;
	s->kinds |= 1u << (range->kind - EVENT_MAP);
	p->calls++;
	p->bytes += bytes;
	p->live += bytes;
	if (p->live > p->peak) {
		p->peak = p->live;
		p->peak_tick = r->now;
		p->epoch++;
	}
}

static void sums_unmap(void *arg, const struct range *range)
{
	const struct whose *w = arg;
	struct mapping_process *p = &w->thread->process->mapped;
	struct mapping_cell *c = keyed_item(&w->replay->mappings.cells, range->cell);
	struct mapping_site *s = keyed_item(&w->replay->mappings.sites, c->site);
	uint64_t bytes = range->end - range->start;

	keep_peak(c, p->epoch);
	c->unmapped += bytes;
	c->live -= bytes;
	s->live -= bytes;
	p->live -= bytes;
}

/* --- events ---------------------------------------------------------------------------------- */

static uint64_t end_of(const struct event *e)
{
	return e->size < LAST_ADDRESS - e->address ? e->address + e->size : LAST_ADDRESS;
}

static void unmap(const struct whose *w, uint64_t start, uint64_t end)
{
	range_set_take(&w->thread->process->mapped.ranges, start, end, sums_unmap, (void *)(uintptr_t)w);
}

static void map(const struct whose *w, uint64_t start, uint64_t end, uint32_t stack, uint32_t kind)
{
	struct range range = { .start = start, .end = end, .tick = w->replay->now, .kind = kind };

	if (start >= end)
		return;
	range.cell = cell_number(w->replay, w->thread, stack);
	range_set_put(&w->thread->process->mapped.ranges, &range);
	sums_map(w->replay, &w->thread->process->mapped, &range);
}

static void piece_keep(void *arg, const struct range *piece)
{
	struct mapping_move *m = arg;

	m->pieces = memory_grown(m->pieces, &m->room, m->count + 1, sizeof(*m->pieces));
	m->pieces[m->count++] = *piece;
}

static void move_begin(struct replay_thread *t, const struct event *e)
{
	struct range_set *ranges = &t->process->mapped.ranges;
	const struct range *there = range_set_at(ranges, e->address);
	struct mapping_move *m = &t->move;

	m->from = e->address;
	m->size = end_of(e) - e->address;
	m->kind = there ? there->kind : EVENT_MAP;
	m->open = 1;
	m->count = 0;
	range_set_take(ranges, m->from, m->from + m->size, piece_keep, m);
}

/* Puts what was taken out to an address; what reaches beyond `length` is unmapped. */
static void move_put(const struct whose *w, uint64_t to, uint64_t length)
{
	struct mapping_move *m = &w->thread->move;

	for (size_t i = 0; i < m->count; i++) {
		struct range piece = m->pieces[i], rest;
		uint64_t start = piece.start - m->from, end = piece.end - m->from;

		rest = (struct range){ .start = start > length ? start : length, .end = end, .cell = piece.cell };
		if (rest.start < rest.end)
			sums_unmap((void *)(uintptr_t)w, &rest);
		piece.start = to + start;
		piece.end = to + (end < length ? end : length);
		if (piece.start < piece.end)
			range_set_put(&w->thread->process->mapped.ranges, &piece);
	}
	m->open = 0;
	m->count = 0;
}

void mapping_move_cancel(struct replay *r, struct replay_thread *t)
{
	struct whose w = { r, t };

	unmap(&w, t->move.from, t->move.from + t->move.size); /* what others have mapped there meanwhile */
	move_put(&w, t->move.from, t->move.size);
}

static void move_end(const struct whose *w, const struct event *e)
{
	struct mapping_move *m = &w->thread->move;
	uint64_t moved = m->size;

	unmap(w, e->address, end_of(e));
	move_put(w, e->address, end_of(e) - e->address);
	if (moved < end_of(e) - e->address)
		map(w, e->address + moved, end_of(e), e->stack, m->kind);
}

/* Whether an event unmaps or moves what is not there, or maps what is still there. */
static int is_early(const struct replay_thread *t, const struct event *e)
{
	uint64_t covered = range_set_covered(&t->process->mapped.ranges, e->address, end_of(e));

	if (e->kind == EVENT_UNMAP || e->kind == EVENT_REMAP_FROM)
		return covered < end_of(e) - e->address;
	return covered > 0;
}

int mappings_event(struct replay *r, struct replay_thread *t, const struct event *e)
{
	struct whose w = { r, t };

	if (t->move.open && e->kind != EVENT_REMAP_TO)
		mapping_move_cancel(r, t);
	if (t->process->threads > 1 && is_early(t, e) && conflict_moment(t, e->stamp))
		return 1;
	if (e->kind >= EVENT_MAP && e->kind <= EVENT_MAP_BREAK) {
		unmap(&w, e->address, end_of(e));
		map(&w, e->address, end_of(e), e->stack, e->kind);
	} else if (e->kind == EVENT_UNMAP) {
		unmap(&w, e->address, end_of(e));
	} else if (e->kind == EVENT_REMAP_FROM) {
		move_begin(t, e);
	} else if (e->kind == EVENT_REMAP_TO && t->move.open) {
		move_end(&w, e);
	}
	return 0;
}

/* --- for the end ----------------------------------------------------------------------------- */

struct since {
	uint64_t tick, bytes;
};

static void add_since(void *arg, const struct range *r)
{
	struct since *s = arg;

	if (r->tick < s->tick)
		s->bytes += r->end - r->start;
}

uint64_t mapping_live_since(const struct mapping_process *p, uint64_t tick)
{
	struct since s = { tick, 0 };

	range_set_each(&p->ranges, add_since, &s);
	return s.bytes;
}

const char *mapping_kinds(uint32_t kinds, char *out, unsigned size)
{
	static const char *const names[] = { "anonymous", "shared", "file", "shared file", "break" };
	unsigned used = 0;

	out[0] = 0;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (kinds >> i & 1 && used < size)
			used += (unsigned)snprintf(out + used, size - used, "%s%s", used ? ", " : "", names[i]);
	return out;
}
