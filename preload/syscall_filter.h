/* SPDX-License-Identifier: MIT
 *
 * The seccomp filters that the program has put on itself. A filter allows what its program needs, and may kill it for
 * anything else: so every system call of ours is put to copies of the filters first, and one that is not plainly allowed is
 * not made. Filters that were there before the image are not known.
 *
 * Filters are inherited by threads and children, and are never taken off; one set by a thread for itself is taken for the
 * whole process's.
 */
#ifndef PRELOAD_SYSCALL_FILTER_H
#define PRELOAD_SYSCALL_FILTER_H

#include <stdatomic.h>
#include <stdint.h>

#include "preload/arch.h"

/* 0: there are none, nothing need be asked. */
extern HERE _Atomic uint32_t syscall_filter_count;

/* What the filters say of a system call, the strictest of them: SECCOMP_RET_..., without its data. Any thread; signal-safe. */
uint32_t syscall_filter_verdict(long number, const uint64_t arguments[6]);

/* Before a filter is set: nothing is allowed from here to syscall_filter_end, to which the result goes. Gets what is needed later,
 * while it can be had. */
int syscall_filter_begin(void);
/* After it: whether it has been set, and what (struct sock_fprog *; NULL: only read, write and exit are left). */
void syscall_filter_end(int begun, int set, const void *program);

/* 1: a program that is executed now could be killed for what the library does when it starts. */
int syscall_filter_forbids_start(void);

#endif
