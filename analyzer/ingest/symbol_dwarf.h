/* SPDX-License-Identifier: MIT
 *
 * The debug information of one file by address.
 */
#ifndef INGEST_SYMBOL_DWARF_H
#define INGEST_SYMBOL_DWARF_H

#include "analyzer/ingest/symbol_inline.h"

struct symbol_dwarf;

/* Both are borrowed until symbol_dwarf_free. NULL when no unit of it covers any code. */
struct symbol_dwarf *symbol_dwarf_new(struct Dwarf *dwarf, const struct symbol_ranges *code);
void symbol_dwarf_free(struct symbol_dwarf *d); /* NULL is allowed */
/* Adds the frames at an address, innermost first, and returns 1; *entry is where the function is entered. Where only
 * the place in the source is known (assembler), it adds one frame without a function and returns 1 with *entry 0.
 * 0: nothing is known. */
int symbol_dwarf_frames(struct symbol_dwarf *d, uint64_t address, struct symbol_strings *strings,
                        struct symbol_frames *frames, uint64_t *entry);

#endif
