/* SPDX-License-Identifier: MIT
 *
 * The columns of the report on threads, for what shows them.
 */
#ifndef REPORT_THREADS_H
#define REPORT_THREADS_H

#include "analyzer/report/report_write.h"

enum threads_column {
	THREADS_NAME,
	THREADS_TID,
	THREADS_PID,
	THREADS_CREATED_BY,
	THREADS_START_FUNCTION,
	THREADS_FUNCTION,
	THREADS_STACK,
	THREADS_START_NS,
	THREADS_END_NS,
	THREADS_ALIVE,
	THREADS_ALLOCATIONS,
	THREADS_ALLOCATED_BYTES,
	THREADS_WAIT_NS,
	THREADS_BLOCKED_NS,
	THREADS_AT_PEAK_BYTES,
	THREADS_LEAKED_BYTES,
	THREADS_TEMPORARY,
	THREADS_HELD_NS,
	THREADS_JOINED,
	THREADS_DETACHED,
	THREADS_LOST_EVENTS,
	THREADS_FILE,
	THREADS_LINE,
	THREADS_THREAD_ID,
};

/* Below a thread whose creation was seen: what it runs, by whom it was created and where. */
void threads_write_below(const struct table *t, size_t row, const struct report_page *page, FILE *out);

#endif
