/* SPDX-License-Identifier: MIT
 *
 * What has to be said beside a comparison: what of it is no change of the program's, and what cannot be compared.
 */
#ifndef REPORT_DIFF_REMARK_H
#define REPORT_DIFF_REMARK_H

#include "analyzer/report/diff_match.h"

/* 1 if either is a sample, which does not tell which allocations were temporary. */
int diff_remark_sampled(struct store *base, struct store *now);
/* The remarks in lines, "" if there are none. The caller frees it. */
char *diff_remark_make(const struct diff *d, const struct diff_match *m, enum diff_scale scale, struct store *base, struct store *now);

#endif
