/* SPDX-License-Identifier: MIT
 *
 * Rows come a site together, and of a site a process together. Sites of more than one process have theirs sorted here: that is
 * less work than having them all grouped by the database.
 */
#include "analyzer/report/site_buckets.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

static int by_low(const void *left, const void *right)
{
	const struct site_bucket *a = left, *b = right;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return (a->high > b->high) - (a->high < b->high);
}

/* Buckets with one low are one, which ends where the larger one does. */
static struct site_quantiles quantiles_of(struct site_bucket *at, size_t count)
{
	struct site_quantiles q = { 0 };
	int64_t seen = 0, before = 0;

	qsort(at, count, sizeof(*at), by_low);
	for (size_t i = 0; i < count; i++)
		q.count += at[i].count;
	for (size_t i = 0; i < count; i++) {
		int64_t half = (q.count + 1) / 2, nearly_all = q.count - q.count / 100;

		seen += at[i].count;
		if (i + 1 < count && at[i + 1].low == at[i].low)
			continue;
		if (before < half && seen >= half)
			q.p50 = at[i].high;
		if (before < nearly_all && seen >= nearly_all)
			q.p99 = at[i].high;
		q.most = at[i].high;
		before = seen;
	}
	return q;
}

int site_buckets_each(struct store *s, const struct scope *scope, const char *kind,
                      void (*take)(void *to, int64_t site, const struct site_quantiles *quantiles), void *to, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT site_id, low, high, count FROM histogram WHERE kind = ?3 AND " SCOPE_PROCESSES
	                                       " ORDER BY site_id", err);
	struct site_bucket *at = NULL;
	size_t count = 0, room = 0;
	int64_t site = 0;
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	statement_bind_text(q, 3, kind, strlen(kind));
	for (;;) {
		struct site_quantiles quantiles;

		got = statement_step(q, err);
		if (count && got >= 0 && (!got || statement_number(q, 0) != site)) {
			quantiles = quantiles_of(at, count);
			take(to, site, &quantiles);
			count = 0;
		}
		if (got <= 0)
			break;
		site = statement_number(q, 0);
		at = memory_grown(at, &room, count + 1, sizeof(*at));
		at[count++] = (struct site_bucket){ statement_number(q, 1), statement_number(q, 2), statement_number(q, 3) };
	}
	statement_finish(q);
	free(at);
	return got;
}
