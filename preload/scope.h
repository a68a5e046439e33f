/* SPDX-License-Identifier: MIT
 *
 * The function behind a C++ hook, as its caller would get it without us: a C program may load its first C++ plugin at
 * any time, and plugins may bring operators of their own.
 */
#ifndef PRELOAD_SCOPE_H
#define PRELOAD_SCOPE_H

#include <stdatomic.h>
#include <stdint.h>

#define SCOPE_ENTRIES 8u

struct scope_entry {
	_Atomic uint64_t key; /* caller's link map | scope_forget's calls << 48; 0: free, 1: being written */
	void *_Atomic function;
};

/* A name's. Zeroed at first. */
struct scope {
	void *_Atomic global; /* the next in the global scope: whoever calls, now and later; NULL: not looked up, or not there */
	_Atomic int not_global;
	struct scope_entry entries[SCOPE_ENTRIES];
};

/* When s->global is NULL: the function `name` for a caller at `from`, from the global scope or from that of the caller's
 * own module. NULL: nowhere. Any thread, inside the guard. Takes the loader's lock at a module's first call. */
void *scope_find(struct scope *s, const char *name, const void *from);

/* A module is about to be unloaded, or was. Any thread. */
void scope_forget(void);

#endif
