/* SPDX-License-Identifier: MIT
 *
 * Reads what follows a call: room given back, registers restored, the return. Whatever else stands there is not understood, and a
 * stack that would not have been aligned as it must be at a call is not believed.
 */
#include "preload/epilogue.h"

#include <string.h>

#include "preload/sys.h"

#define BYTES 20

/* `add rsp, n`: its length, 0 if it is none. */
static unsigned read_add(const unsigned char *p, int32_t *n)
{
	if (p[0] != 0x48 || p[2] != 0xc4 || (p[1] != 0x83 && p[1] != 0x81))
		return 0;
	*n = (signed char)p[3];
	if (p[1] == 0x81)
		memcpy(n, p + 3, sizeof *n);
	return p[1] == 0x83 ? 4 : 7;
}

/* `pop` of a register other than the stack pointer: its length, 0 if it is none. */
static unsigned read_pop(const unsigned char *p)
{
	unsigned prefix = p[0] == 0x41;
	return (p[prefix] & 0xf8) == 0x58 && (prefix || p[0] != 0x5c) ? prefix + 1 : 0;
}

/* The kernel reads the bytes before it rejects the call's first argument. */
static int readable(const unsigned char *at)
{
	return SYS4(SYS_rt_sigprocmask, ~0, at, 0, 8) == -EINVAL;
}

struct rule epilogue_rule(uint64_t address)
{
	struct rule rule = {.kind = RULE_POINTER, .start = address};
	const unsigned char *p = (const unsigned char *)(address + 1), *end = p + BYTES;
	int32_t size = 0, bp_at = -1;
	if (!readable(p) || !readable(end))
		return rule;
	p += read_add(p, &size);
	for (unsigned pop; p < end && (pop = read_pop(p)); size += 8) {
		if (*p == 0x5d)
			bp_at = size;
		p += pop;
	}
	size += 8; /* the return address */
	if (p >= end || !(p[0] == 0xc3 || (p[0] == 0xf3 && p[1] == 0xc3)) || size <= 8 || size > 1 << 20 || size % 16)
		return rule;
	rule.kind = RULE_CODE;
	rule.cfa_offset = size;
	rule.bp = bp_at < 0 ? BP_SAME : BP_AT_CFA;
	rule.bp_offset = bp_at < 0 ? 0 : bp_at - size;
	return rule;
}
