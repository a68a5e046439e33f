/* SPDX-License-Identifier: MIT
 *
 * The families.
 */
#include "tui/cost_turn.h"

#include <stddef.h>
#include <string.h>

static const char *const memory_costs[] = { "allocated_bytes", "allocations", "at_peak_bytes", "leaked_bytes", "leaked_allocations",
	                                    "temporary_allocations", NULL };
static const char *const waiting_costs[] = { "wait_ns", "waits", "held_ns", "blocked_ns", NULL };
static const char *const freeing_costs[] = { "freed_bytes", "frees", NULL };
static const char *const mapping_costs[] = { "mapped_bytes", "mappings", "mapped_at_peak_bytes", "unmapped_bytes", "still_mapped_bytes", NULL };
static const char *const *const families[] = { memory_costs, waiting_costs, freeing_costs, mapping_costs, NULL };

const char *const cost_turn_first = "allocated_bytes";

const char *cost_turn_after(const char *name)
{
	for (int f = 0; families[f]; f++)
		for (int i = 0; families[f][i]; i++)
			if (!strcmp(families[f][i], name))
				return families[f][i + 1] ? families[f][i + 1] : families[f][0];
	return cost_turn_first;
}
