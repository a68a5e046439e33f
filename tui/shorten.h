/* SPDX-License-Identifier: MIT
 *
 * Names of functions and paths, made to fit: what matters least goes first. A C++ or Rust name
 * loses its parameters, then what is between its angle brackets, then the scopes it lies in, before
 * its end is cut.
 */
#ifndef TUI_SHORTEN_H
#define TUI_SHORTEN_H

#include <stddef.h>

/* Writes into out (terminated) a form of `name` of at most `columns` columns if there is one without cutting, else the
 * shortest there is, for the screen to cut. `more` is the text that stands for what was left out. Returns out. */
char *shorten_function(const char *name, int columns, const char *more, char *out, size_t size);

/* The last part of a path. */
const char *shorten_path(const char *path);

/* "row.c:25", "row.c" without a line, or the module's name when the file is unknown (NULL or ""); "" for nothing at all. */
char *shorten_place(const char *file, long line, const char *module, char *out, size_t size);

#endif
