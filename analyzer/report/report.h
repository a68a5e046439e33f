/* SPDX-License-Identifier: MIT
 *
 * Reports: questions to the database whose answer is a table. One report a file, registered in
 * report_all; text, CSV, JSON (report_write.h) and the TUI all show the same table.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

struct report_query {
	const char *sort;   /* column name; NULL: the report's own order. Numbers sort descending, texts ascending; "-name" reverses */
	long limit;         /* rows at the most; 0: all */
	long pid;           /* 0: all processes */
	long tid;           /* 0: all threads */
	const char *cost;   /* callers: a cost's name; NULL: allocated_bytes */
	int bottom_up;      /* callers: 1 from the sites outwards, 0 from main inwards */
	const char *match;  /* only rows whose function contains this; NULL: all */
};

struct report {
	const char *name;    /* "hotspots" */
	const char *title;   /* "Hot spots" */
	const char *help;    /* one line */
	const struct column *columns;
	size_t column_count;
	size_t sort_column;  /* default order, descending for numbers */
	/* Adds rows to t (initialised with the columns), unsorted and unlimited. 0 or -1. */
	int (*fill)(struct store *s, const struct report_query *q, struct table *t, struct err *err);
	/* Text only; NULL: the generic table. */
	int (*write_text)(const struct table *t, const struct report_query *q, void *stream, struct err *err);
};

extern const struct report *const report_all[]; /* NULL-terminated */
const struct report *report_find(const char *name); /* NULL: none of that name */

/* Runs a report: fill, sort, limit (t->total_rows keeps the count before the limit). t is initialised here;
 * release it after success. 0 or -1. Usage errors (unknown sort column) are ERR_USAGE. */
int report_run(const struct report *r, struct store *s, const struct report_query *q, struct table *t, struct err *err);

/* The one line of facts on top of every text report and TUI view, and what is lost or cut (also sent to stderr for
 * CSV, JSON and folded). Both always terminated; `losses` is "" when nothing is amiss. */
int report_facts(struct store *s, char *facts, size_t facts_size, char *losses, size_t losses_size, struct err *err);

#endif
