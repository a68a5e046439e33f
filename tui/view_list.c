/* SPDX-License-Identifier: MIT
 *
 * The table above, the detail below. The detail gives way to rows of the table in a small window, and takes
 * what a short table leaves.
 */
#include "tui/view_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/report.h"
#include "tui/browser.h"
#include "tui/wording.h"

static const struct list_about *about_of(const struct view *v)
{
	return v->ops->about;
}

/* Appends lines of text as one, a semicolon where a line ended in none of its own kind. */
static void append(char *out, size_t size, const char *lines)
{
	size_t used = strlen(out);

	while (*lines && used + 3 < size) {
		size_t length = strcspn(lines, "\n"), blanks = strspn(lines, " ");

		if (length > blanks) {
			const char *between = !used ? "" : strchr(".:;", out[used - 1]) ? " " : "; ";

			snprintf(out + used, size - used, "%s%.*s", between, (int)(length - blanks), lines + blanks);
			used = strlen(out);
		}
		lines += length + (lines[length] == '\n');
	}
}

static int read_remarks(struct view *v, struct list *list, const struct report *report, struct err *err)
{
	struct report_query query = { 0 };
	char *remarks;

	report_estimates(browser_store(v->browser), report, NULL, list->remarks, sizeof(list->remarks));
	if (!report->remarks)
		return 0;
	if (!(remarks = report->remarks(browser_store(v->browser), &query, err)))
		return -1;
	append(list->remarks, sizeof(list->remarks), remarks);
	free(remarks);
	return 0;
}

int view_list_open(struct view *v, struct err *err)
{
	const struct list_about *about = about_of(v);
	struct list *list = v->data;

	list->table = browser_report(v->browser, about->report, err);
	if (!list->table)
		return -1;
	if (read_remarks(v, list, report_find(about->report), err) < 0)
		return -1;
	list->detail.about = about->detail;
	grid_open(&list->grid, list->table, about->columns, about->count);
	if (grid_cost(&list->grid))
		grid_set_cost(&list->grid, grid_cost(&list->grid));
	return 0;
}

static void want(struct list *list)
{
	detail_want(&list->detail, list->table, (size_t)grid_row(&list->grid), grid_cost(&list->grid));
}

int view_list_fill(struct view *v, struct err *err)
{
	struct list *list = v->data;

	if (grid_row(&list->grid) < 0 || !list->detail_rows)
		return 0;
	want(list);
	return detail_fill(&list->detail, browser_store(v->browser), err);
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
	int lines = screen_wrap(s, last, list->remarks, STYLE_DIM), most = view_share(area->height) / 4;

	last.height = lines < most ? lines : most;
	area->height -= last.height;
	last.y = area->y + area->height;
	if (last.height > 1)
		screen_wrap(s, last, list->remarks, STYLE_DIM);
	else if (last.height)
		screen_put(s, last.y, last.x, last.width, list->remarks, STYLE_DIM);
}

void view_list_draw(struct view *v, struct screen *s, struct rect area)
{
	struct list *list = v->data;
	struct grid *g = &list->grid;
	int exact = browser_exact(v->browser);

	if (!list->table->row_count) {
		struct rect below = view_heading(s, area, about_of(v)->none, "");

		screen_wrap(s, (struct rect){ below.y + 1, below.x + 1, below.height - 1, below.width - 2 }, list->remarks, STYLE_DIM);
		return;
	}
	struct rect heading = view_take(&area, 1);

	draw_remarks(list, s, &area);
	int rows = about_of(v)->detail ? detail_height(about_of(v)->detail, &area) : 0;

	if (rows && grid_height(g) < area.height - rows)
		rows = area.height - grid_height(g);
	list->detail_rows = rows;
	grid_place(g, view_take(&area, area.height - rows), exact);
	draw_heading(v, s, heading);
	grid_draw(g, s, 1);
	if (!rows)
		return;
	want(list);
	detail_draw(&list->detail, list->table, (size_t)grid_row(g), s, area, exact);
}

int view_list_act(struct view *v, enum action action, struct err *err)
{
	struct list *list = v->data;

	if (action == ACTION_ENTER && about_of(v)->enter)
		return grid_row(&list->grid) < 0 ? 1 : about_of(v)->enter(v, &list->grid, err);
	return grid_act(&list->grid, action);
}

struct grid *view_list_grid(struct view *v)
{
	struct list *list = v->data;

	return &list->grid;
}

void view_list_close(struct view *v)
{
	struct list *list = v->data;

	detail_release(&list->detail);
	grid_release(&list->grid);
}
