/* SPDX-License-Identifier: MIT
 *
 * The system calls the shim makes, by their own names, returning negated errno. None of them touches
 * errno or is a cancellation point; none is made in the steady state of a hook. Any thread. One that a filter of the program's
 * forbids (syscall_filter.h) is not made, and returns -EPERM.
 */
#ifndef PRELOAD_SYS_H
#define PRELOAD_SYS_H

#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "preload/arch.h"
#include "preload/syscall_filter.h"

static inline int sys_allowed(long n, long a, long b, long c, long d, long e, long f)
{
	const uint64_t arguments[6] = {(uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d, (uint64_t)e, (uint64_t)f};
	return __builtin_expect(!atomic_load_explicit(&syscall_filter_count, memory_order_relaxed), 1) ||
	       syscall_filter_verdict(n, arguments) == SECCOMP_RET_ALLOW;
}

static inline long sys_call(long n, long a, long b, long c, long d, long e, long f)
{
	return sys_allowed(n, a, b, c, d, e, f) ? arch_syscall(n, a, b, c, d, e, f) : -EPERM;
}

#define SYS0(n) sys_call(n, 0, 0, 0, 0, 0, 0)
#define SYS1(n, a) sys_call(n, (long)(a), 0, 0, 0, 0, 0)
#define SYS2(n, a, b) sys_call(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS3(n, a, b, c) sys_call(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS4(n, a, b, c, d) sys_call(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS6(n, a, b, c, d, e, f) sys_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* NULL on failure. fd -1: anonymous private memory; else the shared mapping of fd. */
static inline void *sys_map(uint64_t size, int fd)
{
	long flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED | MAP_NORESERVE;
	long p = SYS6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, flags, fd, 0);
	return p < 0 && p > -4096 ? (void *)0 : (void *)p;
}

static inline int32_t sys_tid(void)
{
	return (int32_t)SYS0(SYS_gettid);
}

static inline void sys_close(int fd)
{
	SYS1(SYS_close, fd);
}

/* Sleeps while *word == value, at most ms milliseconds. The word is shared between processes. */
static inline void sys_futex_wait(_Atomic uint32_t *word, uint32_t value, long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	SYS4(SYS_futex, word, FUTEX_WAIT, value, &t);
}

static inline void sys_futex_wake(_Atomic uint32_t *word)
{
	SYS3(SYS_futex, word, FUTEX_WAKE, 1);
}

/* Microseconds, roughly, on the monotonic clock; no system call where there is a vDSO. */
static inline uint64_t sys_now_us(void)
{
	struct timespec t = {0};
	if (!sys_allowed(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&t, 0, 0, 0, 0)) /* which it is where there is no vDSO */
		return arch_stamp() / 2048;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* One line to standard error, for what a person must know before the recording is given up. */
void sys_say(const char *sentence, const char *detail);

/* The file's first size - 1 bytes into out, terminated; the number of bytes, or negative. */
long sys_read_file(const char *path, char *out, uint64_t size);

#endif
