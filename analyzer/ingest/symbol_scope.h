/* SPDX-License-Identifier: MIT
 *
 * The namespaces and classes of one compilation unit, for functions that have no linkage name because
 * nobody outside the unit can call them: static ones, and those in an unnamed namespace.
 */
#ifndef INGEST_SYMBOL_SCOPE_H
#define INGEST_SYMBOL_SCOPE_H

#include "analyzer/ingest/symbol_die.h"

/* Reads nothing yet: most units are never asked. Never NULL. */
struct symbol_scopes *symbol_scopes_new(Dwarf_Die *unit);
void symbol_scopes_free(struct symbol_scopes *s); /* NULL is allowed */
/* `name`, interned, after the scopes that the function is declared in: "(anonymous namespace)::walk". A function that is
 * declared in another unit keeps its bare name. */
const char *symbol_scopes_qualify(struct symbol_scopes *s, Dwarf_Die *die, struct symbol_strings *strings,
                                  const char *name);

#endif
