/* SPDX-License-Identifier: MIT
 *
 * What keys do in every view, and what leads from whatever is under the cursor to another view of it.
 */
#include "tui/browser_private.h"

#include <string.h>

#include "tui/terminal.h"

static int cancel(struct browser *b)
{
	struct grid *g = browser_grid(b);

	if (g && g->search[0])
		g->search[0] = 0;
	else if (b->top->below)
		browser_close_top(b);
	return 1;
}

static int help(struct browser *b)
{
	if (b->top->ops != &view_help)
		return browser_enter(b, &view_help, NULL);
	browser_close_top(b);
	return 1;
}

static int quit(struct browser *b)
{
	if (browser_is_passing(b->top))
		browser_close_top(b);
	else
		b->leaving = 1;
	return 1;
}

static int show_view_of(struct browser *b, int input)
{
	for (int i = 0; view_roots[i]; i++)
		if (view_roots[i]->number == input)
			return browser_show(b, i);
	return 0;
}

/* --- from anything to anything ------------------------------------------------------------------------ */

static int callers(struct browser *b, const struct subject *subject)
{
	if (subject->function_id)
		return browser_enter(b, &view_callers, subject);
	browser_say(b, "This is no function: it has no callers.");
	return 1;
}

static const struct lead {
	enum action action;
	int (*go)(struct browser *b, const struct subject *subject);
} leads[] = {
	{ ACTION_CALLERS, callers },
};

/* As view_ops.act. */
static int follow(struct browser *b, enum action action)
{
	struct subject subject;

	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		if (leads[i].action != action)
			continue;
		if (browser_subject(b, &subject))
			return leads[i].go(b, &subject);
		browser_say(b, "There is nothing under the cursor.");
		return 1;
	}
	return 0;
}

int browser_act(struct browser *b, const struct key *key, struct err *err)
{
	int roots = browser_root_count();

	(void)err;
	switch (key->action) {
	case ACTION_VIEW:
		return show_view_of(b, key->input);
	case ACTION_NEXT_VIEW:
		return browser_show(b, (b->root + 1) % roots);
	case ACTION_PREVIOUS_VIEW:
		return browser_show(b, (b->root + roots - 1) % roots);
	case ACTION_VIEWS:
		return browser_enter(b, &view_menu, NULL);
	case ACTION_BACK:
		browser_close_top(b);
		return 1;
	case ACTION_CANCEL:
		return cancel(b);
	case ACTION_UNITS:
		b->exact = !b->exact;
		return 1;
	case ACTION_SEARCH:
		search_begin(&b->search, browser_grid(b));
		return 1;
	case ACTION_SEARCH_NEXT:
		search_again(&b->search, browser_grid(b), 1, b->frame.message, sizeof(b->frame.message));
		return 1;
	case ACTION_SEARCH_PREVIOUS:
		search_again(&b->search, browser_grid(b), -1, b->frame.message, sizeof(b->frame.message));
		return 1;
	case ACTION_HELP:
		return help(b);
	case ACTION_REDRAW:
		terminal_forget();
		return 1;
	case ACTION_QUIT:
		return quit(b);
	default:
		return follow(b, key->action);
	}
}
