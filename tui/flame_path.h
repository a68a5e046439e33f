/* SPDX-License-Identifier: MIT
 *
 * Rows of a flame table (analyzer/report/flame.h) by their paths: the labels from the root to a frame joined by `/`. A path says the
 * same of another table of the same recordings, when row numbers do not.
 */
#ifndef TUI_FLAME_PATH_H
#define TUI_FLAME_PATH_H

#include <stddef.h>

#include "tui/grid.h"

/* The path of a row; of "(others)" their parent's. Caller frees. */
char *flame_path_of(const struct table *t, size_t row);
/* The row at the end of a path, or of as much of it as there is, below the row where the table starts. */
size_t flame_path_row(const struct table *t, const char *path);
/* The row where the table starts. */
size_t flame_path_start(const struct table *t);
/* Shows other rows in a grid, in their own order, with the end of the path selected; what it showed before may be gone already. Returns
 * that row. */
size_t flame_path_show(struct grid *g, const struct table *t, const struct grid_column *columns, size_t count, const char *path);

#endif
