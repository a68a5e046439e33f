/* SPDX-License-Identifier: MIT
 *
 * A recorded process (image) as the collector sees it: who it is, what it uses, how it ended. An
 * exec makes a new one of the same pid.
 */
#ifndef COLLECTOR_IMAGE_H
#define COLLECTOR_IMAGE_H

#include "collector/code_names.h"
#include "collector/thread.h"

struct image {
	struct segment_process *slot;
	uint32_t index;        /* of the slot */
	uint32_t number;       /* as the shim counts images */
	uint32_t id;           /* in the trace */
	uint32_t forked_from;  /* number of another; 0: it came by an exec */
	uint32_t family;       /* number of the image that it and others were forked from, or its own; 0: not known */
	int pid, ppid;         /* as the host knows them */
	int nested;            /* 1: it may live in a pid namespace of its own: ids have to be translated */
	int lost;              /* 1: not even a guess: `pid` is what it calls itself, and nothing can be asked of it */
	int sure;              /* 0: `pid` is a guess, so its slots are not given back: it might still be writing there */
	int pidfd;             /* -1: none to be had */
	int gone;              /* nothing comes from it any more */
	int due;               /* to be asked whether it has ended */
	int limit_told;
	int asked;             /* times we asked in vain how it ended */
	enum meta_ended how;
	int code;
	uint64_t checked, differences, slow_frames; /* as last told */
	struct code_names names; /* what it makes while it runs */
	char comm[16];
	char executable[1024];
};

/* Takes over a slot that has been found live (slot and index are set, the rest is zero): copies what it says, finds the
 * process and a pidfd. `strangers`: processes of other pid namespaces take part. */
void image_open(struct image *p, const struct clock *clock, int strangers);

/* Tells the journal of the process. `parent`: its trace id, 0 for none. */
void image_tell_start(struct image *p, struct drain *d, uint32_t parent);

/* Tells memory and faults. */
void image_tell_sample(struct image *p, struct drain *d);

/* Tells the counters of --check-stacks, where they changed. */
void image_tell_checks(struct image *p, struct drain *d);

/* Tells the names of its code, having read about `most` bytes of its map. Returns what was read. */
uint64_t image_tell_code(struct image *p, struct drain *d, uint64_t most);

/* The process ended with a wait status. */
void image_ended(struct image *p, int wait_status);
/* Its pidfd says that it has ended, or it has none: asks the kernel whether and how. 1: it is `gone` now; 0: ask again. */
int image_find_end(struct image *p);

/* Tells the end (`how` and `code`) and frees the slot where that is safe. All its threads are closed. */
void image_close(struct image *p, struct drain *d);

#endif
