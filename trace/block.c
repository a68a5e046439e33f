/* SPDX-License-Identifier: MIT
 *
 * File and block headers: fixed layouts, little endian on every machine. A header that decodes was
 * written by block_header_encode (or looks exactly like it): its own checksum is right and every
 * field is within the limits of block.h, so that nobody after it checks sizes again. The payload's
 * checksum stands in the header and is covered by the header's.
 */
#include "trace/block.h"
#include "trace/stacks.h"

#include <string.h>

/* Where the fields stand; FORMAT.md has the same table. */
enum {
	FILE_MAGIC = 0,
	FILE_VERSION = 8,
	FILE_TICK_SHIFT = 12,
	FILE_ID = 16,
	FILE_TICK_HZ = 32,
	FILE_REALTIME = 40,
	FILE_FLAGS = 48,
	FILE_CRC = FILE_HEADER_SIZE - 4,

	BLOCK_MAGIC = 0,
	BLOCK_KIND = 4,
	BLOCK_PACKED_SIZE = 8,
	BLOCK_RAW_SIZE = 12,
	BLOCK_COUNT = 16,
	BLOCK_THREAD = 20,
	BLOCK_FIRST_TICK = 24,
	BLOCK_LAST_TICK = 32,
	BLOCK_PAYLOAD_CRC = 40,
	BLOCK_CRC = BLOCK_HEADER_SIZE - 4,
};

static const unsigned char file_magic[8] = {'c', 'u', 'l', 'p', 'r', 'i', 't', 0x1a};
static const unsigned char block_magic[4] = {'c', 'u', 'B', '\n'};

/* --- CRC-32C (Castagnoli), eight bytes a step ------------------------------------------------ */

/* The checksum is linear: the entry of a byte is the sum of the entries of its bits, so eight
 * numbers make a table. They are 64 consecutive states of the polynomial's shift register. */
#define BIT(n, i, k) (((n) >> (i) & 1) * (k))
#define ENTRY(n, a, b, c, d, e, f, g, h) \
	(BIT(n, 0, a) ^ BIT(n, 1, b) ^ BIT(n, 2, c) ^ BIT(n, 3, d) ^ \
	 BIT(n, 4, e) ^ BIT(n, 5, f) ^ BIT(n, 6, g) ^ BIT(n, 7, h))
#define FOUR(n, ...) \
	ENTRY(n, __VA_ARGS__), ENTRY(n + 1, __VA_ARGS__), ENTRY(n + 2, __VA_ARGS__), ENTRY(n + 3, __VA_ARGS__)
#define SIXTEEN(n, ...) \
	FOUR(n, __VA_ARGS__), FOUR(n + 4, __VA_ARGS__), FOUR(n + 8, __VA_ARGS__), FOUR(n + 12, __VA_ARGS__)
#define SIXTYFOUR(n, ...) \
	SIXTEEN(n, __VA_ARGS__), SIXTEEN(n + 16, __VA_ARGS__), SIXTEEN(n + 32, __VA_ARGS__), SIXTEEN(n + 48, __VA_ARGS__)
#define TABLE(...) \
	{ SIXTYFOUR(0u, __VA_ARGS__), SIXTYFOUR(64u, __VA_ARGS__), SIXTYFOUR(128u, __VA_ARGS__), SIXTYFOUR(192u, __VA_ARGS__) }

/* crc_table[k][b]: what byte b does to the checksum when k more bytes follow it. */
static const uint32_t crc_table[8][256] = {
	TABLE(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
	TABLE(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
	TABLE(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
	TABLE(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
	TABLE(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c),
	TABLE(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6),
	TABLE(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4),
	TABLE(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664),
};

static uint32_t get32(const unsigned char *in)
{
	return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static uint32_t crc32c(const void *data, size_t size)
{
	const unsigned char *in = data;
	uint32_t crc = ~0u;

	for (; size >= 8; size -= 8, in += 8) {
		uint32_t low = crc ^ get32(in), high = get32(in + 4);

		crc = crc_table[7][low & 0xff] ^ crc_table[6][low >> 8 & 0xff] ^ crc_table[5][low >> 16 & 0xff] ^
		      crc_table[4][low >> 24] ^ crc_table[3][high & 0xff] ^ crc_table[2][high >> 8 & 0xff] ^
		      crc_table[1][high >> 16 & 0xff] ^ crc_table[0][high >> 24];
	}
	while (size--)
		crc = crc >> 8 ^ crc_table[0][(crc ^ *in++) & 0xff];
	return ~crc;
}

/* --- headers --------------------------------------------------------------------------------- */

static void put32(unsigned char *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(value >> (8 * i));
}

static void put64(unsigned char *out, uint64_t value)
{
	put32(out, (uint32_t)value);
	put32(out + 4, (uint32_t)(value >> 32));
}

static uint64_t get64(const unsigned char *in)
{
	return get32(in) | (uint64_t)get32(in + 4) << 32;
}

void file_header_encode(unsigned char *out, const struct file_header *h)
{
	memset(out, 0, FILE_HEADER_SIZE);
	memcpy(out + FILE_MAGIC, file_magic, sizeof(file_magic));
	put32(out + FILE_VERSION, h->version);
	put32(out + FILE_TICK_SHIFT, h->tick_shift);
	memcpy(out + FILE_ID, h->id, sizeof(h->id));
	put64(out + FILE_TICK_HZ, h->tick_hz_x1000);
	put64(out + FILE_REALTIME, h->start_realtime_ns);
	put32(out + FILE_FLAGS, h->flags);
	put32(out + FILE_CRC, crc32c(out, FILE_CRC));
}

int file_header_decode(struct file_header *h, const void *bytes, size_t size)
{
	const unsigned char *in = bytes;
	size_t known = size < sizeof(file_magic) ? size : sizeof(file_magic);

	if (memcmp(in + FILE_MAGIC, file_magic, known) != 0)
		return TRACE_BAD;
	if (size < FILE_HEADER_SIZE)
		return TRACE_SHORT;
	if (get32(in + FILE_CRC) != crc32c(in, FILE_CRC))
		return TRACE_BAD;
	h->version = get32(in + FILE_VERSION);
	if (h->version > TRACE_VERSION)
		return TRACE_NEWER;
	h->tick_shift = get32(in + FILE_TICK_SHIFT);
	memcpy(h->id, in + FILE_ID, sizeof(h->id));
	h->tick_hz_x1000 = get64(in + FILE_TICK_HZ);
	h->start_realtime_ns = get64(in + FILE_REALTIME);
	h->flags = get32(in + FILE_FLAGS);
	return h->version == 0 || h->tick_shift > 63 ? TRACE_BAD : TRACE_OK;
}

void block_header_encode(unsigned char *out, const struct block_header *h, const void *payload)
{
	memset(out, 0, BLOCK_HEADER_SIZE);
	memcpy(out + BLOCK_MAGIC, block_magic, sizeof(block_magic));
	out[BLOCK_KIND] = h->kind;
	put32(out + BLOCK_PACKED_SIZE, h->packed_size);
	put32(out + BLOCK_RAW_SIZE, h->raw_size);
	put32(out + BLOCK_COUNT, h->count);
	put32(out + BLOCK_THREAD, h->thread);
	put64(out + BLOCK_FIRST_TICK, h->first_tick);
	put64(out + BLOCK_LAST_TICK, h->last_tick);
	put32(out + BLOCK_PAYLOAD_CRC, crc32c(payload, h->packed_size));
	put32(out + BLOCK_CRC, crc32c(out, BLOCK_CRC));
}

/* Whether the fields can be, for the kinds this version knows; of other kinds only the sizes matter. */
static int block_header_possible(const struct block_header *h)
{
	if (h->kind == 0 || h->packed_size > BLOCK_MAX_PACKED || h->raw_size > BLOCK_MAX_RAW)
		return 0;
	if ((h->packed_size == 0) != (h->raw_size == 0))
		return 0;
	switch (h->kind) {
	case BLOCK_EVENTS:
		return h->raw_size > 0 && h->count > 0 && h->count <= BLOCK_MAX_EVENTS && h->thread > 0 &&
		       h->first_tick <= h->last_tick;
	case BLOCK_STACKS:
		return h->raw_size > 0 && h->count > 0 && h->count <= STACKS_MAX_NODES && h->thread > 0 &&
		       h->thread <= UINT32_MAX - h->count;
	case BLOCK_META:
		return h->count <= h->raw_size;
	default:
		return 1;
	}
}

int block_header_decode(struct block_header *h, const void *bytes, size_t size)
{
	const unsigned char *in = bytes;

	if (size < BLOCK_HEADER_SIZE)
		return TRACE_SHORT;
	if (memcmp(in + BLOCK_MAGIC, block_magic, sizeof(block_magic)) != 0 ||
	    get32(in + BLOCK_CRC) != crc32c(in, BLOCK_CRC))
		return TRACE_BAD;
	h->kind = in[BLOCK_KIND];
	h->packed_size = get32(in + BLOCK_PACKED_SIZE);
	h->raw_size = get32(in + BLOCK_RAW_SIZE);
	h->count = get32(in + BLOCK_COUNT);
	h->thread = get32(in + BLOCK_THREAD);
	h->first_tick = get64(in + BLOCK_FIRST_TICK);
	h->last_tick = get64(in + BLOCK_LAST_TICK);
	return block_header_possible(h) ? TRACE_OK : TRACE_BAD;
}

int block_payload_check(const void *header_bytes, const struct block_header *h, const void *payload)
{
	const unsigned char *header = header_bytes;

	return get32(header + BLOCK_PAYLOAD_CRC) == crc32c(payload, h->packed_size) ? TRACE_OK : TRACE_BAD;
}
