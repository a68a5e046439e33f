/* SPDX-License-Identifier: MIT
 *
 * Keeping the last minutes or bytes of a recording that goes on for long. Now and then the trace is written anew, beside itself, without
 * its oldest blocks of events, and takes its own place by a rename: whoever reads it has one whole trace or the other. What events
 * refer to stays (stacks, modules, threads, processes, marks); samples of memory and readings of the clock go
 * with the events. It is done a little in each round, while events go on being written to the old file.
 */
#ifndef COLLECTOR_KEEP_H
#define COLLECTOR_KEEP_H

#include <limits.h>

#include "collector/journal.h"
#include "collector/writer.h"

struct keep {
	uint64_t span_ticks, bytes;    /* how much: one of them; both 0: everything */
	struct writer *writer;         /* of the trace */
	char path[PATH_MAX], beside[PATH_MAX];
	struct block_list blocks;      /* of the trace */
	uint64_t forgotten;            /* tick before which events are not kept; 0: all are */
	uint64_t next_size, next_tick; /* of the trace, at which the oldest go; not before */
	uint64_t tick;                 /* now */
	unsigned has_clock;            /* a reading of the clock has been written to the new one */
	struct file_header header;
	int from;                      /* the trace being read; -1: it is not being written anew */
	struct writer next;            /* the new one */
	struct block_list next_blocks;
	size_t at, cut;                /* blocks before `at` are done; events before `cut` go */
	struct journal *facts;         /* what stays of older META; allocated, as is: */
	unsigned char *raw;            /* BLOCK_MAX_RAW */
	int failed;                    /* errno of what went wrong, for good */
};

/* Begins to follow what is written by w to `path`. 0, or -errno: it is no regular file, or there is no memory. */
int keep_open(struct keep *k, struct writer *w, const char *path, const struct file_header *header);

/* Does a part of what is due, at this tick. 1: there is more. */
int keep_follow(struct keep *k, uint64_t tick);

/* Brings to an end what has begun. */
void keep_finish(struct keep *k, uint64_t tick);
void keep_close(struct keep *k);

#endif
