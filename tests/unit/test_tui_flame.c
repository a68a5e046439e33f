/* SPDX-License-Identifier: MIT
 *
 * Where frames lie, how they are found again, and what is drawn of them.
 */
#include <locale.h>

#include "tests/unit/report_fixture.h"

#include "analyzer/report/flame.h"
#include "tui/flame_draw.h"
#include "tui/flame_layout.h"
#include "tui/flame_path.h"

enum { COLUMNS = FLAME_LABEL + 1 };

static struct column columns[COLUMNS];

/* A table of rows that are added by hand. */
static void begin(struct table *t)
{
	for (int i = 0; i < COLUMNS; i++)
		columns[i] = (struct column){ "x", NULL, UNIT_COUNT, "" };
	columns[FLAME_FUNCTION] = (struct column){ "function", NULL, UNIT_TEXT, "" };
	columns[FLAME_FUNCTION + 3] = (struct column){ "module", NULL, UNIT_TEXT, "" };
	table_init(t, columns, COLUMNS);
}

static void add(struct table *t, int64_t depth, int64_t parent, int kind, const char *name, int64_t value)
{
	struct value *row = table_add_row(t);

	table_set_number(&row[FLAME_DEPTH_COLUMN], depth);
	if (depth)
		table_set_number(&row[FLAME_PARENT], parent);
	table_set_number(&row[FLAME_KIND], kind);
	table_set_text(t, &row[FLAME_FUNCTION], name);
	table_set_number(&row[FLAME_VALUE], value);
	table_set_number(&row[FLAME_SELF], 0);
	table_set_number(&row[FLAME_CHILDREN], 0);
	table_set_number(&row[FLAME_LABEL], (int64_t)t->row_count);
}

/*  all 100: left 50 (deep 40 (deeper 30)), right 30 (thin 1), others 5; 15 are its own */
static void example(struct table *t)
{
	begin(t);
	add(t, 0, 0, FLAME_START, "(all)", 100);
	add(t, 1, 0, FLAME_FRAME, "left", 50);
	add(t, 2, 1, FLAME_FRAME, "deep", 40);
	add(t, 3, 2, FLAME_FRAME, "deeper", 30);
	add(t, 1, 0, FLAME_FRAME, "right", 30);
	add(t, 2, 4, FLAME_FRAME, "thin", 1);
	add(t, 1, 0, FLAME_OTHERS, "(others)", 5);
}

/* --- layout ----------------------------------------------------------------------------------------- */

/* Within its parent, right of the box of its level before it, and where its share says, to half a column. */
static void check_layout(const struct flame_layout *l, const struct table *t)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct flame_box *b = &l->boxes[i];
		const struct flame_box *before = flame_layout_beside(l, b, -1);
		assert_true(b->width >= 1);
		assert_true(b->x >= 0 && b->x + b->width <= l->columns);
		assert_ptr_equal(flame_layout_box(l, t, b->row), b);
		assert_ptr_equal(flame_layout_at(l, b->level, b->x), b);
		assert_ptr_equal(flame_layout_at(l, b->level, b->x + b->width - 1), b);
		assert_true(!before || before->x + before->width <= b->x);
		assert_true(!before || flame_layout_beside(l, before, 1) == b);
		if (!b->level)
			continue;
		const struct flame_box *parent = flame_layout_box(l, t, (size_t)table_at(t, b->row, FLAME_PARENT)->number);
		assert_int_equal(parent->level, b->level - 1);
		assert_true(parent->x <= b->x && b->x + b->width <= parent->x + parent->width);
	}
}

static void frames_lie_where_they_belong(void **state)
{
	struct flame_layout l = { 0 };
	struct table t;

	(void)state;
	example(&t);
	flame_layout_make(&l, &t, 100);
	check_layout(&l, &t);
	static const struct flame_box want[] = { { 0, 0, 0, 100 }, { 1, 1, 0, 50 }, { 2, 2, 0, 40 }, { 3, 3, 0, 30 },
		                                 { 4, 1, 50, 30 }, { 5, 2, 50, 1 }, { 6, 1, 80, 5 } };
	assert_int_equal(l.count, 7);
	for (size_t i = 0; i < l.count; i++) {
		assert_int_equal(l.boxes[i].row, want[i].row);
		assert_int_equal(l.boxes[i].level, want[i].level);
		assert_int_equal(l.boxes[i].x, want[i].x);
		assert_int_equal(l.boxes[i].width, want[i].width);
	}
	assert_int_equal(l.levels, 4);
	assert_null(flame_layout_at(&l, 1, 85));
	assert_null(flame_layout_at(&l, 9, 0));
	flame_layout_release(&l);
	table_release(&t);
}

static void any_width_fits(void **state)
{
	struct flame_layout l = { 0 };
	struct table t;
	struct err err = { 0 };

	(void)state;
	if (flame_read(s, NULL, &(struct flame_query){ 0 }, &t, &err))
		fail_msg("%s", err.text);
	for (int width = 1; width <= 250; width++) {
		flame_layout_make(&l, &t, width);
		check_layout(&l, &t);
		assert_int_equal(l.boxes[0].width, width);
	}
	assert_true(l.count > 20);
	flame_layout_release(&l);
	table_release(&t);
}

static void narrow_frames_stand_for_those_above(void **state)
{
	struct flame_layout l = { 0 };
	struct table t;

	(void)state;
	example(&t);
	flame_layout_make(&l, &t, 20);
	check_layout(&l, &t);
	assert_int_equal(l.of_row[5], 0); /* 1 % of 20 columns */
	assert_int_equal(flame_layout_box(&l, &t, 5)->row, 4);
	assert_int_equal(flame_layout_below(&l, &t, flame_layout_box(&l, &t, 0))->row, 1);
	assert_null(flame_layout_below(&l, &t, flame_layout_box(&l, &t, 4)));
	assert_int_equal(flame_layout_beside(&l, flame_layout_box(&l, &t, 1), 1)->row, 4);
	assert_null(flame_layout_beside(&l, flame_layout_box(&l, &t, 1), -1));
	assert_null(flame_layout_box(&l, &t, 99));
	flame_layout_release(&l);
	table_release(&t);
}

/* Nothing at all, and figures that no recording has. */
static void odd_figures(void **state)
{
	struct flame_layout l = { 0 };
	struct table t;

	(void)state;
	begin(&t);
	flame_layout_make(&l, &t, 80);
	assert_int_equal(l.count, 0);
	assert_null(flame_layout_box(&l, &t, 0));
	add(&t, 0, 0, FLAME_START, "(all)", 0);
	add(&t, 1, 0, FLAME_FRAME, "x", -5);
	flame_layout_make(&l, &t, 80);
	assert_int_equal(l.count, 1);
	table_release(&t);
	begin(&t);
	add(&t, 0, 0, FLAME_START, "(all)", INT64_MAX);
	add(&t, 1, 0, FLAME_FRAME, "x", INT64_MAX);
	add(&t, 1, 0, FLAME_FRAME, "y", INT64_MAX); /* more than there is */
	flame_layout_make(&l, &t, 80);
	check_layout(&l, &t);
	flame_layout_release(&l);
	table_release(&t);
}

/* --- paths ------------------------------------------------------------------------------------------ */

static void paths_lead_back(void **state)
{
	struct table t;
	struct err err = { 0 };

	(void)state;
	for (int bottom_up = 0; bottom_up < 2; bottom_up++) {
		if (flame_read(s, NULL, &(struct flame_query){ .subject.bottom_up = bottom_up, .least = 0.01 }, &t, &err))
			fail_msg("%s", err.text);
		for (size_t row = 0; row < t.row_count; row++) {
			char *path = flame_path_of(&t, row), longer[4096];
			int others = table_at(&t, row, FLAME_KIND)->number == FLAME_OTHERS;
			size_t want = others ? (size_t)table_at(&t, row, FLAME_PARENT)->number : row;
			assert_int_equal(flame_path_row(&t, path), want);
			snprintf(longer, sizeof(longer), "%s/987654321/1", path); /* as far as it goes */
			if (row && !others)
				assert_int_equal(flame_path_row(&t, longer), want);
			free(path);
		}
		assert_true(t.row_count > 10);
		table_release(&t);
	}
}

/* A path that ends above the place where a table starts gives that place. */
static void paths_stay_below_the_start(void **state)
{
	struct table t;

	(void)state;
	begin(&t);
	add(&t, 0, 0, FLAME_ABOVE, "(all)", 100);
	add(&t, 1, 0, FLAME_ABOVE, "main", 90);
	add(&t, 2, 1, FLAME_START, "work", 80);
	add(&t, 3, 2, FLAME_FRAME, "part", 10);
	assert_int_equal(flame_path_start(&t), 2);
	assert_int_equal(flame_path_row(&t, ""), 2);
	assert_int_equal(flame_path_row(&t, "2"), 2);
	assert_int_equal(flame_path_row(&t, "2/3/4"), 3);
	assert_int_equal(flame_path_row(&t, "77"), 2);
	table_release(&t);
}

/* --- drawing ---------------------------------------------------------------------------------------- */

static void draw(struct flame_picture *p, struct screen *to, int ascii, int rows)
{
	static struct flame_layout l;

	flame_layout_make(&l, p->table, 40);
	p->layout = &l;
	p->search = p->search ? p->search : "";
	screen_init(to, ascii);
	screen_resize(to, rows, 40);
	flame_draw(p, to, (struct rect){ 0, 0, rows, 40 });
}

static void assert_row(const struct screen *of, int y, const char *want)
{
	char got[512];

	assert_string_equal(screen_row(of, y, got, sizeof(got)), want);
}

static void shapes(void **state)
{
	struct screen screen;
	struct table t;

	(void)state;
	example(&t);
	struct flame_picture p = { .table = &t };
	draw(&p, &screen, 1, 4);
	assert_row(&screen, 0, " (all)");
	assert_row(&screen, 1, " left               |right      |~|");
	assert_row(&screen, 2, " deep           |");
	assert_row(&screen, 3, " deeper     |");
	assert_int_equal(screen.cells[0].style & STYLE_SELECTED, STYLE_SELECTED);
	screen_release(&screen);
	p.upside_down = 1;
	p.cursor = 4;
	draw(&p, &screen, 0, 4);
	assert_row(&screen, 3, " (all)");
	assert_row(&screen, 2, " left               ▏right      ▏…▏");
	assert_row(&screen, 0, " deeper     ▏");
	assert_int_equal(screen.cells[2 * 40 + 20].style & STYLE_SELECTED, STYLE_SELECTED);
	assert_int_equal(screen.cells[2 * 40 + 32].style & STYLE_SELECTED, 0);
	for (int level = 0; level < 4; level++)
		assert_int_equal(flame_draw_level(&p, (struct rect){ 0, 0, 4, 40 }, flame_draw_line(&p, (struct rect){ 0, 0, 4, 40 }, level)), level);
	screen_release(&screen);
	p.upside_down = 0;
	p.top = 1;
	draw(&p, &screen, 1, 2); /* two levels of four */
	assert_row(&screen, 0, " left               |right      |~|");
	assert_row(&screen, 1, " deep           |                1 more");
	screen_release(&screen);
	flame_layout_release((struct flame_layout *)p.layout);
	table_release(&t);
}

static void searched_frames_are_marked(void **state)
{
	struct screen screen;
	struct table t;

	(void)state;
	example(&t);
	struct flame_picture p = { .table = &t, .search = "ee" };
	draw(&p, &screen, 1, 4);
	assert_int_equal(screen.cells[2 * 40 + 1].style, STYLE_MATCH);
	assert_int_equal(screen.cells[2 * 40 + 14].style, STYLE_MATCH); /* all of the frame */
	assert_int_equal(screen.cells[3 * 40 + 1].style, STYLE_MATCH);
	assert_int_not_equal(screen.cells[1 * 40 + 1].style, STYLE_MATCH);
	screen_release(&screen);
	p.search = "DEEP"; /* a capital makes case matter */
	draw(&p, &screen, 1, 4);
	assert_int_not_equal(screen.cells[2 * 40 + 1].style, STYLE_MATCH);
	screen_release(&screen);
	flame_layout_release((struct flame_layout *)p.layout);
	table_release(&t);
}

/* Growth and shrinkage are told by signs and styles; what is gone has its width of before. */
static void changes_are_seen(void **state)
{
	struct screen screen;
	struct table t;
	static const int64_t base[] = { 100, 25, 80, 0, 75, 1, 5 };

	(void)state;
	example(&t);
	for (size_t row = 0; row < t.row_count; row++) {
		struct value *v = table_at(&t, row, 0);
		table_set_number(&v[FLAME_BASE_VALUE], base[row]);
		table_set_number(&v[FLAME_CHANGE], v[FLAME_VALUE].number - base[row]);
	}
	table_at(&t, 4, FLAME_VALUE)->number = 0; /* right is gone */
	table_at(&t, 4, FLAME_CHANGE)->number = -75;
	table_at(&t, 5, FLAME_VALUE)->number = 0;
	struct flame_picture p = { .table = &t };
	draw(&p, &screen, 1, 4);
	assert_row(&screen, 1, " +100 % left   |-gone right   |~|");
	assert_int_equal(screen.cells[1 * 40 + 1].style, STYLE_GROWTH);
	assert_int_equal(screen.cells[1 * 40 + 16].style, STYLE_RELEASE);
	screen_release(&screen);
	flame_layout_release((struct flame_layout *)p.layout);
	table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_lie_where_they_belong),
		cmocka_unit_test_setup_teardown(any_width_fits, setup, teardown),
		cmocka_unit_test(narrow_frames_stand_for_those_above),
		cmocka_unit_test(odd_figures),
		cmocka_unit_test_setup_teardown(paths_lead_back, setup, teardown),
		cmocka_unit_test(paths_stay_below_the_start),
		cmocka_unit_test(shapes),
		cmocka_unit_test(searched_frames_are_marked),
		cmocka_unit_test(changes_are_seen),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
