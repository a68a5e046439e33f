/* SPDX-License-Identifier: MIT
 *
 * One pass over the sums by slice, with a bit for each stack that counts. A block is live from the end of the slice it was
 * made in to the end of the one before it was freed, or to its process's end. Figures too large for a column wrap around: a
 * damaged database's are nonsense anyhow.
 */
#include "analyzer/report/course.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/lens.h"
#include "analyzer/store/stack_tree.h"

enum {
	START_NS, END_NS, ALLOCATIONS, ALLOCATED_BYTES, LIVE_BYTES, MOST_LIVE_BYTES, RSS_BYTES, THREADS, WAITS, WAIT_NS, BLOCKED_NS,
	CAUSED_WAIT_NS, COLUMNS
};

static const struct column columns[COLUMNS] = {
	[START_NS] = { "start_ns", "FROM", UNIT_NS, "start of the slice, since the recording began" },
	[END_NS] = { "end_ns", "TO", UNIT_NS, "its end" },
	[ALLOCATIONS] = { "allocations", "CALLS", UNIT_COUNT, "successful allocations within it" },
	[ALLOCATED_BYTES] = { "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes of those" },
	[LIVE_BYTES] = { "live_bytes", "LIVE", UNIT_BYTES, "live at its end" },
	[MOST_LIVE_BYTES] = { "most_live_bytes", NULL, UNIT_BYTES, "largest live heap within it" },
	[RSS_BYTES] = { "rss_bytes", "RESIDENT", UNIT_BYTES, "largest resident set sampled within it" },
	[THREADS] = { "threads", "THREADS", UNIT_COUNT, "threads that were there" },
	[WAITS] = { "waits", "WAITS", UNIT_COUNT, "waits for locks that ended in it" },
	[WAIT_NS] = { "wait_ns", "WAIT", UNIT_NS, "time of waits for locks, all in the slice they end in" },
	[BLOCKED_NS] = { "blocked_ns", "BLOCKED", UNIT_NS, "time of waits for work, all in the slice they end in" },
	[CAUSED_WAIT_NS] = { "caused_wait_ns", "CAUSED", UNIT_NS, "wait of others, in the slice the lock was released in" },
};

#define BIT(column) (1u << (column))
#define BLOCKS (BIT(ALLOCATIONS) | BIT(ALLOCATED_BYTES) | BIT(LIVE_BYTES))
#define WAITING (BIT(WAITS) | BIT(WAIT_NS) | BIT(BLOCKED_NS))

enum { MOST_SLICES = 65536 };

struct slice {
	int64_t figures[COLUMNS]; /* of live bytes and threads what they change by */
	int sampled;              /* 1: there is an rss */
};

struct course {
	struct store *store;
	enum course_of of;
	int64_t id;
	unsigned known;           /* columns that there are, as BITs */
	struct slice *slices;     /* by number from 1; the last is no slice, but takes what is after the end */
	int64_t count;
	struct stack_tree tree;   /* if there are nodes */
	unsigned char *nodes;     /* a bit for each stack that counts; NULL: all do */
	int64_t *gone;            /* by thread: the slice in which its process is not any more, count + 1: none */
	int64_t last_thread;
};

static void add(int64_t *to, int64_t value)
{
	*to = (int64_t)((uint64_t)*to + (uint64_t)value);
}

static int damaged(struct err *err, const char *what, int64_t id)
{
	return err_set(err, ERR_FAILED, "the database is damaged: %s %lld does not fit the others", what, (long long)id);
}

/* --- slices and threads --------------------------------------------------------------------------------- */

static int read_slices(struct course *c, struct err *err)
{
	struct statement *q = store_prepare(c->store, "SELECT id, start_ns, end_ns FROM main.slice ORDER BY id", err);
	size_t room = 0;
	int got;

	if (!q)
		return -1;
	c->slices = memory_grown(NULL, &room, 2, sizeof(*c->slices));
	while ((got = statement_step(q, err)) > 0) {
		if (statement_number(q, 0) != c->count + 1 || c->count >= MOST_SLICES) {
			got = damaged(err, "time slice", statement_number(q, 0));
			break;
		}
		c->count++;
		c->slices = memory_grown(c->slices, &room, (size_t)c->count + 2, sizeof(*c->slices));
		c->slices[c->count] = (struct slice){ .figures = { [START_NS] = statement_number(q, 1), [END_NS] = statement_number(q, 2) } };
	}
	c->slices[c->count + 1] = (struct slice){ 0 };
	statement_finish(q);
	return got;
}

enum { STARTS, ENDS };

/* The slice in which something starts or ends, which may be at the end of a slice; count + 1: in none. */
static int64_t slice_of(const struct course *c, int64_t ns, int what)
{
	int64_t low = 1, high = c->count + 1;

	while (low < high) {
		int64_t middle = (low + high) / 2, end = c->slices[middle].figures[END_NS];
		if (end > ns || (what == ENDS && end == ns))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The slice in which what ended is not any more; count + 1: it is to the end. */
static int64_t slice_after(const struct course *c, struct statement *q, int column)
{
	int64_t last = statement_none(q, column) ? c->count : slice_of(c, statement_number(q, column), ENDS);

	return (last < c->count ? last : c->count) + 1;
}

static const char threads_sql[] =
	"SELECT t.id, t.start_ns, coalesce(t.end_ns, p.end_ns), p.end_ns FROM main.thread t JOIN main.process p ON p.id = t.process_id";

static void take_thread(struct course *c, struct statement *q)
{
	int64_t id = statement_number(q, 0);

	c->gone[id] = slice_after(c, q, 3);
	if (!(c->known & BIT(THREADS)) || !lens_passes_thread(c->store, id))
		return;
	c->slices[slice_of(c, statement_number(q, 1), STARTS)].figures[THREADS]++;
	c->slices[slice_after(c, q, 2)].figures[THREADS]--;
}

static int read_threads(struct course *c, struct err *err)
{
	struct statement *q = store_prepare(c->store, "SELECT coalesce(max(id), 0), coalesce(min(id), 1), count(*) FROM main.thread", err);
	int got = q ? statement_step(q, err) : -1;

	if (got > 0) {
		c->last_thread = statement_number(q, 0);
		if (statement_number(q, 1) < 1 || c->last_thread > 16 * statement_number(q, 2) + 65536)
			got = damaged(err, "thread", c->last_thread);
	}
	statement_finish(q);
	if (got < 0 || !(q = store_prepare(c->store, threads_sql, err)))
		return -1;
	c->gone = memory_zeroed((size_t)c->last_thread + 1, sizeof(*c->gone));
	while ((got = statement_step(q, err)) > 0)
		take_thread(c, q);
	statement_finish(q);
	return got;
}

/* --- stacks --------------------------------------------------------------------------------------------- */

enum { LOOK = 1 << 16 }; /* nodes between looks whether anybody still wants it */

static int has_bit(const unsigned char *bits, uint32_t node)
{
	return bits[node >> 3] >> (node & 7) & 1;
}

static int node_counts(const struct course *c, uint32_t node)
{
	const struct stack_node *n = &c->tree.nodes[node];

	if (c->of == COURSE_SITE)
		return n->site == c->id;
	return c->tree.frames[n->frame].function == c->id || has_bit(c->nodes, n->parent);
}

/* Callers come before callees. */
static int mark_nodes(struct course *c, struct err *err)
{
	if (c->of != COURSE_SITE && c->of != COURSE_FUNCTION)
		return 0;
	if (stack_tree_load(c->store, &c->tree, err))
		return -1;
	c->nodes = memory_zeroed((size_t)c->tree.last_node / 8 + 1, 1);
	for (size_t i = 0; i < c->tree.order_count; i++) {
		uint32_t node = c->tree.order[i];
		if (i % LOOK == 0 && store_interrupted(c->store, err))
			return -1;
		if (node_counts(c, node))
			c->nodes[node >> 3] |= (unsigned char)(1 << (node & 7));
	}
	return 0;
}

/* --- sums by slice -------------------------------------------------------------------------------------- */

enum { CLASS, SLICE, END_SLICE, STACK, THREAD, COUNT_OF, AMOUNT };

#define SUMS "SELECT class, slice, end_slice, stack_id, thread_id, count, amount FROM main.span_sum WHERE class "
static const char sums_of_blocks[] = SUMS "= 1", sums_of_waits[] = SUMS "IN (20, 22)";
static const char *const sums_sql[COURSE_KINDS] = { /* ?1 the id */
	[COURSE_WAITS] = sums_of_waits,
	[COURSE_SITE] = SUMS "IN (1, 20, 22, 23)",
	[COURSE_FUNCTION] = SUMS "IN (1, 20, 22, 23)",
	[COURSE_STACK] = SUMS "IN (1, 20, 22, 23) AND stack_id = ?1",
	[COURSE_THREAD] = SUMS "IN (1, 20, 22, 23) AND thread_id = ?1",
	[COURSE_LOCK] = "SELECT class, slice, 0, stack_id, thread_id, waits, wait_ns FROM main.lock_wait WHERE class IN (20, 22) AND lock_id = ?1",
};

/* 1 if the row counts, 0 if not, -1 if it cannot be. */
static int row_counts(const struct course *c, struct statement *q, struct err *err)
{
	int64_t stack = statement_number(q, STACK), thread = statement_number(q, THREAD);
	int64_t slice = statement_number(q, SLICE), end = statement_number(q, END_SLICE);

	if (slice < 1 || slice > c->count || end < 0 || end > c->count || (end && end < slice))
		return damaged(err, "time slice", slice < 1 || slice > c->count ? slice : end);
	if (thread < 1 || thread > c->last_thread || !c->gone[thread])
		return damaged(err, "thread", thread);
	if (c->nodes && (stack < 1 || stack > c->tree.last_node))
		return damaged(err, "stack", stack);
	return (!c->nodes || has_bit(c->nodes, (uint32_t)stack)) && lens_passes(c->store, stack, thread);
}

static void take_row(struct course *c, struct statement *q)
{
	int64_t slice = statement_number(q, SLICE), end = statement_number(q, END_SLICE), amount = statement_number(q, AMOUNT);
	int64_t *figures = c->slices[slice].figures, gone = c->gone[statement_number(q, THREAD)];

	switch (statement_number(q, CLASS)) {
	case 1:
		add(&figures[ALLOCATIONS], statement_number(q, COUNT_OF));
		add(&figures[ALLOCATED_BYTES], amount);
		end = end ? end : gone > slice ? gone : slice + 1;
		add(&figures[LIVE_BYTES], amount);
		add(&c->slices[end].figures[LIVE_BYTES], (int64_t)(0 - (uint64_t)amount));
		break;
	case 20:
		add(&figures[WAITS], statement_number(q, COUNT_OF));
		add(&figures[WAIT_NS], amount);
		break;
	case 22:
		add(&figures[BLOCKED_NS], amount);
		break;
	default:
		add(&figures[CAUSED_WAIT_NS], amount);
	}
}

static int read_sums(struct course *c, const char *sql, struct err *err)
{
	struct statement *q;
	int got, counts = 0;

	if (mark_nodes(c, err) || !(q = store_prepare(c->store, sql, err)))
		return -1;
	if (c->of == COURSE_STACK || c->of == COURSE_THREAD || c->of == COURSE_LOCK)
		statement_bind_number(q, 1, c->id);
	while ((got = statement_step(q, err)) > 0 && (counts = row_counts(c, q, err)) >= 0)
		if (counts)
			take_row(c, q);
	statement_finish(q);
	return counts < 0 ? -1 : got;
}

/* --- the heap as a whole -------------------------------------------------------------------------------- */

static const char timeline_sql[] =
	"SELECT process_id, slice, live_bytes, live_end_bytes, allocations, allocated_bytes, rss_bytes FROM main.timeline ORDER BY process_id, slice";

/* What changes is kept of live bytes: those at the end of a process's last slice are gone in the next. */
static void take_live(struct course *c, int64_t slice, int64_t live)
{
	add(&c->slices[slice].figures[LIVE_BYTES], live);
	add(&c->slices[slice + 1].figures[LIVE_BYTES], (int64_t)(0 - (uint64_t)live));
}

/* With `figures`, all that the timeline has; else only what sums by slice do not. */
static int read_timeline(struct course *c, int figures, struct err *err)
{
	struct statement *q = store_prepare(c->store, timeline_sql, err);
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		int64_t slice = statement_number(q, 1);
		if (slice < 1 || slice > c->count) {
			got = damaged(err, "time slice", slice);
			break;
		}
		if (!lens_passes_process(c->store, statement_number(q, 0)))
			continue;
		if (!statement_none(q, 6)) {
			add(&c->slices[slice].figures[RSS_BYTES], statement_number(q, 6));
			c->slices[slice].sampled = 1;
		}
		if (!figures)
			continue;
		add(&c->slices[slice].figures[MOST_LIVE_BYTES], statement_number(q, 2));
		take_live(c, slice, statement_number(q, 3));
		add(&c->slices[slice].figures[ALLOCATIONS], statement_number(q, 4));
		add(&c->slices[slice].figures[ALLOCATED_BYTES], statement_number(q, 5));
	}
	statement_finish(q);
	return got;
}

/* 1 if there is a process of which only a part may pass the filter. */
static int has_parts(struct course *c, struct err *err)
{
	struct statement *q = store_prepare(c->store, "SELECT id FROM main.process", err);
	int got, parts = 0;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0)
		parts |= lens_passes_process(c->store, statement_number(q, 0)) == LENS_SOME;
	statement_finish(q);
	return got < 0 ? -1 : parts;
}

static int read_heap(struct course *c, struct err *err)
{
	int parts = has_parts(c, err);

	if (parts < 0)
		return -1;
	c->known |= BLOCKS | BIT(RSS_BYTES) | BIT(THREADS) | (parts ? 0 : BIT(MOST_LIVE_BYTES));
	return read_threads(c, err) || read_timeline(c, !parts, err) || (parts && read_sums(c, sums_of_blocks, err)) ? -1 : 0;
}

/* --- all of it ------------------------------------------------------------------------------------------ */

static void write_rows(const struct course *c, struct table *t)
{
	int64_t live = 0, threads = 0;

	table_init(t, columns, COLUMNS);
	for (int64_t i = 1; i <= c->count; i++) {
		const struct slice *slice = &c->slices[i];
		struct value *row = table_add_row(t);

		add(&live, slice->figures[LIVE_BYTES]);
		add(&threads, slice->figures[THREADS]);
		for (int column = 0; column < COLUMNS; column++)
			if (column <= END_NS || ((c->known & BIT(column)) && (column != RSS_BYTES || slice->sampled)))
				table_set_number(&row[column], column == LIVE_BYTES ? live : column == THREADS ? threads : slice->figures[column]);
	}
	t->total_rows = t->row_count;
}

int course_read(struct store *s, enum course_of of, int64_t id, struct table *t, struct err *err)
{
	struct course c = { .store = s, .of = of, .id = id };
	int rc = read_slices(&c, err);

	if (!rc && of != COURSE_HEAP)
		c.known = of == COURSE_SITE || of == COURSE_FUNCTION || of == COURSE_STACK || of == COURSE_THREAD ? BLOCKS | WAITING | BIT(CAUSED_WAIT_NS) : WAITING;
	if (!rc)
		rc = of == COURSE_ALL || of == COURSE_HEAP ? read_heap(&c, err) : read_threads(&c, err);
	if (!rc && of != COURSE_HEAP)
		rc = read_sums(&c, of == COURSE_ALL ? sums_of_waits : sums_sql[of], err);
	if (!rc)
		write_rows(&c, t);
	stack_tree_release(&c.tree);
	free(c.slices);
	free(c.nodes);
	free(c.gone);
	return rc;
}
