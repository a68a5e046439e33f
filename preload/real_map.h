/* SPDX-License-Identifier: MIT
 *
 * The functions behind the hooks of mmap and its like: the next ones of these names, as others than the C library may stand
 * behind us, too. Until they are looked for they are the bare system calls.
 */
#ifndef PRELOAD_REAL_MAP_H
#define PRELOAD_REAL_MAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "preload/arch.h"

struct real_map {
	void *(*mmap)(void *, size_t, int, int, int, off_t);
	void *(*mmap64)(void *, size_t, int, int, int, off_t);
	int (*munmap)(void *, size_t);
	void *(*mremap)(void *, size_t, size_t, int, ...);
	int (*brk)(void *);
	void *(*sbrk)(intptr_t);
	uintptr_t allocator, allocator_end; /* where the library lies that brings malloc; both 0: not looked for yet */
};

extern HERE struct real_map real_map;

/* Fills it. `malloc`: the function behind the hook of that name. Once, by real_resolve; allocates nothing. */
void real_map_resolve(const void *malloc);

#endif
