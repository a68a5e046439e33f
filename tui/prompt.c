/* SPDX-License-Identifier: MIT
 *
 * Characters may be several bytes: the cursor never stands inside one. What does not fit on the line is out of
 * sight on the left of the cursor.
 */
#include "tui/prompt.h"

#include <stdio.h>
#include <string.h>

#include "tui/glyph.h"
#include "tui/terminal.h"

#define CTRL(letter) ((letter) & 0x1f)

void prompt_open(struct prompt *p, const char *label)
{
	*p = (struct prompt){ .label = label };
}

void prompt_set(struct prompt *p, const char *text)
{
	size_t length = strlen(text);

	if (length >= sizeof(p->text))
		length = sizeof(p->text) - 1;
	while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	memcpy(p->text, text, length);
	p->text[length] = 0;
	p->length = p->cursor = length;
}

void prompt_complain(struct prompt *p, const char *sentence)
{
	snprintf(p->complaint, sizeof(p->complaint), "%s", sentence);
}

static size_t before(const struct prompt *p, size_t at)
{
	while (at > 0 && ((unsigned char)p->text[--at] & 0xc0) == 0x80)
		continue;
	return at;
}

static size_t after(const struct prompt *p, size_t at)
{
	while (at < p->length && ((unsigned char)p->text[++at] & 0xc0) == 0x80)
		continue;
	return at;
}

/* Where the word before the cursor begins. */
static size_t word_before(const struct prompt *p)
{
	size_t at = p->cursor;

	while (at > 0 && p->text[at - 1] == ' ')
		at--;
	while (at > 0 && p->text[at - 1] != ' ')
		at--;
	return at;
}

static void insert(struct prompt *p, int input)
{
	char bytes[GLYPH_BYTES];
	size_t n = strlen(glyph_encode(bytes, (uint32_t)input));

	if (p->length + n >= sizeof(p->text))
		return;
	memmove(p->text + p->cursor + n, p->text + p->cursor, p->length - p->cursor + 1);
	memcpy(p->text + p->cursor, bytes, n);
	p->length += n;
	p->cursor += n;
}

static void cut(struct prompt *p, size_t from, size_t to)
{
	memmove(p->text + from, p->text + to, p->length - to + 1);
	p->length -= to - from;
	p->cursor = from;
}

enum prompt_result prompt_key(struct prompt *p, int input)
{
	p->complaint[0] = 0;
	switch (input) {
	case INPUT_ENTER:
		return PROMPT_DONE;
	case INPUT_ESCAPE:
		return PROMPT_GIVEN_UP;
	case INPUT_BACKSPACE:
		if (!p->length)
			return PROMPT_GIVEN_UP;
		cut(p, before(p, p->cursor), p->cursor);
		break;
	case INPUT_DELETE:
		cut(p, p->cursor, after(p, p->cursor));
		break;
	case CTRL('w'):
		cut(p, word_before(p), p->cursor);
		break;
	case CTRL('u'):
		cut(p, 0, p->cursor);
		break;
	case INPUT_LEFT:
		p->cursor = before(p, p->cursor);
		break;
	case INPUT_RIGHT:
		p->cursor = after(p, p->cursor);
		break;
	case INPUT_HOME:
	case CTRL('a'):
		p->cursor = 0;
		break;
	case INPUT_END:
	case CTRL('e'):
		p->cursor = p->length;
		break;
	default:
		if (input >= ' ' && input < INPUT_FIRST)
			insert(p, input);
	}
	return PROMPT_EDITED;
}

/* Columns of the text up to the cursor, from a byte on. */
static int columns_to_cursor(const struct prompt *p, const char *from, int ascii)
{
	char part[PROMPT_BYTES];

	snprintf(part, sizeof(part), "%.*s", (int)(p->text + p->cursor - from), from);
	return glyph_columns(part, ascii);
}

int prompt_draw(const struct prompt *p, struct screen *s, int y)
{
	int x = screen_put(s, y, 0, s->columns, p->label, STYLE_STRONG), room, used;
	const char *text = p->text;

	room = s->columns - x - 1;
	while (columns_to_cursor(p, text, s->ascii) > room) {
		uint32_t ch;
		int width;

		text += glyph_next(text, s->ascii, &ch, &width);
	}
	used = screen_put(s, y, x, room, text, STYLE_PLAIN);
	if (p->complaint[0])
		screen_put(s, y, x + used + 2, room - used - 2, p->complaint, STYLE_WARNING);
	return x + columns_to_cursor(p, text, s->ascii);
}
