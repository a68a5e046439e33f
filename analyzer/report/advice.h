/* SPDX-License-Identifier: MIT
 *
 * Advice: what the rules found, the finding that promises most first, for what shows it. The report's remarks say what was
 * checked and what could not be.
 */
#ifndef REPORT_ADVICE_H
#define REPORT_ADVICE_H

#include <stdio.h>

#include "analyzer/base/err.h"
#include "analyzer/report/report_write.h"

enum advice_column {
	ADVICE_RANK,
	ADVICE_RULE,
	ADVICE_KIND,        /* "failure", "cost", "hint": the order they come in */
	ADVICE_FUNCTION,
	ADVICE_FILE,
	ADVICE_LINE,
	ADVICE_MODULE,
	ADVICE_SHARE,       /* the saving, in percent of what the process has of it */
	ADVICE_EVIDENCE,    /* what was seen, in words and figures */
	ADVICE_SAVING,      /* the three below in words */
	ADVICE_SAVING_ALLOCATIONS,
	ADVICE_SAVING_BYTES,
	ADVICE_SAVING_NS,
	ADVICE_CURE,        /* a sentence or two */
	ADVICE_STACK,       /* functions from the root inwards, joined by ; */
	ADVICE_PID,
	ADVICE_SITE_ID,     /* keys; none where there is none */
	ADVICE_STACK_ID,
	ADVICE_LOCK_ID,
	ADVICE_FUNCTION_ID,
};

/* A paragraph a finding. */
void advice_write_text(const struct report *r, const struct table *t, const struct report_query *q,
                       const struct report_page *page, FILE *out);

/* 0 if there is a rule of that name; else -1 with ERR_USAGE and the names there are. */
int advice_check_rule(const char *name, struct err *err);
/* Why a rule could not say anything about a recording (of q's process), in words that go on with "NAME: "; "" when it could.
 * 0 or -1. */
int advice_why_unable(struct store *s, const struct report_query *q, const char *rule, char *why, size_t size, struct err *err);
/* The rules and their thresholds, for --help. */
void advice_describe(FILE *out);

#endif
