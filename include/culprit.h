/* SPDX-License-Identifier: MIT
 *
 * For a program that wants to tell culprit what it cannot see. Include this file and call these functions; there is
 * nothing to link with. While the program runs without culprit they do nothing: a test of a pointer each.
 *
 *	void *block = pool_take(pool, size);            memory that your own allocator hands out, of memory that it has
 *	culprit_alloc(pool, block, size);
 *	...
 *	culprit_free(pool, block);                      before somebody else can get it
 *	culprit_free(pool, NULL);                       every block of the pool ends: it is reset, or gone
 *
 *	culprit_mark("warmed up");                      `culprit report marks` and the timeline show when
 *	culprit_lock_name(&queue->mutex, "job queue");  after its init; reports call this lock so
 *
 * `pool` is any address that stands for the pool. Blocks of pools are kept apart from the heap (`culprit report pools`) and are in
 * none of its figures: they lie in memory that is there already. C and C++, GCC and Clang, on Linux.
 */
#ifndef CULPRIT_H
#define CULPRIT_H

#include <stddef.h>

#if defined(__linux__) && (defined(__GNUC__) || defined(__clang__))

#ifdef __cplusplus
extern "C" {
#endif

/* What the preloaded library exports. */
void culprit_shim_alloc(const void *pool, const void *block, size_t size) __attribute__((weak));
void culprit_shim_free(const void *pool, const void *block) __attribute__((weak));
void culprit_shim_mark(const char *name) __attribute__((weak));
void culprit_shim_lock_name(const void *lock, const char *name) __attribute__((weak));

#ifdef __cplusplus
}
#endif

#if defined(__PIC__) || defined(__PIE__)
#define CULPRIT_CALL(function, arguments) do { if (function) function arguments; } while (0)
#else
/* In code for a fixed place the linker takes a weak symbol that it does not find for absent once and for all: it is asked
 * for at the first call. */
static void *culprit_dlsym(void *handle, const char *name) __attribute__((weakref("dlsym")));
#define CULPRIT_CALL(function, arguments)                                                                                  \
	do {                                                                                                              \
		static void *found_, *looked_;                                                                            \
		if (!__atomic_load_n(&looked_, __ATOMIC_ACQUIRE)) {                                                       \
			__atomic_store_n(&found_, culprit_dlsym ? culprit_dlsym((void *)0, #function) : (void *)0,        \
			                 __ATOMIC_RELAXED);                                                               \
			__atomic_store_n(&looked_, (void *)&looked_, __ATOMIC_RELEASE);                                   \
		}                                                                                                         \
		void *address_ = __atomic_load_n(&found_, __ATOMIC_RELAXED);                                              \
		if (address_)                                                                                             \
			((__typeof__(&function))address_) arguments;                                                      \
	} while (0)
#endif

#else
#define CULPRIT_CALL(function, arguments) ((void)0)
#endif

/* The pool hands out a block. */
static inline void culprit_alloc(const void *pool, const void *block, size_t size)
{
	(void)pool, (void)block, (void)size;
	CULPRIT_CALL(culprit_shim_alloc, (pool, block, size));
}

/* The pool gets it back; NULL: all of its blocks. */
static inline void culprit_free(const void *pool, const void *block)
{
	(void)pool, (void)block;
	CULPRIT_CALL(culprit_shim_free, (pool, block));
}

/* This instant is to be found again. */
static inline void culprit_mark(const char *name)
{
	(void)name;
	CULPRIT_CALL(culprit_shim_mark, (name));
}

/* What people call this lock. The last name that it is given holds, until its memory becomes another lock. */
static inline void culprit_lock_name(const void *lock, const char *name)
{
	(void)lock, (void)name;
	CULPRIT_CALL(culprit_shim_lock_name, (lock, name));
}

#endif
