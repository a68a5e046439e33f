/* SPDX-License-Identifier: MIT
 *
 * A recorded process (image) as the collector sees it: who it is, what it uses, how it ended. An
 * exec makes a new one of the same pid.
 */
#ifndef COLLECTOR_PROCESS_H
#define COLLECTOR_PROCESS_H

#include "collector/thread.h"

struct process {
	struct segment_process *slot;
	uint32_t index;        /* of the slot */
	uint32_t image;        /* as the shim counts */
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
void process_open(struct process *p, const struct clock *clock);

/* Tells the journal of the process. `parent`: its trace id, 0 for none. */
void process_tell_start(struct process *p, struct drain *d, uint32_t parent);

/* Tells memory and faults. */
void process_tell_sample(struct process *p, struct drain *d);

/* Tells the counters of --check-stacks, where they changed. */
void process_tell_checks(struct process *p, struct drain *d);

/* The process ended with a wait status. */
void process_ended(struct process *p, int wait_status);
/* It has ended: asks the kernel how. 1: it is `gone` now; 0: ask again (it is being reaped this moment). */
int process_find_end(struct process *p);

/* Tells the end (`how` and `code`) and frees the slot. All its threads are closed. */
void process_close(struct process *p, struct drain *d);

#endif
