/* SPDX-License-Identifier: MIT
 *
 * All that was noted, sorted by pthread_t and time, and walked through once: of each pthread_t there is at most one thread
 * that is being created and one that runs, or has ended and was not joined yet.
 */
#include "analyzer/ingest/thread_birth.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "trace/waits.h"

/* In the order in which they are taken at the same tick. */
enum note_kind { NOTE_CREATE, NOTE_BEGIN, NOTE_DETACH, NOTE_JOINED };

struct thread_note {
	uint64_t address, tick;
	uint64_t start;    /* CREATE: address of the start routine; JOINED: when the wait began */
	uint32_t process, thread;
	uint32_t node;     /* CREATE: of the stack */
	uint32_t kind;
};

void thread_birth_init(struct thread_birth *b, const struct recording *r)
{
	*b = (struct thread_birth){ .recording = r, .thread_count = r->thread_count };
	b->threads = memory_zeroed(b->thread_count + 1, sizeof(*b->threads));
}

void thread_birth_release(struct thread_birth *b)
{
	free(b->threads);
	free(b->notes);
	*b = (struct thread_birth){ 0 };
}

static void note_add(struct thread_birth *b, struct thread_note note)
{
	b->notes = memory_grown(b->notes, &b->note_room, b->note_count + 1, sizeof(*b->notes));
	b->notes[b->note_count++] = note;
}

/* The first beginning and the last end count: there should be one of each. */
void thread_birth_note(struct thread_birth *b, uint32_t thread, const struct event *e)
{
	struct thread_life *life = &b->threads[thread];
	struct thread_note note = {
		.process = b->recording->threads[thread].process, .thread = thread, .address = e->address, .tick = e->stamp,
	};

	switch (e->kind) {
	case EVENT_THREAD_CREATE:
		note.kind = NOTE_CREATE;
		note.start = e->size;
		note.node = e->stack;
		break;
	case EVENT_THREAD_BEGIN:
		if (life->began)
			return;
		life->began = 1;
		life->begin = e->stamp;
		note.kind = NOTE_BEGIN;
		break;
	case EVENT_THREAD_END:
		life->ended = 1;
		life->end = e->stamp;
		return;
	case EVENT_THREAD_DETACH:
		note.kind = NOTE_DETACH;
		break;
	default:
		return;
	}
	note_add(b, note);
}

void thread_birth_joined(struct thread_birth *b, uint32_t process, uint64_t address, uint64_t began, uint64_t ended)
{
	note_add(b, (struct thread_note){
			    .process = process, .address = address, .tick = ended, .start = began, .kind = NOTE_JOINED });
}

/* --- putting it together --------------------------------------------------------------------- */

static int note_compare(const void *left, const void *right)
{
	const struct thread_note *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->tick != b->tick)
		return a->tick < b->tick ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

/* What is known of one pthread_t while its notes are walked through. */
struct handle {
	const struct thread_note *create; /* of the thread being created; NULL: none */
	struct thread_life *running;      /* the last that began; NULL: none was seen yet */
	uint64_t created;                 /* when its creation began */
	struct thread_life *before;       /* one before it that must have been joined, but it was not seen yet; NULL: none */
	uint8_t detached;                 /* the one being created */
};

/* Whether a note at this tick cannot speak of the thread that runs: it has ended, or there is none. */
static int is_gone(const struct handle *h, uint64_t tick)
{
	return !h->running || h->running->joined || (h->running->ended && h->running->end < tick);
}

static void take_begin(struct thread_birth *b, const struct naming *n, struct handle *h, const struct thread_note *note)
{
	struct thread_life *life = &b->threads[note->thread];

	if (h->running && !h->running->joined && !h->running->detached)
		h->before = h->running;
	h->running = life;
	h->created = note->tick;
	if (h->create) {
		h->created = h->create->tick;
		life->creator = h->create->thread;
		life->stack = naming_stack(n, h->create->node);
		if (life->stack == n->unknown)
			life->stack = 0;
		life->start = naming_function_at(n, h->create->node, h->create->start);
		life->detached = h->detached;
	}
	h->create = NULL;
}

/* pthread_join gives the pthread_t away before it returns: by then the next thread may have been created with it, and run. */
static void take_join(struct handle *h, const struct thread_note *note)
{
	struct thread_life *r = h->running;

	if (!r || r->joined || r->detached || note->start < h->created || (r->ended && r->end > note->tick)) {
		r = h->before;
		h->before = NULL;
	}
	if (r)
		r->joined = 1;
}

static void take_note(struct thread_birth *b, const struct naming *n, struct handle *h, const struct thread_note *note)
{
	switch (note->kind) {
	case NOTE_CREATE:
		b->unseen += h->create != NULL;
		h->create = note;
		h->detached = 0;
		break;
	case NOTE_BEGIN:
		take_begin(b, n, h, note);
		break;
	case NOTE_DETACH:
		if (h->create && is_gone(h, note->tick))
			h->detached = 1;
		else if (h->running)
			h->running->detached = 1;
		break;
	default:
		take_join(h, note);
	}
}

void thread_birth_finish(struct thread_birth *b, const struct naming *n)
{
	struct handle h = { 0 };

	if (b->note_count)
		qsort(b->notes, b->note_count, sizeof(*b->notes), note_compare);
	for (size_t i = 0; i < b->note_count; i++) {
		const struct thread_note *note = &b->notes[i];

		if (i && (note->process != note[-1].process || note->address != note[-1].address)) {
			b->unseen += h.create != NULL;
			h = (struct handle){ 0 };
		}
		take_note(b, n, &h, note);
	}
	b->unseen += h.create != NULL;
}
