/* SPDX-License-Identifier: MIT
 *
 * The sources of stacks there are; a new one is a few lines here and one in stack_pane.h.
 */
#include "analyzer/report/escapes_view.h"
#include "analyzer/report/lock_view.h"
#include "analyzer/report/stack_view.h"
#include "analyzer/report/thread_view.h"
#include "analyzer/store/cost.h"
#include "tui/stack_pane.h"

static int read_site(struct store *s, int64_t site, const char *cost_name, long limit, struct table *t, struct err *err)
{
	struct cost cost;

	if (cost_find(s, cost_name, &cost, err) < 0)
		return -1;
	return stack_view_stacks(s, site, (int)cost.id, limit, t, err);
}

const struct stack_source stack_source_site = { "stack", "stacks", "no stacks with this cost", "value", read_site };

static int cut(int rc, long limit, struct table *t)
{
	if (!rc && limit > 0 && t->row_count > (size_t)limit)
		t->row_count = (size_t)limit;
	return rc;
}

static int read_waiters(struct store *s, int64_t lock, const char *cost, long limit, struct table *t, struct err *err)
{
	(void)cost;
	return cut(lock_view_waiters(s, lock, t, err), limit, t);
}

const struct stack_source stack_source_waiters = { "waiter", "waiters", "nobody waited for it", "wait_ns", read_waiters };

static int read_holders(struct store *s, int64_t lock, const char *cost, long limit, struct table *t, struct err *err)
{
	(void)cost;
	return cut(lock_view_holders(s, lock, t, err), limit, t);
}

const struct stack_source stack_source_holders = { "holder", "holders", "no holder let others wait", "caused_wait_ns", read_holders };

static int read_stack(struct store *s, int64_t stack, const char *cost, long limit, struct table *t, struct err *err)
{
	(void)cost;
	(void)limit;
	return lock_view_stack(s, stack, t, err);
}

const struct stack_source stack_source_stack = { "stack", "stack", "no stack", NULL, read_stack };

static int read_order(struct store *s, int64_t edge, const char *cost, long limit, struct table *t, struct err *err)
{
	(void)cost;
	(void)limit;
	return lock_view_order(s, edge, t, err);
}

const struct stack_source stack_source_order = { "one after the other", "one after the other", "no stacks", NULL, read_order };

static int read_creation(struct store *s, int64_t thread, const char *cost, long limit, struct table *t, struct err *err)
{
	(void)cost;
	(void)limit;
	return thread_view_creation(s, thread, t, err);
}

const struct stack_source stack_source_creation = { "created", "created", "its creation was not seen", NULL, read_creation };

const struct stack_source stack_source_thread = { "stack", "stacks", "no stacks with this cost", "value", thread_view_stacks };

static int read_frees(struct store *s, int64_t site, const char *cost, long limit, struct table *t, struct err *err)
{
	(void)cost;
	return cut(escapes_view_frees(s, site, t, err), limit, t);
}

const struct stack_source stack_source_frees = { "stack that freed them", "stacks that freed them", "nobody freed any", "bytes", read_frees };

/* Shown is the way from the owner in, not the whole stack. */
static int read_dying(struct store *s, int64_t function, const char *cost, long limit, struct table *t, struct err *err)
{
	int rc = cut(escapes_view_dying(s, function, t, err), limit, t);
	int way = rc ? -1 : table_column(t, "way"), stack = rc ? -1 : table_column(t, "stack");

	(void)cost;
	for (size_t row = 0; !rc && row < t->row_count; row++)
		*table_at(t, row, (size_t)stack) = *table_at(t, row, (size_t)way);
	return rc;
}

const struct stack_source stack_source_dying = { "site whose blocks die", "sites whose blocks die", "nothing died", "bytes", read_dying };
