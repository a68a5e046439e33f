/* SPDX-License-Identifier: MIT
 *
 * Costs and peaks by site, as arrays indexed by the site's id: what lists of sites are made of. Each is read when it is asked for
 * first, out of a table that has a row a site and thread, and kept with the store for as long as its figures are the same: eight
 * bytes a site and cost.
 */
#ifndef REPORT_SITE_SUMS_H
#define REPORT_SITE_SUMS_H

#include "analyzer/base/err.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/store.h"

struct site_sums {
	uint32_t last;               /* largest site id; arrays hold one more */
	struct scope scope;
	int64_t *costs[COST_LIMIT];  /* [cost]; NULL: not asked for yet */
	int64_t *peak, *max_live;    /* a site's own; both NULL: not asked for yet. max_live 0: not known */
};

/* The sums of these threads, without any array yet. The store's; good until its figures change. NULL with err set. */
struct site_sums *site_sums_of(struct store *s, const struct scope *scope, struct err *err);
/* Makes an array there. 0 or -1. */
int site_sums_need_cost(struct site_sums *sums, struct store *s, int cost, struct err *err);
int site_sums_need_peaks(struct site_sums *sums, struct store *s, struct err *err);

#endif
