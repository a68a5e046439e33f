/* SPDX-License-Identifier: MIT
 *
 * What the files of the lens share: who passes it, and its span in slices. Every function may be interrupted and returns 0, or -1
 * with err set; what it has made by then is lens_clear's to take away.
 */
#ifndef STORE_LENS_PRIVATE_H
#define STORE_LENS_PRIVATE_H

#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"
#include "analyzer/store/lens_table.h"
#include "analyzer/store/stack_tree.h"
#include "analyzer/store/store_private.h"

/* In what way a lens leaves something out. */
enum lens_kind {
	LENS_BY_TIME = 1,
	LENS_BY_STACK = 2,   /* some stacks */
	LENS_BY_THREAD = 4,  /* some threads of a process whose other threads pass */
	LENS_BY_PROCESS = 8, /* whole processes */
};

struct lens_thread {
	uint32_t process; /* 0: there is no thread of this id */
	unsigned char passes, there; /* there: within the span as well, or it has figures in it */
};

struct lens_process {
	unsigned char known, passes;
	int64_t peak; /* slice of the span at whose end most was live; 0: nothing ever was */
	int64_t costs[COST_LIMIT]; /* sums of what passes */
};

struct lens_state {
	struct lens lens;
	unsigned kinds;                 /* enum lens_kind */
	int64_t first, last, slices;    /* the span; how many slices there are */
	int64_t from_ns, to_ns;         /* of these slices */
	struct stack_tree tree;         /* the store's */
	unsigned char *nodes;           /* bit map by stack; NULL: all pass */
	unsigned char *sites;           /* by site, where it is the sites that are filtered; else NULL */
	struct lens_thread *threads;    /* by id */
	struct lens_process *processes; /* by id */
	int64_t last_thread, last_process;
	struct lens_table total, site_total; /* temp.total (of a span), temp.site_total */
};

static inline int lens_node_passes(const struct lens_state *l, int64_t stack)
{
	if (!l->nodes)
		return 1;
	return stack > 0 && stack <= l->tree.last_node && (l->nodes[stack >> 3] >> (stack & 7) & 1);
}

static inline int lens_thread_passes(const struct lens_state *l, int64_t thread)
{
	return thread > 0 && thread <= l->last_thread && l->threads[thread].passes;
}

static inline int lens_process_passes(const struct lens_state *l, int64_t process)
{
	return process > 0 && process <= l->last_process && l->processes[process].passes;
}

/* Says that the database is damaged, since it counts something for a stack or thread that is not there; -1. */
int lens_damaged(const struct lens_state *l, int64_t stack, int64_t thread, struct err *err);

/* 0 if there is such a thread, and a place for such a stack; else -1: the database is damaged. Whether there is a stack
 * is looked at where something is asked of it: of millions of rows in no order that look would take a quarter of the time. */
static inline int lens_check(const struct lens_state *l, int64_t stack, int64_t thread, struct err *err)
{
	if (stack < 1 || stack > l->tree.last_node || thread < 1 || thread > l->last_thread || !l->threads[thread].process)
		return lens_damaged(l, stack, thread, err);
	return 0;
}

/* The site of a stack that has passed that; 0: there is no such stack. */
static inline uint32_t lens_site(const struct lens_state *l, int64_t stack)
{
	return l->tree.nodes[stack].frame ? l->tree.nodes[stack].site : 0;
}

void lens_state_release(struct lens_state *l);

/* lens_pass.c: decides who passes, and makes the SQL functions lens_stack(stack_id, thread_id), lens_node(stack_id),
 * lens_thread(thread_id) and lens_process(process_id), which say so. */
int lens_pass_decide(struct store *s, struct lens_state *l, struct err *err);

/* lens_course.c: peaks by time, temp.site_peak of a span, temp.timeline of a filter. */
int lens_course_make(struct store *s, struct lens_state *l, struct err *err);

/* lens_sums.c: temp.site_total, and of a span temp.total. Needs the peaks; marks the threads that have figures, sums up the processes. */
int lens_sums_make(struct store *s, struct lens_state *l, struct err *err);

/* Takes settled rows by stack into the span's totals: their counts as one cost, their amounts as another (0: none). */
int lens_sums_take(struct lens_state *l, const struct lens_rows *rows, int count_cost, int amount_cost, struct err *err);

/* lens_escapes.c: temp.escaped of a span, and the costs that follow from it. `all` are the blocks made in it, settled; they are used up. */
int lens_escapes_make(struct store *s, struct lens_state *l, struct lens_rows *all, struct err *err);

/* lens_shadow.c: everything else, and then the views before the file's tables. Needs all of the above. */
int lens_shadow_make(struct store *s, struct lens_state *l, struct err *err);
int lens_shadow_drop(struct store *s, struct err *err);

#endif
