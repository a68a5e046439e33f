/* SPDX-License-Identifier: MIT
 *
 * What several rules of advice ask about: processes as wholes, and sites, each with the figures of its blocks in one
 * process. Read once, in one pass over each table.
 */
#ifndef REPORT_ADVICE_FACTS_H
#define REPORT_ADVICE_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/arena.h"
#include "analyzer/base/err.h"
#include "analyzer/base/map.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

enum advice_end { ADVICE_EXITED, ADVICE_KILLED, ADVICE_REPLACED, ADVICE_RUNNING };

struct advice_process {
	int64_t id, pid, start_ns, duration_ns;
	int64_t allocations, peak_bytes, wait_ns, lost_events;
	int64_t busy_ns;         /* its threads' lives together, without the time they were blocked */
	int64_t resident_bytes;  /* largest sampled; 0: never */
	int64_t limit_bytes;     /* 0: none */
	const char *limit_by;
	int64_t first_slice, last_slice;
	int64_t samples;         /* of slack: blocks */
	enum advice_end ended;
};

struct advice_site {
	uint32_t site;
	const struct advice_process *process;
	uint32_t stack, leak_stack, peak_stack; /* with most of its allocations, leaked bytes, bytes at the peak; 0: none */
	int64_t allocations, bytes, temporary, leaked, leaked_bytes, at_peak, at_peak_bytes;
	int64_t freed;
	int64_t max_live;        /* most at once */
	int64_t max_live_thread; /* the same of one thread's blocks */
	int64_t local;           /* died while the call that asked for them still ran */
	int64_t size_low, size_high; /* of all its blocks */
	int64_t class_low, class_high, class_count; /* the sizes from one to its double that most blocks have, and how many do */
	int64_t life_ns, life_count; /* that many, nine of ten that were freed at least, lived no longer than that */
	unsigned claimed;        /* enum advice_claim: a rule before has said what to do about it, or a sample tells too little to judge it */
};

enum advice_claim { ADVICE_CHURN = 1, ADVICE_KEPT = 2, ADVICE_SLACK = 4 };

struct advice_facts {
	struct store *store;
	struct scope scope;
	struct stack_tree tree;
	uint32_t *site_nodes;    /* of a stack: the node of its site */
	struct advice_process *processes;
	size_t process_count;
	struct map process_index; /* of a process's id: the number in processes, plus 1 */
	struct advice_site *sites;
	size_t site_count, site_room;
	struct map site_index;   /* of site and process: the number in sites, plus 1 */
	unsigned char *runtime;  /* of a function: 1: not, 2: it is the C or C++ library's, the loader's or start-up code; 0: not looked at */
	struct arena words;
	int no_free_stacks;      /* frees were recorded without them */
};

/* Reads the processes. 0; or -1 with nothing to release. */
int advice_facts_open(struct advice_facts *f, struct store *s, const struct scope *scope, struct err *err);
/* Reads the stack tree and the sites. 0; or -1 (release it all the same). */
int advice_facts_read(struct advice_facts *f, struct err *err);
void advice_facts_release(struct advice_facts *f);

/* The process with this id (of the database); NULL: it is out of scope. */
const struct advice_process *advice_facts_process(const struct advice_facts *f, int64_t id);
/* The site's figures in a process; NULL: it allocated nothing there. */
struct advice_site *advice_facts_site(struct advice_facts *f, uint32_t site, const struct advice_process *p);
/* The same by ids of the database, which need not be any. */
struct advice_site *advice_facts_site_of(struct advice_facts *f, int64_t site, int64_t process);
/* 0, or -1 with an error: there is no such stack. */
int advice_facts_check_stack(const struct advice_facts *f, int64_t stack, struct err *err);
/* 1 if nobody can change it: the function lies in the C or C++ library or the loader, or starts the program. */
int advice_facts_is_runtime(struct advice_facts *f, uint32_t function);
/* The innermost node of a stack, from its site outwards, that is not the runtime's; 0: all of it is. */
uint32_t advice_facts_own_node(struct advice_facts *f, uint32_t stack);

#endif
