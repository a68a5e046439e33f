/* SPDX-License-Identifier: MIT
 *
 * Escapes: what the replay has by cells and depths becomes rows by stacks and threads, in the order of the table's key.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"
#include "trace/segment.h"

enum escape_class { ESCAPE_LOCAL = 1, ESCAPE_CALLER = 2, ESCAPE_THREAD = 3, ESCAPE_RETAINED = 4 };

/* Columns of the table's key, in its order. */
enum { KEY_STACK, KEY_THREAD, KEY_CLASS, KEY_OWNER, KEY_LEVEL, KEY_FREE_STACK, KEY_FREE_THREAD, KEY_COLUMNS };

struct escape_row {
	uint32_t key[KEY_COLUMNS];
	uint64_t blocks, bytes, uncertain;
};

/* The outer part of a stack, down to a depth. */
static uint32_t stack_at(const struct naming *n, uint32_t stack, uint32_t depth)
{
	while (n->stacks[stack].depth > depth)
		stack = n->stacks[stack].parent;
	return stack;
}

static struct escape_row ended_row(const struct replay *r, const struct escape_sum *sum)
{
	const struct cell *made = &r->cells.at[sum->made];
	uint32_t depth = sum->owner >> 1, thread = escape_sum_thread(&r->cells, sum->freed);
	uint32_t stack = sum->freed & ESCAPE_MANY || !sum->freed ? 0 : r->cells.at[sum->freed].stack;
	struct escape_row row = {
		.key = { [KEY_STACK] = made->stack, [KEY_THREAD] = made->thread, [KEY_CLASS] = ESCAPE_CALLER },
		.blocks = sum->blocks,
		.bytes = sum->bytes,
		.uncertain = sum->owner & 1 ? sum->blocks : 0,
	};

	row.key[KEY_FREE_STACK] = stack;
	if (thread && thread != made->thread) {
		row.key[KEY_CLASS] = ESCAPE_THREAD;
		row.key[KEY_OWNER] = stack;
		row.key[KEY_FREE_THREAD] = thread;
	} else if (depth) {
		row.key[KEY_OWNER] = stack_at(r->naming, made->stack, depth);
		row.key[KEY_LEVEL] = made->site_depth - depth;
		if (depth == made->site_depth)
			row.key[KEY_CLASS] = ESCAPE_LOCAL;
	}
	return row;
}

static int row_compare(const void *left, const void *right)
{
	const uint32_t *a = ((const struct escape_row *)left)->key, *b = ((const struct escape_row *)right)->key;

	for (int i = 0; i < KEY_COLUMNS; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

/* Sorted, and those with the same key made one. */
static size_t rows_settle(struct escape_row *rows, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(rows, count, sizeof(*rows), row_compare);
	for (size_t i = 0; i < count; i++) {
		struct escape_row *last = &rows[kept ? kept - 1 : 0];

		if (!kept || row_compare(last, &rows[i])) {
			rows[kept++] = rows[i];
			continue;
		}
		last->blocks += rows[i].blocks;
		last->bytes += rows[i].bytes;
		last->uncertain += rows[i].uncertain;
	}
	return kept;
}

static struct escape_row *all_rows(struct replay *r, size_t *count)
{
	struct escape_row *rows = memory_resized(NULL, r->escapes.count + r->cells.count, sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < r->escapes.capacity; i++) {
		const struct escape_sum *sum = &r->escapes.sums[i];

		if (!sum->blocks)
			continue;
		rows[n] = ended_row(r, sum);
		if (rows[n].key[KEY_CLASS] == ESCAPE_LOCAL)
			r->cells.at[sum->made].local_bytes += sum->bytes;
		else
			r->cells.at[sum->made].escaped_bytes += sum->bytes;
		n++;
	}
	for (size_t i = 1; i <= r->cells.count; i++) {
		const struct cell *c = &r->cells.at[i];

		if (c->live)
			rows[n++] = (struct escape_row){
				.key = { [KEY_STACK] = c->stack, [KEY_THREAD] = c->thread, [KEY_CLASS] = ESCAPE_RETAINED },
				.blocks = c->live,
				.bytes = c->live_bytes,
			};
	}
	*count = rows_settle(rows, n);
	return rows;
}

static int write_rows(const struct output *o, const struct escape_row *rows, size_t count, struct err *err)
{
	struct inserter i;

	inserter_open_numbers(&i, o->store, "escaped", 10, "", err);
	for (size_t k = 0; k < count; k++) {
		for (int column = 0; column < KEY_COLUMNS; column++)
			inserter_number(&i, column + 1, rows[k].key[column]);
		inserter_number(&i, 8, (int64_t)rows[k].blocks);
		inserter_number(&i, 9, (int64_t)rows[k].bytes);
		inserter_number(&i, 10, (int64_t)rows[k].uncertain);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

static int owner_compare(const void *left, const void *right)
{
	const struct escape_owner *a = left, *b = right;

	if (a->function != b->function)
		return a->function < b->function ? -1 : 1;
	return (a->process > b->process) - (a->process < b->process);
}

static int write_owners(const struct output *o, struct err *err)
{
	struct escape_owners *owners = &o->replay->owners;
	struct inserter i;

	inserter_open_numbers(&i, o->store, "owner", 7, "", err);
	if (owners->count)
		qsort(owners->at + 1, owners->count, sizeof(*owners->at), owner_compare); /* the index is not needed any more */
	for (size_t k = 1; k <= owners->count; k++) {
		const struct escape_owner *owner = &owners->at[k];

		inserter_number(&i, 1, owner->function);
		inserter_number(&i, 2, owner->process);
		inserter_number(&i, 3, (int64_t)owner->activations);
		inserter_number(&i, 4, (int64_t)owner->blocks);
		inserter_number(&i, 5, (int64_t)owner->bytes);
		inserter_number(&i, 6, (int64_t)owner->max_blocks);
		inserter_number(&i, 7, (int64_t)owner->max_bytes);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

const char *output_escapes_note(const struct output *o, char *buffer, size_t size)
{
	uint32_t unknown = 0;

	if (o->trace->header.flags & SEGMENT_NO_FREE_STACKS)
		return "frees were recorded without their stacks: whose calls blocks outlived is not known";
	if (o->replay->sample_bytes)
		return ""; /* output_facts says all that a sample does not tell */
	for (uint32_t i = 1; i <= o->replay->thread_count; i++)
		unknown += o->replay->threads[i].chain.unknown;
	if (!unknown)
		return "";
	snprintf(buffer, size, "%" PRIu32 " thread%s lost events: whose calls the blocks freed there outlived is not known",
	         unknown, unknown == 1 ? "" : "s");
	return buffer;
}

int output_escapes(const struct output *o, struct err *err)
{
	size_t count;
	struct escape_row *rows = all_rows(o->replay, &count);
	int result = write_rows(o, rows, count, err) || write_owners(o, err) ? -1 : 0;

	free(rows);
	return result;
}
