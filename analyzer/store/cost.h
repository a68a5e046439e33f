/* SPDX-License-Identifier: MIT
 *
 * Costs, and whose: what the `total` table counts, for all threads or for some. Ids are those of
 * schema.sql; names and units are read from the database, so that a cost an older reader does not
 * know can still be exported.
 */
#ifndef STORE_COST_H
#define STORE_COST_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/units.h"
#include "analyzer/store/store.h"

enum cost_id {
	COST_ALLOCATIONS = 1,
	COST_ALLOCATED_BYTES = 2,
	COST_AT_PEAK_BYTES = 3,
	COST_LEAKED_BYTES = 4,
	COST_LEAKED_ALLOCATIONS = 5,
	COST_TEMPORARY_ALLOCATIONS = 6,
	COST_TEMPORARY_BYTES = 7,
	COST_REALLOCATIONS = 8,
	COST_AT_PEAK_ALLOCATIONS = 9,
	COST_FREES = 10,
	COST_FREED_BYTES = 11,
	COST_LOCAL_BYTES = 12,
	COST_ESCAPED_BYTES = 13,
	COST_RETAINED_BYTES = 14,
	COST_WAIT_NS = 20,
	COST_WAITS = 21,
	COST_BLOCKED_NS = 22,
	COST_HELD_NS = 23,
	COST_MAPPINGS = 30,
	COST_MAPPED_BYTES = 31,
	COST_MAPPED_AT_PEAK_BYTES = 32,
	COST_UNMAPPED_BYTES = 33,
	COST_STILL_MAPPED_BYTES = 34,
	COST_LIMIT = 35, /* ids known here are below */
};

struct cost {
	int64_t id;
	char name[64];
	enum unit unit;
};

/* Finds a cost by name; NULL is allocated_bytes. 0, or -1: unknown (ERR_USAGE, says which there are) or failed. */
int cost_find(struct store *s, const char *name, struct cost *cost, struct err *err);
/* The same by id. */
int cost_find_id(struct store *s, int64_t id, struct cost *cost, struct err *err);

/* The unit that the database calls by this name. */
enum unit cost_unit(const char *name);

/* Which threads' figures: those of a process, of a thread, or (zeroed) all. */
struct scope {
	int64_t pid, tid; /* 0: any */
};

/* The condition on a column thread_id, for a statement whose parameters 1 and 2 are bound by scope_bind. */
#define SCOPE_THREADS \
	"((?1 = 0 AND ?2 = 0) OR thread_id IN (SELECT thread.id FROM thread JOIN process ON process.id = thread.process_id " \
	"WHERE (?1 = 0 OR process.pid = ?1) AND (?2 = 0 OR thread.tid = ?2)))"
/* The same on a column process_id. */
#define SCOPE_PROCESSES \
	"((?1 = 0 AND ?2 = 0) OR process_id IN (SELECT process.id FROM process WHERE (?1 = 0 OR process.pid = ?1) " \
	"AND (?2 = 0 OR EXISTS (SELECT 1 FROM thread WHERE thread.process_id = process.id AND thread.tid = ?2))))"

void scope_bind(struct statement *q, const struct scope *scope);
/* 0 if there are such threads; else -1 (ERR_USAGE, says which there are). */
int scope_check(struct store *s, const struct scope *scope, struct err *err);

/* Adds a cost's figure of every stack to values[stack id]; ids above `last` are an error. 0 or -1. */
int cost_by_stack(struct store *s, int64_t cost_id, const struct scope *scope, int64_t *values, uint32_t last,
                  struct err *err);

#endif
