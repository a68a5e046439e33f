/* SPDX-License-Identifier: MIT
 *
 * Sharing out what was counted of a lock among its rows of waits. What was recorded stays as it is; the rest goes where the
 * recorded waits that stand for others say. Shares are whole numbers and add up to what is shared.
 */
#ifndef INGEST_WAIT_SHARE_H
#define INGEST_WAIT_SHARE_H

#include "analyzer/ingest/lock_life.h"
#include "analyzer/ingest/timebase.h"
#include "analyzer/ingest/wait_row.h"

/* Fills waits, timeouts, time, ns and max_ns of a run's rows, and what the run says of its counters. counts: of its life, may be
 * NULL. */
void wait_share(struct wait_run *run, struct wait_row *rows, const struct lock_counts *counts, const struct timebase *time);

/* The part of `value` that belongs to [from, to) of `whole` (not 0): parts that cover the whole add up to the value. */
uint64_t wait_part(uint64_t value, uint64_t from, uint64_t to, uint64_t whole);

#endif
