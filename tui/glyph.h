/* SPDX-License-Identifier: MIT
 *
 * Characters as a terminal shows them: decoding text of unknown origin, how many columns a
 * character takes, and the shapes (bars, rules, arrows) with a plain ASCII stand-in for each.
 * Nothing here draws.
 */
#ifndef TUI_GLYPH_H
#define TUI_GLYPH_H

#include <stddef.h>
#include <stdint.h>

#define GLYPH_BYTES 5 /* a buffer of this size holds any character and its NUL */

/* Takes the first character off a NUL-terminated, not empty text: its code point goes to *ch, its columns (0, 1 or 2)
 * to *width, the bytes it took are returned. What cannot be shown as it is (a broken byte, a control character)
 * comes as '?'. With `ascii`, so does everything beyond ASCII that has no stand-in. */
size_t glyph_next(const char *text, int ascii, uint32_t *ch, int *width);
/* Columns of a text, as glyph_next sees it. */
int glyph_columns(const char *text, int ascii);
/* The code point as UTF-8 in out. Returns out. */
char *glyph_encode(char out[GLYPH_BYTES], uint32_t ch);

/* Shapes. Levels go from 0 (nothing) to 8 (full). */
struct glyph_set {
	uint32_t across[9];  /* a bar's last cell, filled from the left */
	uint32_t upward[9];  /* a chart's topmost cell, filled from below */
	uint32_t rule;       /* a line from left to right */
	uint32_t cut;        /* "there was more" */
	uint32_t pointer;    /* the selected row */
	uint32_t descending, ascending;
	uint32_t call;       /* between a caller and a callee */
};
const struct glyph_set *glyph_set(int ascii);

#endif
