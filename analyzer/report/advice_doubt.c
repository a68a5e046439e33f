/* SPDX-License-Identifier: MIT
 *
 * Errors of the sample against figures of sites. Where every block was recorded there are none, and nothing is doubted.
 */
#include "analyzer/report/advice_doubt.h"

/* What the sample tells no better than to a third: what a rule would say of it may as well be said of chance. */
static void doubt(struct advice_site *s, int64_t cost, double squares)
{
	double value = (double)(cost == COST_ALLOCATIONS ? s->allocations : cost == COST_LEAKED_BYTES ? s->leaked_bytes : s->at_peak_bytes);

	if (9 * squares > value * value)
		s->claimed |= cost == COST_ALLOCATIONS ? ADVICE_CHURN : cost == COST_LEAKED_BYTES ? ADVICE_KEPT : ADVICE_SLACK;
}

/* Of a cost and site the errors of threads follow each other; those of all are the root of the sum of their squares. */
int advice_doubt(struct advice_facts *f, struct err *err)
{
	struct statement *q = store_prepare(f->store, "SELECT cost_id, site_id, process_id, error FROM site_error "
	                                              "JOIN thread ON thread.id = thread_id WHERE cost_id IN (1, 3, 4) AND "
	                                              SCOPE_PROCESSES " ORDER BY 1, 2, 3", err);
	struct advice_site *site = NULL;
	int64_t cost = 0;
	double squares = 0;
	int got;

	if (!q)
		return -1;
	scope_bind(q, &f->scope);
	while ((got = statement_step(q, err)) > 0) {
		struct advice_site *s = advice_facts_site_of(f, statement_number(q, 1), statement_number(q, 2));
		double error = (double)statement_number(q, 3);
		if (site && (s != site || statement_number(q, 0) != cost))
			doubt(site, cost, squares);
		squares = s == site && statement_number(q, 0) == cost ? squares + error * error : error * error;
		site = s;
		cost = statement_number(q, 0);
	}
	if (site)
		doubt(site, cost, squares);
	statement_finish(q);
	return got;
}
