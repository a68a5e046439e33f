/* SPDX-License-Identifier: MIT
 *
 * Exporters: one cost of all stacks, written for another tool. One format a file and a line in
 * export_all.
 */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include <stdio.h>

#include "analyzer/base/err.h"
#include "analyzer/store/store.h"

struct export_query {
	const char *cost; /* a cost's name; NULL: allocated_bytes */
	long pid, tid;    /* 0: all */
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
