/* SPDX-License-Identifier: MIT
 *
 * A site in figures and words, and reading some sites' by key: for lists of which only the first are shown, where reading what
 * all sites have would be the larger part.
 */
#ifndef REPORT_SITE_FEW_H
#define REPORT_SITE_FEW_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/store.h"

struct site_row {
	uint32_t site, function;
	uint32_t line;  /* 0: unknown */
	uint32_t stack; /* to show; 0: none */
	const char *name, *file, *module; /* of the function; NULL: unknown */
	int64_t costs[COST_LIMIT];
	int64_t peak, max_live; /* max_live 0: not known */
};

/* Fills in rows of which the site is set: everything but the stack. Texts are t's. 0 or -1. */
int site_few_read(struct store *s, const struct scope *scope, struct table *t, struct site_row *rows, size_t count, struct err *err);
/* Sets each row's stack to the one with most of a cost. 0 or -1. */
int site_few_stacks(struct store *s, const struct scope *scope, int cost, struct site_row *rows, size_t count, struct err *err);

#endif
