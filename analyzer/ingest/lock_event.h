/* SPDX-License-Identifier: MIT
 *
 * Events of locks and threads (trace/waits.h), taken into lives, counters and cells during the replay. They are rare
 * beside those of the heap and have no part in what is done for these.
 *
 * A group of events means something by its last one; a last one without its others is taken as it is, others without a
 * last one are forgotten when the next group begins or the thread has allocated since.
 */
#ifndef INGEST_LOCK_EVENT_H
#define INGEST_LOCK_EVENT_H

#include <stdint.h>

#include "analyzer/base/keyed.h"
#include "analyzer/ingest/lock_life.h"
#include "analyzer/ingest/lock_owner.h"
#include "analyzer/ingest/recording.h"
#include "analyzer/ingest/thread_birth.h"
#include "analyzer/ingest/timebase.h"
#include "trace/event.h"

struct replay;
struct replay_thread;
struct lock_user; /* a thread's part */

struct locks {
	struct lock_lives lives;
	struct lock_owners owners;
	struct thread_birth births;
	struct keyed waits, holds, counted, orders; /* of wait_cell.h; `life` may be an alias */
	uint64_t longest; /* raw units: no wait is longer than the recording */
};

void locks_init(struct locks *l, const struct recording *r, const struct timebase *time);
void locks_release(struct locks *l);
/* Takes in an event for which event_is_lock. Its stack is a node of the trace's tree, see feed.h. */
void lock_event(struct replay *r, struct replay_thread *t, const struct event *e);
/* The thread has no more events. NULL is allowed. */
void lock_user_free(struct lock_user *u);

#endif
