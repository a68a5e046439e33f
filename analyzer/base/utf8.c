/* SPDX-License-Identifier: MIT
 *
 * Well-formedness as in the Unicode standard's table of byte sequences: the second byte's range
 * depends on the first, which is what keeps out long forms and surrogates.
 */
#include "analyzer/base/utf8.h"

#include <string.h>

static int continues(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t utf8_length(const char *text, size_t left)
{
	const unsigned char *s = (const unsigned char *)text;

	if (!left)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		return left >= 2 && continues(s[1]) && (s[0] > 0xc2 || s[1] > 0x9f) ? 2 : 0;
	if (s[0] >= 0xe0 && s[0] <= 0xef) {
		if (left < 3 || !continues(s[1]) || !continues(s[2]))
			return 0;
		return (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ? 0 : 3;
	}
	if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		if (left < 4 || !continues(s[1]) || !continues(s[2]) || !continues(s[3]))
			return 0;
		return (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f) ? 0 : 4;
	}
	return 0;
}

void utf8_tidy(char *text)
{
	for (size_t n, left = strlen(text); left; text += n, left -= n) {
		n = utf8_length(text, left);
		if (!n || (unsigned char)*text < 0x20 || *text == 0x7f) {
			*text = '?';
			n = 1;
		}
	}
}

size_t utf8_cut(const char *text, size_t columns)
{
	size_t size = strlen(text), at = 0;

	while (at < size && columns--) {
		size_t n = utf8_length(text + at, size - at);
		at += n ? n : 1;
	}
	return at;
}

size_t utf8_columns(const char *text)
{
	size_t size = strlen(text), columns = 0;

	for (size_t at = 0; at < size; columns++) {
		size_t n = utf8_length(text + at, size - at);
		at += n ? n : 1;
	}
	return columns;
}
