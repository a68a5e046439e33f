/* SPDX-License-Identifier: MIT
 *
 * The recording at a glance: how it went over time, its locks and mappings in a line each, its processes, what stands
 * out, the largest sites by two measures, and what is missing. Left and right choose among the lists.
 */
#include <stdio.h>
#include <string.h>

#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/overview_line.h"
#include "tui/row.h"
#include "tui/time_pane.h"
#include "tui/view.h"
#include "tui/view_advice.h"
#include "tui/view_diff.h"
#include "tui/view_sites.h"
#include "tui/wording.h"

enum { AT_PEAK, MOST, FINDINGS, PROCESSES, LISTS };

enum {
	PROCESS_ROWS = 6, /* shown at the most */
	FINDING_ROWS = 4,
	SITES = 60,       /* read of each list */
};

struct overview {
	struct time_pane pane;
	struct asked locks;                  /* the lock that was waited for longest is the first */
	struct asked wholes;                 /* of this recording and the one it is compared with */
	struct asked asked[LISTS];
	struct grid grids[LISTS];
	int focus;
	int seen[LISTS]; /* 1: it was drawn, with rows */
};

#define SITE { .name = "function", .title = "site", .style = sites_style, .flags = GRID_FUNCTION }, \
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 2, .most = 24 }

static const struct grid_column at_peak_columns[] = {
	{ .name = "at_peak_bytes", .flags = GRID_COST | GRID_SUMS },
	SITE,
};

static const struct grid_column most_columns[] = {
	{ .name = "allocations", .flags = GRID_COST | GRID_SUMS },
	SITE,
};

enum { ALLOCATED = 5 };

static const struct grid_column process_columns[] = {
	{ .name = "pid", .title = "pid", .flags = GRID_ASCENDING },
	{ .name = "command", .title = "command", .most = 20 },
	{ .name = "duration_ns", .title = "ran", .priority = 4 },
	{ .name = "threads", .title = "threads", .priority = 7 },
	{ .name = "allocations", .title = "calls", .priority = 1 },
	[ALLOCATED] = { .name = "allocated_bytes", .title = "allocated", .priority = 3 },
	{ .name = "peak_bytes", .title = "peak", .priority = 1 },
	{ .name = "leaked_bytes", .title = "leaked", .priority = 2 },
	{ .name = "temporary_allocations", .title = "temporary", .priority = 5 },
	{ .name = "lost_events", .title = "lost", .priority = 6 },
	{ .name = "ended", .title = "ended", .priority = 1, .most = 12 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct grid_column finding_columns[] = {
	{ .name = "rule", .title = "rule", .most = 20 },
	{ .name = "function", .title = "where", .style = sites_style, .flags = GRID_FUNCTION, .most = 40 },
	{ .name = "evidence", .title = "what was seen", .flags = GRID_PROSE },
	{ .name = "saving", .title = "saves", .priority = 3, .most = 30 },
};

static const struct {
	const char *title;
	const struct grid_column *columns;
	size_t count;
	struct ask ask;
	const char *whole, *of; /* shares of this column are of that one of the processes */
} lists[LISTS] = {
	[AT_PEAK] = { "Largest at the peak", at_peak_columns, COUNT(at_peak_columns),
	              { &question_report, .name = "hotspots", .number = SITES, .text = "at_peak_bytes" }, "at_peak_bytes", "peak_bytes" },
	[MOST] = { "Most allocations", most_columns, COUNT(most_columns),
	           { &question_report, .name = "hotspots", .number = SITES, .text = "allocations" }, "allocations", "allocations" },
	[FINDINGS] = { "What stands out", finding_columns, COUNT(finding_columns), { &question_report, .name = "advice" }, NULL, NULL },
	[PROCESSES] = { "Processes", process_columns, COUNT(process_columns), { &question_report, .name = "summary" }, NULL, NULL },
};

/* What is needed first is asked first: the findings take longest. */
static const int order[LISTS] = { PROCESSES, AT_PEAK, MOST, FINDINGS };

static const struct table *processes_of(const struct overview *o)
{
	return asked_table(&o->asked[PROCESSES]);
}

/* --- reading ---------------------------------------------------------------------------------------- */

static void overview_open(struct view *v)
{
	struct overview *o = v->data;

	o->pane.of = COURSE_HEAP;
	o->pane.brief = 1;
	time_pane_open(&o->pane);
}

/* What cannot be read is told in its place. */
static int fill_list(struct overview *o, struct browser *b, int i)
{
	struct err told = { 0 };
	int news = asked_for(&o->asked[i], b, &lists[i].ask, &told) != 0;

	if (news > 0 || o->grids[i].table != asked_table(&o->asked[i]))
		grid_show(&o->grids[i], asked_table(&o->asked[i]), lists[i].columns, lists[i].count);
	if (i == PROCESSES && o->grids[i].table->row_count > PROCESS_ROWS && o->grids[i].sort < 0)
		grid_sort_by(&o->grids[i], ALLOCATED); /* of many, those that are seen are the largest */
	if (lists[i].whole)
		grid_set_column(&o->grids[i], lists[i].whole, wording_title(lists[i].whole), (double)row_sum(processes_of(o), lists[i].of));
	return news;
}

static int overview_fill(struct view *v, struct err *err)
{
	static const struct ask locks = { &question_report, .name = "locks", .number = 1 }, wholes = { .question = &question_wholes };
	struct overview *o = v->data;
	struct err told = { 0 };
	int news = time_pane_fill(&o->pane, v->browser, err);

	for (int i = 0; i < LISTS; i++) {
		int one = fill_list(o, v->browser, order[i]);

		news = news < 0 ? -1 : news | one;
	}
	int last = asked_for(&o->locks, v->browser, &locks, err);
	int both = browser_options(v->browser)->base_name ? asked_for(&o->wholes, v->browser, &wholes, &told) != 0 : 0;

	return last < 0 || news < 0 ? -1 : news | last | both;
}

static void overview_close(struct view *v)
{
	struct overview *o = v->data;

	for (int i = 0; i < LISTS; i++) {
		grid_release(&o->grids[i]);
		asked_release(&o->asked[i]);
	}
	time_pane_release(&o->pane);
	asked_release(&o->locks);
	asked_release(&o->wholes);
}

/* --- drawing ---------------------------------------------------------------------------------------- */

static void choose(void *of, int list)
{
	struct overview *o = of;

	o->focus = list;
}

static void draw_list(struct view *v, struct screen *s, int list, struct rect area)
{
	struct overview *o = v->data;
	struct rect rule = view_take(&area, 1);
	char title[64];

	if (!rule.height)
		return;
	o->seen[list] = area.height > 1 && o->grids[list].table->row_count > 0;
	screen_spot(s, (struct spot){ .area = { rule.y, rule.x, area.height + 1, rule.width }, .kind = SPOT_LIST, .number = list, .of = o, .choose = choose });
	if (!lists[list].whole && o->grids[list].table->row_count > (size_t)area.height - 1)
		snprintf(title, sizeof(title), "%s (%zu)", lists[list].title, o->grids[list].table->row_count);
	else
		snprintf(title, sizeof(title), "%s", lists[list].title);
	screen_rule(s, rule, title);
	grid_place(&o->grids[list], area, browser_exact(v->browser));
	if (o->asked[list].answer)
		grid_draw(&o->grids[list], s, o->focus == list);
	else if (*asked_failure(&o->asked[list]))
		screen_wrap(s, area, asked_failure(&o->asked[list]), STYLE_WARNING);
	else
		view_reading(s, area);
}

/* What the recording lost is never out of sight here. Takes its lines off the end of *area. */
static void draw_losses(struct view *v, struct screen *s, struct rect *area)
{
	const char *losses = browser_losses(v->browser);
	struct rect last = { 0, area->x + 1, 0, area->width - 2 };

	if (!losses)
		return;
	int lines = *losses ? screen_wrap(s, last, losses, STYLE_WARNING) : 1;

	last.height = lines < area->height / 3 ? lines : area->height / 3;
	area->height -= last.height;
	last.y = area->y + area->height;
	if (*losses)
		screen_wrap(s, last, losses, STYLE_WARNING);
	else if (last.height)
		screen_put(s, last.y, last.x, last.width, "Nothing is missing from this recording.", STYLE_DIM);
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static void overview_draw(struct view *v, struct screen *s, struct rect area)
{
	struct overview *o = v->data;
	int processes = least((int)processes_of(o)->row_count, PROCESS_ROWS), findings = least((int)o->grids[FINDINGS].table->row_count, FINDING_ROWS);
	int rows = area.height < 26 ? 1 : area.height < 36 ? 2 : 4;

	memset(o->seen, 0, sizeof(o->seen));
	draw_losses(v, s, &area);
	time_pane_draw(&o->pane, v->browser, s, view_take(&area, time_pane_height(&o->pane, v->browser, rows)), rows);
	overview_line_changes(s, &area, v->browser, &o->wholes);
	overview_line_waiting(s, &area, processes_of(o), asked_table(&o->locks), browser_exact(v->browser));
	overview_line_mapped(s, &area, processes_of(o), browser_exact(v->browser));
	if (area.height >= processes + 2 + 4)
		draw_list(v, s, PROCESSES, view_take(&area, processes + 2));
	if (findings && area.height >= findings + 2 + 6)
		draw_list(v, s, FINDINGS, view_take(&area, findings + 2));
	struct rect left = area, right = area;

	left.width = area.width / 2 - 1;
	right.x += left.width + 2;
	right.width = area.width - left.width - 2;
	draw_list(v, s, AT_PEAK, left);
	draw_list(v, s, MOST, right);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static struct grid *overview_grid(struct view *v)
{
	struct overview *o = v->data;

	return &o->grids[o->focus];
}

/* From here on all views speak of that process. */
static int only_process(struct browser *b, int64_t pid)
{
	struct lens lens = *browser_lens(b);
	struct err err = { 0 };
	char words[32];

	snprintf(words, sizeof(words), "process=%lld", (long long)pid);
	if (filter_parse(words, &lens.filter, &err) == 0)
		browser_set_lens(b, &lens);
	return 1;
}

static int enter(struct view *v, const struct overview *o)
{
	const struct grid *g = &o->grids[o->focus];

	if (grid_row(g) < 0)
		return 1;
	if (o->focus == PROCESSES)
		return only_process(v->browser, row_number(g->table, (size_t)grid_row(g), "pid"));
	return o->focus == FINDINGS ? advice_open(v, g) : sites_open_row(v, g);
}

/* Lists as they stand on the screen: over the edge of one lies the next that has rows. 1 if the key went there. */
static int cross(struct overview *o, enum action action)
{
	static const int above[LISTS] = { [AT_PEAK] = FINDINGS, [MOST] = FINDINGS, [FINDINGS] = PROCESSES, [PROCESSES] = -1 };
	static const int below[LISTS] = { [AT_PEAK] = -1, [MOST] = -1, [FINDINGS] = AT_PEAK, [PROCESSES] = FINDINGS };
	const struct grid *g = &o->grids[o->focus];
	int up = action == ACTION_UP && g->selected == 0, down = action == ACTION_DOWN && g->selected + 1 >= g->table->row_count;
	int list = up ? above[o->focus] : down ? below[o->focus] : -1;

	while (list >= 0 && !o->seen[list])
		list = up ? above[list] : below[list];
	if (list < 0)
		return 0;
	o->focus = list;
	grid_go(&o->grids[list], up ? o->grids[list].table->row_count : 0);
	return 1;
}

/* To the next list that is seen. */
static void step(struct overview *o, int by)
{
	int list = (o->focus + by) % LISTS;

	while (list != o->focus && !o->seen[list])
		list = (list + by) % LISTS;
	o->focus = list;
}

static int overview_act(struct view *v, enum action action, struct err *err)
{
	struct overview *o = v->data;

	(void)err;
	if (time_pane_act(&o->pane, v->browser, action))
		return 1;
	switch (action) {
	case ACTION_ENTER:
		return enter(v, o);
	case ACTION_LEFT:
		step(o, LISTS - 1);
		return 1;
	case ACTION_RIGHT:
		step(o, 1);
		return 1;
	default:
		return cross(o, action) || grid_act(&o->grids[o->focus], action);
	}
}

static int overview_point(struct view *v, const struct mouse *m, struct err *err)
{
	struct overview *o = v->data;

	(void)err;
	return time_pane_point(&o->pane, v->browser, m);
}

const struct view_ops view_overview = {
	.name = "overview", .title = "Overview", .number = '1', .help = "the recording at a glance",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_PANES | KEYS_SPAN, .private_size = sizeof(struct overview), .open = overview_open, .fill = overview_fill,
	.draw = overview_draw, .act = overview_act, .point = overview_point, .grid = overview_grid, .close = overview_close,
};
