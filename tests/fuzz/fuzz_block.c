/* SPDX-License-Identifier: MIT
 *
 * Fuzzes the headers: any bytes as a file header and as blocks after it. What decodes must be within the limits and
 * encode to the same bytes where the format says what they are. So that the fuzzer gets past the checksums, a first
 * byte with the low bit set has them put right before.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int truth)
{
	if (!truth)
		abort();
}

/* CRC-32C bit by bit: a second opinion on the codec's tables. */
static void put_checksum(unsigned char *out, const unsigned char *data, size_t size)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	crc = ~crc;
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(crc >> (8 * i));
}

static void blocks(const unsigned char *at, size_t left)
{
	struct block_header h;

	while (block_header_decode(&h, at, left) == TRACE_OK) {
		unsigned char again[BLOCK_HEADER_SIZE];

		need(h.packed_size <= BLOCK_MAX_PACKED && h.raw_size <= BLOCK_MAX_RAW);
		need(h.kind != BLOCK_EVENTS || (h.count >= 1 && h.count <= BLOCK_MAX_EVENTS));
		if (h.packed_size > left - BLOCK_HEADER_SIZE)
			return;
		if (block_payload_check(at, &h, at + BLOCK_HEADER_SIZE) == TRACE_OK) {
			struct block_header second;

			block_header_encode(again, &h, at + BLOCK_HEADER_SIZE);
			need(block_header_decode(&second, again, sizeof(again)) == TRACE_OK);
			need(second.kind == h.kind && second.count == h.count && second.last_tick == h.last_tick);
		}
		left -= BLOCK_HEADER_SIZE + h.packed_size;
		at += BLOCK_HEADER_SIZE + h.packed_size;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file_header f;
	unsigned char *exact;
	int repair;

	if (size == 0)
		return 0;
	repair = data[0] & 1;
	size--;
	exact = malloc(size + !size); /* no byte more, so that reading too far is seen */
	memcpy(exact, data + 1, size);
	if (repair && size >= FILE_HEADER_SIZE) {
		memcpy(exact, "culprit\x1a", 8);
		put_checksum(exact + 60, exact, 60);
	}
	if (repair && size >= FILE_HEADER_SIZE + BLOCK_HEADER_SIZE) {
		unsigned char *block = exact + FILE_HEADER_SIZE;

		memcpy(block, "cuB\n", 4);
		put_checksum(block + 44, block, 44);
	}
	if (file_header_decode(&f, exact, size) == TRACE_OK) {
		unsigned char again[FILE_HEADER_SIZE];
		struct file_header second;

		need(f.version <= TRACE_VERSION && f.tick_shift < 64);
		file_header_encode(again, &f);
		need(file_header_decode(&second, again, sizeof(again)) == TRACE_OK);
		need(memcmp(second.id, f.id, sizeof(f.id)) == 0 && second.flags == f.flags);
	}
	if (size >= FILE_HEADER_SIZE)
		blocks(exact + FILE_HEADER_SIZE, size - FILE_HEADER_SIZE);
	free(exact);
	return 0;
}
