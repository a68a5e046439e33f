/* SPDX-License-Identifier: MIT
 *
 * The counters that a thread keeps of its locks (struct segment_locks), as they were when they were last told: what has
 * grown since becomes EVENT_LOCK_TOTAL events of the thread. A thread that uses no locks has no such table.
 */
#ifndef COLLECTOR_LOCK_TABLE_H
#define COLLECTOR_LOCK_TABLE_H

#include <stdint.h>

struct thread;
struct drain;
struct lock_table;

/* Drains the thread's ring, then tells what its counters have gained, stamped `tick` or what came last from the thread if
 * that is later. The thread may be running: when it gives its table up meanwhile it has told its counters itself, and
 * nothing is told here; nor while it is writing a group of events, unless this is the `last` time. Takes time and memory in
 * proportion to the locks it has used. */
void lock_table_tell(struct thread *t, struct drain *d, uint64_t tick, int last);

void lock_table_free(struct lock_table *table); /* NULL: nothing */

#endif
