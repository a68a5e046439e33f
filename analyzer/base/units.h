/* SPDX-License-Identifier: MIT
 *
 * Figures for people. Bytes in binary units ("1.94 GiB", "512 B"), counts in decimal ("4.10 M",
 * "12 k", "873"), times ("3.8 us" as UTF-8 or ASCII, "2m 03s"): three significant digits.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum unit { UNIT_TEXT, UNIT_COUNT, UNIT_BYTES, UNIT_NS, UNIT_PERCENT, UNIT_ID };

#define UNIT_WIDTH 24 /* a buffer of this size holds any formatted figure */

/* Formats value into out (always terminated) and returns out. UNIT_ID and UNIT_TEXT print the plain number. */
char *unit_format(char out[UNIT_WIDTH], enum unit unit, int64_t value);

/* Reads a figure as people write it: 1200, 1e6, 1.5M, 64KiB, 20ms, 30s (k, M, G, T; KiB to TiB; ns, us, ms, s), rounded to a whole
 * number of bytes, ns or things. 0; or -1: it is none, negative, or too large. */
int unit_parse(const char *text, int64_t *value);

#endif
