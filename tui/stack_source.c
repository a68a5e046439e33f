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

static int cut(int rc, const struct ask *a, struct table *t)
{
	if (!rc && a->number > 0 && t->row_count > (size_t)a->number)
		t->row_count = (size_t)a->number;
	return rc;
}

static int read_site(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct cost cost;

	if (cost_find(r->store, a->name, &cost, err) < 0)
		return -1;
	return stack_view_stacks(r->store, a->id, (int)cost.id, (long)a->number, &out->table, err);
}

const struct stack_source stack_source_site = {
	"stack", "stacks", "no stacks with this cost", "value", { "the stacks", read_site },
};

static int read_waiters(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return cut(lock_view_waiters(r->store, a->id, &out->table, err), a, &out->table);
}

const struct stack_source stack_source_waiters = {
	"waiter", "waiters", "nobody waited for it", "wait_ns", { "the waiters", read_waiters },
};

static int read_holders(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return cut(lock_view_holders(r->store, a->id, &out->table, err), a, &out->table);
}

const struct stack_source stack_source_holders = {
	"holder", "holders", "no holder let others wait", "caused_wait_ns", { "the holders", read_holders },
};

static int read_stack(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return lock_view_stack(r->store, a->id, &out->table, err);
}

const struct stack_source stack_source_stack = { "stack", "stack", "no stack", NULL, { "the stack", read_stack } };

static int read_order(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return lock_view_order(r->store, a->id, &out->table, err);
}

const struct stack_source stack_source_order = {
	"one after the other", "one after the other", "no stacks", NULL, { "the stacks", read_order },
};

static int read_creation(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return thread_view_creation(r->store, a->id, &out->table, err);
}

const struct stack_source stack_source_creation = {
	"created", "created", "a main thread, or its creation was not seen", NULL, { "the stack", read_creation },
};

static int read_thread(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return thread_view_stacks(r->store, a->id, a->name, (long)a->number, &out->table, err);
}

const struct stack_source stack_source_thread = {
	"stack", "stacks", "no stacks with this cost", "value", { "the stacks", read_thread },
};

static int read_frees(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return cut(escapes_view_frees(r->store, a->id, &out->table, err), a, &out->table);
}

const struct stack_source stack_source_frees = {
	"stack that freed them", "stacks that freed them", "nobody freed any", "bytes", { "who freed", read_frees },
};

/* Shown is the way from the owner in, not the whole stack. */
static int read_dying(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct table *t = &out->table;
	int rc = cut(escapes_view_dying(r->store, a->id, t, err), a, t);
	int way = rc ? -1 : table_column(t, "way"), stack = rc ? -1 : table_column(t, "stack");

	for (size_t row = 0; !rc && row < t->row_count; row++)
		*table_at(t, row, (size_t)stack) = *table_at(t, row, (size_t)way);
	return rc;
}

const struct stack_source stack_source_dying = {
	"site whose blocks die", "sites whose blocks die", "nothing died", "bytes", { "the sites", read_dying },
};
