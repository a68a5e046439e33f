/* SPDX-License-Identifier: MIT
 *
 * Figures in columns: rounded with a unit, or exact; and how wide a column of them must be.
 */
#ifndef TUI_FIGURE_H
#define TUI_FIGURE_H

#include <stdint.h>

#include "analyzer/base/units.h"

#define FIGURE_BYTES 32 /* a buffer of this size holds any figure */

/* Rounded as in the text reports ("1.94 GiB"), or exact with its thousands set apart ("2,083,059,139"). Returns out. */
char *figure_format(char out[FIGURE_BYTES], enum unit unit, int64_t value, int exact);
/* The same of a difference, with its sign: "+1.94 GiB", "-12". Returns out. */
char *figure_change(char out[FIGURE_BYTES], enum unit unit, int64_t change, int exact);
/* Growth by a share of what was: "+12 %", "-3.5 %", "~0 %", from a hundredfold on "x 123". Returns out. */
char *figure_growth(char out[FIGURE_BYTES], double share);
/* "37.2 %", "<0.1 %", "0 %". Returns out. */
char *figure_share(char out[FIGURE_BYTES], double share);
/* Columns for any figure of the unit up to `largest` (which matters to exact ones only). */
int figure_width(enum unit unit, int64_t largest, int exact);

#endif
