/* SPDX-License-Identifier: MIT
 *
 * The columns of the report on the order of locks, for what shows them.
 */
#ifndef REPORT_LOCK_CYCLES_H
#define REPORT_LOCK_CYCLES_H

#include "analyzer/report/report_write.h"

enum lock_cycles_column {
	LOCK_CYCLES_HELD,
	LOCK_CYCLES_LOCK,
	LOCK_CYCLES_HELD_STACK,
	LOCK_CYCLES_STACK,
	LOCK_CYCLES_CYCLE,
	LOCK_CYCLES_PID,
	LOCK_CYCLES_START_NS,
	LOCK_CYCLES_THREAD,
	LOCK_CYCLES_HELD_FUNCTION,
	LOCK_CYCLES_FUNCTION,
	LOCK_CYCLES_HELD_KIND,
	LOCK_CYCLES_KIND,
	LOCK_CYCLES_EDGE_ID,
	LOCK_CYCLES_HELD_LOCK_ID,
	LOCK_CYCLES_LOCK_ID,
};

/* A paragraph a cycle, and one for the orders that are in none. */
void lock_cycles_write_text(const struct report *r, const struct table *t, const struct report_query *q,
                            const struct report_page *page, FILE *out);

#endif
