/* SPDX-License-Identifier: MIT
 *
 * Filling the rule table. A set is one cache line of four entries. An entry is written under a claim
 * (key 1, by compare-and-swap), so that no reader sees one address with another's rule; who fails
 * to claim goes without caching. A full set gives up the entry that the address's own bits choose.
 */
#include "preload/rules.h"

#include "preload/module.h"
#include "preload/process.h"
#include "preload/recorder.h"

_Alignas(64) struct rule_entry rule_table[RULE_SETS][RULE_WAYS];

_Static_assert(RULE_SETS == 1u << (64 - 50), "rules_find takes as many bits of the hash");

static packed_rule pack(const struct rule *r, uint64_t address)
{
	uint64_t delta = address - r->start;
	if (delta > RULE_MAX_DELTA)
		delta = RULE_MAX_DELTA;
	return (uint64_t)r->kind | (uint64_t)r->bp << 4 | ((uint64_t)(r->cfa_offset >> 3) & 0x1fffff) << 6 |
	       ((uint64_t)(r->bp_offset >> 3) & 0x1fff) << 27 | delta << 40;
}

static void put(uint64_t key, uint64_t address, packed_rule word)
{
	uint64_t hash = address * 0x9e3779b97f4a7c15ull;
	struct rule_entry *set = rule_table[hash >> 50], *e = &set[hash >> 20 & (RULE_WAYS - 1)];
	for (unsigned way = 0; way < RULE_WAYS; way++) {
		uint64_t old = atomic_load_explicit(&set[way].key, memory_order_relaxed);
		if (old == key)
			return;
		if (old == 0 || old >> 48 != key >> 48)
			e = &set[way];
	}
	uint64_t old = atomic_load_explicit(&e->key, memory_order_relaxed);
	if (old == 1 || !atomic_compare_exchange_strong_explicit(&e->key, &old, 1, memory_order_acq_rel, memory_order_relaxed))
		return;
	atomic_store_explicit(&e->word, word, memory_order_release);
	atomic_store_explicit(&e->key, key, memory_order_release);
}

__attribute__((cold, noinline)) packed_rule rules_learn(uint64_t address, uint32_t generation)
{
	struct rule rule = cfi_rule(address);
	packed_rule word = pack(&rule, address);
	module_seen(address);
	if (generation != process_key_generation(atomic_load(&process_live.key)))
		recorder_stack_is_old();
	put(address | (uint64_t)generation << 48, address, word);
	return word;
}
