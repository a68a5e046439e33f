/* SPDX-License-Identifier: MIT
 *
 * How far the blocks of a span escaped. By time it is kept how many of a stack's blocks were local, freed by another thread, never
 * freed, and not certain; the rest died in a caller. In whose call, and who freed them, is not kept, so these are 0. What is
 * made of this: temp.escaped, and the costs that follow from it.
 */
#include "analyzer/store/lens_private.h"

#include "analyzer/store/lens_rows.h"

enum part { LOCAL, HANDED, RETAINED, UNCERTAIN, PARTS }; /* of all blocks */

static const char *const sources[PARTS] = {
	[LOCAL] = "class = 5",
	[HANDED] = "class = 4",
	[RETAINED] = "class = 1 AND end_slice = 0",
	[UNCERTAIN] = "class = 6",
};

static int read_part(struct store *s, const struct lens_state *l, const char *where, struct lens_rows *rows, struct err *err)
{
	char sql[300];
	struct statement *q;
	int got;

	snprintf(sql, sizeof(sql), "SELECT x.stack_id, x.thread_id, x.count, x.amount FROM main.slice z CROSS JOIN main.span_sum x ON %s "
	         "AND slice = z.id WHERE +z.id BETWEEN ?1 AND ?2", where);
	if (!(q = store_prepare(s, sql, err)))
		return -1;
	statement_bind_number(q, 1, l->first);
	statement_bind_number(q, 2, l->last);
	while ((got = statement_step(q, err)) > 0) {
		int64_t stack = statement_number(q, 0), thread = statement_number(q, 1);
		if ((got = lens_check(l, stack, thread, err)))
			break;
		if (lens_node_passes(l, stack) && l->threads[thread].passes)
			lens_rows_add(rows, (uint32_t)stack, (uint32_t)thread, statement_number(q, 2), statement_number(q, 3));
	}
	statement_finish(q);
	lens_rows_settle(rows);
	return got;
}

/* Takes the figures of row's key off a settled list that is walked in step with the one row is of. */
static struct lens_row take(const struct lens_rows *rows, size_t *at, const struct lens_row *row)
{
	while (*at < rows->count && (rows->at[*at].id < row->id || (rows->at[*at].id == row->id && rows->at[*at].thread < row->thread)))
		++*at;
	if (*at < rows->count && rows->at[*at].id == row->id && rows->at[*at].thread == row->thread)
		return rows->at[*at];
	return (struct lens_row){ row->id, row->thread, 0, 0 };
}

static int64_t minus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* A row of `escaped`; of the blocks as many are uncertain as are left of *uncertain. */
static int write_class(struct statement *insert, int class, const struct lens_row *row, int64_t *uncertain, struct err *err)
{
	int64_t doubted = row->count < *uncertain ? row->count : *uncertain;

	if (row->count <= 0)
		return 0;
	*uncertain -= doubted;
	statement_bind_number(insert, 1, row->id);
	statement_bind_number(insert, 2, row->thread);
	statement_bind_number(insert, 3, class);
	statement_bind_number(insert, 4, row->count);
	statement_bind_number(insert, 5, row->amount);
	statement_bind_number(insert, 6, doubted);
	return statement_step(insert, err);
}

/* Writes the classes of every stack, and leaves in `all` what escaped. */
static int write_classes(struct lens_rows *all, const struct lens_rows parts[PARTS], struct statement *insert, struct err *err)
{
	size_t at[PARTS] = { 0 };
	int rc = 0;

	for (size_t i = 0; i < all->count && !rc; i++) {
		struct lens_row *row = &all->at[i], local = take(&parts[LOCAL], &at[LOCAL], row);
		struct lens_row handed = take(&parts[HANDED], &at[HANDED], row), kept = take(&parts[RETAINED], &at[RETAINED], row), caller;
		int64_t uncertain = take(&parts[UNCERTAIN], &at[UNCERTAIN], row).count;

		row->count = minus(minus(row->count, local.count), kept.count);
		row->amount = minus(minus(row->amount, local.amount), kept.amount);
		caller = (struct lens_row){ row->id, row->thread, minus(row->count, handed.count), minus(row->amount, handed.amount) };
		rc = write_class(insert, 2, &caller, &uncertain, err);
		rc = rc ? rc : write_class(insert, 3, &handed, &uncertain, err);
		rc = rc ? rc : write_class(insert, 1, &local, &uncertain, err);
		rc = rc ? rc : write_class(insert, 4, &kept, &uncertain, err);
	}
	return rc;
}

static const char table[] =
	"CREATE TEMP TABLE escaped (stack_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, class INTEGER NOT NULL, owner_id INTEGER NOT NULL, "
	"level INTEGER NOT NULL, free_stack_id INTEGER NOT NULL, free_thread_id INTEGER NOT NULL, blocks INTEGER NOT NULL, bytes INTEGER NOT NULL, "
	"uncertain INTEGER NOT NULL, PRIMARY KEY (stack_id, thread_id, class, owner_id, level, free_stack_id, free_thread_id)) WITHOUT ROWID";

int lens_escapes_make(struct store *s, struct lens_state *l, struct lens_rows *all, struct err *err)
{
	struct lens_rows parts[PARTS] = { 0 };
	struct statement *insert = NULL;
	int rc = store_execute(s, table, err);

	if (!rc && !(insert = store_prepare(s, "INSERT INTO temp.escaped VALUES (?1, ?2, ?3, 0, 0, 0, 0, ?4, ?5, ?6)", err)))
		rc = -1;
	for (int i = 0; i < PARTS && !rc; i++)
		rc = read_part(s, l, sources[i], &parts[i], err);
	if (!rc)
		rc = write_classes(all, parts, insert, err);
	statement_finish(insert);
	if (!rc)
		rc = lens_sums_take(l, &parts[LOCAL], 0, COST_LOCAL_BYTES, err) || lens_sums_take(l, all, 0, COST_ESCAPED_BYTES, err) ||
		     lens_sums_take(l, &parts[RETAINED], 0, COST_RETAINED_BYTES, err);
	for (int i = 0; i < PARTS; i++)
		lens_rows_release(&parts[i]);
	return rc;
}
