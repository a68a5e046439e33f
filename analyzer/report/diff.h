/* SPDX-License-Identifier: MIT
 *
 * Two recordings beside each other: what each site costs in the one, the base, and in the other, the later one.
 *
 * A site is the same in both if its function has the same name and its source file the same last part: neither line nor
 * address nor the module's path matter, so that a rebuild still compares, and all lines of a function are one row. A file
 * that one of the recordings does not know is no difference. Functions without a name (of a stripped module) are known by
 * their offsets, which say nothing about another build: those of a module are one row then, and a remark says so.
 */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include <stdio.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/report/report_write.h"
#include "analyzer/store/store.h"

enum diff_measure_id {
	DIFF_ALLOCATED_BYTES,
	DIFF_ALLOCATIONS,
	DIFF_PEAK_BYTES,
	DIFF_AT_PEAK_BYTES,
	DIFF_LEAKED_BYTES,
	DIFF_LEAKED_ALLOCATIONS,
	DIFF_TEMPORARY_ALLOCATIONS,
	DIFF_WAIT_NS,
	DIFF_WAITS,
	DIFF_HELD_NS,
	DIFF_BLOCKED_NS,
	DIFF_MEASURES,
};

/* What is compared. */
struct diff_measure {
	const char *name;   /* as --cost has it: "allocated_bytes" */
	const char *title;  /* head of a column: "ALLOCATED" */
	enum unit unit;
	const char *help;
	int64_t cost_id;    /* 0: the own peak, which is no cost */
	int level;          /* 1: a state rather than a sum over time; does not grow with the recording's length */
	const char *whole;  /* SQL: its figure of all the recording */
};

extern const struct diff_measure diff_measures[DIFF_MEASURES];

/* Columns of the sites' table. Each measure has three: in the later recording under the measure's name, in the base
 * (NAME_base), and the difference (NAME_change). */
enum diff_column {
	DIFF_STATE,    /* 'new', 'gone', or '' */
	DIFF_FUNCTION,
	DIFF_FILE,
	DIFF_LINE,     /* none where several lines are one row */
	DIFF_MODULE,
	DIFF_FIGURES,
	DIFF_SITE_ID = DIFF_FIGURES + 3 * DIFF_MEASURES, /* the one of the row's sites that asks for most; none: gone */
	DIFF_FUNCTION_ID,                                /* its function */
	DIFF_BASE_SITE_ID,                               /* the same in the base; none: new */
	DIFF_COLUMNS,
};
enum diff_part { DIFF_NOW, DIFF_BASE, DIFF_CHANGE };
#define DIFF_AT(measure, part) (DIFF_FIGURES + 3 * (size_t)(measure) + (size_t)(part))

/* Columns of the wholes' table: a row a measure, in the order of diff_measures. */
enum diff_whole_column { DIFF_WHOLE_NAME, DIFF_WHOLE_NOW, DIFF_WHOLE_BASE, DIFF_WHOLE_CHANGE };

/* What the base's sums are multiplied with, so that recordings of different lengths compare. */
enum diff_scale { DIFF_AS_IT_IS, DIFF_BY_TIME, DIFF_BY_ALLOCATIONS };

/* Which rows there are: all, those in which anything changed, those in which the query's measure did. */
enum diff_rows { DIFF_ALL, DIFF_CHANGED_AT_ALL, DIFF_CHANGED };

struct diff_query {
	const char *cost;  /* a measure's name: rows are sorted by the size of its change, growth first; NULL: allocated_bytes */
	const char *sort;  /* NULL, or a column's name instead, "-name" for the other way round; a change is sorted by its size */
	const char *match; /* only functions with this in their name (letters' case does not matter); NULL: all */
	long limit;        /* rows at the most; 0: all */
	enum diff_scale scale;
	enum diff_rows rows;
};

struct diff {
	struct table sites;  /* total_rows: before the limit */
	struct table wholes; /* of all sites, whatever the query matches */
	double factor;       /* what the base's sums are multiplied with: 1, as they are */
	size_t compared;     /* rows that match the query */
	size_t changed[DIFF_MEASURES]; /* of these */
	size_t unchanged;    /* of these: in nothing at all */
	char *remarks;       /* what has to be said beside it, in lines; "" for nothing */
};

/* 0 if there are such columns and costs, else -1 with ERR_USAGE; no database is needed. */
int diff_check(const struct diff_query *q, struct err *err);
/* Compares. 0, then diff_release(); or -1. Each store is used by the calling thread alone meanwhile. */
int diff_read(struct store *base, struct store *now, const struct diff_query *q, struct diff *out, struct err *err);
void diff_release(struct diff *d);
/* The wholes alone, from small tables; t is initialised here. 0 or -1. */
int diff_read_wholes(struct store *base, struct store *now, enum diff_scale scale, struct table *t, struct err *err);
/* How long what the store shows of its recording lasted, in ns. */
int64_t diff_duration(struct store *s);
/* What the base's sums are to be multiplied with: 1 where one of the recordings has no length. 0 or -1. */
int diff_factor(struct store *base, struct store *now, enum diff_scale scale, double *factor, struct err *err);

/* The sites' table as the writers of CSV and JSON want it described. */
extern const struct report diff_report;

/* Either recording in words, for the head of the text. */
struct diff_names {
	const char *facts[2], *losses[2]; /* the base's, the later one's */
};
/* Text for people: both recordings, the wholes, the sites that differ. */
void diff_write_text(const struct diff *d, const struct diff_query *q, const struct diff_names *names,
                     const struct report_page *page, FILE *out);

/* "+12 %", "-3.5 %", "~0 %", "x 123", "new" where there was none before; "" for no difference. */
char *diff_percent(char out[UNIT_WIDTH], int64_t base, int64_t now);
/* A difference with its sign: "+1.20 MiB", "-3"; "0". */
char *diff_figure(char out[UNIT_WIDTH], enum unit unit, int64_t change);
/* The measure a query is about: that of its sort's column, else of its cost. */
size_t diff_measure_of(const struct diff_query *q);

#endif
