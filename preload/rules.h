/* SPDX-License-Identifier: MIT
 *
 * The rule table: lookup address -> how to find the caller's frame, kept for the whole process, so
 * that call frame information is read once for every place a call returns to. One table, shared by
 * all threads without a lock.
 */
#ifndef PRELOAD_RULES_H
#define PRELOAD_RULES_H

#include <stdatomic.h>
#include <stdint.h>

#include "preload/cfi.h"

/* A rule in one word. */
typedef uint64_t packed_rule;

#define RULE_SETS (1u << 14)
#define RULE_WAYS 4u

struct rule_entry {
	_Atomic uint64_t key; /* lookup address | generation << 48; 0: free, 1: being written */
	_Atomic packed_rule word;
};

extern struct rule_entry rule_table[RULE_SETS][RULE_WAYS];

static inline enum rule_kind rule_kind(packed_rule w) { return (enum rule_kind)(w & 15); }
static inline packed_rule rule_of_kind(packed_rule w, enum rule_kind kind) { return (w & ~15ull) | (uint64_t)kind; }
static inline enum rule_bp rule_bp(packed_rule w) { return (enum rule_bp)(w >> 4 & 3); }
static inline int64_t rule_cfa_offset(packed_rule w) { return (int64_t)(w << 37) >> 43 << 3; }
static inline int64_t rule_bp_offset(packed_rule w) { return (int64_t)(w << 24) >> 51 << 3; }
/* How far the lookup address is behind the start of its function; capped, see RULE_MAX_DELTA. */
static inline uint64_t rule_delta(packed_rule w) { return w >> 40; }
#define RULE_MAX_DELTA 0xffffffull

/* Reads the rule from the unwind data and puts it into the table. Any thread. */
packed_rule rules_learn(uint64_t address, uint32_t generation);

/* The rule for a lookup address. `generation` is the process's, raised when code was unloaded. Any thread. */
static inline packed_rule rules_find(uint64_t address, uint32_t generation)
{
	uint64_t key = address | (uint64_t)generation << 48;
	struct rule_entry *set = rule_table[(address * 0x9e3779b97f4a7c15ull) >> 50];
	for (unsigned way = 0; way < RULE_WAYS; way++) {
		if (atomic_load_explicit(&set[way].key, memory_order_acquire) != key)
			continue;
		packed_rule word = atomic_load_explicit(&set[way].word, memory_order_acquire);
		if (__builtin_expect(atomic_load_explicit(&set[way].key, memory_order_relaxed) == key, 1))
			return word;
	}
	return rules_learn(address, generation);
}

#endif
