/* SPDX-License-Identifier: MIT
 *
 * One finding in full: what was seen, what the cure saves, the cure, and the whole stack. Enter opens what it is about: the
 * lock, the site with what becomes of its blocks, or its callers.
 */
#include <stdio.h>
#include <string.h>

#include "tui/browser.h"
#include "tui/row.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/view_advice.h"
#include "tui/view_escapes.h"
#include "tui/view_sites.h"

struct finding {
	const struct table *advice; /* the browser's report */
	size_t row;                 /* the finding's in there; row_count: it is in none */
	struct stack_pane pane;
	int pane_rows;              /* as drawn last */
};

static int is_there(const struct finding *f)
{
	return f->row < f->advice->row_count;
}

static int finding_open(struct view *v, struct err *err)
{
	struct finding *f = v->data;

	if (!(f->advice = browser_report(v->browser, "advice", err)))
		return -1;
	while (is_there(f) && row_number(f->advice, f->row, "rank") != v->subject.id)
		f->row++;
	return 0;
}

static int finding_fill(struct view *v, struct err *err)
{
	struct finding *f = v->data;

	if (!is_there(f) || !f->pane_rows)
		return 0;
	stack_pane_want(&f->pane, &stack_source_stack, row_number(f->advice, f->row, "stack_id"), "");
	return stack_pane_fill(&f->pane, browser_store(v->browser), err);
}

static void finding_close(struct view *v)
{
	struct finding *f = v->data;

	stack_pane_release(&f->pane);
}

static void finding_draw(struct view *v, struct screen *s, struct rect area)
{
	struct finding *f = v->data;
	char path[512], title[256];

	area = view_heading(s, area, view_path(v, s->ascii, area.width - (int)strlen(v->subject.place) - 5, path, sizeof(path)),
	                    v->subject.place);
	if (!is_there(f))
		return;
	view_take(&area, 1);
	view_take(&area, advice_draw(f->advice, f->row, s, area) + 1);
	f->pane_rows = row_number(f->advice, f->row, "stack_id") ? area.height : 0;
	if (!f->pane_rows)
		return;
	stack_pane_want(&f->pane, &stack_source_stack, row_number(f->advice, f->row, "stack_id"), "");
	sites_title(f->advice, f->row, s->ascii, title, sizeof(title));
	stack_pane_draw(&f->pane, s, area, title, browser_exact(v->browser));
}

/* 1 if the list of escapes has the site: then its blocks are what the finding is about. */
static int has_blocks(struct view *v, int64_t site)
{
	struct err ignored = { 0 };
	const struct table *sites = browser_report(v->browser, "escapes", &ignored);

	for (size_t row = 0; sites && row < sites->row_count; row++)
		if (row_number(sites, row, "site_id") == site)
			return 1;
	return 0;
}

static int open_subject(struct view *v, struct finding *f, struct err *err)
{
	int64_t lock = row_number(f->advice, f->row, "lock_id"), site = row_number(f->advice, f->row, "site_id");
	struct subject subject = { .id = lock, .name = "lock", .cost = "wait_ns" };

	if (lock)
		return browser_enter(v->browser, &view_lock, &subject, err) < 0 ? -1 : 1;
	if (site && has_blocks(v, site))
		return escapes_open(v, f->advice, f->row, err);
	browser_say(v->browser, "There is no more to it than this.");
	return 1;
}

static int finding_act(struct view *v, enum action action, struct err *err)
{
	struct finding *f = v->data;

	return action == ACTION_ENTER && is_there(f) ? open_subject(v, f, err) : 0;
}

const struct view_ops view_finding = {
	.name = "finding", .title = "Finding", .help = "a finding in full: what was seen, what to do, the stack",
	.keys = KEYS_ENTER, .private_size = sizeof(struct finding), .open = finding_open, .fill = finding_fill,
	.draw = finding_draw, .act = finding_act, .close = finding_close,
};
