/* SPDX-License-Identifier: MIT
 *
 * Which thread a tid meant at a time: tids are given to other threads once one is gone.
 */
#ifndef INGEST_LOCK_OWNER_H
#define INGEST_LOCK_OWNER_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/recording.h"

struct lock_owners {
	struct lock_owner {
		uint32_t process, tid;
		uint64_t start;  /* tick */
		uint32_t thread; /* id in the trace */
	} *at; /* by process, tid, start */
	size_t count;
};

void lock_owners_init(struct lock_owners *o, const struct recording *r);
void lock_owners_release(struct lock_owners *o);
/* The thread of the process that had this tid at the tick; 0: there was none. */
uint32_t lock_owners_find(const struct lock_owners *o, uint32_t process, uint64_t tid, uint64_t tick);

#endif
