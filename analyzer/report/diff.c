/* SPDX-License-Identifier: MIT
 *
 * Both sides read, matched, put in order and written into a table; the wholes beside it. The heads of all tables come from
 * one list of measures.
 */
#define _GNU_SOURCE /* strcasestr, qsort_r */
#include "analyzer/report/diff.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/diff_match.h"
#include "analyzer/report/diff_remark.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

#define OF_PROCESSES(column) "SELECT coalesce(sum(" column "), 0) FROM process"
#define OF_COST(id) "SELECT coalesce(sum(value), 0) FROM site_total WHERE cost_id = " id

/* What is compared, and the words for it: M(id, name, title, unit, cost, level, whole, help). */
#define MEASURES(M) \
	M(ALLOCATED_BYTES, "allocated_bytes", "ALLOCATED", UNIT_BYTES, COST_ALLOCATED_BYTES, 0, OF_PROCESSES("allocated_bytes"), \
	  "bytes asked for") \
	M(ALLOCATIONS, "allocations", "CALLS", UNIT_COUNT, COST_ALLOCATIONS, 0, OF_PROCESSES("allocations"), "successful allocations") \
	M(PEAK_BYTES, "peak_bytes", "PEAK", UNIT_BYTES, 0, 1, OF_PROCESSES("peak_bytes"), \
	  "the site's own largest live bytes, whenever that was; at least that where several lines are one row") \
	M(AT_PEAK_BYTES, "at_peak_bytes", "AT PEAK", UNIT_BYTES, COST_AT_PEAK_BYTES, 1, OF_PROCESSES("peak_bytes"), \
	  "live when the process's heap was largest") \
	M(LEAKED_BYTES, "leaked_bytes", "LEAKED", UNIT_BYTES, COST_LEAKED_BYTES, 0, OF_PROCESSES("leaked_bytes"), "never freed") \
	M(LEAKED_ALLOCATIONS, "leaked_allocations", "BLOCKS LEAKED", UNIT_COUNT, COST_LEAKED_ALLOCATIONS, 0, \
	  OF_PROCESSES("leaked_allocations"), "blocks never freed") \
	M(TEMPORARY_ALLOCATIONS, "temporary_allocations", "TEMPORARY", UNIT_COUNT, COST_TEMPORARY_ALLOCATIONS, 0, \
	  OF_PROCESSES("temporary_allocations"), "freed by their thread before its next allocation") \
	M(WAIT_NS, "wait_ns", "WAIT", UNIT_NS, COST_WAIT_NS, 0, OF_PROCESSES("wait_ns"), "time spent waiting for locks") \
	M(WAITS, "waits", "WAITS", UNIT_COUNT, COST_WAITS, 0, OF_COST("21"), "lock acquisitions that had to wait") \
	M(HELD_NS, "held_ns", "HELD", UNIT_NS, COST_HELD_NS, 0, OF_COST("23"), "time others waited for a lock held here") \
	M(BLOCKED_NS, "blocked_ns", "BLOCKED", UNIT_NS, COST_BLOCKED_NS, 0, OF_PROCESSES("blocked_ns"), "time spent waiting for work")

#define MEASURE(id, name, title, unit, cost, level, whole, help) [DIFF_##id] = { name, title, unit, help, cost, level, whole },
#define THREE_COLUMNS(id, name, title, unit, cost, level, whole, help) \
	[DIFF_AT(DIFF_##id, DIFF_NOW)] = { name, NULL, unit, help }, \
	[DIFF_AT(DIFF_##id, DIFF_BASE)] = { name "_base", NULL, unit, "the same in the base" }, \
	[DIFF_AT(DIFF_##id, DIFF_CHANGE)] = { name "_change", title, unit, "the difference: " help },

const struct diff_measure diff_measures[DIFF_MEASURES] = { MEASURES(MEASURE) };

static const struct column columns[DIFF_COLUMNS] = {
	[DIFF_STATE] = { "state", NULL, UNIT_TEXT, "new: not in the base; gone: in the base alone" },
	[DIFF_FUNCTION] = { "function", "SITE", UNIT_TEXT, "function that asked for the memory, or waited" },
	[DIFF_FILE] = { "file", NULL, UNIT_TEXT, "its source file" },
	[DIFF_LINE] = { "line", NULL, UNIT_ID, "line in the file; none where several are one row" },
	[DIFF_MODULE] = { "module", NULL, UNIT_TEXT, "executable or shared object it lies in" },
	MEASURES(THREE_COLUMNS)
	[DIFF_SITE_ID] = { "site_id", NULL, UNIT_ID, "key of the site" },
	[DIFF_FUNCTION_ID] = { "function_id", NULL, UNIT_ID, "key of its function" },
	[DIFF_BASE_SITE_ID] = { "base_site_id", NULL, UNIT_ID, "key of the site in the base" },
};

const struct report diff_report = {
	.name = "diff",
	.title = "Differences",
	.help = "sites of two recordings",
	.rows = "sites",
	.columns = columns,
	.column_count = DIFF_COLUMNS,
	.key_count = DIFF_COLUMNS - DIFF_SITE_ID,
	.sort_column = REPORT_IN_ORDER,
	.estimates = REPORT_WAIT_SHARES,
	.parts = LENS_LEAKS | LENS_PEAKS,
};

/* --- the query ------------------------------------------------------------------------------------------- */

static size_t measure_named(const char *name)
{
	size_t m = 0;

	while (m < DIFF_MEASURES && strcmp(diff_measures[m].name, name) != 0)
		m++;
	return m;
}

/* The column a query is sorted by; DIFF_COLUMNS: there is none of that name. */
static size_t sort_column(const struct diff_query *q)
{
	const char *name = q->sort + (q->sort[0] == '-');
	size_t c = 0;

	while (c < DIFF_SITE_ID && strcmp(columns[c].name, name) != 0)
		c++;
	return c < DIFF_SITE_ID ? c : DIFF_COLUMNS;
}

size_t diff_measure_of(const struct diff_query *q)
{
	size_t c = q->sort ? sort_column(q) : DIFF_COLUMNS;

	if (c >= DIFF_FIGURES && c < DIFF_SITE_ID)
		return (c - DIFF_FIGURES) / 3;
	return q->cost ? measure_named(q->cost) : DIFF_ALLOCATED_BYTES;
}

int diff_check(const struct diff_query *q, struct err *err)
{
	char known[400] = "";
	size_t used = 0;

	for (size_t m = 0; m < DIFF_MEASURES && used < sizeof(known); m++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", m ? ", " : "", diff_measures[m].name);
	if (q->cost && measure_named(q->cost) == DIFF_MEASURES)
		return err_set(err, ERR_USAGE, "diff does not compare \"%s\"; it compares %s", q->cost, known);
	if (q->sort && sort_column(q) == DIFF_COLUMNS)
		return err_set(err, ERR_USAGE, "diff has no column \"%s\"; it has state, function, file, line, module, and of %s each with "
		               "_base and _change as well", q->sort + (q->sort[0] == '-'), known);
	return 0;
}

/* --- the wholes ------------------------------------------------------------------------------------------ */

static int ask(struct store *s, const char *sql, int64_t *value, struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);
	int got = q ? statement_step(q, err) : -1;

	*value = got > 0 ? statement_number(q, 0) : 0;
	statement_finish(q);
	return got < 0 ? -1 : 0;
}

int64_t diff_duration(struct store *s)
{
	int64_t first, last, ns = 0;
	struct statement *q = NULL;

	lens_slices(s, &first, &last);
	if (!first)
		return store_meta_number(s, "duration_ns", 0);
	q = store_prepare(s, "SELECT max(end_ns) - min(start_ns) FROM main.slice WHERE id BETWEEN ?1 AND ?2", NULL);
	if (q) {
		statement_bind_number(q, 1, first);
		statement_bind_number(q, 2, last);
		ns = statement_step(q, NULL) > 0 ? statement_number(q, 0) : 0;
	}
	statement_finish(q);
	return ns;
}

int diff_factor(struct store *base, struct store *now, enum diff_scale scale, double *factor, struct err *err)
{
	int64_t before = 0, after = 0;

	*factor = 1;
	if (scale == DIFF_BY_TIME) {
		before = diff_duration(base);
		after = diff_duration(now);
	} else if (scale == DIFF_BY_ALLOCATIONS) {
		const char *sql = diff_measures[DIFF_ALLOCATIONS].whole;
		if (ask(base, sql, &before, err) || ask(now, sql, &after, err))
			return -1;
	}
	if (before > 0 && after > 0)
		*factor = (double)after / (double)before;
	return 0;
}

/* Three figures that are not known. */
static void clear(struct value *three)
{
	for (int i = 0; i < 3; i++)
		three[i] = (struct value){ .none = 1 };
}

int diff_read_wholes(struct store *base, struct store *now, enum diff_scale scale, struct table *t, struct err *err)
{
	static const struct column heads[] = {
		{ "cost", "COST", UNIT_TEXT, "what is compared" },
		{ "now", "B", UNIT_ID, "in the later recording" },
		{ "base", "A", UNIT_ID, "in the base" },
		{ "change", "CHANGE", UNIT_ID, "the difference" },
	};
	int64_t before, after;
	double factor;

	if (diff_factor(base, now, scale, &factor, err))
		return -1;
	table_init(t, heads, sizeof(heads) / sizeof(heads[0]));
	for (size_t m = 0; m < DIFF_MEASURES; m++) {
		if (ask(base, diff_measures[m].whole, &before, err) || ask(now, diff_measures[m].whole, &after, err)) {
			table_release(t);
			return -1;
		}
		before = diff_scaled(before, diff_measures[m].level ? 1 : factor);
		struct value *row = table_add_row(t);
		table_set_text(t, &row[DIFF_WHOLE_NAME], diff_measures[m].name);
		table_set_number(&row[DIFF_WHOLE_NOW], after);
		table_set_number(&row[DIFF_WHOLE_BASE], before);
		table_set_number(&row[DIFF_WHOLE_CHANGE], diff_change(before, after));
		if (m == DIFF_TEMPORARY_ALLOCATIONS && diff_remark_sampled(base, now))
			clear(&row[DIFF_WHOLE_NOW]);
	}
	t->total_rows = t->row_count;
	return 0;
}

/* --- rows ------------------------------------------------------------------------------------------------ */

static int64_t change_of(const struct diff_row *row, size_t measure)
{
	return diff_change(row->values[DIFF_SIDE_BASE][measure], row->values[DIFF_SIDE_NOW][measure]);
}

/* The largest change first, growth before shrinkage of the same size, then by name. */
static int compare_rows(const void *left, const void *right, void *measure)
{
	const struct diff_row *a = *(const struct diff_row *const *)left, *b = *(const struct diff_row *const *)right;
	int64_t x = change_of(a, *(size_t *)measure), y = change_of(b, *(size_t *)measure);
	int64_t size_x = x < 0 ? -x : x, size_y = y < 0 ? -y : y;

	if (size_x != size_y)
		return size_x < size_y ? 1 : -1;
	if (x != y)
		return x < y ? 1 : -1;
	int names = strcmp(a->function, b->function);
	return names ? names : strcmp(a->file, b->file);
}

/* Counts in what a row changed; 0: in nothing. */
static int count_changes(struct diff *d, const struct diff_row *row)
{
	int any = 0;

	for (size_t m = 0; m < DIFF_MEASURES; m++) {
		int changed = change_of(row, m) != 0;
		d->changed[m] += (size_t)changed;
		any |= changed;
	}
	return any;
}

/* The rows of the query in order. The caller frees it. */
static const struct diff_row **order_rows(struct diff *d, const struct diff_match *m, const struct diff_query *q, size_t *count)
{
	const struct diff_row **rows = memory_zeroed(m->count, sizeof(*rows)), *swap;
	size_t measure = diff_measure_of(q), n = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct diff_row *row = &m->rows[i];
		if (q->match && !strcasestr(row->function, q->match))
			continue;
		d->compared++;
		int changed = count_changes(d, row);
		d->unchanged += !changed;
		if (q->rows == DIFF_ALL || (q->rows == DIFF_CHANGED_AT_ALL && changed) || change_of(row, measure))
			rows[n++] = row;
	}
	qsort_r(rows, n, sizeof(*rows), compare_rows, &measure);
	if (q->sort && q->sort[0] == '-' && sort_column(q) == DIFF_AT(measure, DIFF_CHANGE))
		for (size_t i = 0; i < n / 2; i++) {
			swap = rows[i];
			rows[i] = rows[n - 1 - i];
			rows[n - 1 - i] = swap;
		}
	*count = n;
	return rows;
}

static void add_row(struct table *t, const struct diff_row *row)
{
	static const char *const states[2][2] = { { "", "new" }, { "gone", "" } }; /* in the base, now */
	const struct diff_site *base = row->main[DIFF_SIDE_BASE], *now = row->main[DIFF_SIDE_NOW], *site = now ? now : base;
	struct value *v = table_add_row(t);

	table_set_text(t, &v[DIFF_STATE], states[base != NULL][now != NULL]);
	table_set_text(t, &v[DIFF_FUNCTION], row->function);
	if (row->file[0])
		table_set_text(t, &v[DIFF_FILE], site->file[0] ? site->file : base->file);
	if (site->line && row->sites[now ? DIFF_SIDE_NOW : DIFF_SIDE_BASE] == 1)
		table_set_number(&v[DIFF_LINE], site->line);
	if (site->module[0])
		table_set_text(t, &v[DIFF_MODULE], site->module);
	for (size_t m = 0; m < DIFF_MEASURES; m++) {
		table_set_number(&v[DIFF_AT(m, DIFF_NOW)], row->values[DIFF_SIDE_NOW][m]);
		table_set_number(&v[DIFF_AT(m, DIFF_BASE)], row->values[DIFF_SIDE_BASE][m]);
		table_set_number(&v[DIFF_AT(m, DIFF_CHANGE)], change_of(row, m));
	}
	if (now) {
		table_set_number(&v[DIFF_SITE_ID], now->id);
		table_set_number(&v[DIFF_FUNCTION_ID], now->function_id);
	}
	if (base)
		table_set_number(&v[DIFF_BASE_SITE_ID], base->id);
}

static void fill_sites(struct diff *d, const struct diff_match *m, const struct diff_query *q)
{
	size_t count, limit = q->limit > 0 ? (size_t)q->limit : (size_t)-1, column = q->sort ? sort_column(q) : DIFF_COLUMNS;
	const struct diff_row **rows = order_rows(d, m, q, &count);
	int in_order = column == DIFF_COLUMNS || column == DIFF_AT(diff_measure_of(q), DIFF_CHANGE);

	table_init(&d->sites, columns, DIFF_COLUMNS);
	for (size_t i = 0; i < count && (!in_order || i < limit); i++)
		add_row(&d->sites, rows[i]);
	if (!in_order) {
		int descending = columns[column].unit != UNIT_TEXT;
		table_sort(&d->sites, column, q->sort[0] == '-' ? !descending : descending);
	}
	d->sites.total_rows = count;
	if (d->sites.row_count > limit)
		d->sites.row_count = limit;
	free(rows);
}

/* --- what a sample does not tell ------------------------------------------------------------------------- */

/* A sample has no temporaries: that there are none in it is no change. */
static void forget_temporaries(struct diff_side sides[DIFF_SIDES])
{
	for (int i = 0; i < DIFF_SIDES; i++)
		for (size_t k = 0; k < sides[i].count; k++)
			sides[i].sites[k].values[DIFF_TEMPORARY_ALLOCATIONS] = 0;
}

static void clear_temporaries(struct table *sites)
{
	for (size_t row = 0; row < sites->row_count; row++)
		clear(table_at(sites, row, DIFF_AT(DIFF_TEMPORARY_ALLOCATIONS, DIFF_NOW)));
}

/* --- all of it ------------------------------------------------------------------------------------------- */

int diff_read(struct store *base, struct store *now, const struct diff_query *q, struct diff *out, struct err *err)
{
	struct diff_side sides[DIFF_SIDES];
	struct diff_match match;

	*out = (struct diff){ .factor = 1 };
	if (diff_check(q, err) || diff_factor(base, now, q->scale, &out->factor, err) ||
	    diff_read_wholes(base, now, q->scale, &out->wholes, err))
		return -1;
	if (diff_side_read(&sides[DIFF_SIDE_BASE], base, out->factor, err)) {
		table_release(&out->wholes);
		return -1;
	}
	if (diff_side_read(&sides[DIFF_SIDE_NOW], now, 1, err)) {
		diff_side_release(&sides[DIFF_SIDE_BASE]);
		table_release(&out->wholes);
		return -1;
	}
	int sampled = diff_remark_sampled(base, now);

	if (sampled)
		forget_temporaries(sides);
	diff_match_make(&match, sides);
	fill_sites(out, &match, q);
	if (sampled)
		clear_temporaries(&out->sites);
	out->remarks = diff_remark_make(out, &match, q->scale, base, now);
	diff_match_release(&match);
	diff_side_release(&sides[DIFF_SIDE_BASE]);
	diff_side_release(&sides[DIFF_SIDE_NOW]);
	return 0;
}

void diff_release(struct diff *d)
{
	table_release(&d->sites);
	table_release(&d->wholes);
	free(d->remarks);
}
