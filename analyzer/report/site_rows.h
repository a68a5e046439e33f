/* SPDX-License-Identifier: MIT
 *
 * Rows a site: what hot spots, leaks and temporaries have in common. A report says for each of its
 * columns where the value comes from, and which cost makes a site worth a row.
 */
#ifndef REPORT_SITE_ROWS_H
#define REPORT_SITE_ROWS_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/report/report.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

enum site_source { /* besides enum cost_id */
	SITE_FUNCTION = 100,
	SITE_FILE,
	SITE_LINE,
	SITE_MODULE,
	SITE_PEAK,      /* its own largest live bytes */
	SITE_MAX_LIVE,  /* most blocks live at once */
	SITE_TEMPORARY_SHARE, /* percent of its allocations */
	SITE_STACK,     /* the stack with most of `stack_by` */
	SITE_LATER,     /* none: the report sets it when the rows are there */
	SITE_ID,
	SITE_FUNCTION_ID,
};

struct site_rows {
	const int *sources; /* enum cost_id or site_source, a column each */
	size_t source_count;
	int worth;          /* a site with none of this cost has no row; 0: any cost among the sources will do */
	int stack_by;       /* the cost that SITE_STACK's stack has most of; 0: no source is SITE_STACK */
	int sort;           /* the source that the report is sorted by if nothing is said */
};

/* Where the query has a limit, and its order is that of a cost, only the rows that come first in it; t->total_rows is of all. */
int site_rows_fill(struct store *s, const struct report_query *q, const struct site_rows *rows, struct table *t,
                   struct err *err);

/* The four columns by which a site is named. */
#define SITE_COLUMNS \
	{ "function", "SITE", UNIT_TEXT, "function that asked for the memory" }, \
	{ "file", NULL, UNIT_TEXT, "its source file" }, \
	{ "line", NULL, UNIT_ID, "line in the file" }, \
	{ "module", NULL, UNIT_TEXT, "executable or shared object it lies in" }
/* Sets four values from a site or a frame; what is not known stays none. */
void site_rows_place(const struct stack_tree *tree, const struct stack_place *place, struct table *t, struct value *four);
/* Sets a value to a stack's functions, root first, joined by ';'; none for 0. */
void site_rows_stack(const struct stack_tree *tree, uint32_t stack, struct table *t, struct value *v);
/* 1 if the query's match is in the name (NULL: it is not), or the query has none. */
int site_rows_match(const struct report_query *q, const char *name);
/* Takes the rows out of t that have the query's match in none of the text columns named. */
void site_rows_keep_matching(const struct report_query *q, struct table *t, const size_t *columns, size_t count);

#endif
