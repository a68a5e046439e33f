/* SPDX-License-Identifier: MIT
 *
 * Escapes added up by site: how many of its blocks died how far from the call that asked for them, and of what most did, the
 * owner they died in and the threads they went between. Over all processes, or those of a scope. Reads; writes nothing.
 */
#ifndef REPORT_ESCAPES_SUM_H
#define REPORT_ESCAPES_SUM_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/map.h"
#include "analyzer/report/site_buckets.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

enum escapes_class { /* as in the table `escaped` */
	ESCAPES_LOCAL = 1,
	ESCAPES_CALLER,
	ESCAPES_THREAD,
	ESCAPES_RETAINED,
	ESCAPES_CLASSES, /* one more than there are */
};

struct escapes_site {
	int64_t blocks[ESCAPES_CLASSES], bytes[ESCAPES_CLASSES]; /* [0]: of all classes */
	int64_t uncertain;
	int class;             /* that most blocks have; 0: there are no blocks */
	uint32_t owner;        /* function that most blocks of that class died in; thread: that freed them; 0: none, or not known */
	uint32_t owner_node;   /* the stack that says so for most of these; 0: none */
	uint32_t level;        /* of most of these; caller only */
	uint32_t free_site;    /* site that freed most blocks; 0: none, or not known */
	uint32_t maker, freer; /* of most blocks of class thread: threads' origins, as escapes_origin says; 0: there are none */
	int64_t max_live;
	struct site_quantiles lifetimes, sizes; /* count 0: not known; kept by process: not there if the scope is a thread */
};

struct escapes_sum {
	const struct stack_tree *tree; /* borrowed */
	struct escapes_site *sites;    /* by the site's id */
	struct map origins;            /* by the thread's id: the stack that created it, or one of the two below */
};
#define ESCAPES_ORIGIN_MAIN UINT32_MAX       /* its process's first thread */
#define ESCAPES_ORIGIN_UNSEEN (UINT32_MAX - 1) /* its creation was not seen */

/* Adds up what is known of `count` sites, each there once; NULL: of all. The tree needs names only; stacks are read as they are met, which
 * for all sites takes longer than to have read them before. 0; or -1 with nothing to release. */
int escapes_sum_load(struct store *s, const struct scope *scope, const struct stack_tree *tree, const uint32_t *sites, size_t count,
                     struct escapes_sum *sum, struct err *err);
void escapes_sum_release(struct escapes_sum *sum);

/* "local", ...; NULL for none. */
const char *escapes_class_name(int class);
/* An origin in words: "start_workers (main.c:60)", "main thread"; NULL for one not seen, and for 0. Writes into out. */
const char *escapes_origin_name(const struct stack_tree *tree, uint32_t origin, char *out, size_t size);
/* The stack of a thread's creation, or what stands for it; ESCAPES_ORIGIN_UNSEEN for ids that are not there. */
uint32_t escapes_sum_origin(const struct escapes_sum *sum, int64_t thread);

#endif
