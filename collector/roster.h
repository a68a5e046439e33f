/* SPDX-License-Identifier: MIT
 *
 * Who takes part in the recording: finds processes and threads as they claim slots, notices their
 * ends, and gives slots back. Ids of the trace are handed out here, in order of appearance.
 */
#ifndef COLLECTOR_ROSTER_H
#define COLLECTOR_ROSTER_H

#include "collector/image.h"
#include "collector/lineage.h"
#include "collector/pages.h"
#include "collector/share.h"

struct roster {
	struct segment *segment;
	struct drain *drain;
	const _Atomic int *strangers;            /* see struct door */
	int has_nested;                          /* 1: an image has come whose pid is a guess, or less */
	struct image *images[SEGMENT_PROCESSES]; /* those that live, in no order */
	uint32_t image_count;
	struct thread *threads[SEGMENT_THREADS];
	uint32_t thread_count;
	struct image *image_at[SEGMENT_PROCESSES]; /* by slot; NULL: free, or not ours yet */
	struct thread *thread_at[SEGMENT_THREADS];
	unsigned char process_kept[SEGMENT_PROCESSES]; /* 1: this slot was closed without being given back: not looked at again */
	unsigned char thread_kept[SEGMENT_THREADS];
	struct pages pages;
	uint32_t code_turn;                   /* whose names of code are looked for first */
	uint32_t last_process, last_thread;   /* trace ids handed out */
	struct lineage lineage;
	int launched_pid, launched_status;    /* of the command, when it has ended; pid 0: not yet */
	int first_pid, first_pidfd;           /* whose end the kernel tells however late it is asked; -1: nobody's. Borrowed */
};

void roster_init(struct roster *r, struct segment *segment, struct drain *drain, const _Atomic int *strangers);
void roster_release(struct roster *r);

/* Looks for slots newly claimed. */
void roster_find(struct roster *r);

/* Drains every ring once. Returns the cells read from the busiest. */
uint64_t roster_drain(struct roster *r);

/* Closes processes that have ended (asks the kernel), with their threads. */
void roster_find_ends(struct roster *r);

/* Closes threads that have ended: of those that said so and those that had nothing to say for idle_ns the kernel is asked. */
void roster_find_thread_ends(struct roster *r, uint64_t idle_ns);

/* Writes what has been pending for age_ns. */
void roster_flush(struct roster *r, uint64_t age_ns);

/* Every process's memory; every thread's losses and name, every process's checks. */
void roster_tell_samples(struct roster *r);
void roster_tell_rest(struct roster *r);

/* What every thread's counters of locks have gained, as events of the thread. */
void roster_tell_totals(struct roster *r);

/* Makes pages for the rings and nodes that are likely to be written next. */
void roster_make_pages(struct roster *r);

/* The recording ends while processes go on: the last events of all. Nothing is given back. */
void roster_leave(struct roster *r);

/* Nobody is left, whatever we know of each: closes them all. */
void roster_end_all(struct roster *r);

/* 1 if a process lives that can be watched: one whose end we will learn. */
int roster_has_living(const struct roster *r);

#endif
