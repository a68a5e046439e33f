/* SPDX-License-Identifier: MIT
 *
 * Every string the symbolizer hands out, once each: equal strings are equal pointers, valid until the
 * set is freed. A string remembers what was worked out about it (its demangled form), so that
 * demangling happens once a symbol, not once a frame.
 */
#ifndef INGEST_SYMBOL_STRING_H
#define INGEST_SYMBOL_STRING_H

#include <stddef.h>

struct symbol_strings;

/* Never NULL, here and below: out of memory ends the process. */
struct symbol_strings *symbol_strings_new(void);
void symbol_strings_free(struct symbol_strings *s); /* NULL is allowed */
/* The set's copy of `size` bytes. */
const char *symbol_strings_intern(struct symbol_strings *s, const char *text, size_t size);
const char *symbol_strings_keep(struct symbol_strings *s, const char *text); /* terminated text */
const char *symbol_strings_format(struct symbol_strings *s, const char *format, ...)
	__attribute__((format(printf, 2, 3), nonnull));
/* What a person reads for a symbol's name: demangled, without clone suffixes; the name itself if it is not mangled. */
const char *symbol_strings_demangled(struct symbol_strings *s, const char *linkage);
/* What the caller once noted for this text; starts as -1 for every text. Adds the text if it is not there. */
signed char *symbol_strings_note(struct symbol_strings *s, const char *text);

#endif
