/* SPDX-License-Identifier: MIT
 *
 * The order in which locks are taken, as a graph: a cell is an edge from the lock that was held to the one that was asked for.
 * Locks that can be reached from each other were taken in contrary orders: a potential deadlock.
 */
#ifndef INGEST_LOCK_CYCLE_H
#define INGEST_LOCK_CYCLE_H

#include <stddef.h>

#include "analyzer/ingest/wait_cell.h"

/* Of cells whose lives are resolved: drops those from a lock to itself, and those without held_stack where the same pair has
 * one with it; numbers those within a cycle. Keeps the order. Returns how many are left. */
size_t lock_cycles(struct order_cell *cells, size_t count);

#endif
