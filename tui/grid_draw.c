/* SPDX-License-Identifier: MIT
 *
 * Laying out and drawing a grid: the pointer, the main cost with its bar and share, the other
 * figures set to the right, then the texts. What does not fit goes by priority, the bar's width
 * and the texts take what is left.
 */
#include <stdio.h>
#include <string.h>

#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/grid.h"
#include "tui/shorten.h"

enum {
	GAP = 2,            /* between columns */
	BAR_LEAST = 6,
	BAR_MOST = 24,
	PERCENT_WIDTH = 5,  /* "100 %": whole ones, not shares */
	FUNCTION_LEAST = 10,
	FUNCTION_WANT = 26, /* other columns give way for that much of a name */
	FUNCTION_GOOD = 34, /* beyond that, the bar grows too */
	GROWS = GRID_FUNCTION | GRID_PROSE,
};

/* --- layout --------------------------------------------------------------------------------------- */

static int wanted_width(const struct grid *g, size_t column)
{
	const struct grid_state *state = &g->state[column];
	int head = (int)strlen(g->state[column].title) + 1; /* and the arrow */
	int width;

	if (g->columns[column].flags & GROWS)
		width = state->natural < FUNCTION_WANT ? state->natural : FUNCTION_WANT;
	else if (grid_is_text(g, column))
		width = state->natural;
	else if (state->unit == UNIT_PERCENT && state->of < 0)
		width = PERCENT_WIDTH;
	else
		width = figure_width(state->unit, state->largest, g->exact && state->unit != UNIT_PERCENT) +
		        (g->columns[column].flags & GRID_CHANGE && state->of < 0);
	return width > head ? width : head;
}

static int total_width(const struct grid *g)
{
	int total = 1;

	for (size_t i = 0; i < g->count; i++)
		if (g->state[i].width > 0)
			total += g->state[i].width + GAP;
	if (g->bar_width)
		total += g->bar_width + 1;
	if (g->share_x >= 0)
		total += GRID_SHARE_WIDTH + 1;
	return total;
}

/* Drops the column that matters least. 0 when all that are left must stay. */
static int drop_one(struct grid *g)
{
	int worst = -1;

	for (size_t i = 0; i < g->count; i++)
		if (g->state[i].width > 0 && g->columns[i].priority && (int)i != g->cost && (int)i != g->sort)
			if (worst < 0 || g->columns[i].priority >= g->columns[worst].priority)
				worst = (int)i;
	if (worst < 0)
		return 0;
	g->state[worst].width = 0;
	return 1;
}

/* The names give way last. */
static void narrow_names(struct grid *g)
{
	for (size_t i = 0; i < g->count; i++) {
		int over = total_width(g) - g->area.width, spare = g->state[i].width - FUNCTION_LEAST;

		if (over > 0 && spare > 0 && (g->columns[i].flags & GROWS))
			g->state[i].width -= over < spare ? over : spare;
	}
}

static void choose_columns(struct grid *g)
{
	for (size_t i = 0; i < g->count; i++)
		g->state[i].width = g->state[i].index < 0 ? 0 : wanted_width(g, i);
	g->bar_width = g->cost >= 0 ? BAR_LEAST : 0;
	g->share_x = g->cost >= 0 && (g->columns[g->cost].flags & GRID_SUMS) ? 0 : -1;
	if (g->share_x >= 0 && total_width(g) > g->area.width)
		g->share_x = -1;
	while (total_width(g) > g->area.width && drop_one(g))
		continue;
	narrow_names(g);
	if (total_width(g) > g->area.width)
		g->bar_width = 0;
}

/* What is left goes to the names first, then to the bar, then to the names again. */
static void spread(struct grid *g)
{
	int left = g->area.width - total_width(g);
	int bar = 0;

	for (size_t i = 0; i < g->count && left > 0; i++) {
		if (!(g->columns[i].flags & GROWS) || !g->state[i].width)
			continue;
		int good = g->state[i].natural < FUNCTION_GOOD ? g->state[i].natural : FUNCTION_GOOD;
		int more = good > g->state[i].width ? good - g->state[i].width : 0;

		more = more < left ? more : left;
		g->state[i].width += more;
		left -= more;
		if (g->bar_width)
			bar = left / 3 < BAR_MOST - g->bar_width ? left / 3 : BAR_MOST - g->bar_width;
		g->bar_width += bar;
		left -= bar;
		more = g->state[i].natural > g->state[i].width ? g->state[i].natural - g->state[i].width : 0;
		more = more < left ? more : left;
		g->state[i].width += more;
		left -= more;
	}
}

static int place_column(struct grid *g, size_t column, int x)
{
	g->state[column].x = x;
	return x + g->state[column].width + GAP;
}

static void place_columns(struct grid *g)
{
	int x = g->area.x + 1;

	if (g->cost >= 0) {
		x = place_column(g, (size_t)g->cost, x) - GAP;
		if (g->bar_width) {
			g->bar_x = x + 1;
			x += g->bar_width + 1;
		}
		if (g->share_x >= 0) {
			g->share_x = x + 1;
			x += GRID_SHARE_WIDTH + 1;
		}
		x += GAP;
	}
	for (size_t i = 0; i < g->count; i++)
		if ((int)i != g->cost && g->state[i].width > 0)
			x = place_column(g, i, x);
}

void grid_place(struct grid *g, struct rect area, int exact)
{
	g->area = area;
	g->exact = exact;
	g->page = area.height > 1 ? area.height - 1 : 0;
	choose_columns(g);
	spread(g);
	place_columns(g);
	grid_go(g, g->selected);
}

int grid_height(const struct grid *g)
{
	return g->table->row_count < 10000 ? (int)g->table->row_count + 1 : 10000;
}

/* --- drawing -------------------------------------------------------------------------------------- */

static void draw_head(const struct grid *g, struct screen *s)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct grid_state *state = &g->state[i];
		char text[64], arrow[GLYPH_BYTES] = "";

		if (!state->width)
			continue;
		if ((int)i == g->sort)
			glyph_encode(arrow, g->descending ? glyph_set(s->ascii)->descending : glyph_set(s->ascii)->ascending);
		snprintf(text, sizeof(text), "%s%s", state->title, arrow);
		if (grid_is_text(g, i) && !(g->columns[i].flags & GRID_RIGHT))
			screen_put(s, g->area.y, state->x, state->width, text, STYLE_HEAD);
		else
			screen_put_right(s, g->area.y, state->x, state->width, text, STYLE_HEAD);
	}
	if (g->share_x >= 0)
		screen_put_right(s, g->area.y, g->share_x, GRID_SHARE_WIDTH, "share", STYLE_HEAD);
}

static enum style text_style(const struct grid *g, size_t column, size_t row)
{
	if (g->columns[column].style)
		return g->columns[column].style(g->table, row);
	return g->columns[column].flags & (GROWS | GRID_RIGHT) ? STYLE_PLAIN : STYLE_DIM;
}

static void draw_text(const struct grid *g, struct screen *s, size_t column, size_t row, int y)
{
	const struct grid_state *state = &g->state[column];
	char made[1024], shorter[1024], more[GLYPH_BYTES];
	const char *text = grid_text(g, column, row, made, sizeof(made));

	if (g->columns[column].flags & GRID_FUNCTION)
		text = shorten_function(text, state->width, glyph_encode(more, glyph_set(s->ascii)->cut), shorter, sizeof(shorter));
	if (g->columns[column].flags & GRID_RIGHT)
		screen_put_right(s, y, state->x, state->width, text, text_style(g, column, row));
	else
		screen_put(s, y, state->x, state->width, text, text_style(g, column, row));
	if (g->search[0])
		screen_match(s, y, state->x, state->width, g->search, grid_folds(g->search));
}

static enum style change_style(int64_t change)
{
	return change > 0 ? STYLE_GROWTH : STYLE_RELEASE;
}

static void draw_figure(const struct grid *g, struct screen *s, size_t column, size_t row, int y)
{
	const struct grid_state *state = &g->state[column];
	char text[FIGURE_BYTES] = "-";
	int64_t number;
	int there = grid_number(g, column, row, &number), change = g->columns[column].flags & GRID_CHANGE;

	if (there && change && !number && (int)column != g->cost)
		text[0] = 0; /* what did not change is not in the way of what did */
	else if (!there && (g->columns[column].flags & GRID_BLANK))
		text[0] = 0;
	else if (there && change && state->of >= 0)
		figure_growth(text, (double)number / 1e6);
	else if (there && change)
		figure_change(text, state->unit, number, g->exact);
	else if (there && state->of >= 0)
		figure_share(text, (double)number / 1e6);
	else if (there)
		figure_format(text, state->unit, number, g->exact);
	screen_put_right(s, y, state->x, state->width, text, !there || !number ? STYLE_DIM : change ? change_style(number) : STYLE_PLAIN);
}

static void draw_cost(const struct grid *g, struct screen *s, size_t row, int y)
{
	const struct grid_state *state = &g->state[g->cost];
	char text[FIGURE_BYTES];
	int64_t number;

	if (!grid_number(g, (size_t)g->cost, row, &number))
		return;
	int change = g->columns[g->cost].flags & GRID_CHANGE;
	double size = change && number < 0 ? -(double)number : (double)number;

	if (g->bar_width && state->largest > 0)
		screen_bar(s, y, g->bar_x, g->bar_width, size / (double)state->largest, change ? change_style(number) : STYLE_BAR);
	if (g->share_x >= 0 && state->whole > 0)
		screen_put_right(s, y, g->share_x, GRID_SHARE_WIDTH, figure_share(text, (double)number / state->whole), STYLE_PLAIN);
}

static void draw_row(const struct grid *g, struct screen *s, size_t position, int y, int focused)
{
	size_t row = g->order[position];

	for (size_t i = 0; i < g->count; i++) {
		if (!g->state[i].width)
			continue;
		if (grid_is_text(g, i))
			draw_text(g, s, i, row, y);
		else
			draw_figure(g, s, i, row, y);
	}
	if (g->cost >= 0)
		draw_cost(g, s, row, y);
	if (position != g->selected || !focused)
		return;
	screen_fill(s, y, g->area.x, 1, glyph_set(s->ascii)->pointer, STYLE_PLAIN);
	screen_select(s, y, g->area.x, g->area.width);
}

void grid_draw(struct grid *g, struct screen *s, int focused)
{
	if (g->area.height < 1)
		return;
	screen_spot(s, (struct spot){ .area = g->area, .kind = SPOT_GRID, .grid = g });
	draw_head(g, s);
	for (int i = 0; i < g->page && g->top + (size_t)i < g->table->row_count; i++)
		draw_row(g, s, g->top + (size_t)i, g->area.y + 1 + i, focused);
}

char *grid_position(const struct grid *g, char *out, size_t size)
{
	size_t rows = g->table->row_count, last = g->top + (size_t)(g->page > 0 ? g->page : 0);

	if (!rows)
		snprintf(out, size, "none");
	else
		snprintf(out, size, "%zu-%zu of %zu", g->top + 1, last < rows ? last : rows, rows);
	return out;
}
