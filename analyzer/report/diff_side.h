/* SPDX-License-Identifier: MIT
 *
 * One recording of a comparison: its sites with their names and what each costs.
 */
#ifndef REPORT_DIFF_SIDE_H
#define REPORT_DIFF_SIDE_H

#include <stdint.h>

#include "analyzer/base/arena.h"
#include "analyzer/base/err.h"
#include "analyzer/base/map.h"
#include "analyzer/report/diff.h"
#include "analyzer/store/store.h"

struct diff_site {
	int64_t id, function_id, line;      /* line 0: unknown */
	const char *function, *file;        /* file: path, "" if unknown */
	const char *module, *build_id;      /* "" if unknown */
	int nameless;                       /* 1: the name is an offset in its module */
	int64_t values[DIFF_MEASURES];
};

struct diff_side {
	struct diff_site *sites; /* in the order of their ids */
	size_t count, capacity;
	struct map modules;      /* hashes of the modules' last parts, and of those with their build ids */
	struct arena texts;
};

/* Reads it: one pass over the sites and one over their sums, whose flows are multiplied with `factor`. 0; or -1 with nothing
 * to release. */
int diff_side_read(struct diff_side *side, struct store *s, double factor, struct err *err);
void diff_side_release(struct diff_side *side);
/* 1 if offsets in the site's module say the same here as there: it is the same build, or there is no such module here. */
int diff_side_knows_offsets(const struct diff_side *side, const struct diff_site *site);

/* The part of a path behind its last slash. */
const char *diff_last_part(const char *path);
uint64_t diff_hash(const char *a, const char *b);
/* value * factor, rounded, within int64_t. */
int64_t diff_scaled(int64_t value, double factor);

#endif
