/* SPDX-License-Identifier: MIT
 *
 * The functions of a unit are those at its top and in its namespaces. Only when an address lies in none of them is the
 * rest of the tree searched, once: for functions within functions (GNU C, Ada), which are rare, so that ordinary
 * units are read quickly.
 */
#include "analyzer/ingest/symbol_unit.h"
#include "analyzer/base/memory.h"
#include "analyzer/ingest/symbol_scope.h"

#include <stdlib.h>
#include <string.h>

struct function {
	Dwarf_Die die;
	struct symbol_inlines *inlines; /* NULL: not asked for yet */
};

struct symbol_unit {
	Dwarf_Die die;   /* has the line table */
	Dwarf_Die split; /* has the functions: the same, or that of a split file */
	enum { READ_NOTHING, READ_TOP, READ_ALL } read;
	int in_types;
	struct function *functions;
	size_t count, capacity;
	struct symbol_ranges ranges; /* value: index in functions */
	struct symbol_scopes *scopes;
};

struct symbol_unit *symbol_unit_new(Dwarf_Die *die)
{
	struct symbol_unit *u = memory_zeroed(1, sizeof(*u));

	u->die = *die;
	return u;
}

static void functions_release(struct symbol_unit *u)
{
	for (size_t i = 0; i < u->count; i++)
		symbol_inlines_free(u->functions[i].inlines);
	free(u->functions);
	symbol_ranges_release(&u->ranges);
	u->functions = NULL;
	u->count = u->capacity = 0;
}

void symbol_unit_free(struct symbol_unit *u)
{
	if (!u)
		return;
	functions_release(u);
	symbol_scopes_free(u->scopes);
	free(u);
}

static void function_add(struct symbol_unit *u, Dwarf_Die *die, const struct symbol_ranges *code, int depth)
{
	if (!symbol_die_ranges(die, code, &u->ranges, (uint32_t)u->count, (uint32_t)depth))
		return;
	u->functions = memory_grown(u->functions, &u->capacity, u->count + 1, sizeof(*u->functions));
	u->functions[u->count++] = (struct function){*die, NULL};
}

static int is_searched(const struct symbol_unit *u, enum symbol_die_kind kind)
{
	if (kind == SYMBOL_DIE_OTHER)
		return 0;
	return kind == SYMBOL_DIE_SPACE || u->read == READ_ALL || (kind == SYMBOL_DIE_TYPE && u->in_types);
}

static void unit_walk(struct symbol_unit *u, Dwarf_Die *parent, const struct symbol_ranges *code,
                      struct symbol_die_walk *walk)
{
	Dwarf_Die die;

	for (int more = symbol_die_child(walk, parent, &die); more; more = symbol_die_next(walk, &die)) {
		enum symbol_die_kind kind = symbol_die_kind(&die);

		if (kind == SYMBOL_DIE_FUNCTION)
			function_add(u, &die, code, walk->depth);
		if (is_searched(u, kind))
			unit_walk(u, &die, code, walk);
	}
}

static void unit_read(struct symbol_unit *u, const struct symbol_ranges *code)
{
	struct symbol_die_walk walk = {NULL, 0};
	uint8_t type;

	if (u->read == READ_NOTHING) {
		memset(&u->split, 0, sizeof(u->split));
		if (dwarf_cu_info(u->die.cu, NULL, &type, NULL, &u->split, NULL, NULL, NULL) || !u->split.addr)
			u->split = u->die;
		u->in_types = symbol_die_functions_in_types(&u->split);
		u->scopes = symbol_scopes_new(&u->split);
	}
	functions_release(u);
	u->read++;
	unit_walk(u, &u->split, code, &walk);
	symbol_ranges_sort(&u->ranges);
}

static const struct symbol_range *unit_find(struct symbol_unit *u, uint64_t address, const struct symbol_ranges *code)
{
	for (;;) {
		size_t cursor = SYMBOL_RANGE_FIRST;
		const struct symbol_range *range = symbol_ranges_find(&u->ranges, address, &cursor);

		if (range || u->read == READ_ALL)
			return range;
		unit_read(u, code);
	}
}

int symbol_unit_frames(struct symbol_unit *u, uint64_t address, const struct symbol_ranges *code,
                       struct symbol_strings *strings, struct symbol_frames *frames, uint64_t *entry)
{
	const struct symbol_range *range = unit_find(u, address, code);
	struct function *function;
	size_t first = frames->count;

	if (!range)
		return 0;
	function = &u->functions[range->value];
	if (!function->inlines)
		function->inlines = symbol_inlines_new(&function->die, code);
	*entry = symbol_die_entry(&function->die, range->low);
	symbol_inlines_frames(function->inlines, address, strings, u->scopes, frames);
	frames->items[first].file = symbol_unit_source(u, address, strings, &frames->items[first].line);
	for (size_t i = first; i < frames->count; i++)
		frames->items[i].part = range->low;
	return 1;
}

const char *symbol_unit_source(struct symbol_unit *u, uint64_t address, struct symbol_strings *strings, int *line)
{
	return symbol_die_source(&u->die, address, strings, line);
}
