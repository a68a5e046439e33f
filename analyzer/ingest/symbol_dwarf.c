/* SPDX-License-Identifier: MIT
 *
 * Which unit an address belongs to: one set of ranges over all units, made when the file is opened from the units'
 * own entries (clang writes no .debug_aranges), or from .debug_aranges for units that do not say what they cover.
 * Beyond that a unit costs nothing until an address in it is asked for.
 */
#include "analyzer/ingest/symbol_dwarf.h"
#include "analyzer/base/memory.h"
#include "analyzer/ingest/symbol_unit.h"

#include <stdlib.h>

struct symbol_dwarf {
	const struct symbol_ranges *code;
	struct symbol_ranges ranges; /* value: index in units */
	struct symbol_unit **units;  /* those that cover code */
	size_t count, capacity;
};

static void units_add(struct symbol_dwarf *d, Dwarf_Die *die)
{
	d->units = memory_grown(d->units, &d->capacity, d->count + 1, sizeof(*d->units));
	d->units[d->count++] = symbol_unit_new(die);
}

/* Units with ranges of their own. Returns how many have none. */
static size_t units_read(struct symbol_dwarf *d, Dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Half version;
	Dwarf_Die die;
	size_t without = 0;
	uint8_t type;

	while (dwarf_get_units(dwarf, unit, &unit, &version, &type, &die, NULL) == 0) {
		if (!die.addr)
			continue;
		if (symbol_die_ranges(&die, d->code, &d->ranges, (uint32_t)d->count, 0))
			units_add(d, &die);
		else
			without++;
	}
	return without;
}

/* Units that only .debug_aranges gives an address to. What it says of others is known already. */
static void aranges_read(struct symbol_dwarf *d, Dwarf *dwarf)
{
	struct symbol_ranges *ranges = &d->ranges;
	Dwarf_Off last = 0;
	Dwarf_Aranges *aranges;
	size_t count;

	if (dwarf_getaranges(dwarf, &aranges, &count))
		return;
	symbol_ranges_sort(ranges);
	for (size_t i = 0, known = ranges->count; i < count; i++) {
		const struct symbol_ranges before = {ranges->items, known, known};
		size_t cursor = SYMBOL_RANGE_FIRST, code = SYMBOL_RANGE_FIRST;
		Dwarf_Addr start;
		Dwarf_Word length;
		Dwarf_Off offset;
		Dwarf_Die die;

		if (dwarf_getarangeinfo(dwarf_onearange(aranges, i), &start, &length, &offset) ||
		    length > UINT64_MAX - start || !symbol_ranges_find(d->code, start, &code) ||
		    symbol_ranges_find(&before, start, &cursor) || !dwarf_offdie(dwarf, offset, &die))
			continue;
		if (ranges->count == known || offset != last)
			units_add(d, &die);
		last = offset;
		symbol_ranges_add(ranges, start, start + length, (uint32_t)d->count - 1, 0);
	}
}

struct symbol_dwarf *symbol_dwarf_new(struct Dwarf *dwarf, const struct symbol_ranges *code)
{
	struct symbol_dwarf *d = memory_zeroed(1, sizeof(*d));

	d->code = code;
	if (units_read(d, dwarf))
		aranges_read(d, dwarf);
	symbol_ranges_sort(&d->ranges);
	if (!d->ranges.count) {
		symbol_dwarf_free(d);
		return NULL;
	}
	return d;
}

void symbol_dwarf_free(struct symbol_dwarf *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		symbol_unit_free(d->units[i]);
	free(d->units);
	symbol_ranges_release(&d->ranges);
	free(d);
}

int symbol_dwarf_frames(struct symbol_dwarf *d, uint64_t address, struct symbol_strings *strings,
                        struct symbol_frames *frames, uint64_t *entry)
{
	const struct symbol_range *range;
	size_t cursor = SYMBOL_RANGE_FIRST;
	const char *file = NULL;
	int line = 0;

	while ((range = symbol_ranges_find(&d->ranges, address, &cursor))) {
		struct symbol_unit *unit = d->units[range->value];

		if (symbol_unit_frames(unit, address, d->code, strings, frames, entry))
			return 1;
		if (!line)
			file = symbol_unit_source(unit, address, strings, &line);
	}
	if (!line)
		return 0;
	symbol_frames_add(frames);
	frames->items[frames->count - 1].file = file;
	frames->items[frames->count - 1].line = line;
	*entry = 0;
	return 1;
}
