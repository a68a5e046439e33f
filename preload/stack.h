/* SPDX-License-Identifier: MIT
 *
 * A thread's call stack, kept from event to event: the validated stack cache. Unwinding goes outwards
 * only until it meets a frame of the last stack whose outer frames are proved unchanged by reading
 * the slots they were found in; only what changed is interned. Slots are read, never written.
 */
#ifndef PRELOAD_STACK_H
#define PRELOAD_STACK_H

#include <stdint.h>

#include "preload/rules.h"
#include "trace/segment.h"

/* A frame, and where its caller was found. One cache line. */
struct frame {
	uint64_t pc;       /* return address into the function, or where a signal interrupted it */
	uint64_t sp;       /* stack pointer there: the callee's CFA */
	uint64_t bp;       /* frame pointer there */
	uint64_t cfa;
	uint64_t *ra_slot; /* where the caller's pc was read; NULL: outermost */
	uint64_t *bp_slot; /* where the caller's bp was read; NULL: bp was not saved */
	uint64_t *cfa_slot; /* where the CFA was read; NULL: computed */
	uint32_t node;     /* in the stack tree */
	uint32_t function; /* low bits of the function's start << FRAME_BITS | flags */
};

/* A word that must still be what it was for a cached step to hold. */
struct proof {
	const uint64_t *slot;
	uint64_t value;
};
#define PROOFS_A_FRAME 3u

enum {
	FRAME_EXACT = 1,    /* pc is exact, not a return address */
	FRAME_NEEDS_BP = 2, /* the way outwards from here depends on bp */
	FRAME_GUESSED = 4,  /* stepped without unwind data */
	FRAME_BITS = 3,
};

/* The tables of rules and nodes are shared and large; what a thread meets again and again is kept here, in a few cache lines
 * of its own. */
#define MEMO_SIZE 128u
struct rule_memo {
	uint64_t address; /* lookup address; 0: free */
	packed_rule rule;
};
struct node_memo {
	uint64_t address;
	uint32_t parent, node; /* node 0: free */
};

/* The memory a stack works in. */
struct stack_room {
	_Alignas(64) struct frame pool[2 * SEGMENT_MAX_FRAMES];
	struct frame *frames[SEGMENT_MAX_FRAMES], *fresh[SEGMENT_MAX_FRAMES];
	struct proof proofs[PROOFS_A_FRAME * SEGMENT_MAX_FRAMES];
	uint32_t proof_count[SEGMENT_MAX_FRAMES];
};

struct stack {
	struct segment *segment;
	uint32_t root;       /* node of the epoch */
	uint32_t generation; /* of the rules */
	uint32_t next_root, next_generation; /* what they are by now; next_root 0: the same */
	uint32_t depth;      /* frames[0] is the outermost, frames[depth - 1] the innermost */
	uint64_t slow_frames; /* that libunwind had to step */
	uint64_t probed_low, probed_high; /* memory of the current stack known to be readable */
	uint32_t guessed;    /* 1: a frame without unwind data was stepped in this walk */
	uint32_t truncated;  /* 1: frames[0] is not the outermost one */
	struct frame **frames; /* the cached stack, outermost first; what lies behind depth is spare */
	struct frame **fresh;  /* scratch: innermost first; frames change hands between the two */
	struct proof *proofs;  /* the outermost frames' first */
	uint32_t *proof_count; /* for each frame: proofs of its own step and all outer ones */
	struct rule_memo rule_memo[MEMO_SIZE]; /* of this generation */
	struct node_memo node_memo[MEMO_SIZE];
};

struct stack_result {
	uint32_t node;
	uint16_t shared; /* see segment.h */
};

/* The stack of the function that called the hook whose frame address (__builtin_frame_address(0)) is
 * `hook_frame`. Owner thread, inside the guard. */
struct stack_result stack_take(struct stack *s, const uint64_t *hook_frame);

/* Makes s an empty stack over `room`, whose content does not matter. */
void stack_init(struct stack *s, struct segment *segment, struct stack_room *room);

/* Forgets the cached frames and rules; the next stack is unwound whole. */
void stack_forget(struct stack *s, uint32_t root, uint32_t generation);

static inline uint64_t frame_lookup(const struct frame *f)
{
	return f->pc - !(f->function & FRAME_EXACT);
}

#endif
