/* SPDX-License-Identifier: MIT
 *
 * The table above, the detail below. The detail gives way to rows of the table in a small window, and takes
 * what a short table leaves.
 */
#include "tui/view_list.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/report/report.h"
#include "tui/browser.h"
#include "tui/wording.h"

static const struct list_about *about_of(const struct view *v)
{
	return v->ops->about;
}

void view_list_open(struct view *v)
{
	struct list *list = v->data;

	list->detail.about = about_of(v)->detail;
}

int view_list_fill(struct view *v, struct err *err)
{
	const struct list_about *about = about_of(v);
	const struct ask ask = { &question_report, .name = about->report };
	struct list *list = v->data;
	struct err told = { 0 };
	int news = asked_for(&list->asked, v->browser, &ask, &told) != 0, more = 0;

	if (news > 0 || list->grid.table != asked_table(&list->asked))
		grid_show(&list->grid, asked_table(&list->asked), about->columns, about->count);
	if (about->detail && grid_row(&list->grid) >= 0)
		more = detail_fill(&list->detail, v->browser, list->grid.table, (size_t)grid_row(&list->grid), grid_cost(&list->grid), err);
	return more < 0 ? -1 : news | more;
}

static const char *remarks_of(const struct list *list)
{
	return list->asked.answer && list->asked.answer->text ? list->asked.answer->text : "";
}

static void draw_heading(struct view *v, struct screen *s, struct rect heading)
{
	const struct grid *g = view_list_grid(v);
	const char *by = grid_cost(g), *sorted = grid_sorted_by(g);
	char left[160], right[80], position[48];

	snprintf(left, sizeof(left), "%s%s%s%s%s", about_of(v)->subject, by ? " by " : "", by ? wording_phrase(by) : "",
	         sorted ? ", ordered by " : "", sorted ? sorted : "");
	snprintf(right, sizeof(right), "%s %s", grid_position(g, position, sizeof(position)), report_find(about_of(v)->report)->rows);
	view_heading(s, heading, left, right);
}

/* Remarks stand in the last lines. Takes them off the end of *area. */
static void draw_remarks(const struct list *list, struct screen *s, struct rect *area)
{
	struct rect last = { 0, area->x + 1, 0, area->width - 2 };
	int lines = screen_wrap(s, last, remarks_of(list), STYLE_DIM), most = view_share(area->height) / 4;

	last.height = lines < most ? lines : most;
	area->height -= last.height;
	last.y = area->y + area->height;
	if (last.height > 1)
		screen_wrap(s, last, remarks_of(list), STYLE_DIM);
	else if (last.height)
		screen_put(s, last.y, last.x, last.width, remarks_of(list), STYLE_DIM);
}

static const char *none(const struct view *v)
{
	return browser_lens_is_set(v->browser) ? "Nothing of this is in the span, or passes the filter." : about_of(v)->none;
}

/* It is being read, or cannot be, which is told here and not as an error. */
static void draw_nothing(struct view *v, struct screen *s, struct rect area)
{
	const struct list *list = v->data;
	const char *failure = asked_failure(&list->asked);

	if (*failure)
		screen_wrap(s, (struct rect){ area.y + 1, area.x + 1, area.height - 1, area.width - 2 }, failure, STYLE_WARNING);
	else
		view_reading(s, area);
}

void view_list_draw(struct view *v, struct screen *s, struct rect area)
{
	struct list *list = v->data;
	struct grid *g = &list->grid;
	int exact = browser_exact(v->browser);

	if (!list->asked.answer) {
		draw_nothing(v, s, view_heading(s, area, about_of(v)->subject, ""));
		return;
	}
	if (!g->table->row_count) {
		struct rect below = view_heading(s, area, none(v), "");

		screen_wrap(s, (struct rect){ below.y + 1, below.x + 1, below.height - 1, below.width - 2 }, remarks_of(list), STYLE_DIM);
		return;
	}
	struct rect heading = view_take(&area, 1);

	draw_remarks(list, s, &area);
	int rows = about_of(v)->detail ? detail_height(about_of(v)->detail, &area) : 0;

	if (rows && grid_height(g) < area.height - rows)
		rows = area.height - grid_height(g);
	grid_place(g, view_take(&area, area.height - rows), exact);
	draw_heading(v, s, heading);
	grid_draw(g, s, 1);
	if (!rows)
		return;
	detail_draw(&list->detail, g->table, (size_t)grid_row(g), s, area, exact);
}

int view_list_act(struct view *v, enum action action, struct err *err)
{
	struct list *list = v->data;

	(void)err;
	if (action == ACTION_ENTER && about_of(v)->enter)
		return grid_row(&list->grid) < 0 ? 1 : about_of(v)->enter(v, &list->grid);
	return grid_act(&list->grid, action);
}

struct grid *view_list_grid(struct view *v)
{
	struct list *list = v->data;

	return &list->grid;
}

const char *view_list_report(const struct view *v)
{
	return about_of(v)->report;
}

void view_list_close(struct view *v)
{
	struct list *list = v->data;

	if (list->detail.about)
		detail_release(&list->detail);
	grid_release(&list->grid);
	asked_release(&list->asked);
}
