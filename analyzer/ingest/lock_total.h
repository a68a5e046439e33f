/* SPDX-License-Identifier: MIT
 *
 * What threads have counted of locks, EVENT_LOCK_TOTAL: added up over threads and rounds, by life.
 */
#ifndef INGEST_LOCK_TOTAL_H
#define INGEST_LOCK_TOTAL_H

#include "analyzer/ingest/lock_counter.h"
#include "analyzer/ingest/lock_event.h"
#include "trace/event.h"

/* Takes in a total that the thread tells. `counters`: the thread's. */
void lock_total_take(struct locks *l, struct lock_counters *counters, const struct replay_thread *t, const struct event *e);

#endif
