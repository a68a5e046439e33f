/* SPDX-License-Identifier: MIT
 *
 * Typing at the end of a line; what does not fit is out of sight on the left.
 */
#include "tui/prompt.h"

#include <string.h>

#include "tui/glyph.h"
#include "tui/terminal.h"

#define CTRL(letter) ((letter) & 0x1f)

void prompt_open(struct prompt *p, const char *label)
{
	*p = (struct prompt){ .label = label };
}

static void append(struct prompt *p, int input)
{
	char bytes[GLYPH_BYTES];
	size_t n = strlen(glyph_encode(bytes, (uint32_t)input));

	if (p->length + n >= sizeof(p->text))
		return;
	memcpy(p->text + p->length, bytes, n + 1);
	p->length += n;
}

/* Takes the last character away, with all its bytes. */
static void drop_last(struct prompt *p)
{
	while (p->length > 0 && ((unsigned char)p->text[--p->length] & 0xc0) == 0x80)
		continue;
	p->text[p->length] = 0;
}

enum prompt_result prompt_key(struct prompt *p, int input)
{
	switch (input) {
	case INPUT_ENTER:
		return PROMPT_DONE;
	case INPUT_ESCAPE:
		return PROMPT_GIVEN_UP;
	case INPUT_BACKSPACE:
		if (!p->length)
			return PROMPT_GIVEN_UP;
		drop_last(p);
		return PROMPT_EDITED;
	case CTRL('u'):
		p->length = 0;
		p->text[0] = 0;
		return PROMPT_EDITED;
	default:
		if (input >= ' ' && input < INPUT_FIRST)
			append(p, input);
		return PROMPT_EDITED;
	}
}

int prompt_draw(const struct prompt *p, struct screen *s, int y)
{
	int x = screen_put(s, y, 0, s->columns, p->label, STYLE_STRONG);
	int room = s->columns - x - 1;
	const char *text = p->text;

	while (glyph_columns(text, s->ascii) > room) {
		uint32_t ch;
		int width;

		text += glyph_next(text, s->ascii, &ch, &width);
	}
	return x + screen_put(s, y, x, room, text, STYLE_PLAIN);
}
