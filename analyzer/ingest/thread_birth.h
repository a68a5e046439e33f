/* SPDX-License-Identifier: MIT
 *
 * Where threads come from and where they go: who created each one, with which stack and start routine, when it began and
 * ended, whether it was detached or joined. Events name threads by pthread_t, which is given to another thread as soon as
 * one is gone: who is meant follows from the time. Everything is noted first and put together at the end, as a thread's
 * first event may come before that of its creation.
 *
 * A thread that has no THREAD_BEGIN was not seen to be created: nothing is known of it here but what it says itself.
 */
#ifndef INGEST_THREAD_BIRTH_H
#define INGEST_THREAD_BIRTH_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/naming.h"
#include "analyzer/ingest/recording.h"
#include "trace/event.h"

struct thread_life {
	uint32_t creator;      /* thread that created it; 0: not seen */
	uint32_t stack;        /* of the naming: the creator's; 0: not known */
	const char *start;     /* name of its start routine, the symbolizer's; NULL: not known */
	uint64_t begin, end;   /* ticks, of THREAD_BEGIN and THREAD_END */
	uint8_t began, ended;  /* 1: begin, or end, was seen */
	uint8_t detached, joined;
};

struct thread_note;

struct thread_birth {
	const struct recording *recording; /* borrowed */
	struct thread_life *threads; /* [id of the trace's thread]: to be read after thread_birth_finish */
	size_t thread_count;
	uint64_t unseen;             /* threads that were created and have nothing in the trace */
	struct thread_note *notes;
	size_t note_count, note_room;
};

void thread_birth_init(struct thread_birth *b, const struct recording *r);
/* An EVENT_THREAD_* of a thread (its id in the trace), in the thread's order; other kinds are ignored. `e->stack` is a node
 * of the trace's tree, as feed.h hands it out. */
void thread_birth_note(struct thread_birth *b, uint32_t thread, const struct event *e);
/* A thread of the process has waited for the thread `address` (pthread_t) to end, and it did: not to be called for waits that
 * timed out or were cancelled. Ticks of the wait; it ended at the event's stamp less `ago`. */
void thread_birth_joined(struct thread_birth *b, uint32_t process, uint64_t address, uint64_t began, uint64_t ended);
/* After the last event: fills `threads`. */
void thread_birth_finish(struct thread_birth *b, const struct naming *n);
void thread_birth_release(struct thread_birth *b);

#endif
