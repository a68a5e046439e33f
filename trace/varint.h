/* SPDX-License-Identifier: MIT
 *
 * Variable-length integers of the trace file: seven bits a byte, lowest first, the top bit set in
 * every byte but the last; at most ten bytes. Signed numbers are folded first (0, -1, 1, -2, ...),
 * so that small ones stay short. Reading never passes `end` and refuses what does not fit in 64
 * bits. Writing does not check: the caller has VARINT_MAX bytes of room.
 */
#ifndef TRACE_VARINT_H
#define TRACE_VARINT_H

#include <stddef.h>
#include <stdint.h>

#define VARINT_MAX 10u

/* Returns the byte after the number. */
static inline unsigned char *varint_put(unsigned char *out, uint64_t value)
{
	while (value >= 0x80) {
		*out++ = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	*out++ = (unsigned char)value;
	return out;
}

/* Returns the byte after the number; NULL where the bytes end first or the number has more than 64 bits. */
static inline const unsigned char *varint_get(const unsigned char *in, const unsigned char *end, uint64_t *value)
{
	uint64_t sum = 0;

	for (unsigned shift = 0; shift < 64 && in < end; shift += 7) {
		uint64_t byte = *in++;

		if (shift == 63 && byte > 1)
			return NULL;
		sum |= (byte & 0x7f) << shift;
		if (byte < 0x80) {
			*value = sum;
			return in;
		}
	}
	return NULL;
}

static inline uint64_t zigzag_fold(int64_t value)
{
	return (uint64_t)value << 1 ^ -(uint64_t)(value < 0);
}

static inline int64_t zigzag_unfold(uint64_t folded)
{
	return (int64_t)((folded >> 1) ^ -(folded & 1));
}

#endif
