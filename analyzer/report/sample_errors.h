/* SPDX-License-Identifier: MIT
 *
 * The standard errors of a sampled recording's figures, set beside the figures of a report's table (struct value). Where every
 * block was recorded, and under a lens, for whose part of the recording they are not known, these do nothing.
 */
#ifndef REPORT_SAMPLE_ERRORS_H
#define REPORT_SAMPLE_ERRORS_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/report/report.h"

/* 1 if the store has errors of what it shows. */
int sample_errors_known(struct store *s);

/* Makes what a sample does not tell none, under a lens too: temporary_allocations, and columns named local..., caller..., uncertain...
 * 1 if the recording is a sample. */
int sample_errors_hide(struct store *s, struct table *t);

/* Both also do that. */
/* Of rows of sites, with the columns site_id, allocations, allocated_bytes, at_peak_bytes, leaked_bytes, leaked_allocations, or some
 * of these. 0 or -1. */
int sample_errors_of_sites(struct store *s, const struct report_query *q, struct table *t, struct err *err);
/* Of the rows of processes, or of threads if the query asks for one, that are all there and in the order of their ids; columns as
 * above, frees and reallocations, and peak_bytes for at_peak_bytes. */
int sample_errors_of_processes(struct store *s, const struct report_query *q, struct table *t, struct err *err);

#endif
