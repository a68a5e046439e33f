/* SPDX-License-Identifier: MIT
 *
 * Cells of a table by the names of their columns, for views, which know no numbers of columns. A column that is
 * not there, and a cell without a value, read as nothing.
 */
#ifndef TUI_ROW_H
#define TUI_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/table.h"

/* The cell; NULL if there is no such column or no value in it. */
const struct value *row_cell(const struct table *t, size_t row, const char *name);
const char *row_text(const struct table *t, size_t row, const char *name);  /* never NULL */
int64_t row_number(const struct table *t, size_t row, const char *name);    /* 0 for nothing */
int64_t row_sum(const struct table *t, const char *name);                   /* of all rows */

#endif
