/* SPDX-License-Identifier: MIT
 *
 * The sums of the stack at hand are a short list, looked through from its end: the next row is mostly for the last of them.
 */
#include "analyzer/report/advice_stacks.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

struct sums {
	struct advice_stack *at;
	size_t count, room;
};

/* The number of a thread's process in the facts, plus 1; none if it is out of scope. */
static int read_threads(const struct advice_facts *f, struct map *threads, struct err *err)
{
	struct statement *q = store_prepare(f->store, "SELECT id, process_id FROM thread", err);
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		const struct advice_process *p = advice_facts_process(f, statement_number(q, 1));

		if (p)
			*map_at(threads, (uint64_t)statement_number(q, 0)) = (uint32_t)(p - f->processes) + 1;
	}
	statement_finish(q);
	return got;
}

static void sums_add(struct sums *s, const struct advice_stack *row)
{
	for (size_t i = s->count; i-- > 0;)
		if (s->at[i].process == row->process && s->at[i].key == row->key) {
			s->at[i].first += row->first;
			s->at[i].second += row->second;
			return;
		}
	s->at = memory_grown(s->at, &s->room, s->count + 1, sizeof(*s->at));
	s->at[s->count++] = *row;
}

static void sums_take(struct sums *s, void (*take)(void *to, const struct advice_stack *row), void *to)
{
	for (size_t i = 0; i < s->count; i++)
		take(to, &s->at[i]);
	s->count = 0;
}

/* The row that a statement stands on; its process is NULL if the thread's is out of scope. */
static int read_row(const struct advice_facts *f, const struct map *threads, int stacks, struct statement *q, struct advice_stack *row,
                    struct err *err)
{
	int64_t key = statement_number(q, 0), stack = statement_number(q, 1);
	uint32_t process = map_find(threads, (uint64_t)statement_number(q, 2));

	if (advice_facts_check_stack(f, stack, err) || (stacks && advice_facts_check_stack(f, key, err)))
		return -1;
	*row = (struct advice_stack){ (uint32_t)stack, process ? &f->processes[process - 1] : NULL, key, statement_number(q, 3),
		                      statement_number(q, 4) };
	return 0;
}

int advice_stacks_each(const struct advice_facts *f, const char *sql, int stacks, void (*take)(void *to, const struct advice_stack *row),
                       void *to, struct err *err)
{
	struct map threads = MAP_INIT;
	struct sums sums = { 0 };
	struct advice_stack row;
	struct statement *q = read_threads(f, &threads, err) ? NULL : store_prepare(f->store, sql, err);
	int got = -1;

	while (q && (got = statement_step(q, err)) > 0) {
		if (read_row(f, &threads, stacks, q, &row, err)) {
			got = -1;
			break;
		}
		if (sums.count && (sums.at->stack != row.stack || (!stacks && sums.at->key != row.key)))
			sums_take(&sums, take, to);
		if (row.process)
			sums_add(&sums, &row);
	}
	if (!got)
		sums_take(&sums, take, to);
	statement_finish(q);
	free(sums.at);
	map_release(&threads);
	return got;
}
