/* SPDX-License-Identifier: MIT
 *
 * Waist 1: the segment, the shared memory between the shim and the collector.
 *
 * One memfd a recording, sparse at its full size, sealed against shrinking and growing.
 * It holds, in this order:
 *
 *   struct segment            header: what this recording is, its two state words, which thread slots are taken
 *   struct segment_process[]  a slot each process (image): who it is
 *   struct segment_node[]     the stack tree: an append-only hash table of (parent, address)
 *   struct segment_thread[]   a slot each thread: its ring, and room for the shim's own state
 *
 * The collector maps all of it. The target maps what stands before SEGMENT_BASE_SIZE at once, and each further level of
 * nodes and each thread's slot when it first needs it (preload/window.h): address space may be limited, and a program
 * that locks its memory makes every page that is mapped.
 *
 * Ownership. Whoever creates the segment (the collector under `culprit record`, the first
 * process under bare LD_PRELOAD) calls segment_init. A slot is claimed by the target with a
 * compare-and-swap of its state from SLOT_FREE to SLOT_CLAIMED with who claims it, filled, and published by a
 * release store of SLOT_LIVE. It is given back by the collector alone, once the process or
 * thread is gone and everything published has been drained; a claim, once who made it was killed before it was published.
 *
 * A ring is single producer (the thread), single consumer (the collector). `head` and `tail`
 * count events and never wrap; the cell of count n is events[n % RING_EVENTS]. The producer
 * writes the cells, then stores head with release; the consumer loads head with acquire,
 * reads, then stores tail with release. What is below head when the target dies is not lost.
 *
 * Trust. The target may write anything anywhere in here at any time. The collector copies
 * what it uses to its own memory first, checks it there, and bounds every loop.
 *
 * Stack ids are indices into the node table. A node is written once, by one 16-byte
 * compare-and-swap from zero, so there is no half-written node; a node's parent was written
 * before it. A node whose address has NODE_ROOT set is the root of an *epoch*: the outermost
 * node of every stack, with parent 0. Within an epoch an address belongs to one module only:
 * the shim starts a new epoch (segment_new_epoch) when a different module comes to lie where
 * another one was. A forked child goes on in its parent's epoch.
 * A *family* is an image that came by an exec, with all that are forked from it: its epochs are its own, and so are its nodes.
 * Once all of it has ended the collector may free them: it raises nodes_freed, looks who has claimed a slot, and zeroes the nodes of
 * families of which nobody has. A forked child publishes its slot, looks at nodes_freed and at its parent's slot, and begins a new
 * epoch where the one has changed since its family began and the other is not its parent's any more: so either somebody of the
 * family is seen, or it uses none of them. What is left below a freed node is
 * right again when that node's id is given anew: a node is what its parent and address are. Addresses in nodes are
 * *lookup addresses*: inside the call instruction (return address - 1), or exact where a
 * signal interrupted; symbolize them as they are.
 *
 * `shared` of an event counts the outer activations the event's stack shares with the event
 * before it in the same thread, from the outermost real frame (the root node not counted):
 * frames whose CFA, return-address slot and function start did not change, whatever the call
 * site inside them. 0xffff means that many or more.
 *
 * Nothing here allocates, prints or makes a system call.
 */
#ifndef TRACE_SEGMENT_H
#define TRACE_SEGMENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/event.h"
#include "trace/waits.h"

#define SEGMENT_MAGIC 0x746772702d6c7563ull
#define SEGMENT_SAMPLE_MOST (1ull << 40) /* of sample_bytes */
#define SEGMENT_LAYOUT 6u /* raise with any change below: both sides must be of one build */

#define SEGMENT_PROCESSES 1024u
#define SEGMENT_THREADS 2048u
#define RING_EVENTS 32768u /* 1 MiB a ring */
#define SEGMENT_MAX_FRAMES 1024u

/* The node table is five open-addressed levels, each four times the one before. Inserts go to
 * the first level that is not half full; look-ups go through all levels up to that one. */
#define NODE_LEVELS 5u
#define NODE_LEVEL0_BITS 16u
#define NODE_PROBES 32u /* linear, within the level, wrapping around at its end */
#define NODE_ROOT (1ull << 63)
#define NODE_BURIED (1ull << 62) /* address of a node that the collector is about to free: no stack has it */
#define NODE_TRUNCATED 1ull /* address of the frame that stands for frames cut off at the outer end */

struct segment_node {
	_Atomic uint64_t address; /* 0: this node is free */
	_Atomic uint64_t parent;  /* id of the caller's node; 0 only for roots */
};

static inline uint32_t node_level_first(unsigned level) /* id of a level's first node; id 0 is never used */
{
	return (uint32_t)((((1ull << (2 * level)) - 1) / 3) << NODE_LEVEL0_BITS);
}
static inline uint32_t node_level_size(unsigned level) { return 1u << (NODE_LEVEL0_BITS + 2 * level); }
#define SEGMENT_NODES (((((1ull << (2 * NODE_LEVELS)) - 1) / 3)) << NODE_LEVEL0_BITS)

enum segment_slot_state { SLOT_FREE = 0, SLOT_CLAIMED = 1, SLOT_LIVE = 2 };

/* The state of a slot that is claimed says by whom: a process's by its pid, a thread's by its process's image. */
#define SLOT_CLAIMANT_SHIFT 8
static inline uint32_t slot_claimed(uint32_t by) { return SLOT_CLAIMED | by << SLOT_CLAIMANT_SHIFT; }

/* header.state. Set by the collector (or whoever starts the segment), by segment_turn alone; read by the shim. */
enum segment_state {
	SEGMENT_RUNNING = 1,
	SEGMENT_OFF = 2,    /* the recording has ended: hooks pass through, for good */
	SEGMENT_PAUSED = 3, /* hooks pass through until it runs again */
};

enum segment_flag {
	SEGMENT_DROP_ON_FULL = 1, /* --on-full=drop: count and go on instead of waiting */
	SEGMENT_NO_FREE_STACKS = 2,
	SEGMENT_CHECK_STACKS = 4, /* compare every stack with libunwind's */
	SEGMENT_FOLLOW_FORK = 8,  /* forked children record */
	SEGMENT_FOLLOW_EXEC = 16, /* exec'd images record */
};

struct segment {
	uint64_t magic;
	uint32_t layout;
	uint32_t flags; /* enum segment_flag, fixed at init */
	uint8_t id[16]; /* random; becomes the trace's id */
	uint64_t sample_bytes; /* one block in so many bytes is recorded, see preload/sample.h; 0: every block. Fixed after init */
	_Atomic uint32_t epochs;     /* last epoch handed out; 0 is none */
	_Atomic uint32_t images;     /* processes ever claimed */
	_Atomic uint32_t node_level; /* where nodes are inserted now */
	_Atomic uint32_t node_counts[NODE_LEVELS];
	_Atomic uint32_t nodes_freed; /* times that nodes of what has ended were freed: raised before */
	_Atomic uint64_t nodes_refused; /* table full: stacks cut short */
	_Atomic uint64_t slots_refused; /* threads or processes that found no slot */
	_Atomic uint64_t locks_refused; /* times a lock was used that could not be followed: too many were met */
	_Atomic uint32_t process_high;  /* slots from here on were never claimed; raised before a claim */
	_Atomic uint32_t thread_high;

	/* What every hook looks at, in a cache line that is hardly ever written. `turn` grows with every change between running
	 * and not running, and is even while it runs: who has seen another value has to look again. */
	_Alignas(64) _Atomic uint32_t turn;
	_Atomic uint32_t state; /* enum segment_state */

	/* A robust futex held by the collector while it lives: the kernel sets FUTEX_OWNER_DIED in
	 * it the moment the collector dies, so that a thread waiting for room need not guess. */
	_Alignas(64) _Atomic uint32_t collector_lock; /* tid of the collector | FUTEX_* bits; 0: not there yet */
	uint32_t collector_pad[15];                    /* robust_list entry lives here, in the collector's terms */
	_Atomic uint64_t heartbeat;                    /* grows at least every 100 ms while the collector works */
	_Atomic uint32_t wake;                         /* futex: a waiting thread adds 1 and wakes; the collector sleeps on it */
	_Atomic uint32_t sleeping;                     /* 1 while the collector sleeps on `wake` */
	_Atomic uint32_t thread_states[SEGMENT_THREADS]; /* enum segment_slot_state of each thread's slot, and who claims it */
};

/* segment_process.exiting: or'ed with the status or signal. */
#define SEGMENT_EXITING 0x100u
#define SEGMENT_KILLED 0x200u

struct segment_process {
	_Atomic uint32_t state; /* enum segment_slot_state, and who claims it */
	int32_t pid;            /* as the process itself sees it */
	int32_t ppid;
	uint32_t image;         /* 1.. in the order of claiming; unique in the recording */
	uint32_t parent_image;  /* forked from; 0: fresh (exec'd or launched) */
	uint32_t epoch_at_start;
	uint64_t start_stamp;   /* rdtsc */
	_Atomic uint64_t stacks_checked;    /* --check-stacks */
	_Atomic uint64_t stack_differences; /* of those, on frames with unwind data */
	_Atomic uint64_t slow_frames;       /* frames that libunwind had to step */
	_Atomic uint32_t exiting;           /* how it ends, as it says itself or its parent does; 0: nothing was said */
	uint32_t command_line_size;         /* arguments, NUL separated, cut to fit */
	char comm[16];                      /* NUL terminated */
	char executable[1024];              /* NUL terminated; "" if unknown */
	char command_line[3072 - 64];
};

/* A lock as one thread uses it. 32 bytes, so that two share a cache line. */
struct segment_lock {
	_Atomic uint64_t key;         /* address | generation << 48 | use; use 1: counts acquisitions for reading, 2: waits for work
	                                 on it; 0: being changed */
	uint64_t acquisitions, owner_changes;
	uint32_t cell : 20;           /* the shim's, like `wanted` and `checked` */
	uint32_t stats : 11;          /* its place in `stats`, from 1; 0: none */
	uint32_t wanted : 1;
	uint32_t checked;
};

/* The rest of what there is to count, once there is any. LOCK_ACQUISITIONS, LOCK_READS and LOCK_OWNER_CHANGES stay 0 here. */
struct segment_lock_stats {
	_Atomic uint64_t key; /* as above; its reading counts here too, never | 1 */
	uint64_t totals[LOCK_TOTALS];
};

#define SEGMENT_LOCKS 8192u
#define SEGMENT_LOCK_STATS 256u
#define SEGMENT_PARKED 64u

/* The locks of a thread. The thread adds at the end and never moves what is there, until a table is full: it then writes all
 * counters to its ring, empties the table and raises `round`, in this order: a reader that finds the same `round` before and
 * after has read counters of that round, and has those of the rounds before in the ring. Nothing here is taken to be true:
 * counters are copied and only ever compared with what they were. */
struct segment_locks {
	_Atomic uint32_t round;
	_Atomic uint32_t lock_count, stats_count;
	/* Groups of events complete but for their time: they wait for the end of the critical section they speak of. Stamp:
	 * when it happened; CONTEXT's size is 0 still. The collector takes them when the thread is gone, but for those that the
	 * ring ends with: a thread that dies while it publishes them has not come to emptying this. */
	_Atomic uint32_t parked_count;
	/* The wait under way: as above, its CONTEXT and the event that closes the group, whose size is 0. Stamp: when it began. */
	_Atomic uint32_t waiting;
	struct event wait[2];
	struct event parked[SEGMENT_PARKED];
	struct segment_lock locks[SEGMENT_LOCKS];
	struct segment_lock_stats stats[SEGMENT_LOCK_STATS];
};

struct segment_thread {
	/* written by the thread when it claims; the slot's state stands in the header */
	uint32_t process; /* index of its process slot */
	uint32_t image;   /* that slot's image, in case the slot was given to another since */
	int32_t tid;      /* as the thread itself sees it */
	uint64_t start_stamp;
	uint64_t self; /* its pthread_t; 0: it has ended */
	char name[16]; /* when it claimed, or as it was named by pthread_setname_np since, by itself or by another */

	_Alignas(64) _Atomic uint64_t head; /* written by the thread */
	_Atomic uint64_t dropped;           /* events not recorded, cumulative; written by the thread */
	_Alignas(64) _Atomic uint64_t tail; /* written by the collector */
	_Atomic uint32_t waiting;           /* futex the thread sleeps on for room: 1 while it does; the
	                                       collector stores 0 after moving tail, and wakes */

	_Alignas(4096) struct segment_locks locks;
	_Alignas(4096) unsigned char own[SEGMENT_MAX_FRAMES * 192 + 16384]; /* the shim's, of no meaning to others */
	_Alignas(4096) struct event events[RING_EVENTS];
};

/* A message in a ring: a cell whose kind is >= EVENT_MESSAGE_FIRST, followed by
 * (size_of_payload + 31) / 32 cells of raw payload; size_of_payload stands in `shared`.
 *   EVENT_MODULE  address: base (load bias of the lowest segment), size: length of the mapping,
 *                 stack: epoch, payload: u8 n, n bytes build id, then the path (not terminated).
 *   EVENT_UNLOAD  address: base, stack: epoch, no payload.
 *   EVENT_UNRECORDED  size: enum segment_unrecorded, payload: the program's path (not terminated).
 *   EVENT_COVERAGE  address: enum segment_coverage; of COVERAGE_EXECUTABLE size: libraries whose calls of the executable's
 *                   allocator are led to the hooks; of the others payload: the library's name (not terminated).
 *   EVENT_NAME  size: enum segment_name_of, address: of the lock or code, payload: the name (not terminated); for code,
 *                 which no module has, none: stack: epoch, and the collector finds the name if there is one.
 * All cells of a message are published by one store of head. */
#define MESSAGE_MAX_PAYLOAD 4096u

/* What is not seen of a process. */
enum segment_coverage {
	COVERAGE_EXECUTABLE = 0, /* what calls the executable's own allocator */
	COVERAGE_DEEP = 1,       /* a library that is bound to its own dependencies first: RTLD_DEEPBIND */
	COVERAGE_NAMESPACE = 2,  /* one in a namespace of its own, with a C library of its own: dlmopen */
};

/* What is named. */
enum segment_name_of { NAME_OF_MARK = 1, NAME_OF_LOCK = 2, NAME_OF_CODE = 3 };
#define SEGMENT_NAME_MAX 255u /* bytes of a name; the rest is cut */

/* Why a program cannot be recorded. */
enum segment_unrecorded {
	UNRECORDED_NOT = 0, /* it can be */
	UNRECORDED_STATIC = 1,
	UNRECORDED_PRIVILEGED = 2,
	UNRECORDED_32_BIT = 3,
	UNRECORDED_MUSL = 4,
	UNRECORDED_ENVIRONMENT = 5, /* it does not get LD_PRELOAD or the recording's name */
	UNRECORDED_FILTER = 6, /* a seccomp filter could kill it for what the library does at its start, so it is not given the library */
	UNRECORDED_UNREACHABLE = 7, /* it cannot open the library, and is not given its name */
	UNRECORDED_CLOCK = 8, /* no program, but the process from here on: it gives up the time stamp counter */
};

#define SEGMENT_ALIGN(n) (((n) + 4095ull) & ~4095ull)
#define SEGMENT_PROCESS_OFFSET SEGMENT_ALIGN(sizeof(struct segment))
#define SEGMENT_NODE_OFFSET SEGMENT_ALIGN(SEGMENT_PROCESS_OFFSET + SEGMENT_PROCESSES * sizeof(struct segment_process))
#define SEGMENT_BASE_SIZE (SEGMENT_NODE_OFFSET + node_level_size(0) * sizeof(struct segment_node))
#define SEGMENT_THREAD_OFFSET SEGMENT_ALIGN(SEGMENT_NODE_OFFSET + SEGMENT_NODES * sizeof(struct segment_node))
#define SEGMENT_SIZE SEGMENT_ALIGN(SEGMENT_THREAD_OFFSET + SEGMENT_THREADS * sizeof(struct segment_thread))

static inline struct segment_process *segment_process(struct segment *s, uint32_t index)
{
	return (struct segment_process *)((char *)s + SEGMENT_PROCESS_OFFSET) + index;
}
/* Where the whole segment is mapped. */
static inline struct segment_thread *segment_thread(struct segment *s, uint32_t index)
{
	return (struct segment_thread *)((char *)s + SEGMENT_THREAD_OFFSET) + index;
}
/* Those of the first level wherever a segment is mapped. */
static inline struct segment_node *segment_nodes(struct segment *s)
{
	return (struct segment_node *)((char *)s + SEGMENT_NODE_OFFSET);
}

/* Makes a mapping of SEGMENT_BASE_SIZE zero bytes or more a running segment. `flags`: enum segment_flag. */
void segment_init(struct segment *s, uint32_t flags, const uint8_t id[16]);

/* Changes its state (enum segment_state); nothing leads out of SEGMENT_OFF. One thread at a time. */
void segment_turn(struct segment *s, uint32_t state);

/* 1 if the mapping holds a segment of this build. */
int segment_valid(const struct segment *s);

/* The environment through which an exec'd image finds its recording: the name of an abstract
 * unix socket (without the leading NUL), at which the collector answers a connection of its own
 * user by sending the segment's descriptor (SCM_RIGHTS, one byte of data). */
#define SEGMENT_ENVIRONMENT "CULPRIT_RECORDING"

#endif
