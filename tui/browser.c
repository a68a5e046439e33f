/* SPDX-License-Identifier: MIT
 *
 * Roots are opened when first shown and kept; views opened from rows are a stack on top of the
 * current root. Keys go to the prompt, then to the open view, then to the browser. Reading that
 * can wait is done when no key has come for a moment, so that going through rows never waits for it.
 */
#include "tui/browser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report.h"
#include "tui/frame.h"
#include "tui/search.h"
#include "tui/shelf.h"
#include "tui/terminal.h"

enum {
	ROOTS = 64,
	SETTLE_MS = 25, /* without a key for so long: the user is looking */
	LEAST_ROWS = 8,
	LEAST_COLUMNS = 40,
};

struct browser {
	struct store *store;
	struct shelf shelf;
	struct view *roots[ROOTS]; /* as view_roots; NULL: not opened yet */
	int root;
	struct view *top;
	struct screen screen;
	struct frame frame;
	struct search search;
	int exact, leaving;
};

struct store *browser_store(const struct browser *b)
{
	return b->store;
}

int browser_exact(const struct browser *b)
{
	return b->exact;
}

const char *browser_losses(const struct browser *b)
{
	return b->frame.losses;
}

void browser_say(struct browser *b, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(b->frame.message, sizeof(b->frame.message), format, list);
	va_end(list);
}

const struct table *browser_report(struct browser *b, const char *name, struct err *err)
{
	return shelf_report(&b->shelf, b->store, name, err);
}

static void complain(struct browser *b, struct err *err)
{
	browser_say(b, "%s", err->text);
	b->frame.message_style = STYLE_ERROR;
	*err = (struct err){ 0 };
}

/* --- views ---------------------------------------------------------------------------------------- */

static char *copy(const char *text)
{
	size_t size = text ? strlen(text) + 1 : 1;

	return memcpy(memory_zeroed(size, 1), text ? text : "", size);
}

static void release_view(struct view *v)
{
	free((char *)v->subject.name);
	free((char *)v->subject.place);
	free(v->data);
	free(v);
}

static struct view *make_view(struct browser *b, const struct view_ops *ops, const struct subject *subject, struct view *below,
                              struct err *err)
{
	struct view *v = memory_zeroed(1, sizeof(*v));

	v->ops = ops;
	v->browser = b;
	v->below = below;
	v->data = memory_zeroed(1, ops->private_size + 1);
	if (subject)
		v->subject = *subject;
	v->subject.name = copy(v->subject.name);
	v->subject.place = copy(v->subject.place);
	if (ops->open(v, err) == 0)
		return v;
	release_view(v);
	return NULL;
}

static void free_view(struct view *v)
{
	v->ops->close(v);
	release_view(v);
}

static void close_top(struct browser *b)
{
	struct view *v = b->top;

	b->top = v->below;
	free_view(v);
}

int browser_enter(struct browser *b, const struct view_ops *ops, const struct subject *subject, struct err *err)
{
	struct view *v = make_view(b, ops, subject, b->top, err);

	if (!v)
		return -1;
	b->top = v;
	return 0;
}

int browser_show(struct browser *b, int root, struct err *err)
{
	if (!b->roots[root])
		b->roots[root] = make_view(b, view_roots[root], NULL, NULL, err);
	if (!b->roots[root])
		return -1;
	while (b->top && b->top->below)
		close_top(b);
	b->root = root;
	b->top = b->roots[root];
	return 0;
}

static int root_count(void)
{
	int n = 0;

	while (view_roots[n])
		n++;
	return n;
}

/* 1 for a view that is only looked at in passing: q closes it. */
static int is_passing(const struct view *v)
{
	return v->ops == &view_help || v->ops == &view_menu;
}

static unsigned groups(const struct browser *b)
{
	unsigned keys = b->top->ops->keys | KEYS_EVERYWHERE;

	if (!is_passing(b->top))
		keys |= KEYS_TABS;
	return b->top->below ? keys | KEYS_BACK : keys;
}

static struct grid *grid_of(const struct browser *b)
{
	return b->top->ops->grid ? b->top->ops->grid(b->top) : NULL;
}

/* --- actions -------------------------------------------------------------------------------------- */

static int cancel(struct browser *b)
{
	struct grid *g = grid_of(b);

	if (g && g->search[0])
		g->search[0] = 0;
	else if (b->top->below)
		close_top(b);
	return 1;
}

static int help(struct browser *b, struct err *err)
{
	if (b->top->ops == &view_help) {
		close_top(b);
		return 1;
	}
	return browser_enter(b, &view_help, NULL, err) < 0 ? -1 : 1;
}

static int quit(struct browser *b)
{
	if (is_passing(b->top))
		close_top(b);
	else
		b->leaving = 1;
	return 1;
}

/* What a view did not take. As view_ops.act. */
static int act(struct browser *b, const struct key *key, struct err *err)
{
	int roots = root_count();

	switch (key->action) {
	case ACTION_VIEW:
		for (int i = 0; i < roots; i++)
			if (view_roots[i]->number == key->input)
				return browser_show(b, i, err) < 0 ? -1 : 1;
		return 0;
	case ACTION_NEXT_VIEW:
		return browser_show(b, (b->root + 1) % roots, err) < 0 ? -1 : 1;
	case ACTION_PREVIOUS_VIEW:
		return browser_show(b, (b->root + roots - 1) % roots, err) < 0 ? -1 : 1;
	case ACTION_VIEWS:
		return browser_enter(b, &view_menu, NULL, err) < 0 ? -1 : 1;
	case ACTION_BACK:
		close_top(b);
		return 1;
	case ACTION_CANCEL:
		return cancel(b);
	case ACTION_UNITS:
		b->exact = !b->exact;
		return 1;
	case ACTION_SEARCH:
		search_begin(&b->search, grid_of(b));
		return 1;
	case ACTION_SEARCH_NEXT:
		search_again(&b->search, grid_of(b), 1, b->frame.message, sizeof(b->frame.message));
		return 1;
	case ACTION_SEARCH_PREVIOUS:
		search_again(&b->search, grid_of(b), -1, b->frame.message, sizeof(b->frame.message));
		return 1;
	case ACTION_HELP:
		return help(b, err);
	case ACTION_REDRAW:
		terminal_forget();
		return 1;
	case ACTION_QUIT:
		return quit(b);
	default:
		return 0;
	}
}

static void resize(struct browser *b)
{
	int rows, columns;

	terminal_size(&rows, &columns);
	screen_resize(&b->screen, rows, columns);
}

static void take(struct browser *b, int input)
{
	const struct key *key;
	struct err err = { 0 };
	int done = 0;

	b->frame.message[0] = 0;
	b->frame.message_style = STYLE_PLAIN;
	if (input == INPUT_RESIZE) {
		resize(b);
		return;
	}
	if (b->search.typing) {
		search_key(&b->search, grid_of(b), input, b->frame.message, sizeof(b->frame.message));
		return;
	}
	key = keymap_find(input, groups(b));
	if (!key)
		return;
	done = b->top->ops->act(b->top, key->action, &err);
	if (!done)
		done = act(b, key, &err);
	if (done < 0)
		complain(b, &err);
}

/* --- the loop ------------------------------------------------------------------------------------- */

static void draw(struct browser *b)
{
	struct rect area = { 2, 0, b->screen.rows - 3, b->screen.columns };
	int cursor = -1;

	screen_clear(&b->screen);
	if (b->screen.rows < LEAST_ROWS || b->screen.columns < LEAST_COLUMNS) {
		frame_too_small(&b->screen, LEAST_ROWS, LEAST_COLUMNS);
	} else {
		frame_top(&b->frame, &b->screen, b->root);
		b->top->ops->draw(b->top, &b->screen, area);
		cursor = frame_bottom(&b->frame, &b->screen, groups(b), b->search.typing ? &b->search : NULL);
	}
	terminal_show(&b->screen, b->screen.rows - 1, cursor);
}

/* Reads what the view left for later, unless a key comes first. Returns that key or INPUT_NONE. */
static int settle(struct browser *b)
{
	struct err err = { 0 };
	int news = 1;

	while (news > 0 && b->top->ops->fill) {
		int input = terminal_key(SETTLE_MS);

		if (input != INPUT_NONE)
			return input;
		news = b->top->ops->fill(b->top, &err);
		if (news < 0)
			complain(b, &err);
		if (news)
			draw(b);
	}
	return INPUT_NONE;
}

static void loop(struct browser *b)
{
	while (!b->leaving) {
		draw(b);
		int input = settle(b);

		if (input == INPUT_NONE)
			input = terminal_key(-1);
		if (input == INPUT_GONE)
			return;
		take(b, input);
	}
}

static void close_all(struct browser *b)
{
	while (b->top && b->top->below)
		close_top(b);
	for (int i = 0; i < ROOTS; i++)
		if (b->roots[i])
			free_view(b->roots[i]);
	shelf_release(&b->shelf);
	screen_release(&b->screen);
}

int browser_run(struct store *s, const char *name, struct err *err)
{
	struct browser b = { .store = s, .frame.name = name };

	/* The first view is read before the terminal is taken, so that a failure is an ordinary message. */
	if (report_facts(s, b.frame.facts, sizeof(b.frame.facts), b.frame.losses, sizeof(b.frame.losses), err) < 0)
		return -1;
	if (browser_show(&b, 0, err) < 0 || terminal_start(err) < 0) {
		close_all(&b);
		return -1;
	}
	screen_init(&b.screen, terminal_ascii());
	resize(&b);
	loop(&b);
	terminal_stop();
	close_all(&b);
	return 0;
}
