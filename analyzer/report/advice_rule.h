/* SPDX-License-Identifier: MIT
 *
 * Rules of advice: a row of advice_rules each, and a function that looks at the database and says what it found. Rules run in
 * the order of the table; one that knows what to do about a site or a lock claims it, and those behind leave it alone.
 */
#ifndef REPORT_ADVICE_RULE_H
#define REPORT_ADVICE_RULE_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/units.h"
#include "analyzer/report/advice_facts.h"
#include "analyzer/report/report.h"

enum advice_kind { ADVICE_FAILURE, ADVICE_COST, ADVICE_HINT };

#define ADVICE_THRESHOLDS 8

struct advice_threshold {
	const char *name;   /* "blocks"; NULL ends the list */
	int64_t value;
	enum unit unit;
	const char *help;
};

struct advice;

struct advice_rule {
	const char *name;    /* "pool" */
	enum advice_kind kind;
	const char *help;    /* what it sees, one line */
	struct advice_threshold thresholds[ADVICE_THRESHOLDS + 1];
	int (*run)(struct advice *a, struct err *err); /* adds findings; 0 or -1 */
	/* NULL, or why it can say nothing of a process: NULL if it can. */
	const char *(*unable)(const struct advice *a, const struct advice_process *p);
};

extern const struct advice_rule advice_rules[]; /* ends with a NULL name */
const struct advice_rule *advice_rule_find(const char *name, size_t size); /* NULL: none */

struct advice_finding {
	const struct advice_rule *rule;
	const struct advice_process *process;
	uint32_t stack, node;                  /* the stack shown, and its node whose frame is the place to look at; 0: none */
	int64_t lock;                          /* 0: none */
	const char *evidence, *cure;           /* of advice_words */
	int64_t allocations, bytes, ns;        /* saved; 0: none of these */
	double share;                          /* filled in from those */
};

struct advice {
	struct advice_facts facts;
	const struct report_query *query;
	const struct advice_rule *rule;        /* that is running */
	struct advice_finding *findings;
	size_t finding_count, finding_room;
	struct map claimed_locks;
};

/* A threshold of the rule that runs; of another rule. */
int64_t advice_limit(const struct advice *a, const char *name);
int64_t advice_limit_of(const struct advice *a, const struct advice_rule *rule, const char *name);
/* 0, or -1 with ERR_USAGE: a threshold of the query is of no rule, or no figure. */
int advice_limits_check(const struct report_query *q, struct err *err);

/* A new finding of the rule that runs; valid until the next one. */
struct advice_finding *advice_found(struct advice *a, const struct advice_process *p, uint32_t stack, uint32_t node);
/* A site that can be changed, is not claimed yet, and has that many allocations and a share of its process's as large as the
 * thresholds `blocks` and `share` of the rule that runs. `count` is what the rule counts of them. */
int advice_is_worth(struct advice *a, const struct advice_site *s, int64_t count);

/* Text that lives as long as the advice. */
const char *advice_words(struct advice *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *advice_figure(struct advice *a, enum unit unit, int64_t value);
#define advice_count(a, value) advice_figure(a, UNIT_COUNT, value)
#define advice_bytes(a, value) advice_figure(a, UNIT_BYTES, value)
#define advice_time(a, value) advice_figure(a, UNIT_NS, value)
/* "48 B", or "32 B to 63 B". */
const char *advice_sizes(struct advice *a, int64_t low, int64_t high);
/* part of whole in percent, rounded down; 0 of nothing. */
int advice_percent(int64_t part, int64_t whole);
/* A product as a whole number; 0 for less, and the largest there is for more. */
int64_t advice_whole(double number);
/* "" or "s". */
static inline const char *advice_s(int64_t count)
{
	return count == 1 ? "" : "s";
}

/* Why a rule that needs stacks of frees, or time, can say nothing; NULL: it can. */
const char *advice_without_frees(const struct advice *a, const struct advice_process *p);
const char *advice_too_short(const struct advice *a, const struct advice_rule *rule, const struct advice_process *p);

int advice_stack(struct advice *a, struct err *err);             /* advice_heap.c */
int advice_pool(struct advice *a, struct err *err);
int advice_temporary(struct advice *a, struct err *err);
int advice_pre_size(struct advice *a, struct err *err);
int advice_slack(struct advice *a, struct err *err);
int advice_arena(struct advice *a, struct err *err);             /* advice_owners.c */
int advice_cross_thread(struct advice *a, struct err *err);
int advice_unbounded_growth(struct advice *a, struct err *err);  /* advice_memory.c */
int advice_leak_at_exit(struct advice *a, struct err *err);
int advice_memory_limit(struct advice *a, struct err *err);
int advice_lock_order(struct advice *a, struct err *err);        /* advice_locks.c */
int advice_atomic(struct advice *a, struct err *err);
int advice_critical_section(struct advice *a, struct err *err);
int advice_shard(struct advice *a, struct err *err);
int advice_broadcast(struct advice *a, struct err *err);
int advice_bound_the_threads(struct advice *a, struct err *err); /* advice_threads.c */
int advice_thread_leak(struct advice *a, struct err *err);

const char *advice_still_there(const struct advice *a, const struct advice_process *p);  /* the `unable` of some */
const char *advice_no_limit(const struct advice *a, const struct advice_process *p);
const char *advice_no_sample(const struct advice *a, const struct advice_process *p);
const char *advice_short_for_growth(const struct advice *a, const struct advice_process *p);
const char *advice_short_for_threads(const struct advice *a, const struct advice_process *p);

#endif
