/* SPDX-License-Identifier: MIT
 *
 * Questions to the flame tree, and the costs in their order.
 */
#include "tui/flame_ask.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/flame.h"
#include "analyzer/report/flame_open.h"

/* Frames below this share of where it starts are seen on no screen. */
#define LEAST_SHARE (1 / 1000.0)
#define MOST_CHILDREN 1000

static struct flame_subject subject_of(const struct ask *a)
{
	return (struct flame_subject){ .cost = a->name, .bottom_up = a->number != 0, .through = a->id };
}

static int read_flame(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	const struct flame_query query = { .subject = subject_of(a), .path = a->text, .least = LEAST_SHARE };

	return flame_read(r->store, r->base, &query, &out->table, err);
}

/* The first line of a text as a text of its own; what follows it goes to *rest. Caller frees. */
static char *first_line(const char *text, const char **rest)
{
	size_t size = strcspn(text, "\n");
	char *line = memory_zeroed(size + 1, 1);

	memcpy(line, text, size);
	*rest = text + size + (text[size] == '\n');
	return line;
}

static int read_matched(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	const char *match;
	char *path = first_line(a->text, &match);
	const struct flame_query query = { .subject = subject_of(a), .path = path, .least = 2, .match = match };
	int rc = flame_read(r->store, r->base, &query, &out->table, err);

	free(path);
	return rc;
}

static int read_open(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	const char *open;
	char *hottest = first_line(a->text, &open);
	const struct flame_open_query query = {
		.subject = subject_of(a), .open = open, .hottest = strcmp(hottest, "-") ? hottest : NULL, .most = MOST_CHILDREN,
	};
	int rc = flame_open_read(r->store, r->base, &query, &out->table, err);

	free(hottest);
	return rc;
}

/* --- costs ---------------------------------------------------------------------------------------- */

/* In the order in which they are shown, each with the one that counts what it measures. */
static const struct {
	const char *name, *count;
} costs[] = {
	{ "allocated_bytes", "allocations" }, { "allocations", NULL }, { "at_peak_bytes", "at_peak_allocations" },
	{ "at_peak_allocations", NULL }, { "leaked_bytes", "leaked_allocations" }, { "leaked_allocations", NULL },
	{ "temporary_bytes", "temporary_allocations" }, { "temporary_allocations", NULL }, { "reallocations", NULL },
	{ "local_bytes", NULL }, { "escaped_bytes", NULL }, { "retained_bytes", NULL }, { "freed_bytes", "frees" }, { "frees", NULL },
	{ "wait_ns", "waits" }, { "waits", NULL }, { "held_ns", NULL }, { "blocked_ns", NULL },
};

enum { COSTS = sizeof(costs) / sizeof(costs[0]) };

static int read_costs(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	static const struct column columns[] = { { "name", NULL, UNIT_TEXT, "of the cost" } };
	struct statement *q = store_prepare(r->store, "SELECT name FROM cost WHERE EXISTS (SELECT 1 FROM total WHERE cost_id = cost.id)", err);

	(void)a;
	if (!q)
		return -1;
	table_init(&out->table, columns, 1);
	int rc = store_fill(r->store, q, &out->table, err);

	statement_finish(q);
	if (rc < 0)
		table_release(&out->table);
	return rc;
}

static int has(const struct table *t, const char *name)
{
	for (size_t row = 0; row < t->row_count; row++)
		if (!strcmp(table_at(t, row, 0)->text, name))
			return 1;
	return 0;
}

const char *flame_ask_next_cost(const struct table *table, const char *name)
{
	size_t at = COSTS - 1;

	for (size_t i = 0; i < COSTS; i++)
		if (!strcmp(costs[i].name, name))
			at = i;
	for (size_t i = 1; i <= COSTS; i++)
		if (has(table, costs[(at + i) % COSTS].name))
			return costs[(at + i) % COSTS].name;
	return costs[at].name;
}

const char *flame_ask_count(const char *cost)
{
	for (size_t i = 0; i < COSTS; i++)
		if (!strcmp(costs[i].name, cost))
			return costs[i].count;
	return NULL;
}

const struct question question_flame = { "the flame graph", read_flame };
const struct question question_flame_matched = { "what matches", read_matched };
const struct question question_flame_open = { "the call tree", read_open };
const struct question question_flame_costs = { "the costs", read_costs };
