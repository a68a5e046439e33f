/* SPDX-License-Identifier: MIT
 *
 * Rows into a table, many of them.
 */
#include "analyzer/ingest/inserter.h"

#include <string.h>

struct inserter inserter_open(struct store *store, const char *sql, struct err *err)
{
	struct inserter i = { .q = store_prepare(store, sql, err), .err = err };

	i.failed = !i.q;
	return i;
}

void inserter_number(struct inserter *i, int index, int64_t value)
{
	if (i->q)
		statement_bind_number(i->q, index, value);
}

void inserter_text(struct inserter *i, int index, const char *text)
{
	if (i->q)
		statement_bind_text(i->q, index, text, strlen(text));
}

void inserter_none(struct inserter *i, int index)
{
	if (i->q)
		statement_bind_none(i->q, index);
}

void inserter_run(struct inserter *i)
{
	if (!i->failed)
		i->failed = statement_step(i->q, i->err) != 0;
}

int inserter_close(struct inserter *i)
{
	statement_finish(i->q);
	return i->failed ? -1 : 0;
}
