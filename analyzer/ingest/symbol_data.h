/* SPDX-License-Identifier: MIT
 *
 * The variables of one module by address: those of its symbol table, or what a stripped file still tells.
 */
#ifndef INGEST_SYMBOL_DATA_H
#define INGEST_SYMBOL_DATA_H

#include <stdint.h>

#include "analyzer/ingest/symbol_image.h"
#include "analyzer/ingest/symbol_string.h"

struct symbol_data;

/* Reads the variables of the file, else of its debug file; either may be closed, both must stay until symbol_data_free. Never
 * NULL. */
struct symbol_data *symbol_data_new(const struct symbol_image *file, const struct symbol_image *debug);
void symbol_data_free(struct symbol_data *d); /* NULL is allowed */
/* Name of the variable that holds the address, demangled, with the offset in it (name+0xOFFSET) unless it is 0; one of the
 * strings. NULL: no symbol says. */
const char *symbol_data_name(const struct symbol_data *d, uint64_t address, struct symbol_strings *strings);

#endif
