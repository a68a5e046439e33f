/* SPDX-License-Identifier: MIT
 *
 * Locks and waits, as the shim saw them: what the events of kinds 32..63 mean, and the counters that a
 * thread keeps of the locks it uses.
 *
 * A lock is (process, address, life). A life ends when the lock is destroyed or initialised anew, or when memory around it
 * is allocated again; the next use begins another. Within the process each address counts its lives in a 16-bit
 * *generation*, which stands in `shared` of every event that names a lock.
 *
 * An event of these kinds has no part in the chain of `shared` activations (trace/segment.h): its `shared` means what
 * is said here, and its stack need not be the one the thread had at `stamp`. What it speaks of lies `ago` before its
 * stamp, because nothing is published before the lock it is about has been released. Durations are in raw units of the
 * time stamp counter (tick << tick_shift), not in ticks.
 *
 * A *group* is a run of neighbouring events of one thread, published at once; its last event says what it is:
 *
 *   EVENT_LOCK                        a life begins: address, generation, stack of the first use; size: LOCK_ABOUT
 *   EVENT_LOCK_END                    lives up to and without this generation have ended: address, generation; stack 0
 *   CONTEXT [SAMPLED] EVENT_WAIT      an acquisition that had to wait, or a timed one that failed after waiting: address,
 *                                     generation, stack of the waiter; size: duration
 *   CONTEXT [SAMPLED] EVENT_BLOCKED   waited for work: address, generation, stack; size: duration
 *   CONTEXT [HELD] EVENT_RELEASE      a release while others waited: address, generation, stack of the holder; size: the
 *                                     wait it caused, over all waiters, each from max(its start, previous such release)
 *   HOLDING EVENT_ORDER               `address`, generation was asked for, blocking, with `stack` ...
 *                                     ... while holding: HOLDING's address, generation, stack (0: not known)
 *   EVENT_LOCK_TOTAL                  a counter, see below; always alone
 *   EVENT_THREAD_CREATE               address: pthread_t of the new thread; size: address of its start routine; stack of the
 *                                     creator. Stamped before the call.
 *   EVENT_THREAD_BEGIN                address: own pthread_t. The thread's first event, where it was seen to be created.
 *   EVENT_THREAD_END                  address: own pthread_t; stack 0. What follows is the C library's tidying up.
 *   EVENT_THREAD_DETACH               address: pthread_t
 *
 *   EVENT_CONTEXT   size: ago, from the end of the wait or the release to `stamp`. shared: enum wait_mode bits.
 *                   address: of WAIT the owner's tid when the wait began, as the process sees it (0: not known);
 *                   of RELEASE the threads that waited; of BLOCKED 0.
 *   EVENT_SAMPLED   size: threshold. The event stands for max(size, threshold) of time and max(1, threshold / size) events:
 *                   shorter ones were recorded with a chance of size / threshold.
 *   EVENT_HELD      size: how long the lock had been held. address: allocations the thread made meanwhile.
 *
 * Exact figures come from counters, whatever was sampled: each thread counts per lock in its slot (struct segment_locks),
 * and the collector writes what has changed as EVENT_LOCK_TOTAL now and then and when the thread ends; the shim writes a
 * counter itself when it gives it up. address: the lock's; generation in `shared`; `stack`: enum lock_total (no stack);
 * size: value | round << LOCK_ROUND_SHIFT. Values grow from 0 (maxima: rise) within a (thread, address, generation, total,
 * round); a change of round starts anew from 0, to be added.
 */
#ifndef TRACE_WAITS_H
#define TRACE_WAITS_H

#include <stdint.h>

enum lock_kind {
	LOCK_MUTEX = 1,
	LOCK_RWLOCK = 2,
	LOCK_SPIN = 3,
	LOCK_COND = 4, /* from here on: waiting for work, never for a lock */
	LOCK_SEM = 5,
	LOCK_BARRIER = 6,
	LOCK_JOIN = 7,  /* address: pthread_t */
	LOCK_FUTEX = 8, /* a wait by syscall(SYS_futex, ...): which it is, the calling frame tells */
	LOCK_KINDS = 9,
};

enum lock_flag {
	LOCK_RECURSIVE = 1,
	LOCK_ERRORCHECK = 2,
	LOCK_ADAPTIVE = 4,
	LOCK_ROBUST = 8,
	LOCK_INHERIT = 16, /* priority inheritance */
	LOCK_PROTECT = 32, /* priority ceiling */
	LOCK_SHARED = 64,  /* between processes */
	LOCK_PREFER_WRITER = 128,
};

/* size of EVENT_LOCK: kind | flags << 8 | frame << 16. frame: the lock lies in the frame of this depth (outermost 1) of the
 * first use's stack; 0: in none of them. */
#define LOCK_ABOUT(kind, flags, frame) ((uint64_t)(kind) | (uint64_t)(flags) << 8 | (uint64_t)(frame) << 16)
#define LOCK_ABOUT_KIND(about) ((unsigned)((about) & 0xff))
#define LOCK_ABOUT_FLAGS(about) ((unsigned)((about) >> 8 & 0xff))
#define LOCK_ABOUT_FRAME(about) ((unsigned)((about) >> 16 & 0xffff))

enum wait_mode {
	WAIT_READ = 1,      /* of a rwlock, for reading; RELEASE: it was held for reading */
	WAIT_TIMED = 2,
	WAIT_TIMED_OUT = 4, /* not acquired, or nothing came */
	WAIT_OWNER_DIED = 8,
	WAIT_CANCELLED = 16,
	WAIT_UNFINISHED = 32, /* it went on when the thread or the recording ended */
};

/* What a thread counts of a lock. Of cond: ACQUISITIONS counts signals and broadcasts. */
enum lock_total {
	LOCK_ACQUISITIONS,    /* successful ones of any kind, for writing where there are two */
	LOCK_OWNER_CHANGES,   /* of those that waited or were measured: by another thread than the last of these */
	LOCK_READS,           /* successful ones for reading */
	LOCK_CONTENDED,       /* of ACQUISITIONS: had to wait */
	LOCK_READ_CONTENDED,  /* of READS: had to wait */
	LOCK_TRY_FAILURES,    /* trylock that found it held */
	LOCK_TIMEOUTS,        /* timed ones that gave up; COND, SEM: waits that timed out */
	LOCK_WAIT,            /* time waited, successful or not; COND...: blocked */
	LOCK_READ_WAIT,       /* of that, for reading */
	LOCK_WAIT_MAX,
	LOCK_WAITS,           /* waits behind LOCK_WAIT: CONTENDED + READ_CONTENDED + TIMEOUTS; COND...: times blocked */
	LOCK_MAX_WAITERS,     /* most threads that were seen to wait at once */
	LOCK_HELD_COUNT,      /* holds measured because the acquirer had waited, or because others waited */
	LOCK_HELD_TIME,
	LOCK_HELD_MAX,        /* of all holds measured */
	LOCK_SAMPLED_COUNT,   /* other holds measured, by chance ... */
	LOCK_SAMPLED_WEIGHT,  /* ... and how many they stand for */
	LOCK_SAMPLED_TIME,    /* their time, times weight */
	LOCK_HELD_ALLOCATIONS, /* made by the holder during those HELD_COUNT holds */
	LOCK_HELD_WAITING,    /* time the holder spent waiting for other locks or for work while this was the last it had taken */
	LOCK_BROADCASTS,      /* COND: of ACQUISITIONS, those that wake all */
	LOCK_WOKEN_IN_VAIN,   /* COND: of WAITS, those after which the thread went on waiting without letting go of the mutex */
	LOCK_WAIT_BUCKET,     /* LOCK_BUCKETS of them: waits of [2^(i+LOCK_BUCKET_BITS), twice that), the last open-ended, the first from 0 */
	LOCK_BUCKETS = 32,
	LOCK_HOLD_BUCKET = LOCK_WAIT_BUCKET + LOCK_BUCKETS, /* holds measured; sampled ones by weight */
	LOCK_TOTALS = LOCK_HOLD_BUCKET + LOCK_BUCKETS,
};
#define LOCK_BUCKET_BITS 4

#define LOCK_ROUND_SHIFT 56

static inline unsigned lock_bucket(uint64_t duration)
{
	unsigned log = 63u - (unsigned)__builtin_clzll(duration | 1);
	unsigned bucket = log > LOCK_BUCKET_BITS ? log - LOCK_BUCKET_BITS : 0;

	return bucket < LOCK_BUCKETS ? bucket : LOCK_BUCKETS - 1;
}

#endif
