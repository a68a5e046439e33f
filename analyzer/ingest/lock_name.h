/* SPDX-License-Identifier: MIT
 *
 * What people call a lock: the variable it is (`server+0x40`), else the function that allocated the heap block it lies
 * in (`create_pool+0x18 (heap)`), else the function in whose frame it lies (`main (stack)`), else who used it first
 * (`first used in worker`). Never an address of the process, so a name is the same in every run; two locks may have the
 * same one.
 */
#ifndef INGEST_LOCK_NAME_H
#define INGEST_LOCK_NAME_H

#include <stdint.h>

#include "analyzer/ingest/naming.h"

struct lock_about {
	uint64_t address;
	uint32_t kind;         /* enum lock_kind; of LOCK_JOIN nothing else matters */
	uint32_t node;         /* of the trace's stack tree: where its first use's stack ends, or, where that is not known,
	                        * any other stack's in which it was used; 0: none. Says which modules lay where */
	uint32_t frame;        /* LOCK_ABOUT_FRAME of its EVENT_LOCK; 0: in no frame */
	uint32_t block_stack;  /* stack of the naming that allocated the heap block around it; 0: in none */
	uint64_t block_offset; /* of the lock in that block */
};

/* Never NULL or empty. Any values are safe. The string belongs to the naming's symbolizer; equal names are equal pointers. Reads
 * a module's symbols when it is met first, so the first calls may take a while: for the thread that built the naming. */
const char *lock_name(const struct naming *n, const struct lock_about *about);

#endif
