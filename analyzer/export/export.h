/* SPDX-License-Identifier: MIT
 *
 * Exporters: one cost of all stacks, written for another tool. One format a file and a line in
 * export_all.
 */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include <stdint.h>
#include <stdio.h>

#include "analyzer/base/err.h"
#include "analyzer/store/store.h"

struct export_query {
	const char *cost; /* a cost's name; NULL: allocated_bytes */
	long pid, tid;    /* 0: all */
	/* Only some stacks, by ids of the database; 0: any. */
	int64_t site_id, function_id, stack_id; /* that end in the site, that pass through the function, this one */
	int64_t lock_id;  /* of waits and releases: for this lock */
	const char *path; /* those that go through these functions, ids joined by `/`, from the outermost in; NULL, "": any */
	int outwards;     /* 1: from the site out */
};

struct exporter {
	const char *name;
	const char *help; /* one line */
	/* Writes it all to out; errors of the stream are the caller's to look for (ferror). 0, or -1 before anything was written;
	 * an unknown cost, process or thread is ERR_USAGE. */
	int (*write)(struct store *s, const struct export_query *q, FILE *out, struct err *err);
};

extern const struct exporter *const export_all[]; /* NULL-terminated */
const struct exporter *export_find(const char *name); /* NULL: none of that name */

#endif
