/* SPDX-License-Identifier: MIT
 *
 * Differences: a row a site that is not the same in both recordings, by the size of its change; below it the stacks to it in the
 * later one (B) and in the base (A). One answer has all costs, so that another one is shown without reading.
 */
#define _GNU_SOURCE /* asprintf */
#include "tui/view_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/diff.h"
#include "analyzer/report/stack_view.h"
#include "analyzer/store/cost.h"
#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/detail.h"
#include "tui/figure.h"
#include "tui/row.h"
#include "tui/view.h"
#include "tui/view_sites.h"
#include "tui/wording.h"

struct differences {
	struct asked asked, wholes;
	struct grid_column columns[GRID_COLUMNS];
	size_t column_count;
	size_t measure;      /* that is looked at */
	struct grid grid;
	struct detail detail;
};

/* --- reading -------------------------------------------------------------------------------------------- */

static int check_base(const struct reading *r, struct err *err)
{
	return r->base ? 0 : err_set(err, ERR_FAILED, "A, the earlier recording, is not analyzed yet: there is nothing to compare with.");
}

static void losses_of(struct store *s, char *losses, size_t size)
{
	char facts[1024];

	losses[0] = 0;
	if (!report_facts(s, facts, sizeof(facts), losses, size, NULL))
		report_estimates(s, &diff_report, NULL, losses, size);
}

/* What either lacks, after its name here; NULL: nothing. */
static char *both_losses(const struct reading *r)
{
	char before[2048], now[2048], *text = NULL;

	losses_of(r->base, before, sizeof(before));
	losses_of(r->store, now, sizeof(now));
	if (!before[0] && !now[0])
		return NULL;
	return asprintf(&text, "%s%s%s%s%s", before[0] ? "A: " : "", before, before[0] && now[0] ? "; " : "", now[0] ? "B: " : "", now) >= 0 ? text : NULL;
}

static int read_diff(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	const struct diff_query query = { .rows = DIFF_CHANGED_AT_ALL };
	struct diff d;

	(void)a;
	if (check_base(r, err) || diff_read(r->base, r->store, &query, &d, err))
		return -1;
	for (char *end = d.remarks; (end = strchr(end, '\n')); end++)
		*end = end[1] ? ';' : 0;
	out->text = d.remarks;
	out->table = d.sites;
	table_release(&d.wholes);
	out->more = both_losses(r);
	return 0;
}

static int read_wholes(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	(void)a;
	if (check_base(r, err) || diff_read_wholes(r->base, r->store, DIFF_AS_IT_IS, &out->table, err))
		return -1;
	out->more = both_losses(r);
	return 0;
}

const struct question question_diff = { "the differences", read_diff };
const struct question question_wholes = { "both recordings", read_wholes };

static int read_base_stacks(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct cost cost;

	if (check_base(r, err) || cost_find(r->base, a->name, &cost, err) < 0)
		return -1;
	return stack_view_stacks(r->base, a->id, (int)cost.id, (long)a->number, &out->table, err);
}

static const struct stack_source base_stacks = {
	"stack in A", "stacks in A", "no stacks with this cost in A", "value", { "the stacks in A", read_base_stacks },
};

static int read_later_stacks(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return stack_source_site.question.read(r, a, out, err);
}

static const struct stack_source later_stacks = {
	"stack in B", "stacks in B", "no stacks with this cost in B", "value", { "the stacks in B", read_later_stacks },
};

/* --- columns -------------------------------------------------------------------------------------------- */

/* The measure of a change's column. */
static size_t measure_of(const char *change)
{
	size_t m = 0;

	while (m + 1 < DIFF_MEASURES && strcmp(diff_report.columns[DIFF_AT(m, DIFF_CHANGE)].name, change) != 0)
		m++;
	return m;
}

/* The cost of stacks that goes with a change: own peaks are of sites alone. */
static const char *stack_cost(const char *change)
{
	size_t m = measure_of(change);

	return diff_measures[m == DIFF_PEAK_BYTES ? DIFF_AT_PEAK_BYTES : m].name;
}

static const struct detail_about stacks = {
	.panes = { { .source = &later_stacks, .key = "site_id", .cost = stack_cost },
	           { .source = &base_stacks, .key = "base_site_id", .cost = stack_cost } },
};

static enum style state_style(const struct table *t, size_t row)
{
	return row_text(t, row, "state")[0] == 'n' ? STYLE_GROWTH : STYLE_RELEASE;
}

static void add(struct differences *d, struct grid_column column)
{
	d->columns[d->column_count++] = column;
}

/* The chosen measure with what it was and is, then the changes of others. */
static void choose_columns(struct differences *d)
{
	static const unsigned char priorities[DIFF_MEASURES] = {
		[DIFF_ALLOCATED_BYTES] = 5, [DIFF_ALLOCATIONS] = 6, [DIFF_PEAK_BYTES] = 7, [DIFF_LEAKED_BYTES] = 6, [DIFF_TEMPORARY_ALLOCATIONS] = 9,
		[DIFF_WAIT_NS] = 7, [DIFF_WAITS] = 8, [DIFF_HELD_NS] = 8, [DIFF_BLOCKED_NS] = 9,
	};
	const struct column *names = diff_report.columns;
	const char *change = names[DIFF_AT(d->measure, DIFF_CHANGE)].name, *base = names[DIFF_AT(d->measure, DIFF_BASE)].name;

	d->column_count = 0;
	add(d, (struct grid_column){ .name = change, .title = wording_title(diff_measures[d->measure].name), .flags = GRID_COST | GRID_CHANGE });
	add(d, (struct grid_column){ .name = change, .title = "of A", .of = base, .priority = 2, .flags = GRID_CHANGE });
	add(d, (struct grid_column){ .name = base, .title = "A", .priority = 4 });
	add(d, (struct grid_column){ .name = names[DIFF_AT(d->measure, DIFF_NOW)].name, .title = "B", .priority = 3 });
	for (size_t m = 0; m < DIFF_MEASURES; m++)
		if (priorities[m] && m != d->measure)
			add(d, (struct grid_column){ .name = names[DIFF_AT(m, DIFF_CHANGE)].name, .title = wording_title(diff_measures[m].name),
			                             .priority = priorities[m], .flags = GRID_CHANGE | GRID_IF_ANY });
	add(d, (struct grid_column){ .name = "state", .title = "", .style = state_style, .flags = GRID_IF_ANY, .most = 4 });
	add(d, (struct grid_column){ .name = "function", .title = "site", .style = sites_style, .flags = GRID_FUNCTION });
	add(d, (struct grid_column){ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 1, .most = 24 });
}

/* 1 if the measure changed in any row. */
static int changes(const struct differences *d, size_t measure)
{
	const struct table *t = asked_table(&d->asked);

	for (size_t row = 0; row < t->row_count; row++)
		if (table_at(t, row, DIFF_AT(measure, DIFF_CHANGE))->number)
			return 1;
	return 0;
}

static void show(struct differences *d)
{
	choose_columns(d);
	grid_show(&d->grid, asked_table(&d->asked), d->columns, d->column_count);
}

/* The next measure in which something changed. */
static void next_measure(struct differences *d)
{
	size_t before = d->measure;

	do
		d->measure = (d->measure + 1) % DIFF_MEASURES;
	while (d->measure != before && !changes(d, d->measure));
	if (d->measure == before || !d->asked.answer)
		return;
	grid_release(&d->grid);
	show(d);
}

void view_diff_changes(const struct table *wholes, int exact, char *out, size_t size)
{
	static const size_t told[] = { DIFF_ALLOCATED_BYTES, DIFF_ALLOCATIONS, DIFF_PEAK_BYTES, DIFF_LEAKED_BYTES, DIFF_WAIT_NS };
	char change[FIGURE_BYTES], percent[UNIT_WIDTH];
	size_t used = 0;

	snprintf(out, size, "%s", wholes->row_count ? "no change" : "");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]) && wholes->row_count == DIFF_MEASURES && used < size; i++) {
		const struct value *v = table_at(wholes, told[i], 0);
		const char *what = told[i] == DIFF_PEAK_BYTES ? "peak" : wording_title(diff_measures[told[i]].name);

		if (!v[DIFF_WHOLE_CHANGE].number)
			continue;
		diff_percent(percent, v[DIFF_WHOLE_BASE].number, v[DIFF_WHOLE_NOW].number);
		used += (size_t)snprintf(out + used, size - used, "%s%s %s (%s)", used ? ", " : "", what,
		                         figure_change(change, diff_measures[told[i]].unit, v[DIFF_WHOLE_CHANGE].number, exact), percent);
	}
}

/* --- the view ------------------------------------------------------------------------------------------- */

static void differences_open(struct view *v)
{
	struct differences *d = v->data;

	d->detail.about = &stacks;
}

static int differences_fill(struct view *v, struct err *err)
{
	static const struct ask sites = { .question = &question_diff }, wholes = { .question = &question_wholes };
	struct differences *d = v->data;
	struct err told = { 0 }; /* in place of the rows, and not once more below */
	int second = asked_for(&d->wholes, v->browser, &wholes, &told) != 0, news = asked_for(&d->asked, v->browser, &sites, &told) != 0, more = 0;

	if (d->asked.answer && (news || d->grid.table != asked_table(&d->asked)))
		show(d);
	if (!d->asked.answer)
		grid_release(&d->grid);
	if (d->grid.table && grid_row(&d->grid) >= 0)
		more = detail_fill(&d->detail, v->browser, d->grid.table, (size_t)grid_row(&d->grid), grid_cost(&d->grid), err);
	return more < 0 ? -1 : news | second | more;
}

/* "A before.trace 119 KiB, B after.trace 198 KiB: +78.4 KiB, +66 %", into out. */
static void write_wholes(const struct table *wholes, size_t measure, const char *base_name, const char *name, int exact, char *out, size_t size)
{
	enum unit unit = diff_measures[measure].unit;
	char before[FIGURE_BYTES], after[FIGURE_BYTES], change[FIGURE_BYTES], percent[UNIT_WIDTH];

	out[0] = 0;
	if (measure >= wholes->row_count)
		return;
	const struct value *v = table_at(wholes, measure, 0);
	diff_percent(percent, v[DIFF_WHOLE_BASE].number, v[DIFF_WHOLE_NOW].number);
	snprintf(out, size, "A %s %s, B %s %s: %s%s%s", base_name, figure_format(before, unit, v[DIFF_WHOLE_BASE].number, exact), name,
	         figure_format(after, unit, v[DIFF_WHOLE_NOW].number, exact),
	         v[DIFF_WHOLE_CHANGE].number ? figure_change(change, unit, v[DIFF_WHOLE_CHANGE].number, exact) : "no change",
	         percent[0] ? ", " : "", percent);
}

static void draw_heading(struct view *v, struct screen *s, struct rect *area)
{
	const struct browser_options *o = browser_options(v->browser);
	struct differences *d = v->data;
	const char *sorted = d->grid.table ? grid_sorted_by(&d->grid) : NULL;
	char left[160], right[80] = "", position[48], line[512];

	snprintf(left, sizeof(left), "Differences by change of %s%s%s", wording_phrase(diff_measures[d->measure].name), sorted ? ", ordered by " : "",
	         sorted ? sorted : "");
	if (d->grid.table && d->grid.table->row_count)
		snprintf(right, sizeof(right), "%s sites that differ", grid_position(&d->grid, position, sizeof(position)));
	*area = view_heading(s, *area, left, right);
	struct rect second = view_take(area, 1);

	write_wholes(asked_table(&d->wholes), d->measure, o->base_name ? o->base_name : "", o->name ? o->name : "",
	               browser_exact(v->browser), line, sizeof(line));
	if (second.height)
		screen_put(s, second.y, second.x + 1, second.width - 2, line, STYLE_PLAIN);
}

/* Takes its lines off the end of *area. */
static void draw_below(struct screen *s, struct rect *area, const char *text, unsigned style)
{
	struct rect last = { 0, area->x + 1, 0, area->width - 2 };
	int lines = text && *text ? screen_wrap(s, last, text, style) : 0, most = area->height / 12;

	last.height = lines < most ? lines : most;
	area->height -= last.height;
	last.y = area->y + area->height;
	if (last.height > 1)
		screen_wrap(s, last, text, style);
	else if (last.height)
		screen_put(s, last.y, last.x, last.width, text, style);
}

static void draw_nothing(const struct differences *d, struct screen *s, struct rect area)
{
	const char *failure = asked_failure(&d->asked);

	area = (struct rect){ area.y + 1, area.x + 1, area.height - 1, area.width - 2 };
	if (*failure)
		screen_wrap(s, area, failure, STYLE_WARNING);
	else if (!d->asked.answer)
		view_reading(s, area);
	else
		screen_wrap(s, area, "The sites of both recordings cost the same.", STYLE_PLAIN);
}

static void differences_draw(struct view *v, struct screen *s, struct rect area)
{
	struct differences *d = v->data;
	struct grid *g = &d->grid;
	int exact = browser_exact(v->browser);

	if (d->asked.answer) {
		draw_below(s, &area, d->asked.answer->text, STYLE_DIM);
		draw_below(s, &area, d->asked.answer->more, STYLE_WARNING);
	}
	int rows = 0, has_rows = g->table && g->table->row_count, heading = 2;

	if (has_rows) {
		struct rect below = { area.y + heading, area.x, area.height - heading, area.width };

		rows = detail_height(&stacks, &below);
		if (rows && grid_height(g) < below.height - rows)
			rows = below.height - grid_height(g);
		grid_place(g, view_take(&below, below.height - rows), exact);
		grid_draw(g, s, 1);
		if (rows)
			detail_draw(&d->detail, g->table, (size_t)grid_row(g), s, below, exact);
	}
	draw_heading(v, s, &area);
	if (!has_rows)
		draw_nothing(d, s, area);
}

static int enter(struct view *v, struct differences *d)
{
	long row = d->grid.table ? grid_row(&d->grid) : -1;

	if (row < 0)
		return 1;
	if (row_number(d->grid.table, (size_t)row, "site_id"))
		return sites_open(v, d->grid.table, (size_t)row, stack_cost(grid_cost(&d->grid)));
	browser_say(v->browser, "it is not in B any more; its stacks in A are below");
	return 1;
}

static int differences_act(struct view *v, enum action action, struct err *err)
{
	struct differences *d = v->data;

	(void)err;
	if (action == ACTION_ENTER)
		return enter(v, d);
	if (action == ACTION_COST) {
		next_measure(d);
		return 1;
	}
	return d->grid.table ? grid_act(&d->grid, action) : 0;
}

static struct grid *differences_grid(struct view *v)
{
	struct differences *d = v->data;

	return d->grid.table ? &d->grid : NULL;
}

static void differences_close(struct view *v)
{
	struct differences *d = v->data;

	detail_release(&d->detail);
	grid_release(&d->grid);
	asked_release(&d->asked);
	asked_release(&d->wholes);
}

const struct view_ops view_differences = {
	.name = "differences", .title = "Differences", .help = "sites that are not the same in the other recording",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, .private_size = sizeof(struct differences), .open = differences_open,
	.fill = differences_fill, .draw = differences_draw, .act = differences_act, .grid = differences_grid, .close = differences_close,
};
