/* SPDX-License-Identifier: MIT
 *
 * Text that comes from outside (names in object files, command lines) and goes to places that want
 * valid UTF-8: JSON, terminals, other tools. Knows nothing of locales; a character counts as one
 * column.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed character that `text` begins with (shortest form, no surrogate, and none of the control characters
 * U+0080 to U+009F, which a terminal obeys like those with an escape), 0 if there is none. `left` is how many bytes there are. */
size_t utf8_length(const char *text, size_t left);

/* Makes a sentence of what may have been made to be obeyed: every control character, and every byte that is part of no
 * character, becomes '?'. */
void utf8_tidy(char *text);

/* Columns that a NUL-terminated text takes; a byte that is part of no character counts as one. */
size_t utf8_columns(const char *text);

/* Bytes of `text` that take at most `columns` columns. */
size_t utf8_cut(const char *text, size_t columns);

#endif
