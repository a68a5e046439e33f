/* SPDX-License-Identifier: MIT
 *
 * Sites as a table, with the stacks of the selected one below. What distinguishes hot spots, leaks
 * and temporaries is the report they show and the columns, in the descriptions at the end.
 */
#include "tui/view_sites.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/report/report.h"
#include "tui/browser.h"
#include "tui/glyph.h"
#include "tui/shorten.h"
#include "tui/stack_pane.h"
#include "tui/wording.h"

struct description {
	const char *report;
	const char *subject;   /* in the heading: "Hot spots by ..." */
	const char *none;      /* what it means that there are no rows */
	const struct grid_column *columns;
	size_t count;
};

struct sites {
	const struct description *description;
	struct table table;
	struct grid grid;
	struct stack_pane pane;
	int pane_rows;         /* as drawn last */
};

static const struct value *cell(const struct table *t, size_t row, const char *name)
{
	int column = table_column(t, name);

	return column < 0 ? NULL : table_at(t, row, (size_t)column);
}

static const char *cell_text(const struct table *t, size_t row, const char *name)
{
	const struct value *value = cell(t, row, name);

	return value && !value->none ? value->text : "";
}

static int64_t cell_number(const struct table *t, size_t row, const char *name)
{
	const struct value *value = cell(t, row, name);

	return value && !value->none ? value->number : 0;
}

void sites_place(const struct table *t, size_t row, char *out, size_t size)
{
	shorten_place(cell_text(t, row, "file"), (long)cell_number(t, row, "line"), cell_text(t, row, "module"), out, size);
}

enum style sites_style(const struct table *t, size_t row)
{
	return strstr(shorten_path(cell_text(t, row, "module")), ".so") ? STYLE_LIBRARY : STYLE_PLAIN;
}

/* The cost of stacks that goes with a cost of sites: own peaks are of sites alone. */
static const char *stack_cost(const char *name)
{
	return !strcmp(name, "peak_bytes") ? "at_peak_bytes" : name;
}

int sites_open_row(struct view *v, const struct grid *g, struct err *err)
{
	char place[256];
	long row = grid_row(g);

	if (row < 0)
		return 1;
	sites_place(g->table, (size_t)row, place, sizeof(place));
	struct subject subject = {
		.site_id = cell_number(g->table, (size_t)row, "site_id"),
		.function_id = cell_number(g->table, (size_t)row, "function_id"),
		.function = cell_text(g->table, (size_t)row, "function"),
		.place = place,
		.cost = stack_cost(grid_cost(g)),
	};

	return browser_enter(v->browser, &view_callers, &subject, err) < 0 ? -1 : 1;
}

/* --- the view --------------------------------------------------------------------------------------- */

static int open_report(struct view *v, const struct description *d, struct err *err)
{
	struct sites *sites = v->data;
	const struct report *report = report_find(d->report);
	struct report_query query = { 0 };

	if (!report)
		return err_set(err, ERR_FAILED, "there is no report \"%s\"", d->report);
	if (report_run(report, browser_store(v->browser), &query, &sites->table, err) < 0)
		return -1;
	sites->description = d;
	grid_open(&sites->grid, &sites->table, d->columns, d->count);
	if (grid_cost(&sites->grid))
		grid_set_cost(&sites->grid, grid_cost(&sites->grid));
	return 0;
}

static int sites_fill(struct view *v, struct err *err)
{
	struct sites *sites = v->data;
	long row = grid_row(&sites->grid);

	if (row < 0 || !sites->pane_rows)
		return 0;
	stack_pane_want(&sites->pane, cell_number(&sites->table, (size_t)row, "site_id"), stack_cost(grid_cost(&sites->grid)));
	return stack_pane_fill(&sites->pane, browser_store(v->browser), err);
}

/* "row_new, row.c:25" of the selected row. */
static void stack_title(const struct screen *s, const struct grid *g, char *out, size_t size)
{
	char name[128], more[GLYPH_BYTES], place[100];
	size_t row = (size_t)grid_row(g);

	shorten_function(cell_text(g->table, row, "function"), 48, glyph_encode(more, glyph_set(s->ascii)->cut), name, sizeof(name));
	sites_place(g->table, row, place, sizeof(place));
	snprintf(out, size, "%s%s%s", name, *place ? ", " : "", place);
}

static void sites_draw(struct view *v, struct screen *s, struct rect area)
{
	struct sites *sites = v->data;
	const struct grid *g = &sites->grid;
	char left[128], right[64], position[48], title[256];
	int exact = browser_exact(v->browser);

	if (!sites->table.row_count) {
		view_heading(s, area, sites->description->none, "");
		return;
	}
	struct rect heading = view_take(&area, 1);
	struct rect grid_area = area;
	int pane = stack_pane_height(area.height);

	if (grid_height(g) < area.height - pane && pane)
		pane = area.height - grid_height(g);
	grid_area.height -= pane;
	sites->pane_rows = pane;
	struct rect pane_area = { area.y + grid_area.height, area.x, pane, area.width };

	grid_place(&sites->grid, grid_area, exact);
	snprintf(left, sizeof(left), "%s by %s%s%s", sites->description->subject, wording_phrase(grid_cost(g)),
	         grid_sorted_by(g) ? ", ordered by " : "", grid_sorted_by(g) ? grid_sorted_by(g) : "");
	snprintf(right, sizeof(right), "%s sites", grid_position(g, position, sizeof(position)));
	view_heading(s, heading, left, right);
	grid_draw(g, s, 1);
	stack_pane_want(&sites->pane, cell_number(&sites->table, (size_t)grid_row(g), "site_id"), stack_cost(grid_cost(g)));
	stack_title(s, g, title, sizeof(title));
	stack_pane_draw(&sites->pane, s, pane_area, title, exact);
}

static int sites_act(struct view *v, enum action action, struct err *err)
{
	struct sites *sites = v->data;

	if (action == ACTION_ENTER)
		return sites_open_row(v, &sites->grid, err);
	return grid_act(&sites->grid, action);
}

static struct grid *sites_grid(struct view *v)
{
	struct sites *sites = v->data;

	return &sites->grid;
}

static void sites_close(struct view *v)
{
	struct sites *sites = v->data;

	stack_pane_release(&sites->pane);
	grid_release(&sites->grid);
	table_release(&sites->table);
}

/* --- the three ------------------------------------------------------------------------------------- */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SITE_COLUMNS \
	{ .name = "function", .title = "site", .style = sites_style, .flags = GRID_FUNCTION }, \
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 1, .most = 24 }

static const struct grid_column hotspots_columns[] = {
	{ .name = "allocated_bytes", .priority = 4, .flags = GRID_COST | GRID_SUMS },
	{ .name = "allocations", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "peak_bytes", .priority = 3, .flags = GRID_COST },
	{ .name = "at_peak_bytes", .priority = 6, .flags = GRID_COST | GRID_SUMS },
	{ .name = "temporary_allocations", .priority = 5, .flags = GRID_COST | GRID_SUMS },
	{ .name = "leaked_bytes", .priority = 3, .flags = GRID_COST | GRID_SUMS },
	SITE_COLUMNS,
};
static const struct description hotspots = {
	"hotspots", "Hot spots", "Nothing was allocated in this recording.", hotspots_columns, COUNT(hotspots_columns)
};

static const struct grid_column leaks_columns[] = {
	{ .name = "leaked_bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "leaked_allocations", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "allocations", .title = "calls", .priority = 3 },
	{ .name = "leaked_allocations", .title = "of calls", .of = "allocations", .priority = 4 },
	SITE_COLUMNS,
};
static const struct description leaks = {
	"leaks", "Leaks", "Nothing was live at the end: no leaks.", leaks_columns, COUNT(leaks_columns)
};

static const struct grid_column temporary_columns[] = {
	{ .name = "temporary_allocations", .flags = GRID_COST | GRID_SUMS },
	{ .name = "temporary_allocations", .title = "of calls", .of = "allocations", .priority = 2 },
	{ .name = "allocations", .priority = 3, .flags = GRID_COST | GRID_SUMS },
	{ .name = "temporary_bytes", .priority = 4, .flags = GRID_COST | GRID_SUMS },
	SITE_COLUMNS,
};
static const struct description temporary = {
	"temporary", "Temporaries", "No block was freed before its thread's next allocation: no temporaries.", temporary_columns,
	COUNT(temporary_columns)
};

static int hotspots_open(struct view *v, struct err *err)
{
	return open_report(v, &hotspots, err);
}

static int leaks_open(struct view *v, struct err *err)
{
	return open_report(v, &leaks, err);
}

static int temporary_open(struct view *v, struct err *err)
{
	return open_report(v, &temporary, err);
}

#define SITES_OPS \
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, .private_size = sizeof(struct sites), .fill = sites_fill, \
	.draw = sites_draw, .act = sites_act, .grid = sites_grid, .close = sites_close

const struct view_ops view_hotspots = {
	.name = "hotspots", .title = "Hot spots", .number = '2', .help = "where memory is asked for, and what becomes of it",
	.open = hotspots_open, SITES_OPS,
};

const struct view_ops view_leaks = {
	.name = "leaks", .title = "Leaks", .number = '3', .help = "what was still live at the end",
	.open = leaks_open, SITES_OPS,
};

const struct view_ops view_temporary = {
	.name = "temporary", .title = "Temporary", .number = '4', .help = "what was freed before its thread's next allocation",
	.open = temporary_open, SITES_OPS,
};
