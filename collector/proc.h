/* SPDX-License-Identifier: MIT
 *
 * What /proc and pidfds tell about processes. Every answer may be out of date the moment it is
 * given, and every question may fail: the process may be gone, or another user's.
 */
#ifndef COLLECTOR_PROC_H
#define COLLECTOR_PROC_H

#include <stddef.h>
#include <stdint.h>

/* Reads /proc/PID/NAME into out, terminated. Bytes read, or -1. */
long proc_read(int pid, const char *name, char *out, size_t size);

struct proc_stat {
	char state;
	int is_ending;      /* 1: a zombie, or about to be one */
	int ppid;
	uint64_t minor_faults, major_faults;
	uint64_t start_ns;  /* on CLOCK_BOOTTIME, in steps of a clock tick */
	int exit_status;    /* as wait(2) gives it; of a zombie only */
};
int proc_stat(int pid, struct proc_stat *s); /* 0 or -1 */
uint64_t proc_rss(int pid); /* bytes; 0 when unknown */
int proc_uid(int pid, unsigned *uid); /* its effective user; 0 or -1 */

/* The pid under which this /proc knows the process that calls itself `pid`, has the parent `ppid` and runs `executable`
 * (as it says itself; "" if unknown). It is `pid`, unless the process lives in a pid namespace of its own. *sure: 1 when
 * that can be no other process, 0 when it is the best guess. 0 (and sure): no such process is left. */
int proc_host_pid(int pid, int ppid, const char *executable, int *sure);
/* The same for a thread of host process `pid` that calls itself `tid`; `tid` if unknown. */
int proc_host_tid(int pid, int tid);
/* 1 if the process surely lives in our own pid namespace, so that it calls itself what we call it. */
int proc_is_neighbour(int pid);

int proc_open_pidfd(int pid); /* or -1 */
/* Of the process that listens at a unix socket, *pid, however long ago it has ended; -1 where the kernel gives none
 * (before 6.5, and of one that was reaped before 6.16). */
int proc_listener_pidfd(int socket, int *pid);
/* The wait status of an ended process: 0, or -1 if the kernel does not tell. */
int proc_exit_status(int pidfd, int pid, int *status);

/* 1 if the thread has ended. */
int proc_thread_gone(int pid, int tid);

/* 1 if some process that is not `except` was started with NAME=VALUE in its environment and since the process `after`. */
int proc_any_with(const char *name, const char *value, int after);

#endif
