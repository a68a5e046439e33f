/* SPDX-License-Identifier: MIT
 *
 * Flame trees against the folded stacks that the exporter writes of the same recording, line by line, and outwards
 * against the callers report, which merges by place and walks every stack.
 */
#include "tests/unit/report_fixture.h"

#include "analyzer/export/export.h"
#include "analyzer/report/flame.h"
#include "analyzer/report/flame_open.h"
#include "analyzer/store/kept.h"

static const char *const costs[] = { "allocations", "allocated_bytes", "at_peak_bytes", "leaked_bytes", "temporary_allocations",
	                             "frees", "wait_ns", "blocked_ns", "held_ns" };
enum { COSTS = sizeof(costs) / sizeof(costs[0]) };

static void read_rows(struct store *of, struct store *base, struct flame_query q, struct table *t)
{
	struct err err = { 0 };

	if (flame_read(of, base, &q, t, &err))
		fail_msg("%s", err.text);
}

static int64_t at(const struct table *t, size_t row, int column)
{
	return table_at(t, row, (size_t)column)->number;
}

static const char *name_of(const struct table *t, size_t row)
{
	return table_at(t, row, FLAME_FUNCTION)->text;
}

/* A row's function as folded stacks write it. */
static void spell(const struct table *t, size_t row, char *out, size_t size)
{
	FILE *to = fmemopen(out, size, "w");

	assert_non_null(to);
	stack_tree_write_name(name_of(t, row), to);
	fclose(to);
}

/* The functions from the root to a row, joined by ;. */
static void path_of(const struct table *t, size_t row, char *out, size_t size)
{
	char below[4096] = "", name[1024];

	out[0] = 0;
	for (; at(t, row, FLAME_DEPTH_COLUMN) > 0; row = (size_t)at(t, row, FLAME_PARENT)) {
		spell(t, row, name, sizeof(name));
		snprintf(below, sizeof(below), "%s%s%s", name, *out ? ";" : "", out);
		snprintf(out, size, "%s", below);
	}
}

static int64_t sum_of_path(const struct table *t, const char *path)
{
	char of[4096];
	int64_t total = 0;

	for (size_t row = 1; row < t->row_count; row++) {
		path_of(t, row, of, sizeof(of));
		total += strcmp(of, path) == 0 ? at(t, row, FLAME_VALUE) : 0;
	}
	return total;
}

/* --- the folded stacks ------------------------------------------------------------------------------ */

static char *fold_some(const struct export_query *q)
{
	struct err err = { 0 };
	char *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);

	assert_non_null(out);
	if (export_find("folded")->write(s, q, out, &err))
		fail_msg("%s", err.text);
	fclose(out);
	for (char *mark; (mark = strstr(lines, "_[i]"));)
		memmove(mark, mark + 4, strlen(mark + 4) + 1);
	return lines;
}

static char *fold(const char *cost)
{
	return fold_some(&(struct export_query){ .cost = cost });
}

/* Sums of the lines that begin with a path; of those with a text in their stack; of those through a function. */
struct folded_question {
	const char *path, *text, *function;
};

static int has_function(const char *stack, const char *function)
{
	size_t size = strlen(function);

	for (const char *from = stack; (from = strstr(from, function)); from++)
		if ((from == stack || from[-1] == ';') && (from[size] == ';' || !from[size]))
			return 1;
	return 0;
}

static int64_t folded_sum(const char *lines, const struct folded_question *q)
{
	int64_t sum = 0;
	char stack[8192];

	for (const char *line = lines, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		snprintf(stack, sizeof(stack), "%.*s", (int)(end - line), line);
		char *blank = strrchr(stack, ' ');
		*blank = 0;
		size_t size = q->path ? strlen(q->path) : 0;
		if (size && (strncmp(stack, q->path, size) != 0 || (stack[size] && stack[size] != ';')))
			continue;
		if ((q->text && !strstr(stack, q->text)) || (q->function && !has_function(stack, q->function)))
			continue;
		sum += strtoll(blank + 1, NULL, 10);
	}
	return sum;
}

static void inwards_as_folded(void **state)
{
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < COSTS; i++) {
		char *lines = fold(costs[i]), path[4096];
		struct table t;
		read_rows(s, NULL, (struct flame_query){ .subject.cost = costs[i] }, &t);
		assert_int_equal(at(&t, 0, FLAME_VALUE), folded_sum(lines, &(struct folded_question){ 0 }));
		for (size_t row = 1; row < t.row_count; row++, rows++) {
			path_of(&t, row, path, sizeof(path));
			assert_int_equal(sum_of_path(&t, path), folded_sum(lines, &(struct folded_question){ .path = path }));
		}
		table_release(&t);
		free(lines);
	}
	assert_true(rows > 50);
}

static void outwards_as_callers(void **state)
{
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < COSTS; i++) {
		struct table t, callers;
		char path[4096];
		read_rows(s, NULL, (struct flame_query){ .subject = { .cost = costs[i], .bottom_up = 1 } }, &t);
		run("callers", &(struct report_query){ .cost = costs[i], .bottom_up = 1 }, &callers);
		for (size_t row = 1; row < t.row_count; row++, rows++) {
			int64_t want = 0;
			path_of(&t, row, path, sizeof(path));
			for (size_t k = 0; k < callers.row_count; k++)
				want += strcmp(text(&callers, k, "stack"), path) == 0 ? number(&callers, k, "value") : 0;
			assert_int_equal(sum_of_path(&t, path), want);
		}
		assert_true(!callers.row_count == (t.row_count == 1));
		table_release(&callers);
		table_release(&t);
	}
	assert_true(rows > 50);
}

/* --- shape ------------------------------------------------------------------------------------------ */

/* A row's value is its self and its children's, others among them; children are in order. */
static void check_shape(const struct table *t, int by_name)
{
	for (size_t row = 0; row < t->row_count; row++) {
		int64_t rest = at(t, row, FLAME_VALUE) - at(t, row, FLAME_SELF);
		size_t last = 0;
		if (at(t, row, FLAME_KIND) == FLAME_OTHERS || !at(t, row, FLAME_OPEN))
			continue;
		for (size_t k = row + 1; k < t->row_count && at(t, k, FLAME_DEPTH_COLUMN) > at(t, row, FLAME_DEPTH_COLUMN); k++) {
			if (at(t, k, FLAME_DEPTH_COLUMN) != at(t, row, FLAME_DEPTH_COLUMN) + 1)
				continue;
			assert_int_equal(at(t, k, FLAME_PARENT), row);
			rest -= at(t, k, FLAME_VALUE);
			if (last && at(t, k, FLAME_KIND) == FLAME_FRAME) {
				assert_true(at(t, last, FLAME_KIND) == FLAME_FRAME);
				assert_true(by_name ? strcmp(name_of(t, last), name_of(t, k)) <= 0 : at(t, last, FLAME_VALUE) >= at(t, k, FLAME_VALUE));
			}
			last = k;
		}
		if (at(t, row, FLAME_KIND) != FLAME_ABOVE)
			assert_int_equal(rest, 0);
	}
}

static void what_is_small_is_others(void **state)
{
	(void)state;
	for (int bottom_up = 0; bottom_up < 2; bottom_up++)
		for (int by_name = 0; by_name < 2; by_name++) {
			struct table all, t;
			size_t others = 0;
			read_rows(s, NULL, (struct flame_query){ .subject.bottom_up = bottom_up, .by_name = by_name }, &all);
			read_rows(s, NULL, (struct flame_query){ .subject.bottom_up = bottom_up, .by_name = by_name, .least = 0.2 }, &t);
			check_shape(&all, by_name);
			check_shape(&t, by_name);
			for (size_t row = 0; row < t.row_count; row++) {
				if (at(&t, row, FLAME_KIND) == FLAME_OTHERS)
					others++;
				else
					assert_true(5 * at(&t, row, FLAME_VALUE) >= at(&t, 0, FLAME_VALUE));
			}
			assert_true(others > 0);
			assert_true(t.row_count < all.row_count);
			assert_int_equal(all.total_rows, all.row_count);
			table_release(&all);
			table_release(&t);
		}
}

/* The labels from the root to a row. */
static void labels_of(const struct table *t, size_t row, char *out, size_t size)
{
	char below[1024];

	out[0] = 0;
	for (; at(t, row, FLAME_DEPTH_COLUMN) > 0; row = (size_t)at(t, row, FLAME_PARENT)) {
		snprintf(below, sizeof(below), "%lld%s%s", (long long)at(t, row, FLAME_LABEL), *out ? "/" : "", out);
		snprintf(out, size, "%s", below);
	}
}

/* The stacks below a frame, written folded, are as much as the frame. */
static void frames_as_exported(void **state)
{
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < 2 * COSTS; i++) {
		char path[1024];
		struct table t;
		struct export_query q = { .cost = costs[i / 2], .path = path, .outwards = i % 2 };
		read_rows(s, NULL, (struct flame_query){ .subject = { .cost = q.cost, .bottom_up = q.outwards } }, &t);
		for (size_t row = 1; row < t.row_count; row++, rows++) {
			labels_of(&t, row, path, sizeof(path));
			char *lines = fold_some(&q);
			assert_int_equal(folded_sum(lines, &(struct folded_question){ 0 }), at(&t, row, FLAME_VALUE));
			free(lines);
		}
		table_release(&t);
	}
	assert_true(rows > 100);
}

/* Starting from any frame gives its part of the whole, and the way there. */
static void starts_anywhere(void **state)
{
	struct table all, t;
	char path[1024], names[1024], start_names[1024];

	(void)state;
	read_rows(s, NULL, (struct flame_query){ 0 }, &all);
	for (size_t row = 1; row < all.row_count; row++) {
		size_t start = (size_t)at(&all, row, FLAME_DEPTH_COLUMN), below = 1;
		while (row + below < all.row_count && at(&all, row + below, FLAME_DEPTH_COLUMN) > (int64_t)start)
			below++;
		labels_of(&all, row, path, sizeof(path));
		path_of(&all, row, names, sizeof(names));
		read_rows(s, NULL, (struct flame_query){ .path = path }, &t);
		path_of(&t, start, start_names, sizeof(start_names));
		assert_string_equal(names, start_names);
		assert_int_equal(t.row_count, start + below);
		assert_int_equal(at(&t, start, FLAME_KIND), FLAME_START);
		assert_int_equal(at(&t, 0, FLAME_VALUE), at(&all, 0, FLAME_VALUE));
		for (size_t k = 0; k < below; k++)
			assert_int_equal(at(&t, start + k, FLAME_VALUE), at(&all, row + k, FLAME_VALUE));
		table_release(&t);
		strcat(path, "/999999"); /* leads nowhere: as far as it goes */
		read_rows(s, NULL, (struct flame_query){ .path = path }, &t);
		assert_int_equal(at(&t, start, FLAME_KIND), FLAME_START);
		table_release(&t);
	}
	table_release(&all);
}

static void depth_is_bounded(void **state)
{
	struct table t;

	(void)state;
	read_rows(s, NULL, (struct flame_query){ .most_depth = 2 }, &t);
	for (size_t row = 0; row < t.row_count; row++)
		assert_true(at(&t, row, FLAME_DEPTH_COLUMN) <= 2);
	assert_true(t.row_count > 2);
	table_release(&t);
}

/* --- matches and subjects --------------------------------------------------------------------------- */

static void matches_count_a_stack_once(void **state)
{
	static const char *const texts[] = { "a", "mai", "row_", "nobody" };
	size_t some = 0;

	(void)state;
	for (size_t i = 0; i < COSTS; i++) {
		char *lines = fold(costs[i]);
		if (strstr(costs[i], "_ns")) { /* these have locks as their last frames */
			free(lines);
			continue;
		}
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			for (int opened = 0; opened < 2; opened++) {
				struct table t;
				kept_drop(s);
				if (opened) { /* the same when the tree's nodes are all there */
					read_rows(s, NULL, (struct flame_query){ .subject.cost = costs[i] }, &t);
					table_release(&t);
				}
				read_rows(s, NULL, (struct flame_query){ .subject.cost = costs[i], .match = texts[k], .least = 1, .most_depth = 1 }, &t);
				int64_t want = folded_sum(lines, &(struct folded_question){ .text = texts[k] });
				assert_int_equal(at(&t, 0, FLAME_MATCHED), want);
				some += want > 0;
				table_release(&t);
			}
		free(lines);
	}
	assert_true(some > 5);
}

/* Outwards the same stacks match, unless it is an allocator that does. */
static void matches_outwards(void **state)
{
	struct table in, out;

	(void)state;
	for (int opened = 0; opened < 2; opened++) {
		read_rows(s, NULL, (struct flame_query){ .match = "main" }, &in);
		read_rows(s, NULL, (struct flame_query){ .subject.bottom_up = 1, .match = "main", .least = opened ? 0 : 1 }, &out);
		assert_true(at(&in, 0, FLAME_MATCHED) > 0);
		assert_int_equal(at(&in, 0, FLAME_MATCHED), at(&out, 0, FLAME_MATCHED));
		table_release(&in);
		table_release(&out);
	}
}

static void through_a_function(void **state)
{
	struct table t, all;
	size_t some = 0;
	char *lines = fold("allocated_bytes"), name[1024], sql[256];

	(void)state;
	read_rows(s, NULL, (struct flame_query){ 0 }, &all);
	for (size_t row = 1; row < all.row_count; row++)
		for (int bottom_up = 0; bottom_up < 2; bottom_up++) {
			struct flame_query q = { .subject = { .bottom_up = bottom_up, .through = at(&all, row, FLAME_FUNCTION_KEY) } };
			snprintf(sql, sizeof(sql), "SELECT count(*) FROM function WHERE name = (SELECT name FROM function WHERE id = %lld)",
			         (long long)q.subject.through);
			if (synthetic_ask(s, sql) > 1) /* folded stacks have but the name */
				continue;
			spell(&all, row, name, sizeof(name));
			read_rows(s, NULL, q, &t);
			assert_int_equal(at(&t, 0, FLAME_VALUE), folded_sum(lines, &(struct folded_question){ .function = name }));
			some += at(&t, 0, FLAME_VALUE) > 0 && at(&t, 0, FLAME_VALUE) < at(&all, 0, FLAME_VALUE);
			table_release(&t);
		}
	assert_true(some > 2);
	table_release(&all);
	free(lines);
}

/* --- two recordings --------------------------------------------------------------------------------- */

/* The other recording has its functions under other ids, and half of the one's figures. */
static const char changed[] =
	"UPDATE function SET id = id + 1000; UPDATE frame SET function_id = function_id + 1000;"
	"UPDATE site SET function_id = function_id + 1000; UPDATE owner SET function_id = function_id + 1000;"
	"UPDATE total SET value = value / 2 WHERE value > 1;";

/* Values of rows of one path. */
static int64_t sum_column(const struct table *t, const char *path, int column)
{
	char of[4096];
	int64_t total = 0;

	for (size_t row = 1; row < t->row_count; row++) {
		path_of(t, row, of, sizeof(of));
		total += strcmp(of, path) == 0 ? at(t, row, column) : 0;
	}
	return total;
}

static void compare_stores(struct store *now, struct store *base)
{
	for (int bottom_up = 0; bottom_up < 2; bottom_up++) {
		struct table both, one, other;
		char path[4096];
		struct flame_query q = { .subject.bottom_up = bottom_up };
		read_rows(now, base, q, &both);
		read_rows(now, NULL, q, &one);
		read_rows(base, NULL, q, &other);
		assert_int_equal(at(&both, 0, FLAME_VALUE), at(&one, 0, FLAME_VALUE));
		assert_int_equal(at(&both, 0, FLAME_BASE_VALUE), at(&other, 0, FLAME_VALUE));
		for (size_t row = 1; row < both.row_count; row++) {
			path_of(&both, row, path, sizeof(path));
			assert_int_equal(sum_column(&both, path, FLAME_VALUE), sum_column(&one, path, FLAME_VALUE));
			assert_int_equal(sum_column(&both, path, FLAME_BASE_VALUE), sum_column(&other, path, FLAME_VALUE));
		}
		for (size_t row = 1; row < other.row_count; row++) { /* nothing of the base is missing */
			path_of(&other, row, path, sizeof(path));
			assert_int_equal(sum_column(&both, path, FLAME_BASE_VALUE), sum_column(&other, path, FLAME_VALUE));
		}
		check_shape(&both, 0);
		table_release(&both);
		table_release(&one);
		table_release(&other);
	}
}

static void two_recordings(void **state)
{
	struct store *base = synthetic_open(changed);

	(void)state;
	compare_stores(s, base);
	compare_stores(base, s);
	synthetic_close(base);
}

/* What only one of them has stands there with 0 of the other. */
static void gone_frames(void **state)
{
	struct store *base = synthetic_open("UPDATE function SET name = 'was_here' WHERE name = 'main';");
	struct table t;
	int64_t gone = -1, now = -1;

	(void)state;
	read_rows(s, base, (struct flame_query){ 0 }, &t);
	for (size_t row = 1; row < t.row_count; row++) {
		if (!strcmp(name_of(&t, row), "was_here")) {
			assert_int_equal(at(&t, row, FLAME_VALUE), 0);
			assert_true(table_at(&t, row, FLAME_FUNCTION_KEY)->none);
			gone = at(&t, row, FLAME_BASE_VALUE);
		}
		if (!strcmp(name_of(&t, row), "main")) {
			assert_int_equal(at(&t, row, FLAME_BASE_VALUE), 0);
			now = at(&t, row, FLAME_VALUE);
		}
	}
	assert_true(gone > 0);
	assert_int_equal(gone, now);
	table_release(&t);
	synthetic_close(base);
}

/* --- open nodes ------------------------------------------------------------------------------------- */

static void read_open(struct flame_open_query q, struct table *t)
{
	struct err err = { 0 };

	if (flame_open_read(s, NULL, &q, t, &err))
		fail_msg("%s", err.text);
}

/* Opening one node after the other gives the whole tree, whichever is opened first. */
static void open_all_of_it(void **state)
{
	struct table all, t;
	char path[1024];
	char *open = calloc(1, 1 << 16);

	(void)state;
	assert_non_null(open);
	read_rows(s, NULL, (struct flame_query){ 0 }, &all);
	read_open((struct flame_open_query){ 0 }, &t);
	assert_int_equal(t.row_count, 1 + at(&t, 0, FLAME_CHILDREN));
	table_release(&t);
	strcat(open, "999999\n1/2/3/4/5\n\nnonsense\n");
	for (size_t row = all.row_count; row-- > 1;) {
		labels_of(&all, row, path, sizeof(path));
		strcat(open, path);
		strcat(open, "\n");
	}
	read_open((struct flame_open_query){ .open = open }, &t);
	assert_int_equal(t.row_count, all.row_count);
	for (size_t row = 0; row < t.row_count; row++) {
		assert_int_equal(at(&t, row, FLAME_VALUE), at(&all, row, FLAME_VALUE));
		assert_string_equal(name_of(&t, row), name_of(&all, row));
	}
	table_release(&t);
	read_open((struct flame_open_query){ .open = open, .most = 1 }, &t);
	check_shape(&t, 0);
	assert_true(t.row_count < all.row_count);
	table_release(&t);
	table_release(&all);
	free(open);
}

/* The hottest way goes through the biggest children, and has at least half of what it began with. */
static void the_hottest_way(void **state)
{
	struct table t;
	size_t opened = 0;
	int64_t depth = 0;

	(void)state;
	read_open((struct flame_open_query){ .hottest = "" }, &t);
	for (size_t row = 0; row < t.row_count; row++) {
		if (!at(&t, row, FLAME_OPEN))
			continue;
		assert_int_equal(at(&t, row, FLAME_DEPTH_COLUMN), depth++);
		assert_true(2 * at(&t, row, FLAME_VALUE) >= at(&t, 0, FLAME_VALUE));
		assert_true(!row || at(&t, row, FLAME_PARENT) == (int64_t)row - 1); /* the first child of the one before */
		opened++;
	}
	assert_true(opened > 2);
	table_release(&t);
}

/* --- keeping ---------------------------------------------------------------------------------------- */

static void trees_are_kept(void **state)
{
	struct flame_subject subject = { .cost = "allocations" };
	struct err err;
	struct flame_tree *first = flame_tree_get(s, NULL, &subject, &err);
	uint64_t generation = kept_generation(s);

	(void)state;
	assert_ptr_equal(flame_tree_get(s, NULL, &subject, &err), first);
	assert_int_equal(kept_generation(s), generation);
	flame_tree_make_children(first, 0);
	assert_true(first->count > 1);
	kept_drop(s);
	assert_true(kept_generation(s) != generation);
	assert_int_equal(flame_tree_get(s, NULL, &subject, &err)->count, 1);
	assert_null(flame_tree_get(s, NULL, &(struct flame_subject){ .cost = "beauty" }, &err));
	assert_non_null(strstr(err.text, "beauty"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(inwards_as_folded, setup, teardown),
		cmocka_unit_test_setup_teardown(outwards_as_callers, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_small_is_others, setup, teardown),
		cmocka_unit_test_setup_teardown(frames_as_exported, setup, teardown),
		cmocka_unit_test_setup_teardown(starts_anywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(matches_count_a_stack_once, setup, teardown),
		cmocka_unit_test_setup_teardown(matches_outwards, setup, teardown),
		cmocka_unit_test_setup_teardown(through_a_function, setup, teardown),
		cmocka_unit_test_setup_teardown(two_recordings, setup, teardown),
		cmocka_unit_test_setup_teardown(gone_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(open_all_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(the_hottest_way, setup, teardown),
		cmocka_unit_test_setup_teardown(trees_are_kept, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
