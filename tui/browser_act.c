/* SPDX-License-Identifier: MIT
 *
 * What keys do in every view, and what leads from whatever is under the cursor to another view of it.
 */
#include "tui/browser_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/source_text.h"
#include "tui/terminal.h"
#include "tui/view_timeline.h"

enum { EDITOR_WORDS = 16 };

/* The innermost of what is open: marks of a search, a view on top of another, the span and the filter. */
static int cancel(struct browser *b)
{
	struct grid *g = browser_grid(b);

	if (g && g->search[0])
		g->search[0] = 0;
	else if (b->top->below)
		browser_close_top(b);
	else if (browser_lens_is_set(b))
		browser_set_lens(b, &(struct lens){ 0 });
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

static int source(struct browser *b, const struct subject *subject)
{
	if (*subject->file || subject->function_id)
		return browser_enter(b, &view_source, subject);
	browser_say(b, "It is not known where in the source this is.");
	return 1;
}

static int sizes(struct browser *b, const struct subject *subject)
{
	if (subject->site_id)
		return browser_enter(b, &view_sizes, subject);
	browser_say(b, "This asks for no memory itself: it has no sizes.");
	return 1;
}

static int flame(struct browser *b, const struct subject *subject)
{
	if (subject->function_id)
		return browser_enter(b, &view_flame, subject);
	browser_say(b, "This is no function: no stacks go through it.");
	return 1;
}

static const struct lead {
	enum action action;
	int (*go)(struct browser *b, const struct subject *subject);
} leads[] = {
	{ ACTION_CALLERS, callers },
	{ ACTION_FLAME, flame },
	{ ACTION_SOURCE, source },
	{ ACTION_SIZES, sizes },
	{ ACTION_TIMELINE, view_timeline_open },
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

int browser_sql(struct browser *b)
{
	if (browser_is_passing(b->top))
		browser_close_top(b);
	return b->top->ops == &view_sql ? 1 : browser_enter(b, &view_sql, NULL);
}

/* $VISUAL or $EDITOR may have options after their name, set apart by blanks. */
static int run_editor(const char *path, int64_t line, struct err *err)
{
	const char *names[] = { getenv("VISUAL"), getenv("EDITOR"), "vi" };
	char words[1024], at[32], *argv[EDITOR_WORDS + 3];
	size_t n = 0, which = 0;

	while (!names[which] || !names[which][strspn(names[which], " ")])
		which++;
	snprintf(words, sizeof(words), "%s", names[which]);
	for (char *rest = words, *word; n < EDITOR_WORDS && (word = strtok_r(rest, " ", &rest));)
		argv[n++] = word;
	snprintf(at, sizeof(at), "+%lld", line > 0 ? (long long)line : 1);
	argv[n++] = at;
	argv[n++] = (char *)path;
	argv[n] = NULL;
	return terminal_run(argv, err) < 0 ? -1 : 1;
}

static int edit(struct browser *b, struct err *err)
{
	struct subject subject;
	struct source_text source;
	char said[512];
	int rc = 1;

	if (!browser_subject(b, &subject) || !*subject.file) {
		browser_say(b, "It is not known in which file this is.");
		return 1;
	}
	if (source_text_read(subject.file, b->options->sources, 0, &source, said, sizeof(said)))
		rc = run_editor(source.path, subject.line, err);
	else
		browser_say(b, "%s", said);
	source_text_release(&source);
	return rc;
}

int browser_act(struct browser *b, const struct key *key, struct err *err)
{
	int roots = browser_root_count();
	char words[FILTER_WORDS];

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
		browser_back(b);
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
	case ACTION_FILTER:
		filter_words(&b->lens.filter, words, sizeof(words));
		browser_prompt(b, &browser_filter, words);
		return 1;
	case ACTION_EXPORT:
		return browser_export(b);
	case ACTION_RELOAD:
		browser_renew(b);
		return 1;
	case ACTION_SQL:
		return browser_sql(b);
	case ACTION_EDIT:
		return edit(b, err);
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
