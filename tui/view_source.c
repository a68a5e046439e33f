/* SPDX-License-Identifier: MIT
 *
 * Source: the lines of a file with their costs in the margin, from the hottest one or the one it was opened about. Opened about
 * nothing it lists the files there are. A file that is not here shows its lines with a cost, without text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/source_lines.h"
#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/cost_turn.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/view.h"
#include "tui/wording.h"

struct source {
	struct asked asked;
	struct grid grid;
	const char *cost; /* static */
	int placed;       /* the line to begin with was gone to */
	int64_t line;     /* that was selected last; kept while a file is read for another cost */
};

/* --- reading ---------------------------------------------------------------------------------------- */

static int read_files(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct report_query query = { .cost = a->name };

	return source_files_read(r->store, &query, &out->table, err);
}

/* The ask's text is the directory with the sources and the path, a newline between; without a path it is about function `id`. */
static int read_lines(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct report_query query = { .cost = a->name };
	const char *end = strchr(a->text, '\n'), *path = end ? end + 1 : "";
	char *directory = memory_text(a->text), *found = NULL, said[1024];
	struct source_text text;
	int rc = -1;

	directory[end ? end - a->text : 0] = 0;
	if (*path || !source_of_function(r->store, a->id, &query, &found, err)) {
		out->more = memory_text(found ? found : path);
		source_text_read(out->more, directory, store_meta_number(r->store, "start_realtime_ns", 0), &text, said, sizeof(said));
		out->text = memory_text(*out->more ? said : "It is not known in which file this is: there are no line numbers for it.");
		rc = source_lines_read(r->store, out->more, &query, text.path ? &text : NULL, &out->table, err);
		source_text_release(&text);
	}
	if (rc) {
		free(out->text);
		free(out->more);
		out->text = out->more = NULL;
	}
	free(found);
	free(directory);
	return rc;
}

static const struct question question_files = { "the source files", read_files };
static const struct question question_lines = { "the source lines", read_lines };

/* It shows one file, not the list of them. */
static int is_file(const struct view *v)
{
	return *v->subject.file || v->subject.function_id;
}

static void source_open(struct view *v)
{
	struct source *source = v->data;

	source->cost = v->subject.cost ? v->subject.cost : cost_turn_first;
}

static const struct grid_column file_columns[] = {
	{ .name = "value", .flags = GRID_COST },
	{ .name = "self", .title = "itself", .priority = 2 },
	{ .name = "lines", .title = "lines", .priority = 3 },
	{ .name = "file", .title = "file", .flags = GRID_PROSE },
};

static const struct grid_column line_columns[] = {
	{ .name = "value", .flags = GRID_COST | GRID_BLANK },
	{ .name = "self", .title = "itself", .priority = 1, .flags = GRID_BLANK },
	{ .name = "line", .title = "line" },
	{ .name = "text", .title = "source", .flags = GRID_PROSE },
};

/* Without the text, the functions say which line is which. */
static const struct grid_column bare_columns[] = {
	{ .name = "value", .flags = GRID_COST },
	{ .name = "self", .title = "itself", .priority = 1 },
	{ .name = "line", .title = "line" },
	{ .name = "function", .title = "function", .flags = GRID_FUNCTION },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The row to begin with: the line asked for, else what asks for most itself, then what most goes through; of the function, if any. */
static size_t first_row(const struct view *v, const struct table *t)
{
	int64_t function = v->subject.function_id, line = v->subject.line, most_self = -1, most = -1;
	size_t best = 0;

	for (size_t row = 0; row < t->row_count; row++) {
		int64_t self = row_number(t, row, "self"), value = row_number(t, row, "value");

		if (line && row_number(t, row, "line") == line)
			return row;
		if (line || (function && row_number(t, row, "function_id") != function) || self < most_self ||
		    (self == most_self && value <= most))
			continue;
		most_self = self;
		most = value;
		best = row;
	}
	return best;
}

/* Goes to a row and shows as much before as after it. */
static void go_to(struct grid *g, size_t row)
{
	size_t half = g->page > 2 ? (size_t)g->page / 2 : 1, after = row + half;

	grid_go(g, after < g->table->row_count ? after : g->table->row_count - 1);
	grid_go(g, row > half ? row - half : 0);
	grid_go(g, row);
}

static int has_text(const struct table *t)
{
	for (size_t row = 0; row < t->row_count; row++)
		if (*row_text(t, row, "text"))
			return 1;
	return 0;
}

/* A file's lines stay in their order, whatever the cost; the line that was selected stays so, or the one before. */
static void show_lines(struct grid *g, const struct table *t, int64_t line, int with_text)
{
	struct grid before = *g;
	size_t row = 0;

	grid_open(g, t, with_text ? line_columns : bare_columns, with_text ? COUNT(line_columns) : COUNT(bare_columns));
	memcpy(g->search, before.search, sizeof(g->search));
	g->page = before.page;
	g->top = before.top;
	while (row + 1 < t->row_count && row_number(t, row + 1, "line") <= line)
		row++;
	grid_go(g, row);
	free(before.order);
}

static void show(struct view *v)
{
	struct source *source = v->data;

	if (is_file(v))
		show_lines(&source->grid, asked_table(&source->asked), source->line, has_text(asked_table(&source->asked)));
	else
		grid_show(&source->grid, asked_table(&source->asked), file_columns, COUNT(file_columns));
	grid_set_column(&source->grid, "value", wording_title(source->cost), 0);
}

static int source_fill(struct view *v, struct err *err)
{
	struct source *source = v->data;
	const char *directory = browser_options(v->browser)->sources;
	size_t size = strlen(v->subject.file) + (directory ? strlen(directory) : 0) + 2;
	char *text = memory_resized(NULL, size, 1);
	long row = source->asked.answer ? grid_row(&source->grid) : -1;

	if (row >= 0 && source->placed)
		source->line = row_number(source->grid.table, (size_t)row, "line");
	snprintf(text, size, "%s\n%s", directory ? directory : "", v->subject.file);
	const struct ask lines = { &question_lines, .id = v->subject.function_id, .name = source->cost, .text = text };
	const struct ask files = { &question_files, .name = source->cost };
	int news = asked_for(&source->asked, v->browser, is_file(v) ? &lines : &files, err);

	free(text);
	if (news > 0 || source->grid.table != asked_table(&source->asked))
		show(v);
	return news;
}

/* --- drawing ---------------------------------------------------------------------------------------- */

static void draw_nothing(const struct view *v, struct screen *s, struct rect area)
{
	const struct source *source = v->data;
	const char *failure = asked_failure(&source->asked);
	struct rect below = { area.y + 1, area.x + 1, area.height - 1, area.width - 2 };

	if (*failure)
		screen_wrap(s, below, failure, STYLE_WARNING);
	else if (!source->asked.answer)
		view_reading(s, area);
	else if (is_file(v))
		screen_wrap(s, below, source->asked.answer->text, STYLE_DIM);
	else
		screen_wrap(s, below, "No stack with this cost has a source line.", STYLE_DIM);
}

static void source_draw(struct view *v, struct screen *s, struct rect area)
{
	struct source *source = v->data;
	const struct answer *answer = source->asked.answer;
	struct grid *g = &source->grid;
	char left[512], right[80], position[48];

	const char *path = answer && answer->more ? answer->more : v->subject.file;

	snprintf(left, sizeof(left), "%s by %s", !is_file(v) ? "Source files" : *path ? path : v->subject.name, wording_phrase(source->cost));
	struct rect heading = view_take(&area, 1);

	if (!answer || !g->table->row_count) {
		view_heading(s, heading, left, "");
		draw_nothing(v, s, area);
		return;
	}
	if (is_file(v) && *answer->text) {
		struct rect last = { 0, area.x + 1, 0, area.width - 2 };

		last.height = screen_wrap(s, last, answer->text, STYLE_WARNING);
		last.y = area.y + area.height - last.height;
		screen_wrap(s, last, answer->text, STYLE_WARNING);
		area.height -= last.height;
	}
	grid_place(g, area, browser_exact(v->browser));
	if (is_file(v) && !source->placed) {
		source->placed = 1;
		go_to(g, first_row(v, g->table));
	}
	snprintf(right, sizeof(right), "%s %s", grid_position(g, position, sizeof(position)), is_file(v) ? "lines" : "files");
	view_heading(s, heading, left, right);
	grid_draw(g, s, 1);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static int enter(struct view *v, const struct grid *g)
{
	long row = grid_row(g);
	struct subject subject;
	char place[256];

	if (row < 0)
		return 1;
	subject_of_row(g->table, (size_t)row, &subject);
	struct source *source = v->data;
	subject.cost = source->cost;
	if (!is_file(v)) {
		subject.name = shorten_path(subject.file);
		return browser_enter(v->browser, &view_source, &subject);
	}
	if (!subject.function_id) {
		browser_say(v->browser, "Nothing of this cost goes through this line.");
		return 1;
	}
	shorten_place(subject.file, (long)subject.line, "", place, sizeof(place));
	subject.place = place;
	return browser_enter(v->browser, &view_callers, &subject);
}

/* To the next line with a cost, forward or backward; beyond the end from the other one. */
static int go_costly(struct grid *g, int step)
{
	size_t rows = g->table->row_count, at = g->selected;

	for (size_t n = 0; n < rows; n++) {
		at = (at + (step > 0 ? 1 : rows - 1)) % rows;
		if (row_number(g->table, g->order[at], "value") || row_number(g->table, g->order[at], "self")) {
			go_to(g, at);
			break;
		}
	}
	return 1;
}

static int source_act(struct view *v, enum action action, struct err *err)
{
	struct source *source = v->data;

	(void)err;
	switch (action) {
	case ACTION_ENTER:
		return enter(v, &source->grid);
	case ACTION_SOURCE:
		return is_file(v) ? 1 : enter(v, &source->grid);
	case ACTION_COST:
		v->subject.cost = source->cost = cost_turn_after(source->cost);
		return 1;
	case ACTION_NEXT_COSTLY:
		return go_costly(&source->grid, 1);
	case ACTION_PREVIOUS_COSTLY:
		return go_costly(&source->grid, -1);
	case ACTION_SORT_NEXT:
	case ACTION_SORT_REVERSE:
		return is_file(v) ? 1 : grid_act(&source->grid, action); /* a file's lines stay in their order */
	default:
		return grid_act(&source->grid, action);
	}
}

static int source_subject(struct view *v, struct subject *subject)
{
	struct source *source = v->data;
	long row = grid_row(&source->grid);

	if (row < 0)
		return 0;
	subject_of_row(source->grid.table, (size_t)row, subject);
	subject->cost = source->cost;
	return 1;
}

static struct grid *source_grid(struct view *v)
{
	struct source *source = v->data;

	return &source->grid;
}

static const char *source_report(const struct view *v)
{
	(void)v;
	return "lines";
}

static void source_close(struct view *v)
{
	struct source *source = v->data;

	grid_release(&source->grid);
	asked_release(&source->asked);
}

const struct view_ops view_source = {
	.name = "source", .title = "Source", .help = "source files, and the lines of one with their costs",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_COST | KEYS_LINES, .private_size = sizeof(struct source),
	.open = source_open, .fill = source_fill, .draw = source_draw, .act = source_act, .grid = source_grid, .subject = source_subject,
	.report = source_report, .close = source_close,
};
