/* SPDX-License-Identifier: MIT
 *
 * Memory that programs map themselves: what lies where, whose it is, and sums by stack, site and process. It is in none of the
 * heap's figures. A byte belongs to the stack that mapped it until it is unmapped or mapped again; mremap moves it and leaves
 * it whose it was. Of memory that was not seen to be mapped (a parent's, the C library's) nothing is counted.
 */
#ifndef INGEST_MAPPING_H
#define INGEST_MAPPING_H

#include <stdint.h>

#include "analyzer/base/keyed.h"
#include "analyzer/ingest/range_set.h"
#include "trace/event.h"

struct replay;
struct replay_thread;

/* What a stack has mapped in a thread. */
struct mapping_cell {
	uint32_t process, thread, stack; /* key; the stack is the naming's */
	uint32_t site;                   /* its site's number among mapping_sites, from 0 */
	uint64_t calls, bytes, unmapped, live;
	uint64_t at_peak, epoch;         /* as in cell.h: what was live at the process's last peak, and how many of its peaks that was */
};

/* A site in a process. */
struct mapping_site {
	uint32_t process, site; /* key */
	uint64_t live, peak;
	uint32_t kinds;         /* a bit for each event kind from EVENT_MAP on, of those that map */
};

/* A process. */
struct mapping_process {
	struct range_set ranges; /* of each: when it was mapped, its cell's number from 0, the kind of its event */
	uint64_t calls, bytes, live, peak, peak_tick;
	uint64_t epoch;          /* number of peaks so far */
};

/* What an mremap has taken out, until it says where it lies now. */
struct mapping_move {
	uint64_t from, size;
	uint32_t kind; /* of what lay there */
	int open;      /* 1: its end is to come */
	struct range *pieces;
	size_t count, room;
};

struct mappings {
	struct keyed cells, sites;
};

void mappings_init(struct mappings *m);
void mappings_release(struct mappings *m);
void mapping_process_release(struct mapping_process *p);
/* Takes in an event for which event_is_map; its stack is the naming's. 1: the thread waits with it. */
int mappings_event(struct replay *r, struct replay_thread *t, const struct event *e);
/* A move that has no end: what was taken out lies where it lay. */
void mapping_move_cancel(struct replay *r, struct replay_thread *t);
void mapping_move_release(struct mapping_move *m);

/* For the end. What was live in a cell at the process's peak. */
uint64_t mapping_at_peak(const struct replay *r, const struct mapping_cell *c);
/* How many bytes of a process were mapped before this tick and are still there. */
uint64_t mapping_live_since(const struct mapping_process *p, uint64_t tick);
/* Of a site, "anonymous", "file" and the like, joined by ", ". */
const char *mapping_kinds(uint32_t kinds, char *out, unsigned size);

#endif
