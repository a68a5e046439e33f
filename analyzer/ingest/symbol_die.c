/* SPDX-License-Identifier: MIT
 *
 * DIEs read through libdw, which follows a function's attributes to its declaration and its abstract instance, in
 * whichever unit or file they are. Nothing here searches: each function looks at one DIE.
 */
#include "analyzer/ingest/symbol_die.h"
#include "analyzer/base/memory.h"
#include "analyzer/ingest/symbol_scope.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define RANGES_MAX 1000000 /* of one DIE */
#define DEPTH_MAX 256      /* deeper trees are cut: no compiler makes them, and they would eat the stack */

enum symbol_die_kind symbol_die_kind(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
		return SYMBOL_DIE_FUNCTION;
	case DW_TAG_inlined_subroutine:
		return SYMBOL_DIE_INLINED;
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_with_stmt:
	case DW_TAG_entry_point:
		return SYMBOL_DIE_BLOCK;
	case DW_TAG_namespace:
	case DW_TAG_module:
		return SYMBOL_DIE_SPACE;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_interface_type:
		return SYMBOL_DIE_TYPE;
	default:
		return SYMBOL_DIE_OTHER;
	}
}

static int walk_to(struct symbol_die_walk *walk, const Dwarf_Die *die)
{
	if (walk->last && (uintptr_t)die->addr <= (uintptr_t)walk->last)
		return 0;
	walk->last = die->addr;
	return 1;
}

int symbol_die_child(struct symbol_die_walk *walk, Dwarf_Die *parent, Dwarf_Die *child)
{
	if (walk->depth >= DEPTH_MAX || dwarf_child(parent, child) || !walk_to(walk, child))
		return 0;
	walk->depth++;
	return 1;
}

int symbol_die_next(struct symbol_die_walk *walk, Dwarf_Die *die)
{
	if (dwarf_siblingof(die, die) || !walk_to(walk, die)) {
		walk->depth--;
		return 0;
	}
	return 1;
}

const void *symbol_die_end(Dwarf_Die *die)
{
	Dwarf_Die next;

	return dwarf_siblingof(die, &next) < 0 ? NULL : next.addr;
}

int symbol_die_functions_in_types(Dwarf_Die *unit)
{
	switch (dwarf_srclang(unit)) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
		return 0;
	default:
		return 1;
	}
}

int symbol_die_ranges(Dwarf_Die *die, const struct symbol_ranges *code, struct symbol_ranges *out, uint32_t value,
                      uint32_t rank)
{
	Dwarf_Addr base, low, high;

	ptrdiff_t at = 0;
	int added = 0;

	for (int i = 0; i < RANGES_MAX && (at = dwarf_ranges(die, at, &base, &low, &high)) > 0; i++) {
		size_t cursor = SYMBOL_RANGE_FIRST;

		if (high > low && symbol_ranges_find(code, low, &cursor)) {
			symbol_ranges_add(out, low, high, value, rank);
			added = 1;
		}
	}
	return added;
}

uint64_t symbol_die_entry(Dwarf_Die *die, uint64_t otherwise)
{
	Dwarf_Addr entry;

	return dwarf_entrypc(die, &entry) == 0 ? entry : otherwise;
}

static const char *text_of(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;
	const char *text = dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));

	return text && text[0] ? text : NULL;
}

/* Whether the symbol table has the function under its plain name. */
static int is_plain(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Die unit;

	if (dwarf_attr_integrate(die, DW_AT_external, &attribute))
		return 1;
	switch (dwarf_srclang(dwarf_diecu(die, &unit, NULL, NULL))) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_Mips_Assembler:
		return 1;
	default:
		return 0;
	}
}

void symbol_die_declaration(Dwarf_Die *die, Dwarf_Die *declaration)
{
	static const unsigned int links[] = {DW_AT_abstract_origin, DW_AT_specification};
	Dwarf_Attribute attribute;

	*declaration = *die;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		Dwarf_Die next;

		if (dwarf_attr(declaration, links[i], &attribute) && dwarf_formref_die(&attribute, &next))
			*declaration = next;
	}
}

const char *symbol_die_name(Dwarf_Die *die, struct symbol_strings *strings, struct symbol_scopes *scopes,
                            const char **linkage)
{
	const char *mangled = text_of(die, DW_AT_linkage_name);
	const char *name = text_of(die, DW_AT_name);

	if (!mangled)
		mangled = text_of(die, DW_AT_MIPS_linkage_name);
	if (mangled) {
		const char *plain;

		*linkage = symbol_strings_keep(strings, mangled);
		plain = symbol_strings_demangled(strings, *linkage);
		return plain == *linkage && name ? symbol_strings_keep(strings, name) : plain;
	}
	if (!name) {
		*linkage = symbol_strings_keep(strings, "");
		return NULL;
	}
	*linkage = symbol_strings_keep(strings, is_plain(die) ? name : "");
	if ((*linkage)[0])
		return *linkage;
	return symbol_scopes_qualify(scopes, die, strings, name);
}

/* The path without "./" and doubled slashes. "x/.." stays: x may be a link. */
static const char *path_tidy(const char *path, struct symbol_strings *strings)
{
	char *tidy;
	size_t used = 0;

	if (strncmp(path, "./", 2) && !strstr(path, "/./") && !strstr(path, "//"))
		return symbol_strings_keep(strings, path);
	tidy = memory_zeroed(strlen(path) + 1, 1);
	for (const char *at = path; *at; at++) {
		int starts = at == path || at[-1] == '/';

		if (starts && at[0] == '.' && at[1] == '/')
			at++;
		else if (*at != '/' || !starts || at == path)
			tidy[used++] = *at;
	}
	path = symbol_strings_keep(strings, tidy);
	free(tidy);
	return path;
}

/* A source path from what libdw has: absolute, or relative to where the unit was compiled. */
static const char *source_path(Dwarf_Die *unit, const char *path, struct symbol_strings *strings)
{
	const char *dir = path && path[0] != '/' ? text_of(unit, DW_AT_comp_dir) : NULL;

	return path_tidy(dir ? symbol_strings_format(strings, "%s/%s", dir, path) : path ? path : "", strings);
}

const char *symbol_die_source(Dwarf_Die *unit, uint64_t address, struct symbol_strings *strings, int *line)
{
	Dwarf_Line *found = dwarf_getsrc_die(unit, address);
	const char *file = found ? dwarf_linesrc(found, NULL, NULL) : NULL;

	*line = 0;
	if (file && (dwarf_lineno(found, line) || *line < 0))
		*line = 0;
	return source_path(unit, file, strings);
}

const char *symbol_die_call_site(Dwarf_Die *die, struct symbol_strings *strings, int *line)
{
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word file, number;
	Dwarf_Die unit;
	const char *path = NULL;
	size_t count;

	*line = 0;
	if (!dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &number) && number <= INT32_MAX)
		*line = (int)number;
	if (!dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &file) &&
	    dwarf_diecu(die, &unit, NULL, NULL) && !dwarf_getsrcfiles(&unit, &files, &count) && file < count)
		path = dwarf_filesrc(files, file, NULL, NULL);
	if (!path)
		*line = 0;
	return source_path(&unit, path, strings);
}
