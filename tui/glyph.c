/* SPDX-License-Identifier: MIT
 *
 * Decoding and shapes. Widths are the C library's (wcwidth), so they hold for the locale the
 * program runs in; text is UTF-8 whatever the locale, because names in object files are.
 */
#define _GNU_SOURCE
#include "tui/glyph.h"

#include <string.h>
#include <wchar.h>

#include "analyzer/base/utf8.h"

static const struct glyph_set unicode = {
	.across = { ' ', 0x258f, 0x258e, 0x258d, 0x258c, 0x258b, 0x258a, 0x2589, 0x2588 },
	.upward = { ' ', 0x2581, 0x2582, 0x2583, 0x2584, 0x2585, 0x2586, 0x2587, 0x2588 },
	.rule = 0x2500,
	.cut = 0x2026,
	.pointer = 0x25b6,
	.descending = 0x25bc,
	.ascending = 0x25b2,
	.call = 0x203a,
};

static const struct glyph_set plain = {
	.across = { ' ', '.', '.', ':', ':', '=', '=', '=', '#' },
	.upward = { ' ', '.', '.', ':', ':', '+', '+', '*', '#' },
	.rule = '-',
	.cut = '~',
	.pointer = '>',
	.descending = '*',
	.ascending = '^',
	.call = '>',
};

const struct glyph_set *glyph_set(int ascii)
{
	return ascii ? &plain : &unicode;
}

static uint32_t decode(const unsigned char *text, size_t length)
{
	static const unsigned char lead[5] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t ch = text[0] & lead[length];

	for (size_t i = 1; i < length; i++)
		ch = ch << 6 | (text[i] & 0x3f);
	return ch;
}

/* What our own texts use beyond ASCII has a stand-in; names that do, become question marks. */
static uint32_t stand_in(uint32_t ch)
{
	switch (ch) {
	case 0x2013: /* en dash */
		return '-';
	case 0x2026:
		return '~';
	case 0x203a:
		return '>';
	default:
		return '?';
	}
}

size_t glyph_next(const char *text, int ascii, uint32_t *ch, int *width)
{
	size_t length = utf8_length(text, strnlen(text, 4));
	int columns;

	*ch = '?';
	*width = 1;
	if (!length)
		return 1;
	uint32_t decoded = decode((const unsigned char *)text, length);

	if (decoded < 0x20 || decoded == 0x7f)
		return length;
	if (decoded < 0x7f) {
		*ch = decoded;
		return length;
	}
	if (ascii) {
		*ch = stand_in(decoded);
		return length;
	}
	columns = wcwidth((wchar_t)decoded);
	if (columns < 0)
		return length;
	*ch = decoded;
	*width = columns;
	return length;
}

int glyph_columns(const char *text, int ascii)
{
	int columns = 0;

	while (*text) {
		uint32_t ch;
		int width;

		text += glyph_next(text, ascii, &ch, &width);
		columns += width;
	}
	return columns;
}

char *glyph_encode(char out[GLYPH_BYTES], uint32_t ch)
{
	static const unsigned char lead[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	int length = ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;

	out[length] = 0;
	for (int i = length - 1; i > 0; i--, ch >>= 6)
		out[i] = (char)(0x80 | (ch & 0x3f));
	out[0] = (char)(lead[length] | ch);
	return out;
}
