/* SPDX-License-Identifier: MIT
 *
 * The functions, or the variables, of one module's symbol table by address.
 */
#ifndef INGEST_SYMBOL_TABLE_H
#define INGEST_SYMBOL_TABLE_H

#include "analyzer/ingest/symbol_image.h"
#include "analyzer/ingest/symbol_range.h"

struct symbol_table {
	struct symbol_ranges ranges; /* value: index in entries */
	struct symbol_entry *entries;
	size_t count, capacity;
};

struct symbol_entry {
	const char *name;
	uint64_t section_end;
	int sized; /* 0: the symbol table does not say where it ends */
};

/* Adds a symbol; arg is the table: to be given to symbol_image_symbols. Names are borrowed. */
void symbol_table_add(void *arg, const struct symbol *symbol);
/* After the last add, before the first find. */
void symbol_table_finish(struct symbol_table *t);
/* Name of the function or variable at the address and where that starts, or NULL. A symbol with a size covers just that; one
 * without goes to the next symbol of its section, but not beyond `not_before`, where unwind data has a function
 * start (0: unknown). Of several names the plainest is taken: `read` before `__read`. */
const char *symbol_table_find(const struct symbol_table *t, uint64_t address, uint64_t not_before, uint64_t *start);
void symbol_table_release(struct symbol_table *t);

#endif
