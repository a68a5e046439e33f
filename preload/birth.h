/* SPDX-License-Identifier: MIT
 *
 * A thread's birth: what its creator leaves for it, so that the first and the last thing it does are recorded, and no frame
 * of ours stays on its stack.
 *
 *     struct birth *b = birth_new(start, argument);           NULL: the thread starts unseen
 *     r = real.create(thread, ..., birth_start, b);
 *     if (r == 0) id = birth_done(b, thread); else birth_undo(b);
 */
#ifndef PRELOAD_BIRTH_H
#define PRELOAD_BIRTH_H

#include <pthread.h>
#include <stdint.h>

#include "trace/event.h"

struct birth;

/* NULL: none is to be had now. Any thread, any context; takes no lock and allocates nothing. */
struct birth *birth_new(const void *start, void *argument);

/* The start routine of the new thread: records EVENT_THREAD_BEGIN, sees to EVENT_THREAD_END, and is no more when the program's
 * start routine runs in its place. */
void *birth_start(void *birth);

/* The thread was created; which it is. `thread`: where the creator has it stored. The birth is given up. */
pthread_t birth_done(struct birth *b, const pthread_t *thread);

/* No thread was created. */
void birth_undo(struct birth *b);

/* Records an event about a thread. Inside the guard. */
void birth_event(enum event_kind kind, pthread_t thread, uint64_t stamp, uint64_t size, uint32_t stack);

#endif
