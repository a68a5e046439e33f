/* SPDX-License-Identifier: MIT
 *
 * The symbol table in a stripped file's .gnu_debugdata section: LZMA-compressed, with what
 * .dynsym lacks: functions, seldom variables. Fedora's binaries have one.
 */
#ifndef INGEST_SYMBOL_MINI_H
#define INGEST_SYMBOL_MINI_H

#include "analyzer/ingest/symbol_table.h"

struct symbol_mini;

/* Adds the functions or variables of the file's .gnu_debugdata, and of .dynsym, to the table, whose names then belong to
 * what is returned; NULL if it has no readable one. */
struct symbol_mini *symbol_mini_open(const struct symbol_image *image, enum symbol_what what, struct symbol_table *table);
void symbol_mini_close(struct symbol_mini *m); /* NULL is allowed */

#endif
