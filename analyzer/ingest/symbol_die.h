/* SPDX-License-Identifier: MIT
 *
 * What the symbolizer wants to know of a DIE, an entry of DWARF's tree: what it is, which addresses it
 * covers, its name, where an inlined call was written. The one header that shows libdw's types: it and
 * what includes it are the DWARF side of the symbolizer. DIEs are not const, since libdw notes in them
 * what it has looked up.
 */
#ifndef INGEST_SYMBOL_DIE_H
#define INGEST_SYMBOL_DIE_H

#include <elfutils/libdw.h>

#include "analyzer/ingest/symbol_range.h"
#include "analyzer/ingest/symbol_string.h"

struct symbol_scopes;

enum symbol_die_kind {
	SYMBOL_DIE_OTHER,
	SYMBOL_DIE_FUNCTION,
	SYMBOL_DIE_INLINED, /* a call that was inlined */
	SYMBOL_DIE_BLOCK,   /* within a function */
	SYMBOL_DIE_SPACE,   /* a namespace or module */
	SYMBOL_DIE_TYPE,    /* a class or the like */
};

/* A walk over a tree of DIEs, which goes forward in the file only: a malformed tree that leads back ends there. Each
 * level of a walk uses the same struct, zeroed at its start. */
struct symbol_die_walk {
	const void *last;
	int depth;
};

enum symbol_die_kind symbol_die_kind(Dwarf_Die *die);
/* The first child, and from one DIE to its next sibling. 0: there is none. */
int symbol_die_child(struct symbol_die_walk *walk, Dwarf_Die *parent, Dwarf_Die *child);
int symbol_die_next(struct symbol_die_walk *walk, Dwarf_Die *die);
/* What follows a DIE and its children in memory; NULL if nothing does. */
const void *symbol_die_end(Dwarf_Die *die);
/* 1 if a unit of its language may define functions within types. C and C++ only declare them there. */
int symbol_die_functions_in_types(Dwarf_Die *unit);
/* The DIE that declares the function which `die` is an instance of; `die` itself if that is the one. */
void symbol_die_declaration(Dwarf_Die *die, Dwarf_Die *declaration);

/* Adds the DIE's address ranges that start in `code`. 0: it has none. Code that the linker discarded has addresses
 * elsewhere (0 and the like). */
int symbol_die_ranges(Dwarf_Die *die, const struct symbol_ranges *code, struct symbol_ranges *out, uint32_t value,
                      uint32_t rank);
/* Where the function is entered, or `otherwise` if the DIE does not say so. */
uint64_t symbol_die_entry(Dwarf_Die *die, uint64_t otherwise);

/* Name of a function or an inlined call: the demangled linkage name, else the source's name within its namespaces
 * (`scopes` of its unit); NULL if there is none. *linkage is "" if unknown. */
const char *symbol_die_name(Dwarf_Die *die, struct symbol_strings *strings, struct symbol_scopes *scopes,
                            const char **linkage);
/* Source file and line of an address of the unit; "" and 0 if unknown, and 0 also for code that no one line stands for. */
const char *symbol_die_source(Dwarf_Die *unit, uint64_t address, struct symbol_strings *strings, int *line);
/* The same of the place in the outer function where an inlined call stands. */
const char *symbol_die_call_site(Dwarf_Die *die, struct symbol_strings *strings, int *line);

#endif
