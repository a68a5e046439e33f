/* SPDX-License-Identifier: MIT
 *
 * The distributions of sites, one after the other, over all processes in scope.
 */
#ifndef REPORT_SITE_BUCKETS_H
#define REPORT_SITE_BUCKETS_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/store.h"

struct site_bucket {
	int64_t low, high, count, amount;
};

struct site_quantiles {
	int64_t count; /* in all buckets; 0: nothing is known */
	int64_t p50, p99, most; /* half are, 99 of 100 are, all are at most this */
};

/* Where buckets go; `at` is good for the call alone. */
typedef void site_buckets_take(void *to, int64_t site, const struct site_bucket *at, size_t count);

/* Calls take for each site that has buckets of a kind ('size', 'lifetime'), sites ascending, each one's from the lowest, which are
 * those of all processes in scope brought together. Of one site alone if `site` is not 0. 0 or -1. */
int site_buckets_each(struct store *s, const struct scope *scope, const char *kind, int64_t site, site_buckets_take *take, void *to,
                      struct err *err);
/* What such buckets say. */
struct site_quantiles site_buckets_quantiles(const struct site_bucket *at, size_t count);
/* Two counts as one that stays within int64_t: a database may hold anything. */
int64_t site_buckets_sum(int64_t a, int64_t b);

#endif
