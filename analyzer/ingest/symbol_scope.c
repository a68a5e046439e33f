/* SPDX-License-Identifier: MIT
 *
 * DWARF has no links from a DIE to the one it lies in. But a DIE's children lie between it and its next sibling, so
 * that scopes are ranges of offsets, and those a declaration lies in are the ones that cover its offset.
 */
#include "analyzer/ingest/symbol_scope.h"
#include "analyzer/base/memory.h"

#include <stdlib.h>

struct symbol_scopes {
	Dwarf_Die unit;
	int read;
	struct symbol_ranges ranges; /* of DIE addresses; value: index in names; rank: depth */
	const char **names;          /* borrowed from the debug information; NULL: unnamed */
	size_t count, capacity;
};

struct symbol_scopes *symbol_scopes_new(Dwarf_Die *unit)
{
	struct symbol_scopes *s = memory_zeroed(1, sizeof(*s));

	s->unit = *unit;
	return s;
}

void symbol_scopes_free(struct symbol_scopes *s)
{
	if (!s)
		return;
	symbol_ranges_release(&s->ranges);
	free(s->names);
	free(s);
}

static void scopes_add(struct symbol_scopes *s, Dwarf_Die *die, const void *end, uint32_t depth)
{
	s->names = memory_grown(s->names, &s->capacity, s->count + 1, sizeof(*s->names));
	s->names[s->count] = dwarf_diename(die);
	symbol_ranges_add(&s->ranges, (uintptr_t)die->addr, end ? (uintptr_t)end : UINTPTR_MAX, (uint32_t)s->count, depth);
	s->count++;
}

/* Adds the scopes among the children of `parent`, and theirs. */
static void scopes_walk(struct symbol_scopes *s, Dwarf_Die *parent, struct symbol_die_walk *walk)
{
	Dwarf_Die die;

	for (int more = symbol_die_child(walk, parent, &die); more; more = symbol_die_next(walk, &die)) {
		enum symbol_die_kind kind = symbol_die_kind(&die);

		if ((kind != SYMBOL_DIE_SPACE && kind != SYMBOL_DIE_TYPE) || dwarf_haschildren(&die) <= 0)
			continue;
		scopes_add(s, &die, symbol_die_end(&die), (uint32_t)walk->depth);
		scopes_walk(s, &die, walk);
	}
}

const char *symbol_scopes_qualify(struct symbol_scopes *s, Dwarf_Die *die, struct symbol_strings *strings,
                                  const char *name)
{
	const struct symbol_range *range;
	size_t cursor = SYMBOL_RANGE_FIRST;
	Dwarf_Die declaration;

	symbol_die_declaration(die, &declaration);
	if (declaration.cu != s->unit.cu)
		return symbol_strings_keep(strings, name);
	if (!s->read) {
		struct symbol_die_walk walk = {NULL, 0};

		s->read = 1;
		scopes_walk(s, &s->unit, &walk);
		symbol_ranges_sort(&s->ranges);
	}
	name = symbol_strings_keep(strings, name);
	while ((range = symbol_ranges_find(&s->ranges, (uintptr_t)declaration.addr, &cursor))) { /* innermost first */
		const char *scope = s->names[range->value];

		name = symbol_strings_format(strings, "%s::%s", scope && scope[0] ? scope : "(anonymous namespace)", name);
	}
	return name;
}
