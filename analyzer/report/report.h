/* SPDX-License-Identifier: MIT
 *
 * Reports: questions to the database whose answer is a table. One report a file, registered in
 * report_all; text, CSV, JSON (report_write.h) and the TUI all show the same table.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdio.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

struct report_query {
	const char *sort;   /* column name; NULL: the report's own order. Numbers sort descending, texts ascending; "-name" reverses */
	long limit;         /* rows at the most; 0: all */
	long pid;           /* 0: all processes */
	long tid;           /* 0: all threads */
	const char *cost;   /* callers, functions, lines: a cost's name; NULL: allocated_bytes */
	int bottom_up;      /* callers: 1 from the sites outwards, 0 from main inwards */
	const char *match;  /* only rows with this in a name: the function's, on locks also the lock's, of threads theirs (letters' case
	                     * does not matter); NULL: all */
	const char *const *thresholds; /* advice: "RULE.NAME=VALUE" each */
	size_t threshold_count;
};

/* What of a query a report understands; report_run refuses the rest rather than giving figures of something else. */
enum report_filter {
	REPORT_PID = 1,
	REPORT_THREAD = 2,
	REPORT_COST = 4,
	REPORT_DIRECTION = 8,
	REPORT_MATCH = 16,
	REPORT_THRESHOLDS = 32,
};

/* What of a report may be estimated, which has to be said with its figures. */
enum report_estimate {
	REPORT_WAIT_SHARES = 1, /* of stacks and threads, in the waits for a lock */
	REPORT_HOLDS = 2,       /* hold times */
};

#define REPORT_IN_ORDER ((size_t)-1) /* sort_column: fill adds the rows in order */

struct report_page;

struct report {
	const char *name;    /* "hotspots" */
	const char *title;   /* "Hot spots" */
	const char *help;    /* one line */
	const char *rows;    /* what its rows are called: "sites" */
	const struct column *columns;
	size_t column_count;
	size_t key_count;    /* that many of the last columns are ids to ask further with (site_id, function_id); not written out */
	size_t sort_column;  /* default order, descending for numbers; or REPORT_IN_ORDER */
	unsigned filters;    /* enum report_filter */
	unsigned estimates;  /* enum report_estimate */
	unsigned needs;      /* enum lens_part: parts of the database without which it has nothing to say */
	unsigned parts;      /* enum lens_part: other parts that it shows figures of */
	/* Adds rows to t (initialised with the columns), unsorted and unlimited. It may leave out rows that come after the
	 * query's limit in its order (with REPORT_IN_ORDER: its own): then it sets t->total_rows. 0 or -1. */
	int (*fill)(struct store *s, const struct report_query *q, struct table *t, struct err *err);
	/* A query that anybody can ask the database: the same rows over all processes (of the default cost), with the same figures under the
	 * same names, keys left out, and whatever columns the report puts together from more than a query can well say. NULL: there is none
	 * that is worth reading: callers is a tree, advice and wrappers are judged by rules. */
	const char *sql;
	/* NULL, or looks at what of the query only this report knows. 0, or -1 with ERR_USAGE. */
	int (*check)(const struct report_query *q, struct err *err);
	/* NULL, or what has to be said beside the table, in lines that are part of the text and go to stderr otherwise. The caller
	 * frees it; NULL with err set. */
	char *(*remarks)(struct store *s, const struct report_query *q, struct err *err);
	/* Text only: what comes below the title; NULL: the generic table. */
	void (*write_text)(const struct report *r, const struct table *t, const struct report_query *q,
	                   const struct report_page *page, FILE *out);
	/* Text only: what comes below each row of the generic table; NULL: its stack, where there is a column of that name. */
	void (*write_below)(const struct table *t, size_t row, const struct report_page *page, FILE *out);
};

extern const struct report *const report_all[]; /* NULL-terminated */
const struct report *report_find(const char *name); /* NULL: none of that name */

/* 0 if the report understands the query, else -1 with ERR_USAGE: an unknown sort column, a filter it does not know. */
int report_check(const struct report *r, const struct report_query *q, struct err *err);

/* Runs a report: fill, sort, limit (t->total_rows keeps the count before the limit). t is initialised here;
 * release it after success. 0 or -1. What report_check refuses, and processes, threads and costs that are not there, are
 * ERR_USAGE; so is a report that has nothing to say under the store's lens. */
int report_run(const struct report *r, struct store *s, const struct report_query *q, struct table *t, struct err *err);

/* 0 if the report can speak under the store's lens, else -1 with ERR_USAGE that says why not. */
int report_check_lens(const struct report *r, struct store *s, struct err *err);

/* The one line of facts on top of every text report and TUI view, and what is lost or cut (also sent to stderr for
 * CSV, JSON and folded). Both always terminated; `losses` is "" when nothing is amiss. Under a lens the facts are of what it
 * shows, and `losses` begins with what that is. */
int report_facts(struct store *s, char *facts, size_t facts_size, char *losses, size_t losses_size, struct err *err);

/* Appends to `losses` what of these figures is estimated, and what the store's lens cannot say of them: those of a report, and of a cost
 * (either may be NULL). */
void report_estimates(struct store *s, const struct report *r, const char *cost, char *losses, size_t losses_size);

#endif
