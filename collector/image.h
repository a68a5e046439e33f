/* SPDX-License-Identifier: MIT
 *
 * A recorded process (image) as the collector sees it: who it is, what it uses, how it ended. An
 * exec makes a new one of the same pid.
 */
#ifndef COLLECTOR_IMAGE_H
#define COLLECTOR_IMAGE_H

#include "collector/thread.h"

struct image {
	struct segment_process *slot;
	uint32_t index;        /* of the slot */
	uint32_t number;       /* as the shim counts images */
	uint32_t id;           /* in the trace */
	int pid, ppid;         /* as the host knows them */
	int nested;            /* 1: it lives in a pid namespace of its own, where ids differ from ours */
	int pidfd;             /* -1: it was gone when we looked */
	int gone;              /* nothing comes from it any more */
	int asked;             /* times we asked in vain how it ended */
	enum meta_ended how;
	int code;
	uint64_t checked, differences, slow_frames; /* as last told */
	char comm[16];
	char executable[1024];
};

/* Takes over a slot that has been found live (slot and index are set, the rest is zero): copies what it says, finds the
 * process and a pidfd. */
void image_open(struct image *p, const struct clock *clock);

/* Tells the journal of the process. `parent`: its trace id, 0 for none. */
void image_tell_start(struct image *p, struct drain *d, uint32_t parent);

/* Tells memory and faults. */
void image_tell_sample(struct image *p, struct drain *d);

/* Tells the counters of --check-stacks, where they changed. */
void image_tell_checks(struct image *p, struct drain *d);

/* The process ended with a wait status. */
void image_ended(struct image *p, int wait_status);
/* It has ended: asks the kernel how. 1: it is `gone` now; 0: ask again (it is being reaped this moment). */
int image_find_end(struct image *p);

/* Tells the end (`how` and `code`) and frees the slot. All its threads are closed. */
void image_close(struct image *p, struct drain *d);

#endif
