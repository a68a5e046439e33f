/* SPDX-License-Identifier: MIT
 *
 * Reports to events. Clicks are told at once, when the button goes down: a double click is a second
 * event, so that nobody waits to see whether another click comes. Keys held with the mouse (Ctrl, Alt)
 * make no difference; with Shift most terminals keep the mouse to themselves, for selecting text.
 */
#include "tui/mouse.h"

#include <stdlib.h>

enum {
	DOUBLE_MS = 400,
	FARTHEST = 100000, /* no screen is larger */
	BUTTON = 3,        /* bits of the code */
	MODIFIERS = 4 | 8 | 16,
	MOTION = 32,
	WHEEL = 64,
};

static int parse_number(const char **text, char end, int *number)
{
	char *rest;
	long n = **text >= '0' && **text <= '9' ? strtol(*text, &rest, 10) : -1;

	if (n < 0 || n > FARTHEST || (end && *rest != end))
		return 0;
	*number = (int)n;
	*text = end ? rest + 1 : rest;
	return 1;
}

int mouse_parse(const char *text, struct mouse_report *r)
{
	if (!parse_number(&text, ';', &r->code) || !parse_number(&text, ';', &r->x) || !parse_number(&text, 0, &r->y))
		return 0;
	r->up = *text == 'm';
	return (*text == 'M' || *text == 'm') && !text[1];
}

static int press(struct mouse_hand *h, uint64_t now_ms, struct mouse *m)
{
	int again = h->clicks && h->y == m->y && h->x == m->x && now_ms - h->clicked_ms <= DOUBLE_MS;

	h->down = 1;
	h->clicks = !again;
	h->y = m->y;
	h->x = m->x;
	h->clicked_ms = now_ms;
	m->kind = again ? MOUSE_DOUBLE : MOUSE_CLICK;
	return 1;
}

static int release(struct mouse_hand *h, struct mouse *m)
{
	int was = h->down;

	h->down = 0;
	m->kind = MOUSE_RELEASE;
	return was;
}

static int drag(const struct mouse_hand *h, struct mouse *m)
{
	m->kind = MOUSE_DRAG;
	return h->down;
}

int mouse_take(struct mouse_hand *h, const struct mouse_report *r, uint64_t now_ms, struct mouse *m)
{
	int button = r->code & ~(MODIFIERS | MOTION);

	m->y = r->y > 0 ? r->y - 1 : 0;
	m->x = r->x > 0 ? r->x - 1 : 0;
	if (r->code & MOTION)
		return drag(h, m);
	switch (button) {
	case 0:
		return r->up ? release(h, m) : press(h, now_ms, m);
	case 2:
		m->kind = MOUSE_RIGHT;
		return !r->up;
	case BUTTON: /* older reports do not say which one came up */
		return release(h, m);
	case WHEEL:
		m->kind = MOUSE_WHEEL_UP;
		return !r->up;
	case WHEEL + 1:
		m->kind = MOUSE_WHEEL_DOWN;
		return !r->up;
	default:
		return 0;
	}
}
