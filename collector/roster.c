/* SPDX-License-Identifier: MIT
 *
 * Tables of the living. A slot belongs to the target until it is found live, then to both, and is
 * given back when the kernel says that its owner is gone and everything it wrote has been read.
 */
#include "collector/roster.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "collector/lock_table.h"
#include "collector/proc.h"

#define MAP_PART (1u << 20) /* bytes of names of code that are read a second, of all processes */

void roster_init(struct roster *r, struct segment *segment, struct drain *drain, const _Atomic int *strangers)
{
	memset(r, 0, sizeof(*r));
	r->first_pidfd = -1;
	r->strangers = strangers;
	r->segment = segment;
	r->drain = drain;
}

void roster_release(struct roster *r)
{
	for (uint32_t i = 0; i < r->thread_count; i++) {
		lock_table_free(r->threads[i]->locks);
		free(r->threads[i]);
	}
	for (uint32_t i = 0; i < r->image_count; i++) {
		code_names_release(&r->images[i]->names);
		free(r->images[i]);
	}
	lineage_release(&r->lineage);
}

/* --- ends ------------------------------------------------------------------------------------ */

static void drop_thread(struct roster *r, uint32_t at)
{
	struct thread *t = r->threads[at];
	thread_close(t, r->drain);
	r->thread_at[t->index] = NULL;
	r->thread_kept[t->index] = !t->image->sure;
	r->threads[at] = r->threads[--r->thread_count];
	free(t);
}

static void find_processes(struct roster *r);
static void find_threads(struct roster *r);

static void drop_process(struct roster *r, uint32_t at)
{
	struct image *p = r->images[at];
	find_threads(r); /* those that claimed just before the end */
	for (uint32_t i = r->thread_count; i-- > 0;)
		if (r->threads[i]->image == p)
			drop_thread(r, i);
	image_close(p, r->drain);
	r->image_at[p->index] = NULL;
	r->process_kept[p->index] = !p->sure;
	r->images[at] = r->images[--r->image_count];
	free(p);
}

/* 1: at least one may have ended. */
static int ask_pidfds(struct roster *r)
{
	static struct pollfd polled[SEGMENT_PROCESSES];
	int any = 0;
	for (uint32_t i = 0; i < r->image_count; i++)
		polled[i] = (struct pollfd){ .fd = r->images[i]->pidfd, .events = POLLIN }; /* -1 is passed over */
	poll(polled, r->image_count, 0);
	for (uint32_t i = 0; i < r->image_count; i++) {
		struct image *p = r->images[i];
		p->due = p->gone || p->pidfd < 0 || polled[i].revents;
		any |= p->due;
	}
	return any;
}

/* 1: this is the process whose end is known for certain, and it has ended. */
static int is_first_ended(struct roster *r, const struct image *p)
{
	if (!r->launched_pid && r->first_pidfd >= 0 && proc_exit_status(r->first_pidfd, 0, &r->launched_status) == 0)
		r->launched_pid = r->first_pid;
	return p->pid == r->launched_pid && p->how == ENDED_UNKNOWN;
}

void roster_find_ends(struct roster *r)
{
	if (!ask_pidfds(r))
		return;
	find_processes(r); /* one that executed another before it ended gives way to it: the end is the other's */
	for (uint32_t i = r->image_count; i-- > 0;) {
		struct image *p = r->images[i];
		if (!p->due && !p->gone)
			continue;
		if (is_first_ended(r, p))
			image_ended(p, r->launched_status);
		if (image_find_end(p))
			drop_process(r, i);
	}
}

void roster_find_thread_ends(struct roster *r, uint64_t idle_ns)
{
	for (uint32_t i = r->thread_count; i-- > 0;) {
		const struct thread *t = r->threads[i];
		int due = t->ending || r->drain->now_ns - t->active_ns >= idle_ns;
		if (due && t->image->sure && proc_thread_gone(t->image->pid, t->tid))
			drop_thread(r, i);
	}
}

/* --- beginnings ------------------------------------------------------------------------------ */

/* By the number that the shim counts it with. NULL: it lives no more, or was never met. */
static const struct image *living_image(const struct roster *r, uint32_t number)
{
	for (uint32_t i = 0; i < r->image_count; i++)
		if (r->images[i]->number == number)
			return r->images[i];
	return NULL;
}

/* A forked image is of the family of the one it names, and has the code that that one has made. Returns that one's id in the trace. */
static uint32_t be_forked(struct roster *r, struct image *child)
{
	const struct image *from = living_image(r, child->forked_from);
	if (!from) {
		child->family = lineage_family(&r->lineage, child->forked_from);
		return lineage_id(&r->lineage, child->forked_from);
	}
	child->family = from->family;
	code_names_fork(&child->names, &from->names);
	return from->id;
}

/* A fresh image begins a family. Returns the id of the image it replaced, or else of the process that started it. */
static uint32_t be_executed(const struct roster *r, struct image *child)
{
	uint32_t starter = 0;
	child->family = child->number;
	for (uint32_t i = 0; i < r->image_count; i++) {
		const struct image *p = r->images[i];
		if (p->pid == child->pid)
			return p->id;
		if (p->pid == child->ppid)
			starter = p->id;
	}
	return starter;
}

/* 1: the later of two images of one pid has replaced the earlier by an exec. Not if the pid has been given anew, to a process
 * that was forked, or after an end that is known. */
static int is_exec(const struct image *old, const struct image *later)
{
	return !old->gone || (!later->forked_from && later->ppid == old->ppid && !atomic_load(&old->slot->exiting));
}

/* Of two images of one pid the one that claimed earlier is no more. A guessed pid proves nothing. */
static void settle_exec(struct roster *r, struct image *fresh)
{
	for (uint32_t i = r->image_count; i-- > 0;) {
		struct image *p = r->images[i], *old = p->number < fresh->number ? p : fresh;
		if (p->pid != fresh->pid || p->sure != fresh->sure)
			continue;
		if (is_exec(old, old == p ? fresh : p))
			old->how = ENDED_EXEC;
		old->gone = 1; /* fresh, if it is that, goes with the next look for ends */
		if (old == p)
			drop_process(r, i);
	}
}

static void open_process(struct roster *r, uint32_t index)
{
	struct image *p = calloc(1, sizeof(*p));
	if (!p)
		return;
	p->slot = segment_process(r->segment, index);
	p->index = index;
	image_open(p, r->drain->clock, r->has_nested || atomic_load(r->strangers));
	r->has_nested |= !p->sure;
	p->id = ++r->last_process;
	uint32_t parent = p->forked_from ? be_forked(r, p) : be_executed(r, p);
	settle_exec(r, p);
	r->drain->now_stamp = clock_stamp();
	lineage_remember(&r->lineage, p->number, p->id, p->family);
	image_tell_start(p, r->drain, parent);
	image_tell_sample(p, r->drain);
	r->image_at[index] = p;
	r->images[r->image_count++] = p;
}

static int is_new_process(const struct roster *r, uint32_t index)
{
	const struct segment_process *slot = segment_process(r->segment, index);
	return !r->image_at[index] && !r->process_kept[index] &&
	       atomic_load_explicit(&slot->state, memory_order_acquire) == SLOT_LIVE;
}

/* The slot of the new process that claimed first of those whose number is above *number, which becomes its. SEGMENT_PROCESSES: none. */
static uint32_t next_process(const struct roster *r, uint32_t *number)
{
	uint32_t high = atomic_load(&r->segment->process_high), best = SEGMENT_PROCESSES, after = *number;
	for (uint32_t i = 0; i < high && i < SEGMENT_PROCESSES; i++) {
		uint32_t n = is_new_process(r, i) ? segment_process(r->segment, i)->image : 0;
		if (n > after && (best == SEGMENT_PROCESSES || n < *number)) {
			best = i;
			*number = n;
		}
	}
	return best;
}

static int is_of_unknown(const struct roster *r, uint32_t index)
{
	uint32_t from = segment_process(r->segment, index)->parent_image;
	return from && !living_image(r, from) && !lineage_id(&r->lineage, from);
}

/* In the order in which they claimed, whatever their slots, so that parents come before children. A parent may have claimed a slot
 * just after we looked there, and its child one further on just before: then it is there at the second look. */
static void find_processes(struct roster *r)
{
	for (uint32_t number = 0, after = 0;; after = number) {
		uint32_t index = next_process(r, &number);
		if (index == SEGMENT_PROCESSES)
			return;
		if (is_of_unknown(r, index)) {
			number = after;
			index = next_process(r, &number);
		}
		if (index != SEGMENT_PROCESSES)
			open_process(r, index);
	}
}

/* Of two threads of one tid the one that claimed earlier is dead. 1: that is the fresh one. */
static int settle_namesakes(struct roster *r, const struct thread *fresh)
{
	for (uint32_t i = r->thread_count; i-- > 0;) {
		const struct thread *t = r->threads[i];
		if (t->image != fresh->image || t->tid != fresh->tid)
			continue;
		if (t->start_stamp > fresh->start_stamp)
			return 1;
		drop_thread(r, i);
	}
	return 0;
}

static void find_thread(struct roster *r, uint32_t index)
{
	struct segment_thread *slot = segment_thread(r->segment, index);
	if (r->thread_at[index] || r->thread_kept[index] ||
	    atomic_load_explicit(&r->segment->thread_states[index], memory_order_acquire) != SLOT_LIVE)
		return;
	uint32_t at = slot->process;
	struct image *p = at < SEGMENT_PROCESSES ? r->image_at[at] : NULL;
	if (!p || p->number != slot->image)
		return; /* its process comes with the next look */
	struct thread *t = calloc(1, sizeof(*t));
	if (!t)
		return;
	t->slot = slot;
	t->image = p;
	t->index = index;
	t->state = &r->segment->thread_states[index];
	t->start_stamp = slot->start_stamp;
	t->tid = p->nested ? proc_host_tid(p->pid, slot->tid) : slot->tid;
	int dead = settle_namesakes(r, t);
	t->id = ++r->last_thread;
	r->drain->now_stamp = clock_stamp();
	thread_open(t, r->drain);
	r->thread_at[index] = t;
	r->threads[r->thread_count++] = t;
	if (dead)
		drop_thread(r, r->thread_count - 1);
}

static void find_threads(struct roster *r)
{
	uint32_t high = atomic_load(&r->segment->thread_high);
	for (uint32_t i = 0; i < high && i < SEGMENT_THREADS; i++)
		find_thread(r, i);
}

void roster_find(struct roster *r)
{
	find_processes(r);
	find_threads(r);
}

/* --- the living ------------------------------------------------------------------------------ */

uint64_t roster_drain(struct roster *r)
{
	uint64_t most = 0;
	for (uint32_t i = 0; i < r->thread_count; i++) {
		uint64_t n = thread_drain(r->threads[i], r->drain);
		most = n > most ? n : most;
	}
	return most;
}

void roster_flush(struct roster *r, uint64_t age_ns)
{
	for (uint32_t i = 0; i < r->thread_count; i++) {
		struct thread *t = r->threads[i];
		if (t->pending && r->drain->now_ns - t->pending_since_ns >= age_ns)
			thread_flush(t, r->drain);
	}
	if (r->drain->remains.threads && r->drain->now_ns - r->drain->remains.since_ns >= age_ns)
		drain_flush_remains(r->drain);
}

void roster_tell_samples(struct roster *r)
{
	for (uint32_t i = 0; i < r->image_count; i++)
		image_tell_sample(r->images[i], r->drain);
}

/* Each time another one is the first, so that none waits for ever. */
static void tell_code(struct roster *r, uint64_t most)
{
	r->code_turn++;
	for (uint32_t i = 0; i < r->image_count && most; i++) {
		uint64_t done = image_tell_code(r->images[(r->code_turn + i) % r->image_count], r->drain, most);
		most -= done < most ? done : most;
	}
}

void roster_tell_rest(struct roster *r)
{
	r->drain->now_stamp = clock_stamp();
	for (uint32_t i = 0; i < r->image_count; i++)
		image_tell_checks(r->images[i], r->drain);
	tell_code(r, MAP_PART);
	for (uint32_t i = 0; i < r->thread_count; i++) {
		thread_tell_loss(r->threads[i], r->drain);
		thread_tell_name(r->threads[i], r->drain);
	}
}

void roster_tell_totals(struct roster *r)
{
	for (uint32_t i = 0; i < r->thread_count; i++) {
		r->drain->now_stamp = clock_stamp();
		lock_table_tell(r->threads[i], r->drain, drain_tick(r->drain, r->drain->now_stamp), 0);
	}
}

void roster_make_pages(struct roster *r)
{
	pages_make_next(&r->pages, r->segment);
	for (uint32_t i = 0; i < r->thread_count; i++)
		pages_make_ring(&r->pages, r->segment, r->threads[i]->index, r->threads[i]->tail);
}

void roster_leave(struct roster *r)
{
	roster_find(r);
	for (uint32_t i = 0; i < r->thread_count; i++)
		thread_read_last(r->threads[i], r->drain);
	roster_flush(r, 0);
	tell_code(r, UINT64_MAX);
	roster_tell_rest(r);
}

void roster_end_all(struct roster *r)
{
	roster_find(r);
	while (r->image_count)
		drop_process(r, r->image_count - 1);
}

int roster_has_living(const struct roster *r)
{
	for (uint32_t i = 0; i < r->image_count; i++)
		if (r->images[i]->sure)
			return 1;
	return 0;
}
