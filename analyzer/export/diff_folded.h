/* SPDX-License-Identifier: MIT
 *
 * Folded stacks of two recordings in one file: what difffolded.pl makes of two files, and flamegraph.pl draws red where it grew and
 * blue where it shrank.
 */
#ifndef EXPORT_DIFF_FOLDED_H
#define EXPORT_DIFF_FOLDED_H

#include <stdio.h>

#include "analyzer/base/err.h"
#include "analyzer/export/export.h"
#include "analyzer/store/store.h"

/* Writes "STACK A B" lines: the cost in the base, times `factor`, and in the later recording, 0 where the stack is in one alone. Lines are
 * in the bytewise order of their stacks. Errors of the stream are the caller's to look for. 0, or -1 before anything was written. */
int diff_folded_write(struct store *base, struct store *now, const struct export_query *q, double factor, FILE *out, struct err *err);

#endif
