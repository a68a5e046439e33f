/* SPDX-License-Identifier: MIT
 *
 * SQL: any query that reads, and its rows. Opened from a view it begins with the query that gives that view's figures. While one is
 * typing, keys are text; Escape goes to the rows, where they are keys again. A query is run by the reading thread and is broken off
 * when something else is looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report.h"
#include "analyzer/store/store_query.h"
#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/glyph.h"
#include "tui/prompt.h"
#include "tui/query_history.h"
#include "tui/sheet.h"
#include "tui/terminal.h"
#include "tui/view.h"

#define CTRL(letter) ((letter) & 0x1f)

enum { ROWS_MOST = 5000 };

struct sql {
	struct prompt prompt;
	char *running;       /* what was run last; NULL: nothing yet */
	struct asked asked;
	struct sheet sheet;
	int typing;
	int back;            /* steps into the history; 0: at what is being written */
	int expanded;        /* the selected cell is shown as a whole */
	int told;            /* that the query failed was seen */
};

/* --- running ---------------------------------------------------------------------------------------- */

static int read_query(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return store_query(r->store, a->text, ROWS_MOST, &out->table, err);
}

static const struct question question_query = { "the query", read_query };

/* A query on one line. */
static void flatten(const char *query, char *out, size_t size)
{
	size_t used = 0;

	for (; *query && used + 1 < size; query++) {
		int blank = *query == ' ' || *query == '\n' || *query == '\t';

		if (!blank)
			out[used++] = *query;
		else if (used && out[used - 1] != ' ')
			out[used++] = ' ';
	}
	out[used] = 0;
}

static void sql_open(struct view *v)
{
	struct sql *sql = v->data;
	const struct view *below = v->below;
	const char *name = below && below->ops->report ? below->ops->report(below) : NULL;
	const struct report *report = name ? report_find(name) : NULL;
	char query[PROMPT_BYTES];

	prompt_open(&sql->prompt, "");
	sql->typing = 1;
	query[0] = 0;
	if (below && below->ops->query)
		below->ops->query(below, query, sizeof(query));
	if (query[0])
		prompt_set(&sql->prompt, query);
	if (query[0] || !report)
		return;
	if (!report->sql) {
		browser_say(v->browser, "%s is more than a query can say.", below->ops->title);
		return;
	}
	flatten(report->sql, query, sizeof(query));
	prompt_set(&sql->prompt, query);
}

static void run(struct sql *sql)
{
	char *text = sql->prompt.text;

	if (!text[strspn(text, " ;")])
		return;
	free(sql->running);
	sql->running = memory_text(text);
	query_history_add(text);
	sql->back = sql->told = sql->typing = sql->expanded = 0;
}

static int sql_fill(struct view *v, struct err *err)
{
	struct sql *sql = v->data;
	const struct ask ask = { &question_query, .text = sql->running };
	struct err told = { 0 };

	(void)err;
	if (!sql->running)
		return 0;
	int news = asked_for(&sql->asked, v->browser, &ask, &told);

	if (news > 0 || (sql->sheet.widths && sql->sheet.grid.table != asked_table(&sql->asked)))
		sheet_open(&sql->sheet, asked_table(&sql->asked));
	if (*asked_failure(&sql->asked) && !sql->told)
		sql->told = sql->typing = 1;
	return news != 0;
}

/* --- drawing ---------------------------------------------------------------------------------------- */

/* Bytes of the line that text begins with: up to the last blank that fits, or as much as does. */
static size_t line_bytes(const char *text, int width, int ascii)
{
	size_t at = 0, blank = 0;
	int used = 0;

	while (text[at]) {
		uint32_t ch;
		int columns;
		size_t n = glyph_next(text + at, ascii, &ch, &columns);

		if (used + columns > width)
			return blank ? blank : at ? at : n;
		used += columns;
		at += n;
		if (text[at - 1] == ' ')
			blank = at;
	}
	return at;
}

/* Draws the query in lines, the cursor in sight; returns the lines it takes of area.height at the most. */
static int draw_query(const struct sql *sql, struct screen *s, struct rect area)
{
	size_t cursor = sql->prompt.cursor;
	const char *text = sql->prompt.text, *at = text;
	int lines = 0, cursor_line = 0, width = area.width - 1;

	for (const char *line = text; *line; line += line_bytes(line, width, s->ascii), lines++)
		if ((size_t)(line - text) <= cursor)
			cursor_line = lines;
	lines = lines ? lines : 1;
	int shown = lines < area.height ? lines : area.height, first = sql->typing && cursor_line >= shown ? cursor_line - shown + 1 : 0;

	for (int i = 0; i < first; i++)
		at += line_bytes(at, width, s->ascii);
	for (int i = 0; i < shown; i++) {
		char part[PROMPT_BYTES];
		size_t bytes = line_bytes(at, width, s->ascii), from = (size_t)(at - text);

		snprintf(part, sizeof(part), "%.*s", (int)bytes, at);
		screen_put(s, area.y + i, area.x, width, part, STYLE_PLAIN);
		if ((i == 0 && first) || (i == shown - 1 && text[from + bytes])) /* it goes on above, or below */
			screen_fill(s, area.y + i, area.x + width, 1, glyph_set(s->ascii)->cut, STYLE_KEY);
		if (sql->typing && cursor >= from && (cursor < from + bytes || (!text[from + bytes] && cursor == from + bytes))) {
			part[cursor - from] = 0;
			screen_select(s, area.y + i, area.x + glyph_columns(part, s->ascii), 1);
		}
		at += bytes;
	}
	return shown;
}

static void draw_hint(const struct sql *sql, struct screen *s, struct rect line)
{
	const char *failure = sql->running ? asked_failure(&sql->asked) : "";

	if (*failure && sql->told)
		screen_wrap(s, (struct rect){ line.y, line.x, sql->typing ? line.height - 1 : line.height, line.width }, failure, STYLE_ERROR);
	if (sql->typing)
		screen_put(s, line.y + (*failure && sql->told ? line.height - 1 : 0), line.x, line.width,
		           "Enter: run it   Up, Down: earlier ones   Ctrl-U: empty   Esc: to the rows", STYLE_DIM);
	if (sql->typing && !sql->prompt.length && line.height > 1 && !*failure)
		screen_put(s, line.y + 1, line.x, line.width, "What there is: SELECT name, sql FROM sqlite_schema", STYLE_DIM);
}

static void draw_cell(const struct sql *sql, struct screen *s, struct rect area, int exact)
{
	char text[64];
	const char *cell = sheet_cell(&sql->sheet, exact, text, sizeof(text));

	screen_rule(s, view_take(&area, 1), sql->sheet.grid.table->columns[sql->sheet.selected].name);
	if (cell)
		screen_wrap(s, (struct rect){ area.y, area.x + 1, area.height, area.width - 2 }, cell, STYLE_PLAIN);
}

static void draw_rows(struct view *v, struct screen *s, struct rect area)
{
	struct sql *sql = v->data;
	const struct table *t = asked_table(&sql->asked);
	int exact = browser_exact(v->browser);

	if (!sql->running)
		return;
	if (!sql->asked.answer) {
		if (asked_waits(&sql->asked))
			view_reading(s, area);
		return;
	}
	if (!t->row_count) {
		screen_put(s, area.y, area.x + 1, area.width - 2, "no rows", STYLE_DIM);
		return;
	}
	struct rect rows = view_take(&area, sql->expanded ? area.height - area.height / 3 : area.height);

	sheet_draw(&sql->sheet, s, rows, exact, !sql->typing);
	if (sql->expanded)
		draw_cell(sql, s, area, exact);
}

static void sql_draw(struct view *v, struct screen *s, struct rect area)
{
	struct sql *sql = v->data;
	const struct table *t = asked_table(&sql->asked);
	char left[512], right[140] = "", position[48], columns[64];

	snprintf(left, sizeof(left), "SQL%s%s", v->below ? " of " : "", v->below ? v->below->ops->title : "");
	struct rect heading = view_take(&area, 1);

	int most = area.height / 3 > 1 ? area.height / 3 : 1;
	struct rect query = { area.y, area.x + 1, sql->typing || !sql->running ? most : most < 3 ? most : 3, area.width - 2 };

	view_take(&area, draw_query(sql, s, query));
	struct rect hint = view_take(&area, sql->typing ? 3 : 1);

	hint.x++;
	hint.width -= 2;
	draw_hint(sql, s, hint);
	draw_rows(v, s, area);
	if (sql->asked.answer && t->row_count && sql->sheet.widths) {
		sheet_position(&sql->sheet, columns, sizeof(columns));
		snprintf(right, sizeof(right), "%s%s rows%s", grid_position(&sql->sheet.grid, position, sizeof(position)),
		         t->total_rows > t->row_count ? ", the first" : "", columns);
	}
	view_heading(s, heading, left, right);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static void go_back(struct sql *sql, int by)
{
	const char *query = query_history_at(sql->back + by);

	if (query) {
		sql->back += by;
		prompt_set(&sql->prompt, query);
	} else if (sql->back + by <= 0) {
		sql->back = 0;
		prompt_set(&sql->prompt, "");
	}
}

/* What is typed; keys that lead elsewhere stay keys. */
static int sql_input(struct view *v, int input, struct err *err)
{
	struct sql *sql = v->data;

	(void)err;
	if (!sql->typing)
		return 0;
	switch (input) {
	case INPUT_ENTER:
		run(sql);
		return 1;
	case INPUT_UP:
	case INPUT_DOWN:
		go_back(sql, input == INPUT_UP ? 1 : -1);
		return 1;
	case INPUT_ESCAPE:
		sql->typing = 0;
		return 1;
	case CTRL('l'):
	case INPUT_TAB:
	case INPUT_BACK_TAB:
		return 0;
	case INPUT_BACKSPACE:
		if (!sql->prompt.length)
			return 1;
		break;
	default:
		if (input >= INPUT_FIRST && input != INPUT_LEFT && input != INPUT_RIGHT && input != INPUT_HOME && input != INPUT_END &&
		    input != INPUT_DELETE)
			return 0;
	}
	prompt_key(&sql->prompt, input);
	return 1;
}

static int sql_act(struct view *v, enum action action, struct err *err)
{
	struct sql *sql = v->data;
	int has_rows = sql->asked.answer && asked_table(&sql->asked)->row_count;

	(void)err;
	switch (action) {
	case ACTION_TYPE:
		sql->typing = 1;
		return 1;
	case ACTION_ENTER:
		if (has_rows)
			sql->expanded = !sql->expanded;
		else
			sql->typing = 1;
		return 1;
	case ACTION_CANCEL:
		if (!sql->expanded || sql->sheet.grid.search[0])
			return 0;
		sql->expanded = 0;
		return 1;
	default:
		return sheet_act(&sql->sheet, action);
	}
}

static struct grid *sql_grid(struct view *v)
{
	struct sql *sql = v->data;

	return sql->sheet.widths ? &sql->sheet.grid : NULL;
}

/* A row may be about something, by the names of its columns. */
static int sql_subject(struct view *v, struct subject *subject)
{
	struct sql *sql = v->data;

	return sql->sheet.widths && grid_row(&sql->sheet.grid) >= 0 &&
	       subject_of_row(sql->sheet.grid.table, (size_t)grid_row(&sql->sheet.grid), subject);
}

static void sql_close(struct view *v)
{
	struct sql *sql = v->data;

	sheet_release(&sql->sheet);
	asked_release(&sql->asked);
	free(sql->running);
}

const struct view_ops view_sql = {
	.name = "sql", .title = "SQL", .help = "the query behind the view one comes from, or any other",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_CELLS | KEYS_QUERY, .private_size = sizeof(struct sql),
	.open = sql_open, .fill = sql_fill, .draw = sql_draw, .act = sql_act, .input = sql_input, .grid = sql_grid, .subject = sql_subject,
	.close = sql_close,
};
