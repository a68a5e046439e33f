/* SPDX-License-Identifier: MIT
 *
 * A wait: for a lock (wait_for_lock) or for work (wait_for_work). Begun after the lock was found held and before the blocking
 * call, ended right after it; in between the guard is open and nothing of ours is held. What there is to tell is kept
 * in the slot (parked) until the lock is released, or told at once where no lock is involved.
 *
 *     struct wait w __attribute__((cleanup(wait_cancelled)));     closes it where the call does not return
 *     wait_for_work(&w, t, sem, LOCK_SEM, mode, frame);
 *     r = real.sem_wait(sem);
 *     wait_ended(&w, r ? WAIT_TIMED_OUT : 0, 1);
 */
#ifndef PRELOAD_WAIT_H
#define PRELOAD_WAIT_H

#include <stdint.h>

#include "preload/lock_hold.h"

struct wait {
	struct lock_thread *thread; /* NULL: nothing under way */
	const void *lock;
	struct segment_lock *use;
	struct lock_cell *cell; /* whose waiters it is among */
	uint64_t key;   /* use->key */
	uint64_t start, end;
	const uint64_t *frame;
	struct lock_waiting outer; /* the wait that a signal handler has interrupted */
	const void *mutex; /* that it has let go of; NULL: none */
	uint32_t stack, owner, waiters;
	uint16_t mode;  /* enum wait_mode */
	uint8_t joined; /* 1: among the cell's waiters */
	uint8_t work;
	uint8_t always;  /* recorded by itself, whatever comes how fast */
	uint8_t in_vain; /* the last wait on it brought nothing: the mutex was not let go since */
};

/* `use`: lock_use's. owner: tid of the thread that holds it, 0 if not known. */
void wait_for_lock(struct wait *w, struct lock_thread *t, struct segment_lock *use, const void *lock, unsigned mode,
                   uint32_t owner, const uint64_t *frame);

/* t may be NULL: then nothing happens, here and in wait_ended. on: what is waited on (its address is its identity). */
void wait_for_work(struct wait *w, struct lock_thread *t, const void *on, enum lock_kind kind, unsigned mode,
                   const uint64_t *frame);

/* The call has returned. `mode`: further bits. The wait for a lock that was acquired (no WAIT_TIMED_OUT) makes it held.
 * publish: 1: told at once; 0: it stays parked, because a lock is held now. errno is preserved. */
void wait_ended(struct wait *w, unsigned mode, int publish);
/* The call has failed without waiting: nothing is told. */
void wait_dropped(struct wait *w);
/* Cleanup: the call was left by a cancellation or an exception; a mutex let go of is held again. Does nothing after
 * wait_ended or wait_dropped and wait_takes_back. */
void wait_cancelled(struct wait *w);

/* The wait lets go of a mutex meanwhile: after wait_for_work, and after wait_ended. */
void wait_lets_go(struct wait *w, const void *mutex);
void wait_takes_back(struct wait *w, const void *mutex);

/* Writes parked groups to the ring. Owner thread, guard open. */
void wait_publish(struct lock_thread *t, const uint64_t *frame);

/* --- groups of events; owner thread, inside the guard --- */

/* Keeps a group (its first cell is a CONTEXT) until the thread has released what it holds. */
void wait_park(struct lock_thread *t, const struct event *cells, unsigned n);
/* Writes a group to the ring: sets stamps and how long ago it was. */
void wait_tell(struct event *cells, unsigned n);
/* Writes what is parked. */
void wait_flush(struct lock_thread *t);

#endif
