/* SPDX-License-Identifier: MIT
 *
 * Blocks that are resized again and again: chains of reallocations. A step of a chain is the end of a block by realloc,
 * directly followed in the same thread by the beginning of its successor; or that of a C++ container which replaces its
 * storage (growth_container.h). A chain is over when its last block is freed, or the recording is; it counts for the
 * stack that made its last step.
 *
 * Frees are not looked at. A chain is kept by the address and the beginning of its last block; whether that still lives is
 * asked when another chain comes to the address, when the table is full, and at the end. So programs that resize nothing
 * pay nothing, and memory follows the resized blocks that live, and the stacks.
 */
#ifndef INGEST_GROWTH_H
#define INGEST_GROWTH_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/keyed.h"
#include "analyzer/ingest/live.h"

/* What is known of a chain after its last step. */
struct growth_chain {
	uint64_t address; /* of its last block; 0: the entry is empty */
	uint64_t tick;    /* when that began */
	uint64_t size;
	uint64_t copied;  /* bytes, by all steps */
	uint32_t stack;   /* that made it */
	uint32_t steps;   /* 0: the chain has moved on */
	uint32_t container; /* 1: its last step was a container's */
	uint32_t spare;
};

/* A process's chains. */
struct growth_chains {
	struct growth_chain *at; /* hash table */
	size_t capacity, count;  /* capacity: a power of two, or 0 */
	uint32_t process;
};

/* A thread's: the first half of a step. */
struct growth_half {
	struct growth_chain chain; /* as it was; steps 0: the block had not been resized before */
	uint32_t event;            /* number of the event in its thread */
	uint8_t open;
	uint8_t container; /* 1: the step is a container's */
};

/* Sizes in the end, by power of two: of those in 2^(log - 1) .. 2^log - 1. */
struct growth_bucket {
	uint64_t count, least, most;
	uint32_t next; /* of the row, with a larger log; 0: none */
	uint32_t log;
};

/* Chains by stack and process. */
struct growth_row {
	uint32_t stack, process;
	uint64_t chains, steps, max_steps, copied;
	uint32_t buckets; /* the first; 0: none */
	uint32_t container; /* 1: last steps were containers' */
};

struct growth {
	struct keyed rows; /* of struct growth_row */
	struct growth_bucket *buckets; /* [0] unused */
	size_t bucket_count, bucket_room;
};

void growth_init(struct growth *g);
void growth_release(struct growth *g);
void growth_chains_release(struct growth_chains *c);

/* A block, made by `stack`, ends by realloc, at event number `event` of the thread that `half` is of. */
void growth_leave(struct growth *g, struct growth_chains *c, struct growth_half *half, const struct live_block *block,
                  uint32_t stack, uint32_t event);
/* A block begins by realloc. `live`: the live blocks of the process, this one among them; NULL: it is already over. Where the
 * event before in the thread was not the end of its predecessor, nothing is known of that. */
void growth_arrive(struct growth *g, struct growth_chains *c, struct growth_half *half, const struct live_block *block,
                   uint32_t stack, uint32_t event, const struct live *live);
/* The thread has no more events. */
void growth_thread_done(struct growth *g, const struct growth_chains *c, struct growth_half *half);
/* The process has no more events: its chains are over, and released. */
void growth_process_done(struct growth *g, struct growth_chains *c);

/* The size in the end that `percent` of a row's chains are at most of, as if within a power of two sizes were evenly spread
 * between the least and the most. The row has a chain. */
uint64_t growth_percentile(const struct growth *g, const struct growth_row *row, unsigned percent);

#endif
