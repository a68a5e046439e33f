/* SPDX-License-Identifier: MIT
 *
 * Call frame information: from a code address to the rule by which its caller's frame is found,
 * read from .eh_frame through the module's .eh_frame_hdr. The rule follows three registers only:
 * the program counter, the stack pointer and the frame pointer. What needs more is RULE_SLOW.
 *
 * Format: DWARF 4, section 6.4; Linux Standard Base, "Exception Frames".
 */
#ifndef PRELOAD_CFI_H
#define PRELOAD_CFI_H

#include <stdint.h>

enum rule_kind {
	RULE_NONE = 0,
	RULE_SP = 1,       /* CFA = sp + cfa_offset */
	RULE_BP = 2,       /* CFA = bp + cfa_offset */
	RULE_BP_DEREF = 3, /* CFA = *(bp + cfa_offset): functions that realign their stack */
	RULE_SIGNAL = 4,   /* a kernel signal frame lies at sp */
	RULE_END = 5,      /* outermost: the return address is undefined */
	RULE_POINTER = 6,  /* no unwind data: try the frame pointer chain */
	RULE_SLOW = 7,     /* libunwind has to step this one */
	RULE_CODE = 8,     /* no unwind data; as RULE_SP, by what the code does after the call */
};

enum rule_bp {
	BP_SAME = 0,   /* the caller's bp is this frame's */
	BP_AT_CFA = 1, /* saved at CFA + bp_offset */
	BP_AT_BP = 2,  /* saved at bp + bp_offset */
};

struct rule {
	unsigned char kind;    /* enum rule_kind; the return address is at CFA - 8 */
	unsigned char bp;      /* enum rule_bp */
	int32_t cfa_offset;    /* bytes */
	int32_t bp_offset;     /* bytes */
	uint64_t start;        /* first address of the function */
};

/* The rule for the instruction at `address` (a lookup address: return address - 1, or the exact
 * address where a signal interrupted). Always answers. Any thread, any time the code is mapped;
 * takes no lock, allocates nothing. */
struct rule cfi_rule(uint64_t address);

#endif
