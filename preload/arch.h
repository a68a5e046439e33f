/* SPDX-License-Identifier: MIT
 *
 * Everything of the shim that knows the processor: raw system calls, the time stamp, the thread
 * pointer, a 16-byte compare-and-swap, and the registers the unwinder follows. Another processor
 * is another arch_*.h with the same names (and the register numbers of cfi.c's rules).
 *
 * Raw system calls because a hook must not disturb errno, nor be a cancellation point.
 */
#ifndef PRELOAD_ARCH_H
#define PRELOAD_ARCH_H

/* Of a variable declared in a header: it is in this library, so that hooks need not ask where. */
#define HERE __attribute__((visibility("hidden")))

#if defined(__x86_64__) && defined(__linux__)
#include "preload/arch_x86_64.h"
#else
#error "culprit records on x86-64 Linux only"
#endif

#endif
