/* SPDX-License-Identifier: MIT
 *
 * Which sites of two recordings are the same: a row for each, with the sums of the sites it stands for in either.
 */
#ifndef REPORT_DIFF_MATCH_H
#define REPORT_DIFF_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/arena.h"
#include "analyzer/report/diff_side.h"

enum { DIFF_SIDE_BASE, DIFF_SIDE_NOW, DIFF_SIDES };

struct diff_row {
	const char *function;
	const char *file;                              /* its last part; "": unknown in both */
	const struct diff_site *main[DIFF_SIDES];      /* of its sites the one that asks for most; NULL: there is none */
	size_t sites[DIFF_SIDES];                      /* how many */
	int64_t values[DIFF_SIDES][DIFF_MEASURES];
};

struct diff_match {
	struct diff_row *rows;
	size_t count, capacity;
	struct map by_name;    /* hash of function and file -> row, from 1 */
	struct arena texts;
	size_t nameless;       /* rows that stand for all functions of a module, for want of names */
	size_t peaks;          /* rows whose peak changed and that have several sites, whose own peaks do not add up */
};

/* Rows for all sites that cost anything. `sides` has to outlive it. */
void diff_match_make(struct diff_match *m, const struct diff_side sides[DIFF_SIDES]);
void diff_match_release(struct diff_match *m);
/* b - a, within int64_t. */
int64_t diff_change(int64_t a, int64_t b);

#endif
