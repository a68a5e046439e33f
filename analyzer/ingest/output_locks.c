/* SPDX-License-Identifier: MIT
 *
 * Locks: a row a life, its histograms, and the processes' sums over them.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/lock_figure.h"
#include "analyzer/ingest/lock_given.h"
#include "analyzer/ingest/lock_name.h"
#include "analyzer/ingest/output.h"

#define FLAGS_SIZE 96

struct lock_writer {
	const struct output *o;
	struct inserter locks, histograms;
	uint32_t *lock_of; /* [life] */
	uint32_t count;    /* rows */
};

static const char *const kind_names[LOCK_KINDS] = {
	[LOCK_MUTEX] = "mutex", [LOCK_RWLOCK] = "rwlock", [LOCK_SPIN] = "spin", [LOCK_COND] = "cond", [LOCK_SEM] = "sem",
	[LOCK_BARRIER] = "barrier", [LOCK_JOIN] = "join", [LOCK_FUTEX] = "futex",
};

static const char *flags_text(unsigned flags, char out[FLAGS_SIZE])
{
	static const char *const names[] = { "recursive", "errorcheck", "adaptive", "robust",
	                                     "inherit", "protect", "shared", "prefer-writer" };

	out[0] = 0;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags >> i & 1))
			continue;
		if (out[0])
			strcat(out, " ");
		strcat(out, names[i]);
	}
	return out;
}

static void capped_add(uint64_t *sum, uint64_t value)
{
	*sum = value > INT64_MAX - *sum ? INT64_MAX : *sum + value;
}

/* --- histograms ------------------------------------------------------------------------------ */

/* Where a bucket begins. Short ones may begin at the same nanosecond: they are put together. */
static uint64_t bucket_ns(const struct timebase *time, unsigned bucket)
{
	return bucket ? timebase_raw_ns(time, (uint64_t)1 << (bucket + LOCK_BUCKET_BITS)) : 0;
}

static void write_histogram(struct lock_writer *w, const char *kind, const uint64_t *counts)
{
	const struct timebase *time = w->o->time;
	struct inserter *i = &w->histograms;
	uint64_t low = 0, sum = 0;

	inserter_number(i, 1, w->count);
	inserter_text(i, 2, kind);
	for (unsigned b = 0; b < LOCK_BUCKETS; b++) {
		uint64_t high = b + 1 < LOCK_BUCKETS ? bucket_ns(time, b + 1) : UINT64_MAX;

		sum += counts[b];
		if (high == low)
			continue;
		inserter_number(i, 3, (int64_t)low);
		if (high == UINT64_MAX)
			inserter_none(i, 4);
		else
			inserter_number(i, 4, (int64_t)high);
		inserter_figure(i, 5, sum);
		if (sum)
			inserter_run(i);
		low = high;
		sum = 0;
	}
}

/* --- locks ----------------------------------------------------------------------------------- */

static void put_identity(struct lock_writer *w, uint32_t life, const struct lock_figure *f)
{
	const struct lock_life *l = &w->o->replay->locks.lives.at[life];
	const struct naming *naming = w->o->naming;
	uint32_t first = l->node ? naming->of_node[l->node] : 0;
	struct lock_about about = {
		.address = l->address, .kind = f->kind, .node = l->node, .frame = l->frame,
		.block_stack = l->block_stack, .block_offset = l->block_offset,
	};
	struct inserter *i = &w->locks;
	const char *given = lock_given(w->o->recording, &w->o->replay->locks.lives, life);
	char flags[FLAGS_SIZE];

	inserter_number(i, 1, w->count);
	inserter_number(i, 2, l->process);
	inserter_text(i, 3, kind_names[f->kind]);
	inserter_text(i, 4, flags_text(l->flags, flags));
	inserter_text(i, 5, given ? given : lock_name(naming, &about));
	inserter_number(i, 6, (int64_t)l->address);
	inserter_number(i, 7, lock_lives_before(&w->o->replay->locks.lives, life) + 1);
	inserter_id(i, 8, l->block_stack);
	if (l->block_stack)
		inserter_number(i, 9, (int64_t)l->block_offset);
	else
		inserter_none(i, 9);
	inserter_id(i, 10, first == naming->unknown ? 0 : first);
	inserter_number(i, 11, (int64_t)timebase_ns(w->o->time, l->begin));
	if (l->end == LOCK_ALIVE)
		inserter_none(i, 12);
	else
		inserter_number(i, 12, (int64_t)timebase_ns(w->o->time, l->end));
}

static void put_figures(struct lock_writer *w, const struct lock_figure *f)
{
	const uint64_t figures[] = {
		f->acquisitions, f->read_acquisitions, f->contended, f->read_contended, f->try_failures, f->timeouts, f->wait_ns,
		f->read_wait_ns, f->wait_max_ns, f->waits, f->hold_ns, f->hold_max_ns, f->hold_measured, f->hold_allocations,
		f->owner_changes, f->max_waiters, f->sampled, f->hold_waiting_ns, f->broadcasts, f->woken_in_vain,
	};

	for (int k = 0; k < (int)(sizeof(figures) / sizeof(figures[0])); k++)
		inserter_figure(&w->locks, 13 + k, figures[k]);
	if (!f->hold_measured) {
		inserter_none(&w->locks, 23);
		inserter_none(&w->locks, 24);
	}
}

static void write_lock(struct lock_writer *w, uint32_t life, const struct lock_figure *f, int first)
{
	const struct lock_life *l = &w->o->replay->locks.lives.at[life];
	struct replay_process *p = &w->o->replay->processes[l->process];

	w->count++;
	put_identity(w, life, f);
	put_figures(w, f);
	inserter_run(&w->locks);
	if (f->waits)
		write_histogram(w, "wait", f->wait_buckets);
	if (f->hold_measured && first)
		write_histogram(w, "hold", l->counts->totals + LOCK_HOLD_BUCKET);
	if (f->class == WAIT_CLASS_LOCK) {
		capped_add(&p->contended, f->contended);
		capped_add(&p->wait_ns, f->wait_ns);
	} else {
		capped_add(&p->blocked_ns, f->wait_ns);
	}
}

static void write_lives(struct lock_writer *w)
{
	const struct lock_lives *lives = &w->o->replay->locks.lives;
	const struct wait_rows *waits = w->o->waits;
	size_t run = 0;

	for (uint32_t life = 1; life <= lives->count; life++) {
		const struct wait_run *own = NULL;
		struct lock_figure figures[2];
		unsigned count;

		if (lives->at[life].alias)
			continue;
		if (run < waits->run_count && waits->runs[run].life == life)
			own = &waits->runs[run++];
		count = lock_figures(figures, lives, life, waits, own, w->o->time);
		w->lock_of[life] = w->count + 1;
		for (unsigned k = 0; k < count; k++)
			write_lock(w, life, &figures[k], k == 0);
	}
}

int output_locks(const struct output *o, struct err *err)
{
	static const char lock_sql[] =
		"INSERT INTO lock (id, process_id, kind, flags, name, address, life, block_stack_id, block_offset, first_stack_id,"
		" start_ns, end_ns, acquisitions, read_acquisitions, contended, read_contended, try_failures, timeouts, wait_ns,"
		" read_wait_ns, wait_max_ns, waits, hold_ns, hold_max_ns, hold_measured, hold_allocations, owner_changes, max_waiters,"
		" sampled, hold_waiting_ns, broadcasts, woken_in_vain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
		" ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)";
	struct lock_writer w = { .o = o };
	int failed;

	w.lock_of = memory_zeroed(o->replay->locks.lives.count + 1, sizeof(*w.lock_of));
	inserter_open(&w.locks, o->store, lock_sql, err);
	inserter_open(&w.histograms, o->store, "INSERT INTO lock_histogram VALUES (?1, ?2, ?3, ?4, ?5)", err);
	write_lives(&w);
	failed = inserter_close(&w.locks);
	failed |= inserter_close(&w.histograms);
	if (!failed)
		failed = output_waits(o, w.lock_of, err);
	free(w.lock_of);
	return failed ? -1 : 0;
}
