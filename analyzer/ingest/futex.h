/* SPDX-License-Identifier: MIT
 *
 * What a thread waited for that called futex itself: languages and libraries that build their own locks on it (Rust's
 * std, parking_lot, abseil, folly, GLib, libstdc++'s std::atomic::wait) are known by the names of the functions
 * between the program and the system call. Without symbols nothing is known.
 */
#ifndef INGEST_FUTEX_H
#define INGEST_FUTEX_H

#include <stdint.h>

#include "analyzer/ingest/naming.h"

enum futex_class {
	FUTEX_UNKNOWN = 0,
	FUTEX_LOCK = 1, /* for a lock: a mutex, a rwlock, somebody else's initialisation of the same thing */
	FUTEX_WORK = 2, /* for something to do: a condition, a parked thread, a semaphore, a latch, a barrier */
};

/* The class of a wait with this stack of the naming. Any value is safe. Remembers what it found about a function, so it may
 * be called once an event; one thread at a time. */
enum futex_class futex_classify(const struct naming *n, uint32_t stack);

#endif
