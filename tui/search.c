/* SPDX-License-Identifier: MIT
 *
 * The prompt's keys and where they lead; looking is the grid's.
 */
#include "tui/search.h"

#include <stdio.h>

static const char *missing(const struct grid *g)
{
	return g && g->missing ? g->missing : "in no row";
}

static void mark(struct grid *g, const char *text)
{
	snprintf(g->search, sizeof(g->search), "%s", text);
}

void search_begin(struct search *s, const struct grid *g)
{
	if (!g)
		return;
	s->from = g->selected;
	s->typing = 1;
	s->misses = 0;
	prompt_open(&s->prompt, "/");
}

static void typed(struct search *s, struct grid *g)
{
	long position = grid_find(g, s->prompt.text, s->from, 1);

	mark(g, s->prompt.text);
	grid_go(g, position < 0 ? s->from : (size_t)position);
	s->misses = s->prompt.text[0] && position < 0;
}

void search_refresh(struct search *s, struct grid *g)
{
	if (s->typing && s->misses && g)
		typed(s, g);
}

static void done(struct search *s, const struct grid *g, char *message, size_t size)
{
	s->typing = 0;
	if (!s->prompt.text[0])
		return;
	snprintf(s->last, sizeof(s->last), "%s", s->prompt.text);
	if (s->misses)
		snprintf(message, size, "\"%s\" is %s.", s->last, missing(g));
}

void search_key(struct search *s, struct grid *g, int input, char *message, size_t size)
{
	enum prompt_result result = prompt_key(&s->prompt, input);

	if (result == PROMPT_DONE || !g) {
		done(s, g, message, size);
		return;
	}
	if (result == PROMPT_EDITED) {
		typed(s, g);
		return;
	}
	s->typing = 0;
	mark(g, "");
	grid_go(g, s->from);
}

void search_again(struct search *s, struct grid *g, int step, char *message, size_t size)
{
	size_t rows = g ? g->table->row_count : 0, from;
	long position;

	if (!rows)
		return;
	if (!s->last[0]) {
		snprintf(message, size, "There is nothing to search for yet: / begins a search.");
		return;
	}
	mark(g, s->last);
	from = step > 0 ? (g->selected + 1) % rows : (g->selected + rows - 1) % rows;
	position = grid_find(g, s->last, from, step);
	if (position < 0) {
		snprintf(message, size, "\"%s\" is %s.", s->last, missing(g));
		return;
	}
	if (step > 0 ? (size_t)position <= g->selected : (size_t)position >= g->selected)
		snprintf(message, size, "\"%s\": from the %s again", s->last, step > 0 ? "top" : "bottom");
	grid_go(g, (size_t)position);
}

int search_draw(const struct search *s, const struct grid *g, struct screen *screen, int y)
{
	char why[160];
	int cursor = prompt_draw(&s->prompt, screen, y);

	if (s->misses) {
		snprintf(why, sizeof(why), "(%s)", missing(g));
		screen_put(screen, y, cursor + 2, screen->columns - cursor - 2, why, STYLE_WARNING);
	}
	return cursor;
}
