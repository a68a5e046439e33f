/* SPDX-License-Identifier: MIT
 *
 * One event: what a hook saw. The same 32 bytes stand in a thread's ring (waist 1,
 * written by the shim) and come out of the events codec (waist 2, read by the
 * analyzer); only the meaning of `stamp` and `stack` narrows on the way:
 *
 *             in a ring                       decoded from a trace
 *   stamp     rdtsc                           ticks: (rdtsc >> tick_shift), see block.h
 *   stack     index in the segment's table    id of a node in the trace's stack tree
 *
 * Events of one thread are in the order in which they happened; stamps of one
 * thread never run backwards.
 */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include <stdint.h>

enum event_kind {
	EVENT_NONE = 0, /* never recorded; a zeroed cell */

	/* A block's life starts: address, size (as requested), stack of the caller. */
	EVENT_MALLOC = 1,
	EVENT_CALLOC = 2,        /* size = members * member size */
	EVENT_ALIGNED = 3,       /* posix_memalign, aligned_alloc, memalign, valloc, pvalloc */
	EVENT_NEW = 4,           /* operator new, every variant */
	EVENT_NEW_ARRAY = 5,     /* operator new[], every variant */
	EVENT_MALLOCX = 6,       /* jemalloc's own names */
	EVENT_REALLOC_ALLOC = 7, /* the new block of a successful realloc; follows its _FREE at once */
	EVENT_LAST_ALLOC = 15,   /* 1..15 are kept for starts */

	/* A block's life ends: address; size is 0; stack of the caller (0 with --no-free-stacks). */
	EVENT_FREE = 16,         /* free, free_sized, dallocx, ... */
	EVENT_DELETE = 17,
	EVENT_DELETE_ARRAY = 18,
	EVENT_REALLOC_FREE = 19, /* the old block of a successful realloc, stamped before the call */
	EVENT_LAST_FREE = 31,    /* 16..31 are kept for ends */

	/* Locks, waits and threads: trace/waits.h says what each field means. */
	EVENT_LOCK = 32,
	EVENT_LOCK_END = 33,
	EVENT_LOCK_TOTAL = 34,
	EVENT_WAIT = 35,
	EVENT_BLOCKED = 36,
	EVENT_RELEASE = 37,
	EVENT_ORDER = 38,
	EVENT_CONTEXT = 40,
	EVENT_SAMPLED = 41,
	EVENT_HELD = 42,
	EVENT_HOLDING = 43,
	EVENT_THREAD_CREATE = 48,
	EVENT_THREAD_BEGIN = 49,
	EVENT_THREAD_END = 50,
	EVENT_THREAD_DETACH = 51,
	EVENT_USABLE = 56, /* of a sample of blocks, after their start: address, size: malloc_usable_size; stack 0 */
	EVENT_LAST_LOCK = 63, /* 32..63 are kept for these */

	/* Memory that the program maps itself: address, length (whole pages, but of the break), stack of the caller. What lay there
	 * before is no more. */
	EVENT_MAP = 64,             /* private, of no file */
	EVENT_MAP_SHARED = 65,      /* shared, of no file */
	EVENT_MAP_FILE = 66,        /* private, of a file */
	EVENT_MAP_FILE_SHARED = 67, /* shared, of a file */
	EVENT_MAP_BREAK = 68,       /* brk, sbrk raised the break: from here, by so many bytes */
	EVENT_UNMAP = 72,           /* munmap, stamped before the call; the break was lowered. Stack 0 */
	EVENT_REMAP_FROM = 73,      /* mremap, stamped before the call: what moves, perhaps nothing. Stack 0 */
	EVENT_REMAP_TO = 74,        /* follows at once: where it lies now, and how long it is; stack of the caller */
	EVENT_LAST_MAP = 79,        /* 64..79 are kept for these */

	/* Blocks of a program's own pools (culprit.h). Each is a group of two: POOL, and what happened. */
	EVENT_POOL = 80,       /* address: what stands for the pool */
	EVENT_POOL_ALLOC = 81, /* address, size, stack */
	EVENT_POOL_FREE = 82,  /* address; 0: all that the pool has given */
	EVENT_LAST_POOL = 95,

	/* Not events but messages of the shim to the collector; only in rings, see segment.h. */
	EVENT_MESSAGE_FIRST = 128,
	EVENT_MODULE = 128, /* a module's frames are about to appear */
	EVENT_UNLOAD = 129, /* a module is gone */
	EVENT_COVERAGE = 130, /* the executable brings its own allocator */
	EVENT_UNRECORDED = 131, /* a program is about to be executed that cannot be recorded */
	EVENT_NAME = 132, /* the program has named something */
};

struct event {
	uint64_t stamp;
	uint64_t address : 48;
	uint64_t kind : 8;  /* enum event_kind */
	uint64_t flags : 8; /* 0; kept for later */
	uint64_t size;
	uint32_t stack;  /* 0: none; EVENT_LOCK_TOTAL: which */
	uint16_t shared; /* outer activations shared with the thread's previous event, see segment.h; locks: generation */
	uint16_t spare;  /* 0; kept for later */
};

_Static_assert(sizeof(struct event) == 32, "an event is 32 bytes");

static inline int event_is_alloc(unsigned kind) { return kind >= 1 && kind <= EVENT_LAST_ALLOC; }
static inline int event_is_lock(unsigned kind) { return kind >= EVENT_LOCK && kind <= EVENT_LAST_LOCK; }
static inline int event_is_map(unsigned kind) { return kind >= EVENT_MAP && kind <= EVENT_LAST_MAP; }
static inline int event_is_pool(unsigned kind) { return kind >= EVENT_POOL && kind <= EVENT_LAST_POOL; }
static inline int event_is_free(unsigned kind) { return kind >= EVENT_FREE && kind <= EVENT_LAST_FREE; }

#endif
