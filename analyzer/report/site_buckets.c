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

int64_t site_buckets_sum(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? INT64_MIN : INT64_MAX) : sum;
}

/* Sorts them; those with one low become one, which ends where the largest does. Returns how many are left. */
static size_t merge(struct site_bucket *at, size_t count)
{
	size_t kept = 0;

	qsort(at, count, sizeof(*at), by_low);
	for (size_t i = 1; i < count; i++) {
		if (at[i].low != at[kept].low) {
			at[++kept] = at[i];
			continue;
		}
		at[kept].high = at[i].high;
		at[kept].count = site_buckets_sum(at[kept].count, at[i].count);
		at[kept].amount = site_buckets_sum(at[kept].amount, at[i].amount);
	}
	return kept + 1;
}

struct site_quantiles site_buckets_quantiles(const struct site_bucket *at, size_t count)
{
	struct site_quantiles q = { 0 };
	int64_t seen = 0, before = 0;

	for (size_t i = 0; i < count; i++)
		q.count = site_buckets_sum(q.count, at[i].count);
	for (size_t i = 0; i < count; i++) {
		int64_t half = q.count / 2 + q.count % 2, nearly_all = q.count - q.count / 100;

		seen = site_buckets_sum(seen, at[i].count);
		if (before < half && seen >= half)
			q.p50 = at[i].high;
		if (before < nearly_all && seen >= nearly_all)
			q.p99 = at[i].high;
		q.most = at[i].high;
		before = seen;
	}
	return q;
}

int site_buckets_each(struct store *s, const struct scope *scope, const char *kind, int64_t site, site_buckets_take *take, void *to,
                      struct err *err)
{
	static const char all[] = "SELECT site_id, low, high, count, amount FROM histogram WHERE kind = ?3 AND " SCOPE_PROCESSES
	                          " ORDER BY site_id";
	static const char one[] = "SELECT site_id, low, high, count, amount FROM histogram WHERE kind = ?3 AND site_id = ?4 AND " SCOPE_PROCESSES;
	struct statement *q = store_prepare(s, site ? one : all, err);
	struct site_bucket *at = NULL;
	size_t count = 0, room = 0;
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	statement_bind_text(q, 3, kind, strlen(kind));
	if (site)
		statement_bind_number(q, 4, site);
	for (;;) {
		got = statement_step(q, err);
		if (count && got >= 0 && (!got || statement_number(q, 0) != site)) {
			take(to, site, at, merge(at, count));
			count = 0;
		}
		if (got <= 0)
			break;
		site = statement_number(q, 0);
		at = memory_grown(at, &room, count + 1, sizeof(*at));
		at[count++] = (struct site_bucket){ statement_number(q, 1), statement_number(q, 2), statement_number(q, 3),
			                            statement_number(q, 4) };
	}
	statement_finish(q);
	free(at);
	return got;
}
