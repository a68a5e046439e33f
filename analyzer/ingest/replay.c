/* SPDX-License-Identifier: MIT
 *
 * The replay: one pass over the merged events, a few dozen instructions each.
 */
#include "analyzer/ingest/replay.h"

#include "analyzer/ingest/growth_step.h"
#include "analyzer/ingest/replay_course.h"

#define PREFETCH 12 /* events ahead */

#define rarely(x) __builtin_expect(!!(x), 0)

/* --- cells ----------------------------------------------------------------------------------- */

static uint32_t __attribute__((noinline)) replay_new_cell(struct replay *r, struct replay_thread *t, uint32_t stack)
{
	uint32_t cell = cells_add(&r->cells);
	struct cell *c = &r->cells.at[cell];

	c->stack = stack;
	c->thread = t->id;
	c->site_depth = r->places.at[stack].site_depth;
	c->epoch = t->process->epoch; /* nothing was live at any peak before */
	cell_index_add(&t->index, stack, cell);
	return cell;
}

/* A stack that allocates has a site; those that only free do not need one. */
static void __attribute__((noinline)) replay_set_site(struct replay *r, const struct replay_process *p, struct cell *c)
{
	uint32_t site = r->naming->stacks[c->stack].site;

	c->site = site_cells_find(&r->sites, site, p->id, 0);
	c->thread_site = p->threads > 1 ? site_cells_find(&r->sites, site, p->id, c->thread) : 0;
}

static inline uint32_t cell_of(struct replay *r, struct replay_thread *t, uint32_t stack)
{
	uint32_t cell = cell_index_find(&t->index, stack);

	return rarely(!cell) ? replay_new_cell(r, t, stack) : cell;
}

/* --- a block's life -------------------------------------------------------------------------- */

/* The slice of an event that is not after now. */
static inline uint32_t slice_of(const struct replay *r, uint64_t tick)
{
	return tick >= r->slice_began ? r->slice : timebase_slice(r->time, tick);
}

/* Everything that `n` blocks allocated in a slice add to, but for the table of live blocks. */
static inline __attribute__((always_inline)) void add_begin(struct replay *r, struct replay_process *p, uint32_t slice, uint32_t cell,
                                                            uint64_t size, unsigned kind, uint64_t n)
{
	struct cell *c = &r->cells.at[cell];
	uint64_t bytes = n * size;
	struct site_cell *s;

	if (rarely(!c->site))
		replay_set_site(r, p, c);
	s = &r->sites.at[c->site];
	cell_keep_peak(c, p->epoch);
	c->live += n;
	c->live_bytes += bytes;
	c->allocations += n;
	c->allocated_bytes += bytes;
	if (kind == EVENT_REALLOC_ALLOC) {
		spans_touch(&r->spans, &r->cells, cell, r->slice);
		cell_sum_add(&c->now[SPAN_REALLOCATIONS], n, bytes);
	}
	site_cell_begin(s, n, bytes);
	distribution_add_size(s->distribution, size, n);
	if (c->thread_site)
		site_cell_begin(&r->sites.at[c->thread_site], n, bytes);
	p->kinds[kind].count += n;
	p->kinds[kind].bytes += bytes;
	span_histogram_begin(&p->histogram, slice, size, n);
	p->live_bytes += bytes;
	if (p->live_bytes > p->slice_max) {
		p->slice_max = p->live_bytes;
		if (p->live_bytes > p->peak_bytes) {
			p->peak_bytes = p->live_bytes;
			p->peak_tick = r->now;
			p->epoch++;
		}
	}
}

/* One block of a sample begins. */
static void __attribute__((noinline)) add_begin_sampled(struct replay *r, struct replay_process *p, uint32_t slice,
                                                        const struct live_block *b, unsigned kind)
{
	weight_errors_begin(&r->errors, &r->cells, b->cell, p->epoch, weight_variance(r->sample_bytes, b->size), b->size,
	                    kind == EVENT_REALLOC_ALLOC);
	add_begin(r, p, slice, b->cell, b->size, kind, replay_weight(r, b));
}

/* A block has begun. */
static inline void sums_begin(struct replay *r, struct replay_process *p, uint32_t slice, const struct live_block *b, unsigned kind)
{
	if (rarely(r->sample_bytes))
		add_begin_sampled(r, p, slice, b, kind);
	else
		add_begin(r, p, slice, b->cell, b->size, kind, 1);
}

/* How a block ended. */
struct replay_end {
	uint32_t freed; /* cell of the stack that freed it; 0: nobody was seen to */
	uint32_t slice; /* of its allocation */
	int temporary;
	struct escape_end owner;
};

/* What the end of `n` blocks adds to the sums of one class by slice. */
static inline __attribute__((always_inline)) void span_end(struct replay *r, const struct live_block *b, enum span_class class,
                                                           uint32_t slice, uint64_t n)
{
	if (slice == r->slice)
		cell_sum_add(&r->cells.at[b->cell].now[class], n, n * b->size);
	else
		spans_add(&r->spans, class, slice, b->cell, n, n * b->size);
}

static inline __attribute__((always_inline)) void spans_end(struct replay *r, struct cell *c, const struct live_block *b,
                                                            const struct replay_end *end, uint64_t n)
{
	if (end->slice == r->slice) {
		spans_touch(&r->spans, &r->cells, b->cell, r->slice);
	} else if (end->temporary) {
		c->temporary += n;
		c->temporary_bytes += n * b->size;
	}
	span_end(r, b, SPAN_ALLOCATIONS, end->slice, n);
	if (end->temporary)
		span_end(r, b, SPAN_TEMPORARY, end->slice, n);
	if (end->freed && r->cells.at[end->freed].thread != c->thread)
		span_end(r, b, SPAN_HANDED, end->slice, n);
	else if (end->owner.depth == c->site_depth)
		span_end(r, b, SPAN_LOCAL, end->slice, n);
	if (rarely(end->owner.uncertain))
		span_end(r, b, SPAN_UNCERTAIN, end->slice, n);
}

/* Everything that the end of `n` blocks adds to. freeing: cell that is counted as having freed them. */
static inline __attribute__((always_inline)) void add_end(struct replay *r, struct replay_process *p, const struct live_block *b,
                                                          const struct replay_end *end, uint32_t freeing, uint64_t n)
{
	struct cell *c = &r->cells.at[b->cell];
	struct site_cell *s = &r->sites.at[c->site];
	uint64_t ns, bytes = n * b->size;

	escape_sums_end(&r->escapes, &r->cells, b->cell, end->freed, end->owner, n, bytes);
	cell_keep_peak(c, p->epoch);
	c->live -= n;
	c->live_bytes -= bytes;
	p->live_bytes -= bytes;
	site_cell_end(s, n, bytes);
	if (c->thread_site)
		site_cell_end(&r->sites.at[c->thread_site], n, bytes);
	spans_end(r, c, b, end, n);
	if (rarely(!freeing)) {
		p->implied_frees += n;
		return;
	}
	ns = timebase_span_ns(r->time, r->now - b->tick);
	distribution_add_lifetime(s->distribution, ns, n, bytes);
	span_histogram_end(&p->histogram, end->slice, ns, n, bytes);
	p->frees += n;
	r->cells.at[freeing].frees += n;
	r->cells.at[freeing].freed_bytes += bytes;
}

/* Whether the thread had made another block meanwhile cannot be seen in a sample. */
static void __attribute__((noinline)) add_end_sampled(struct replay *r, struct replay_process *p, const struct live_block *b,
                                                      struct replay_end end, uint32_t freeing)
{
	end.temporary = 0;
	weight_errors_end(&r->errors, &r->cells, b->cell, freeing, p->epoch, weight_variance(r->sample_bytes, b->size), b->size);
	add_end(r, p, b, &end, freeing, replay_weight(r, b));
}

/* A block has ended. */
static inline void sums_end(struct replay *r, struct replay_process *p, const struct live_block *b, const struct replay_end *end,
                            uint32_t freeing)
{
	if (rarely(r->sample_bytes))
		add_end_sampled(r, p, b, *end, freeing);
	else
		add_end(r, p, b, end, freeing, 1);
}

void replay_begin(struct replay *r, struct replay_process *p, const struct live_block *block, unsigned kind)
{
	int existed;

	*live_add(&p->live, block->address, &existed) = *block;
	live_note(&p->live, block->address, block->size);
	sums_begin(r, p, slice_of(r, block->tick), block, kind);
	if (kind == EVENT_REALLOC_ALLOC)
		growth_step_made(r, p, block, 1);
}

static inline struct escape_end replay_owner(struct replay *r, struct replay_thread *freer, const struct live_block *b)
{
	if (__builtin_expect(b->tick < r->last_pause, 0) && replay_was_paused(r, b->tick))
		return (struct escape_end){ 0 }; /* calls may have returned and begun anew unseen */
	return escape_chain_end(&freer->chain, r->cells.at[b->cell].site_depth, b->number, b->size);
}

void replay_end(struct replay *r, struct replay_process *p, struct live_block *block, struct replay_thread *freer, uint32_t cell)
{
	struct live_block b = *block;
	int own = freer && freer->id == r->cells.at[b.cell].thread;
	struct replay_end end = {
		.freed = freer ? cell : 0,
		.slice = slice_of(r, b.tick),
		.temporary = own && freer->last == b.number,
		.owner = { .uncertain = !freer },
	};

	live_remove(&p->live, block);
	if (own)
		end.owner = replay_owner(r, freer, &b);
	sums_end(r, p, &b, &end, end.freed);
}

void replay_pass(struct replay *r, struct replay_process *p, const struct live_block *block, unsigned kind,
                 struct replay_thread *freer, uint32_t cell, uint32_t ender)
{
	struct replay_end end = {
		.freed = ender,
		.slice = slice_of(r, block->tick),
		.temporary = freer && freer->last == block->number,
	};

	if (freer)
		end.owner = replay_owner(r, freer, block);
	sums_begin(r, p, end.slice, block, kind);
	sums_end(r, p, block, &end, cell);
	if (kind == EVENT_REALLOC_ALLOC)
		growth_step_made(r, p, block, 0);
}

/* --- events: 1 if the thread must wait with it ----------------------------------------------- */

static struct live_block replay_block(const struct replay *r, const struct replay_thread *t, const struct event *e,
                                      uint32_t cell)
{
	return (struct live_block){
		.address = e->address,
		.size = e->size,
		.tick = r->now,
		.cell = cell,
		.number = t->chain.number,
	};
}

/* An allocation that no hook records, or that settles a pair: 1. */
static int replay_odd_allocation(struct replay *r, struct replay_thread *t, const struct event *e, uint32_t cell)
{
	struct live_block b = replay_block(r, t, e, cell);

	if (b.address && !conflict_second(r, t, e->kind, &b, 0))
		return 0;
	t->last = t->chain.number;
	return 1;
}

static inline int replay_allocation(struct replay *r, struct replay_thread *t, const struct event *e,
                                    const struct event *end)
{
	uint32_t cell = cell_of(r, t, e->stack);
	struct live_block *block;
	int existed;

	if (rarely(!e->address || t->conflict.pairs) && replay_odd_allocation(r, t, e, cell))
		return 0;
	block = live_add(&t->process->live, e->address, &existed);
	if (rarely(existed)) {
		struct live_block b = replay_block(r, t, e, cell);

		if (conflict_allocation(r, t, &b, block, e, end))
			return 1;
	} else {
		/* member by member: a block made elsewhere and copied in one go waits for its parts */
		block->size = e->size;
		block->tick = r->now;
		block->cell = cell;
		block->number = t->chain.number;
		live_note(&t->process->live, e->address, e->size);
		sums_begin(r, t->process, r->slice, block, e->kind);
		t->fresh = e->address;
		if (rarely(e->kind == EVENT_REALLOC_ALLOC))
			growth_step_made(r, t->process, block, 1);
	}
	t->last = t->chain.number;
	return 0;
}

static inline int replay_free(struct replay *r, struct replay_thread *t, const struct event *e, const struct event *end)
{
	struct replay_process *p = t->process;
	uint32_t cell = cell_of(r, t, e->stack);
	struct live_block *block;

	if (rarely(t->conflict.pairs) && conflict_second(r, t, e->kind, &(struct live_block){ .address = e->address }, cell))
		return 0;
	block = live_find(&p->live, e->address);
	if (rarely(!block))
		return conflict_free(r, t, e, end, cell);
	if (rarely(e->kind != EVENT_FREE)) {
		if (e->kind == EVENT_REALLOC_FREE)
			growth_step_left(r, t, block);
		else if (e->kind == EVENT_DELETE && t->last + 1 == t->chain.number)
			growth_step_replaced(r, t, block, e->stack);
	}
	if (p->recent)
		conflict_note_free(p->recent, e->address, r->now, t->id, cell);
	replay_end(r, p, block, t, cell);
	return 0;
}

/* The thread's numbers run out: its blocks of before are nobody's, but for the last, which may be temporary. */
static void __attribute__((noinline)) replay_renumber(struct replay *r, struct replay_thread *t)
{
	struct live *l = &t->process->live;

	for (size_t i = 0; i < l->capacity; i++)
		if (l->blocks[i].address && r->cells.at[l->blocks[i].cell].thread == t->id)
			l->blocks[i].number = l->blocks[i].number == t->last;
	for (unsigned i = 0; i < t->conflict.pairs; i++)
		t->conflict.open[i].block.number = t->conflict.open[i].block.number == t->last;
	t->last = 1;
	escape_chain_renumber(&t->chain);
}

/* An event that waited has been there before. */
static inline void replay_step(struct replay *r, struct replay_thread *t, const struct event *e)
{
	if (!t->conflict.tries)
		escape_chain_step(&t->chain, &r->places, &r->owners, e);
}

const struct event *replay_run(struct replay *r, struct replay_thread *t, const struct event *at, const struct event *end,
                               uint64_t limit)
{
	t->conflict.again = 0;
	do {
		int waits = 0;

		if (at->stamp > r->now)
			r->now = at->stamp;
		if (rarely(r->now >= r->stop))
			replay_course_stop(r);
		if (end - at > PREFETCH)
			live_prefetch(&t->process->live, at[PREFETCH].address);
		if (rarely(t->chain.number > ESCAPE_LAST_NUMBER))
			replay_renumber(r, t);
		if (event_is_alloc(at->kind)) {
			replay_step(r, t, at);
			waits = replay_allocation(r, t, at, end);
		} else if (event_is_free(at->kind)) {
			replay_step(r, t, at);
			waits = replay_free(r, t, at, end);
		} else if (event_is_lock(at->kind))
			lock_event(r, t, at);
		else if (event_is_map(at->kind))
			waits = mappings_event(r, t, at);
		else if (event_is_pool(at->kind))
			pools_event(r, t, at);
		if (rarely(waits))
			return at;
		t->conflict.tries = 0;
		at++;
	} while (at < end && replay_key(at) <= limit);
	return at;
}

void replay_thread_done(struct replay *r, struct replay_thread *t)
{
	if (t->move.open)
		mapping_move_cancel(r, t);
	cell_index_release(&t->index);
	escape_chain_finish(&t->chain, &r->places, &r->owners);
	growth_thread_done(&r->growth, &t->process->growth, &t->half);
	lock_user_free(t->locks);
	t->locks = NULL;
	if (--t->process->open == 0)
		replay_course_process_done(r, t->process);
}

void replay_finish(struct replay *r)
{
	escape_sums_finish(&r->escapes, &r->cells);
	replay_course_finish(r);
}
