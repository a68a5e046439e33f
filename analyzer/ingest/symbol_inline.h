/* SPDX-License-Identifier: MIT
 *
 * One function of the debug information with the calls that were inlined into it.
 */
#ifndef INGEST_SYMBOL_INLINE_H
#define INGEST_SYMBOL_INLINE_H

#include "analyzer/ingest/symbol_die.h"
#include "analyzer/ingest/symbolize.h"

struct symbol_inlines;

/* Frames under construction. */
struct symbol_frames {
	struct symbol_frame *items;
	size_t count, capacity;
};

/* A zeroed frame at the end. Valid until the next one is added. */
struct symbol_frame *symbol_frames_add(struct symbol_frames *frames);

struct symbol_inlines *symbol_inlines_new(Dwarf_Die *function, const struct symbol_ranges *code);
void symbol_inlines_free(struct symbol_inlines *in); /* NULL is allowed */
/* Adds the frames at an address of the function, innermost first, the function itself last, without files and lines for
 * the first, whose place the line table knows. Names and files are set (the function's is NULL if it has no name). */
void symbol_inlines_frames(struct symbol_inlines *in, uint64_t address, struct symbol_strings *strings,
                           struct symbol_scopes *scopes, struct symbol_frames *frames);

#endif
