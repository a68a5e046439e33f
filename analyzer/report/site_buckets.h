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
	int64_t low, high, count;
};

struct site_quantiles {
	int64_t count; /* in all buckets */
	int64_t p50, p99, most; /* half are, 99 of 100 are, all are at most this */
};

/* Calls take for each site that has buckets of a kind ('size', 'lifetime'), sites ascending. 0 or -1. */
int site_buckets_each(struct store *s, const struct scope *scope, const char *kind,
                      void (*take)(void *to, int64_t site, const struct site_quantiles *quantiles), void *to, struct err *err);

#endif
