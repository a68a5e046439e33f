/* SPDX-License-Identifier: MIT
 *
 * The process as a participant of a recording: which segment it writes to, which slot is its own,
 * and the one word every hook compares to know that nothing has changed.
 */
#ifndef PRELOAD_PROCESS_H
#define PRELOAD_PROCESS_H

#include <stdatomic.h>
#include <stdint.h>

#include "preload/arch.h"
#include "trace/segment.h"

/* A page that the kernel zeroes in a forked child, however it was forked. */
struct process_live {
	/* image << 16 | generation while recording; else one of PROCESS_*. A recorder whose key differs is
	 * of another process, or has not noticed that code was unloaded. */
	_Alignas(4096) _Atomic uint64_t key;
	/* The segment's `turn`: whether to record (it is even), and whether that has changed. A 1 that stays once recording is
	 * over; NULL where the key is PROCESS_UNKNOWN. */
	const _Atomic uint32_t *_Atomic turn;
	_Atomic uint32_t forked; /* 1: this memory is of a process that came by fork(), not by a bare clone */
};
extern HERE struct process_live process_live;

enum {
	PROCESS_UNKNOWN = 0, /* not started, or a fresh child */
	PROCESS_OFF = 1,
	PROCESS_STARTING = 2,
};

/* Brings the process into a recording if there is one to be had. The key from then on. Any thread, inside
 * the guard of none; makes system calls, allocates nothing. */
uint64_t process_start(void);

/* From here on children that come by fork() are known as such. From the constructor. */
void process_watch_forks(void);

/* Recording ends for this process: the collector is gone, or the recording is over. Any thread. */
void process_stop(void);

/* And for all children that it will fork. */
void process_stop_for_good(void);

/* 1: the caller is a child of vfork, which is in our memory, but not us. Where a filter forbids to ask, there will hardly be one. */
int process_is_other(void);

/* The process ends with this status, unless a signal comes first: tells the collector, in case the kernel does not. */
void process_exits(int status);
/* The same of a child that has ended, by a signal (0: by none) or with a status. Any thread. */
void process_child_ended(int pid, int signal, int status);

/* Nothing is recorded, but may be again. */
static inline int process_paused(void)
{
	const _Atomic uint32_t *turn = atomic_load_explicit(&process_live.turn, memory_order_relaxed);
	return turn && atomic_load_explicit(&process_live.key, memory_order_relaxed) > PROCESS_STARTING &&
	       atomic_load_explicit(turn, memory_order_relaxed) & 1;
}

/* Valid while recording. */
struct segment *process_segment(void);
uint32_t process_slot_index(void);
struct segment_process *process_slot(void);
uint32_t process_epoch(void);

static inline uint32_t process_key_image(uint64_t key) { return (uint32_t)(key >> 16); }
static inline uint32_t process_key_generation(uint64_t key) { return (uint32_t)(key & 0xffff); }

/* Code was made that lies in no module: a child forked from now on may make other code there, so its addresses are its own. */
void process_makes_code(void);

/* Code was unloaded: rules and cached stacks are void. Any thread. */
void process_new_generation(void);
/* Addresses have changed their meaning: stacks are interned under a new root from now on. Any thread. */
void process_new_epoch(void);

/* Path of the executable, "" if unknown. */
const char *process_executable(void);

#endif
