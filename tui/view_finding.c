/* SPDX-License-Identifier: MIT
 *
 * One finding in full: what was seen, what the cure saves, the cure, and the whole stack. Enter opens what it is about: the
 * lock, or the site with what becomes of its blocks.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/export/export.h"
#include "tui/browser.h"
#include "tui/row.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/view_advice.h"
#include "tui/view_escapes.h"
#include "tui/view_sites.h"

struct finding {
	struct asked advice, escapes; /* the reports */
	size_t row;                   /* the finding's in the first; row_count: it is in none */
	struct stack_pane pane;
};

static int is_there(const struct finding *f)
{
	return f->row < asked_table(&f->advice)->row_count;
}

static int finding_fill(struct view *v, struct err *err)
{
	const struct ask advice = { &question_report, .name = "advice" }, escapes = { &question_report, .name = "escapes" };
	struct finding *f = v->data;
	int first = asked_for(&f->advice, v->browser, &advice, err), second = asked_for(&f->escapes, v->browser, &escapes, err);
	const struct table *t = asked_table(&f->advice);

	for (f->row = 0; is_there(f) && row_number(t, f->row, "rank") != v->subject.id;)
		f->row++;
	int64_t stack = is_there(f) ? row_number(t, f->row, "stack_id") : 0;
	int third = stack_pane_fill(&f->pane, v->browser, &stack_source_stack, stack, "", err);

	return first < 0 || second < 0 || third < 0 ? -1 : first | second | third;
}

static void finding_close(struct view *v)
{
	struct finding *f = v->data;

	stack_pane_release(&f->pane);
	asked_release(&f->advice);
	asked_release(&f->escapes);
}

static void finding_draw(struct view *v, struct screen *s, struct rect area)
{
	struct finding *f = v->data;
	char path[512], title[256];

	area = view_heading(s, area, view_path(v, s->ascii, area.width - (int)strlen(v->subject.place) - 5, path, sizeof(path)),
	                    v->subject.place);
	const struct table *advice = asked_table(&f->advice);

	if (!f->advice.answer)
		view_reading(s, area);
	if (!is_there(f))
		return;
	view_take(&area, 1);
	view_take(&area, advice_draw(advice, f->row, s, area) + 1);
	if (!row_number(advice, f->row, "stack_id"))
		return;
	sites_title(advice, f->row, s->ascii, title, sizeof(title));
	stack_pane_draw(&f->pane, s, area, title, browser_exact(v->browser));
}

/* 1 if the list of escapes has the site: then its blocks are what the finding is about. */
static int has_blocks(const struct finding *f, int64_t site)
{
	const struct table *sites = asked_table(&f->escapes);

	for (size_t row = 0; row < sites->row_count; row++)
		if (row_number(sites, row, "site_id") == site)
			return 1;
	return 0;
}

static int open_subject(struct view *v, const struct finding *f)
{
	const struct table *t = asked_table(&f->advice);
	int64_t lock = row_number(t, f->row, "lock_id"), site = row_number(t, f->row, "site_id");
	struct subject subject = { .id = lock, .name = "lock", .cost = "wait_ns" };

	if (lock)
		return browser_enter(v->browser, &view_lock, &subject);
	if (site && has_blocks(f, site))
		return escapes_open(v, t, f->row);
	browser_say(v->browser, "There is no more to it than this.");
	return 1;
}

static int finding_subject(struct view *v, struct subject *subject)
{
	const struct finding *f = v->data;

	return is_there(f) && subject_of_row(asked_table(&f->advice), f->row, subject);
}

static int finding_act(struct view *v, enum action action, struct err *err)
{
	const struct finding *f = v->data;

	(void)err;
	return action == ACTION_ENTER && is_there(f) ? open_subject(v, f) : 0;
}

static void finding_stacks(const struct view *v, struct export_query *q, char *said, size_t size)
{
	const struct finding *f = v->data;

	q->stack_id = is_there(f) ? row_number(asked_table(&f->advice), f->row, "stack_id") : 0;
	if (q->stack_id)
		snprintf(said, size, " of this finding");
}

const struct view_ops view_finding = {
	.name = "finding", .title = "Finding", .help = "a finding in full: what was seen, what to do, the stack",
	.keys = KEYS_ENTER, .private_size = sizeof(struct finding), .fill = finding_fill,
	.draw = finding_draw, .act = finding_act, .subject = finding_subject, .stacks = finding_stacks, .close = finding_close,
};
