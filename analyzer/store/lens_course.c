/* SPDX-License-Identifier: MIT
 *
 * What is live in the course of time, from the sums by slice: a block counts from the end of the slice it was made in to the end of the
 * one before it was freed. From that come the peaks of sites in a span, as far as ends of slices show them, and the timeline of what
 * passes a filter. When a process's heap was largest is what the file's timeline says: under a filter, too, so that what
 * passes is a part of the same whole.
 */
#include "analyzer/store/lens_private.h"

#include <stdlib.h>

#include "analyzer/base/keyed.h"
#include "analyzer/base/memory.h"
#include "analyzer/store/lens_rows.h"

/* --- peaks of processes --------------------------------------------------------------------------------- */

static int find_peaks(struct store *s, struct lens_state *l, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT process_id, slice, live_end_bytes FROM main.timeline WHERE slice BETWEEN ?1 AND ?2 "
	                                       "ORDER BY process_id, slice", err);
	int64_t process = 0, most = 0;
	int got;

	if (!q)
		return -1;
	statement_bind_number(q, 1, l->first);
	statement_bind_number(q, 2, l->last);
	while ((got = statement_step(q, err)) > 0) {
		most = statement_number(q, 0) == process ? most : 0;
		process = statement_number(q, 0);
		if (process < 1 || process > l->last_process || statement_number(q, 2) <= most)
			continue;
		most = statement_number(q, 2);
		l->processes[process].peak = statement_number(q, 1);
	}
	statement_finish(q);
	return got;
}

/* --- live bytes ----------------------------------------------------------------------------------------- */

struct cell_key {
	uint32_t site, process, thread; /* thread 0: any */
};

/* What is live of a site; made by a thread, or, its `whole`, by any of a process. */
struct cell {
	struct cell_key key;
	uint32_t whole; /* number of its process's cell; 0: it is one */
	int64_t live, bytes, most_live, most_bytes;
};

struct death { /* of blocks of a cell */
	uint32_t cell;
	int64_t count, bytes;
};

struct deaths { /* in one slice */
	struct death *at;
	size_t count, room;
};

struct slice_sums { /* of a process in a slice */
	int64_t made, made_bytes, ended, ended_bytes;
};

struct course {
	struct lens_state *l;
	int peaks, times;           /* which of the two are wanted */
	struct keyed cells;         /* struct cell, numbered from 1 */
	struct deaths *deaths;      /* by slice up to the last */
	uint32_t *touched;          /* cells that something was added to in this slice */
	size_t touched_count, touched_room;
	struct slice_sums **sums;   /* by process, NULL: nothing; then by slice up to the last */
};

static struct cell *cell_at(struct course *c, uint32_t number)
{
	return keyed_item(&c->cells, number - 1);
}

/* The number of a thread's cell; its process's is made along with it. */
static uint32_t find_cell(struct course *c, uint32_t site, uint32_t process, uint32_t thread)
{
	struct cell_key key = { site, process, thread };
	struct cell *cell = keyed_at(&c->cells, &key);
	uint32_t number = (uint32_t)(((unsigned char *)cell - c->cells.items) / sizeof(*cell)) + 1;

	if (!thread || cell->whole)
		return number;
	uint32_t whole = find_cell(c, site, process, 0);
	cell_at(c, number)->whole = whole;
	return number;
}

static void touch(struct course *c, uint32_t number)
{
	c->touched = memory_grown(c->touched, &c->touched_room, c->touched_count + 1, sizeof(*c->touched));
	c->touched[c->touched_count++] = number;
}

static void cell_add(struct course *c, uint32_t number, int64_t count, int64_t bytes)
{
	for (uint32_t n = number; n; n = cell_at(c, n)->whole) {
		struct cell *cell = cell_at(c, n);
		cell->live = lens_plus(cell->live, count);
		cell->bytes = lens_plus(cell->bytes, bytes);
	}
}

/* Blocks that are there at the end of the slice they were made in. */
static int blocks_stay(struct course *c, int64_t stack, int64_t thread, int64_t end, int64_t count, int64_t bytes, struct err *err)
{
	uint32_t site = lens_site(c->l, stack), number;

	if (!site)
		return lens_damaged(c->l, stack, thread, err);
	number = find_cell(c, site, c->l->threads[thread].process, (uint32_t)thread);
	cell_add(c, number, count, bytes);
	touch(c, number);
	if (!end || end > c->l->last)
		return 0;
	struct deaths *d = &c->deaths[end];
	d->at = memory_grown(d->at, &d->room, d->count + 1, sizeof(*d->at));
	d->at[d->count++] = (struct death){ number, count, bytes };
	return 0;
}

static void keep_most(struct course *c, uint32_t number)
{
	for (uint32_t n = number; n; n = cell_at(c, n)->whole) {
		struct cell *cell = cell_at(c, n);
		cell->most_live = cell->live > cell->most_live ? cell->live : cell->most_live;
		cell->most_bytes = cell->bytes > cell->most_bytes ? cell->bytes : cell->most_bytes;
	}
}

/* A slice ended: what dies in it goes, then the rest is looked at; where the span begins all of it, after that what grew. */
static void slice_ends(struct course *c, int64_t slice)
{
	struct deaths *d = &c->deaths[slice];

	for (size_t i = 0; i < d->count; i++)
		cell_add(c, d->at[i].cell, (int64_t)(0 - (uint64_t)d->at[i].count), (int64_t)(0 - (uint64_t)d->at[i].bytes));
	free(d->at);
	*d = (struct deaths){ 0 };
	if (slice == c->l->first)
		for (uint32_t n = 1; n <= c->cells.count; n++)
			keep_most(c, n);
	for (size_t i = 0; slice > c->l->first && i < c->touched_count; i++)
		keep_most(c, c->touched[i]);
	c->touched_count = 0;
}

static void time_sums(struct course *c, uint32_t process, int64_t slice, int64_t end, int64_t count, int64_t bytes)
{
	if (!c->sums[process])
		c->sums[process] = memory_zeroed((size_t)c->l->last + 1, sizeof(**c->sums));
	struct slice_sums *made = &c->sums[process][slice];
	made->made = lens_plus(made->made, count);
	made->made_bytes = lens_plus(made->made_bytes, bytes);
	if (!end || end > c->l->last)
		return;
	struct slice_sums *ended = &c->sums[process][end];
	ended->ended = lens_plus(ended->ended, count);
	ended->ended_bytes = lens_plus(ended->ended_bytes, bytes);
}

/* --- reading -------------------------------------------------------------------------------------------- */

enum { SLICE, END, STACK, THREAD, COUNT_OF, AMOUNT };

static int take_row(struct course *c, struct statement *q, struct err *err)
{
	const struct lens_state *l = c->l;
	int64_t slice = statement_number(q, SLICE), end = statement_number(q, END);
	int64_t stack = statement_number(q, STACK), thread = statement_number(q, THREAD);
	int64_t count = statement_number(q, COUNT_OF), bytes = statement_number(q, AMOUNT);

	if (lens_check(l, stack, thread, err))
		return -1;
	if (slice < 1 || end < 0 || (end && end < slice))
		return err_set(err, ERR_FAILED, "the database is damaged: blocks made in slice %lld were freed in slice %lld", (long long)slice,
		               (long long)end);
	if (!lens_node_passes(l, stack) || !l->threads[thread].passes)
		return 0;
	if (c->times)
		time_sums(c, l->threads[thread].process, slice, end, count, bytes);
	return c->peaks && end != slice ? blocks_stay(c, stack, thread, end, count, bytes, err) : 0;
}

/* Rows come by slice. */
static int read_blocks(struct store *s, struct course *c, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT slice, end_slice, stack_id, thread_id, count, amount FROM main.span_sum "
	                                       "WHERE class = 1 AND slice <= ?1 ORDER BY slice", err);
	int64_t slice = 1;
	int got, rc = 0;

	if (!q)
		return -1;
	statement_bind_number(q, 1, c->l->last);
	while ((got = statement_step(q, err)) > 0) {
		for (; c->peaks && slice < statement_number(q, SLICE); slice++)
			slice_ends(c, slice);
		if ((rc = take_row(c, q, err)))
			break;
	}
	statement_finish(q);
	for (; c->peaks && !got && slice <= c->l->last; slice++)
		slice_ends(c, slice);
	return rc ? -1 : got;
}

/* --- writing -------------------------------------------------------------------------------------------- */

static int write_peaks(struct store *s, const struct course *c, struct err *err)
{
	struct statement *q;
	int rc = 0;

	if (!(q = store_prepare(s, "INSERT INTO temp.site_peak VALUES (?1, ?2, ?3, ?4, ?5)", err)))
		return -1;
	for (size_t i = 0; i < c->cells.count && !rc; i++) {
		const struct cell *cell = keyed_item(&c->cells, i);
		if (cell->most_live <= 0)
			continue;
		statement_bind_number(q, 1, cell->key.site);
		statement_bind_number(q, 2, cell->key.process);
		statement_bind_number(q, 3, cell->key.thread);
		statement_bind_number(q, 4, cell->most_bytes);
		statement_bind_number(q, 5, cell->most_live);
		rc = statement_step(q, err);
	}
	statement_finish(q);
	return rc;
}

/* Columns of the file's timeline that are not about blocks stay as they are. */
enum { TIME_PROCESS, TIME_SLICE, TIME_RSS, TIME_MINOR, TIME_MAJOR };

static int write_time(struct statement *to, struct statement *from, const struct slice_sums *sums, int64_t live, struct err *err)
{
	const int64_t figures[] = { statement_number(from, TIME_PROCESS), statement_number(from, TIME_SLICE), live, live,
		                    sums ? sums->made : 0, sums ? sums->made_bytes : 0, sums ? sums->ended : 0 };
	int columns = (int)(sizeof(figures) / sizeof(figures[0]));

	for (int i = 0; i < columns; i++)
		statement_bind_number(to, i + 1, figures[i]);
	for (int i = TIME_RSS; i <= TIME_MAJOR; i++) {
		if (statement_none(from, i))
			statement_bind_none(to, columns + 1 + i - TIME_RSS);
		else
			statement_bind_number(to, columns + 1 + i - TIME_RSS, statement_number(from, i));
	}
	return statement_step(to, err);
}

/* Rows of a process by slice; `from` skips what is before the span, its blocks are counted all the same. */
static int write_times(const struct course *c, struct statement *from, struct statement *to, struct err *err)
{
	int64_t process = 0, live = 0, counted = 0;
	int got;

	while ((got = statement_step(from, err)) > 0) {
		int64_t slice = statement_number(from, TIME_SLICE), id = statement_number(from, TIME_PROCESS);
		if (slice < 1 || slice > c->l->last || !lens_process_passes(c->l, id))
			continue;
		if (id != process)
			live = counted = 0;
		process = id;
		const struct slice_sums *sums = c->sums[id];
		while (counted < slice && sums && ++counted)
			live = lens_plus(live, (int64_t)((uint64_t)sums[counted].made_bytes - (uint64_t)sums[counted].ended_bytes));
		if (write_time(to, from, sums ? &sums[slice] : NULL, live, err))
			return -1;
	}
	return got;
}

static int make_timeline(struct store *s, const struct course *c, struct err *err)
{
	struct statement *from = store_prepare(s, "SELECT process_id, slice, rss_bytes, minor_faults, major_faults FROM main.timeline "
	                                          "WHERE slice BETWEEN ?1 AND ?2 ORDER BY process_id, slice", err);
	struct statement *to = store_prepare(s, "INSERT INTO temp.timeline VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", err);
	int rc = -1;

	if (from && to) {
		statement_bind_number(from, 1, c->l->first);
		statement_bind_number(from, 2, c->l->last);
		rc = write_times(c, from, to, err);
	}
	statement_finish(from);
	statement_finish(to);
	return rc;
}

/* --- all of it ------------------------------------------------------------------------------------------ */

static const char peak_table[] =
	"CREATE TEMP TABLE site_peak (site_id INTEGER NOT NULL, process_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, "
	"peak_bytes INTEGER NOT NULL, max_live INTEGER NOT NULL, PRIMARY KEY (site_id, process_id, thread_id)) WITHOUT ROWID";
static const char time_table[] =
	"CREATE TEMP TABLE timeline (process_id INTEGER NOT NULL, slice INTEGER NOT NULL, live_bytes INTEGER NOT NULL, "
	"live_end_bytes INTEGER NOT NULL, allocations INTEGER NOT NULL, allocated_bytes INTEGER NOT NULL, frees INTEGER NOT NULL, "
	"rss_bytes INTEGER, minor_faults INTEGER, major_faults INTEGER, PRIMARY KEY (process_id, slice)) WITHOUT ROWID";

static void course_release(struct course *c)
{
	for (int64_t i = 0; i <= c->l->last; i++)
		free(c->deaths[i].at);
	for (int64_t i = 0; i <= c->l->last_process; i++)
		free(c->sums[i]);
	free(c->deaths);
	free(c->sums);
	free(c->touched);
	keyed_release(&c->cells);
}

static int make_course(struct store *s, struct course *c, struct err *err)
{
	if ((c->peaks && store_execute(s, peak_table, err)) || (c->times && store_execute(s, time_table, err)) || read_blocks(s, c, err) ||
	    (c->peaks && write_peaks(s, c, err)) || (c->times && make_timeline(s, c, err)))
		return -1;
	return 0;
}

int lens_course_make(struct store *s, struct lens_state *l, struct err *err)
{
	struct course c = { .l = l, .peaks = (l->kinds & LENS_BY_TIME) != 0, .times = (l->kinds & (LENS_BY_STACK | LENS_BY_THREAD)) != 0 };
	int rc;

	if (find_peaks(s, l, err))
		return -1;
	if (!c.peaks && !c.times)
		return 0;
	keyed_init(&c.cells, sizeof(struct cell), sizeof(struct cell_key));
	c.deaths = memory_zeroed((size_t)l->last + 1, sizeof(*c.deaths));
	c.sums = memory_zeroed((size_t)l->last_process + 1, sizeof(*c.sums));
	rc = make_course(s, &c, err);
	course_release(&c);
	return rc;
}
