/* SPDX-License-Identifier: MIT
 *
 * File and block headers, and the variable-length integers: what goes in comes out, and nothing cut, changed or
 * beyond a limit is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/block.h"
#include "trace/stacks.h"
#include "trace/varint.h"

static const unsigned char payload[] = "nine byte";

static struct file_header file_sample(void)
{
	struct file_header h = {.version = TRACE_VERSION, .tick_shift = 8, .tick_hz_x1000 = 10156250000ull,
	                        .start_realtime_ns = 1700000000123456789ull, .flags = 0x80000013u};

	for (unsigned i = 0; i < sizeof(h.id); i++)
		h.id[i] = (uint8_t)(0xf0 + i);
	return h;
}

static struct block_header block_sample(void)
{
	return (struct block_header){.kind = BLOCK_EVENTS, .packed_size = sizeof(payload), .raw_size = 77, .count = 5,
	                             .thread = 3, .first_tick = 1000, .last_tick = UINT64_MAX};
}

static int block_try(const struct block_header *h)
{
	static unsigned char room[BLOCK_MAX_PACKED + 1]; /* as large as the packed size may claim to be */
	unsigned char bytes[BLOCK_HEADER_SIZE];
	struct block_header again;

	block_header_encode(bytes, h, room);
	return block_header_decode(&again, bytes, sizeof(bytes));
}

static void file_header_survives(void **state)
{
	struct file_header h = file_sample(), again;
	unsigned char bytes[FILE_HEADER_SIZE];

	(void)state;
	memset(bytes, 0xee, sizeof(bytes));
	file_header_encode(bytes, &h);
	assert_int_equal(file_header_decode(&again, bytes, sizeof(bytes)), TRACE_OK);
	assert_int_equal(again.version, h.version);
	assert_int_equal(again.tick_shift, h.tick_shift);
	assert_memory_equal(again.id, h.id, sizeof(h.id));
	assert_true(again.tick_hz_x1000 == h.tick_hz_x1000 && again.start_realtime_ns == h.start_realtime_ns);
	assert_true(again.flags == h.flags);
}

static void file_header_is_refused(void **state)
{
	struct file_header h = file_sample(), again;
	unsigned char bytes[FILE_HEADER_SIZE];

	(void)state;
	file_header_encode(bytes, &h);
	for (size_t size = 0; size < sizeof(bytes); size++) {
		unsigned char *cut = malloc(size + !size); /* so that the sanitizer sees a byte too far */

		memcpy(cut, bytes, size);
		assert_int_equal(file_header_decode(&again, cut, size), TRACE_SHORT);
		free(cut);
	}
	for (unsigned bit = 0; bit < 8 * sizeof(bytes); bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_int_equal(file_header_decode(&again, bytes, sizeof(bytes)), TRACE_BAD);
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_int_equal(file_header_decode(&again, "not a trace", 11), TRACE_BAD);
	assert_int_equal(file_header_decode(&again, "X", 1), TRACE_BAD);
	h.version = TRACE_VERSION + 1;
	file_header_encode(bytes, &h);
	assert_int_equal(file_header_decode(&again, bytes, sizeof(bytes)), TRACE_NEWER);
	h.version = 0;
	file_header_encode(bytes, &h);
	assert_int_equal(file_header_decode(&again, bytes, sizeof(bytes)), TRACE_BAD);
	h = file_sample();
	h.tick_shift = 64;
	file_header_encode(bytes, &h);
	assert_int_equal(file_header_decode(&again, bytes, sizeof(bytes)), TRACE_BAD);
}

/* The layout is the format: these bytes are in FORMAT.md. */
static void block_header_has_its_layout(void **state)
{
	static const unsigned char expected[BLOCK_HEADER_SIZE - 4] = {
		'c', 'u', 'B', '\n', 4, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0x80, 0x83, 0x92, 0x06, 0xe3,
	};
	struct block_header h = {.kind = BLOCK_END, .packed_size = 9, .raw_size = 2, .count = 0x01020304,
	                         .thread = 0x05060708, .first_tick = 0x0807060504030201ull,
	                         .last_tick = 0x8000000000000009ull};
	unsigned char bytes[BLOCK_HEADER_SIZE];

	(void)state;
	block_header_encode(bytes, &h, "123456789"); /* CRC-32C of that is the well-known e3069283 */
	assert_memory_equal(bytes, expected, sizeof(expected));
}

static void block_header_survives(void **state)
{
	struct block_header h = block_sample(), again;
	unsigned char bytes[BLOCK_HEADER_SIZE];

	(void)state;
	memset(bytes, 0xee, sizeof(bytes));
	memset(&again, 0xee, sizeof(again));
	block_header_encode(bytes, &h, payload);
	assert_int_equal(block_header_decode(&again, bytes, sizeof(bytes)), TRACE_OK);
	assert_int_equal(again.kind, h.kind);
	assert_int_equal(again.packed_size, h.packed_size);
	assert_int_equal(again.raw_size, h.raw_size);
	assert_int_equal(again.count, h.count);
	assert_int_equal(again.thread, h.thread);
	assert_true(again.first_tick == h.first_tick && again.last_tick == h.last_tick);
	assert_int_equal(block_payload_check(bytes, &again, payload), TRACE_OK);
}

static void damaged_blocks_are_refused(void **state)
{
	struct block_header h = block_sample(), again;
	unsigned char bytes[BLOCK_HEADER_SIZE], other[sizeof(payload)];

	(void)state;
	block_header_encode(bytes, &h, payload);
	for (size_t size = 0; size < sizeof(bytes); size++) {
		unsigned char *cut = malloc(size + !size);

		memcpy(cut, bytes, size);
		assert_int_equal(block_header_decode(&again, cut, size), TRACE_SHORT);
		free(cut);
	}
	for (unsigned bit = 0; bit < 8 * sizeof(bytes); bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_int_equal(block_header_decode(&again, bytes, sizeof(bytes)), TRACE_BAD);
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	memcpy(other, payload, sizeof(payload));
	for (unsigned bit = 0; bit < 8 * sizeof(other); bit++) {
		other[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_int_equal(block_payload_check(bytes, &h, other), TRACE_BAD);
		other[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
}

static void limits_hold(void **state)
{
	struct block_header h;

	(void)state;
#define TRY(status, change) \
	do { \
		h = block_sample(); \
		change; \
		assert_int_equal(block_try(&h), status); \
	} while (0)
	TRY(TRACE_OK, h.packed_size = BLOCK_MAX_PACKED);
	TRY(TRACE_BAD, h.packed_size = BLOCK_MAX_PACKED + 1);
	TRY(TRACE_OK, h.raw_size = BLOCK_MAX_RAW);
	TRY(TRACE_BAD, h.raw_size = BLOCK_MAX_RAW + 1);
	TRY(TRACE_BAD, h.raw_size = 0);
	TRY(TRACE_BAD, h.packed_size = 0);
	TRY(TRACE_OK, h.count = BLOCK_MAX_EVENTS);
	TRY(TRACE_BAD, h.count = BLOCK_MAX_EVENTS + 1);
	TRY(TRACE_BAD, h.count = 0);
	TRY(TRACE_BAD, h.thread = 0);
	TRY(TRACE_BAD, h.last_tick = 999);
	TRY(TRACE_OK, h.last_tick = 1000);
	TRY(TRACE_BAD, h.kind = 0);
	TRY(TRACE_OK, h.kind = BLOCK_STACKS; h.count = STACKS_MAX_NODES);
	TRY(TRACE_BAD, h.kind = BLOCK_STACKS; h.count = STACKS_MAX_NODES + 1);
	TRY(TRACE_OK, h.kind = BLOCK_STACKS; h.thread = UINT32_MAX - h.count);
	TRY(TRACE_BAD, h.kind = BLOCK_STACKS; h.thread = UINT32_MAX - h.count + 1);
	TRY(TRACE_OK, h.kind = BLOCK_META; h.count = h.raw_size);
	TRY(TRACE_BAD, h.kind = BLOCK_META; h.count = h.raw_size + 1);
	TRY(TRACE_OK, h.kind = BLOCK_END; h.packed_size = h.raw_size = 0);
	TRY(TRACE_OK, h.kind = 200; h.count = UINT32_MAX; h.thread = 0; h.first_tick = 5; h.last_tick = 0);
#undef TRY
}

/* Every length and alignment of the checksum's fast loop against one bit at a time. */
static void checksums_are_crc32c(void **state)
{
	unsigned char data[80];

	(void)state;
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 167 + 13);
	for (unsigned start = 0; start < 8; start++) {
		for (unsigned size = 1; size < 64; size++) {
			struct block_header h = {.kind = BLOCK_END, .packed_size = size, .raw_size = 1};
			unsigned char bytes[BLOCK_HEADER_SIZE];
			uint32_t crc = ~0u, written = 0;

			for (unsigned i = 0; i < 8 * size; i++) {
				crc ^= i % 8 ? 0 : data[start + i / 8];
				crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
			}
			block_header_encode(bytes, &h, data + start);
			for (unsigned i = 0; i < 4; i++)
				written |= (uint32_t)bytes[40 + i] << (8 * i);
			assert_true(written == (uint32_t)~crc);
		}
	}
}

static void varints_survive(void **state)
{
	unsigned char bytes[VARINT_MAX];

	(void)state;
	for (unsigned shift = 0; shift < 64; shift++) {
		for (int off = -1; off <= 1; off++) {
			uint64_t value = (1ull << shift) + (uint64_t)off, again = ~value;
			const unsigned char *end = varint_put(bytes, value);

			assert_ptr_equal(varint_get(bytes, end, &again), end);
			assert_true(again == value);
			for (const unsigned char *cut = bytes; cut < end; cut++)
				assert_null(varint_get(bytes, cut, &again));
			assert_true(zigzag_unfold(zigzag_fold((int64_t)value)) == (int64_t)value);
		}
	}
	assert_int_equal(varint_put(bytes, UINT64_MAX) - bytes, VARINT_MAX);
	assert_true(zigzag_fold(-1) == 1 && zigzag_fold(1) == 2 && zigzag_fold(INT64_MIN) == UINT64_MAX);
}

static void varints_beyond_64_bits_are_refused(void **state)
{
	unsigned char bytes[VARINT_MAX + 2];
	uint64_t value;

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	assert_null(varint_get(bytes, bytes + sizeof(bytes), &value));
	bytes[VARINT_MAX - 1] = 2;
	assert_null(varint_get(bytes, bytes + sizeof(bytes), &value));
	bytes[VARINT_MAX - 1] = 1;
	assert_non_null(varint_get(bytes, bytes + sizeof(bytes), &value));
	assert_true(value == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_header_survives),
		cmocka_unit_test(file_header_is_refused),
		cmocka_unit_test(block_header_has_its_layout),
		cmocka_unit_test(block_header_survives),
		cmocka_unit_test(damaged_blocks_are_refused),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(checksums_are_crc32c),
		cmocka_unit_test(varints_survive),
		cmocka_unit_test(varints_beyond_64_bits_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
