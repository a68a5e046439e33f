/* SPDX-License-Identifier: MIT
 *
 * Symbols as ranges. A symbol never lends its name to what lies behind its end: in a stripped file that would give
 * every static function the name of an exported one.
 */
#include "analyzer/ingest/symbol_table.h"
#include "analyzer/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Higher is better among symbols at one address: a function before a label, fewer leading underscores, global before
 * local, shorter. */
static uint32_t symbol_rank(const struct symbol *symbol)
{
	size_t underscores = strspn(symbol->name, "_");
	size_t length = strcspn(symbol->name, "@"); /* without a version */

	return (uint32_t)(symbol->function ? 1 : 0) << 31 | (uint32_t)(7 - (underscores < 7 ? underscores : 7)) << 28 |
	       (uint32_t)(symbol->local ? 0 : 1) << 27 | (uint32_t)(0xffff - (length < 0xffff ? length : 0xffff));
}

void symbol_table_add(void *arg, const struct symbol *symbol)
{
	struct symbol_table *t = arg;
	uint64_t size = symbol->size && symbol->size <= UINT64_MAX - symbol->address ? symbol->size : 1;

	t->entries = memory_grown(t->entries, &t->capacity, t->count + 1, sizeof(*t->entries));
	t->entries[t->count] = (struct symbol_entry){symbol->name, symbol->section_end, symbol->size > 0};
	symbol_ranges_add(&t->ranges, symbol->address, symbol->address + size, (uint32_t)t->count, symbol_rank(symbol));
	t->count++;
}

/* Symbols without a size end where the next one starts. */
void symbol_table_finish(struct symbol_table *t)
{
	uint64_t next = UINT64_MAX; /* start of the first symbol that starts after the one looked at */

	symbol_ranges_sort(&t->ranges);
	for (size_t i = t->ranges.count; i-- > 0;) {
		struct symbol_range *range = &t->ranges.items[i];
		const struct symbol_entry *entry = &t->entries[range->value];

		if (i + 1 < t->ranges.count && t->ranges.items[i + 1].low != range->low)
			next = t->ranges.items[i + 1].low;
		if (!entry->sized)
			range->high = entry->section_end < next ? entry->section_end : next;
	}
	symbol_ranges_sort(&t->ranges);
}

const char *symbol_table_find(const struct symbol_table *t, uint64_t address, uint64_t not_before, uint64_t *start)
{
	const struct symbol_range *range, *label = NULL;
	size_t cursor = SYMBOL_RANGE_FIRST;

	while ((range = symbol_ranges_find(&t->ranges, address, &cursor))) {
		if (t->entries[range->value].sized)
			break;
		if (!label && range->low >= not_before)
			label = range;
	}
	if (!range)
		range = label;
	if (!range)
		return NULL;
	*start = range->low;
	return t->entries[range->value].name;
}

void symbol_table_release(struct symbol_table *t)
{
	symbol_ranges_release(&t->ranges);
	free(t->entries);
	memset(t, 0, sizeof(*t));
}
