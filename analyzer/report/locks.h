/* SPDX-License-Identifier: MIT
 *
 * The columns of the report on locks, for what shows them.
 */
#ifndef REPORT_LOCKS_H
#define REPORT_LOCKS_H

#include "analyzer/report/report_write.h"

enum locks_column {
	LOCKS_LOCK,
	LOCKS_KIND,
	LOCKS_ACQUISITIONS,
	LOCKS_CONTENDED,
	LOCKS_WAIT_NS,
	LOCKS_WAIT_MAX_NS,
	LOCKS_WAIT_P99_NS,
	LOCKS_HOLD_NS,
	LOCKS_HOLD_MAX_NS,
	LOCKS_OWNER_CHANGES,
	LOCKS_MAX_WAITERS,
	LOCKS_TOP_WAITER,
	LOCKS_TOP_HOLDER,
	LOCKS_PID,
	LOCKS_READ_ACQUISITIONS,
	LOCKS_READ_CONTENDED,
	LOCKS_READ_WAIT_NS,
	LOCKS_TRY_FAILURES,
	LOCKS_TIMEOUTS,
	LOCKS_FLAGS,
	LOCKS_LIFE,
	LOCKS_HOLD_MEASURED,
	LOCKS_HOLD_ALLOCATIONS,
	LOCKS_HOLD_WAITING_NS,
	LOCKS_SAMPLED,
	LOCKS_TOP_WAITER_SHARE,
	LOCKS_TOP_HOLDER_SHARE,
	LOCKS_WAIT_HISTOGRAM,
	LOCKS_ADDRESS,
	LOCKS_LOCK_ID,
};

/* Below a lock that was waited for: who did, who held it, and how long the waits were as a row of bars. */
void locks_write_below(const struct table *t, size_t row, const struct report_page *page, FILE *out);

#endif
