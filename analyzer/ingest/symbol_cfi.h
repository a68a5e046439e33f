/* SPDX-License-Identifier: MIT
 *
 * Where functions start and end according to the unwind data, which even a stripped file has. It has
 * no names, but tells apart the functions that have none.
 */
#ifndef INGEST_SYMBOL_CFI_H
#define INGEST_SYMBOL_CFI_H

#include "analyzer/ingest/symbol_range.h"

/* Adds a range for each entry of an .eh_frame section of a 64-bit little-endian file, `address` being where the section is
 * loaded, and sorts them. What is malformed ends the reading or is left out. */
void symbol_cfi_read(struct symbol_ranges *functions, const unsigned char *data, size_t size, uint64_t address);

#endif
