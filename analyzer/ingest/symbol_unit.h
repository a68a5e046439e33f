/* SPDX-License-Identifier: MIT
 *
 * One compilation unit: its functions by address, read when first asked for.
 */
#ifndef INGEST_SYMBOL_UNIT_H
#define INGEST_SYMBOL_UNIT_H

#include "analyzer/ingest/symbol_die.h"
#include "analyzer/ingest/symbol_inline.h"

struct symbol_unit;

/* `die`: the unit's, of the main file also where the functions are in a split file. Never NULL. */
struct symbol_unit *symbol_unit_new(Dwarf_Die *die);
void symbol_unit_free(struct symbol_unit *u); /* NULL is allowed */
/* Adds the frames at an address, innermost first. *entry: where the function is entered. Returns 1, or 0 when the unit has
 * no function there. */
int symbol_unit_frames(struct symbol_unit *u, uint64_t address, const struct symbol_ranges *code,
                       struct symbol_strings *strings, struct symbol_frames *frames, uint64_t *entry);
/* Source file and line of an address; "" and 0 if unknown. */
const char *symbol_unit_source(struct symbol_unit *u, uint64_t address, struct symbol_strings *strings, int *line);

#endif
