/* SPDX-License-Identifier: MIT
 *
 * The meta codec: every kind of record with its extremes, records of other versions, and damage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/block.h"
#include "trace/meta.h"

#define TEXT(s) {s, sizeof(s) - 1}

static const struct meta samples[] = {
	{.kind = META_PROCESS, .tick = UINT64_MAX, .process = 1, .thread = UINT32_MAX,
	 .u.process_start = {.pid = INT32_MAX, .ppid = INT32_MIN, .parent = UINT32_MAX, .comm = TEXT("redis-server"),
	                     .executable = TEXT("/usr/bin/redis-server"),
	                     .command_line = TEXT("redis-server\0--port\0""7777")}},
	{.kind = META_PROCESS, .u.process_start = {.pid = -1}},
	{.kind = META_PROCESS_END, .tick = 5, .process = 2, .u.process_end = {.how = ENDED_SIGNAL, .code = -9}},
	{.kind = META_THREAD, .tick = 6, .process = 1, .thread = 3, .u.thread_start = {.tid = 4711, .name = TEXT("bio_lazy")}},
	{.kind = META_THREAD_NAME, .tick = 7, .process = 1, .thread = 3, .u.thread_start = {.name = TEXT("\xff\x01")}},
	{.kind = META_THREAD_END, .tick = 8, .process = 1, .thread = 3},
	{.kind = META_MODULE, .tick = 9, .process = 1,
	 .u.module = {.epoch = UINT32_MAX, .base = UINT64_MAX, .size = 1ull << 63, .build_id = TEXT("\0\1\2\3"),
	              .path = TEXT("/lib/libc.so.6")}},
	{.kind = META_UNLOAD, .tick = 10, .process = 1, .u.module = {.epoch = 3, .base = 0x7f0000000000}},
	{.kind = META_CLOCK, .tick = 11, .u.clock = {.monotonic_ns = UINT64_MAX, .realtime_ns = 1}},
	{.kind = META_SAMPLE, .tick = 12, .process = 1,
	 .u.sample = {.rss_bytes = 1ull << 40, .minor_faults = 127, .major_faults = 128}},
	{.kind = META_LOSS, .tick = 13, .process = 1, .thread = 2, .u.loss = {.dropped = UINT64_MAX}},
	{.kind = META_CHECK, .tick = 14, .process = 1, .u.check = {.checked = 1000, .differences = 0, .slow_frames = 7}},
	{.kind = META_NOTE, .tick = 15, .u.note = {.text = TEXT("A child was not followed.")}},
	{.kind = META_RECORDING, .tick = 16, .u.note = {.text = TEXT("0.1.0\0--on-full=drop")}},
	{.kind = META_LIMIT, .tick = 17, .process = 1, .u.limit = {.bytes = 1ull << 33, .by = 1}},
	{.kind = META_SAMPLING, .tick = 17, .u.sampling = {.bytes = 524288}},
	{.kind = META_LOCK_NAME, .tick = 19, .process = 2, .u.lock_name = {.address = 0x7fff12345678, .name = TEXT("job queue")}},
	{.kind = META_CODE, .tick = 20, .process = 2, .u.code = {.epoch = 3, .address = 0x7fff12345678, .name = TEXT("JS:*work t.js:3:1")}},
	{.kind = META_MARK, .tick = 18, .u.mark = {.kind = MARK_NAMED, .text = TEXT("after warm-up")}},
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void texts_equal(struct meta_text a, struct meta_text b)
{
	assert_int_equal(a.size, b.size);
	if (a.size)
		assert_memory_equal(a.data, b.data, a.size);
}

static void unions_equal(const struct meta *a, const struct meta *b)
{
	switch (a->kind) {
	case META_PROCESS:
		assert_int_equal(a->u.process_start.pid, b->u.process_start.pid);
		assert_int_equal(a->u.process_start.ppid, b->u.process_start.ppid);
		assert_int_equal(a->u.process_start.parent, b->u.process_start.parent);
		texts_equal(a->u.process_start.comm, b->u.process_start.comm);
		texts_equal(a->u.process_start.executable, b->u.process_start.executable);
		texts_equal(a->u.process_start.command_line, b->u.process_start.command_line);
		break;
	case META_PROCESS_END:
		assert_int_equal(a->u.process_end.how, b->u.process_end.how);
		assert_int_equal(a->u.process_end.code, b->u.process_end.code);
		break;
	case META_THREAD:
		assert_int_equal(a->u.thread_start.tid, b->u.thread_start.tid);
		texts_equal(a->u.thread_start.name, b->u.thread_start.name);
		break;
	case META_THREAD_NAME:
		texts_equal(a->u.thread_start.name, b->u.thread_start.name);
		break;
	case META_THREAD_END:
		break;
	case META_MODULE:
		assert_true(a->u.module.size == b->u.module.size);
		texts_equal(a->u.module.build_id, b->u.module.build_id);
		texts_equal(a->u.module.path, b->u.module.path); /* fall through */
	case META_UNLOAD:
		assert_int_equal(a->u.module.epoch, b->u.module.epoch);
		assert_true(a->u.module.base == b->u.module.base);
		break;
	case META_CLOCK:
		assert_true(a->u.clock.monotonic_ns == b->u.clock.monotonic_ns && a->u.clock.realtime_ns == b->u.clock.realtime_ns);
		break;
	case META_SAMPLE:
		assert_memory_equal(&a->u.sample, &b->u.sample, sizeof(a->u.sample));
		break;
	case META_LOSS:
		assert_true(a->u.loss.dropped == b->u.loss.dropped);
		break;
	case META_CHECK:
		assert_memory_equal(&a->u.check, &b->u.check, sizeof(a->u.check));
		break;
	case META_LIMIT:
		assert_true(a->u.limit.bytes == b->u.limit.bytes);
		assert_int_equal(a->u.limit.by, b->u.limit.by);
		break;
	case META_SAMPLING:
		assert_true(a->u.sampling.bytes == b->u.sampling.bytes);
		break;
	case META_LOCK_NAME:
		assert_true(a->u.lock_name.address == b->u.lock_name.address);
		texts_equal(a->u.lock_name.name, b->u.lock_name.name);
		break;
	case META_CODE:
		assert_int_equal(a->u.code.epoch, b->u.code.epoch);
		assert_true(a->u.code.address == b->u.code.address);
		texts_equal(a->u.code.name, b->u.code.name);
		break;
	case META_MARK:
		assert_int_equal(a->u.mark.kind, b->u.mark.kind);
		texts_equal(a->u.mark.text, b->u.mark.text);
		break;
	case META_NOTE:
	case META_RECORDING:
		texts_equal(a->u.note.text, b->u.note.text);
		break;
	}
}

static void metas_equal(const struct meta *a, const struct meta *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_true(a->tick == b->tick);
	assert_int_equal(a->process, b->process);
	assert_int_equal(a->thread, b->thread);
	unions_equal(a, b);
}

static void records_survive_in_a_row(void **state)
{
	unsigned char bytes[8192];
	const unsigned char *at = bytes;
	size_t size = 0;
	struct meta m;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		long length = meta_encode(&samples[i], bytes + size, sizeof(bytes) - size);

		assert_true(length > 0);
		size += (size_t)length;
	}
	for (size_t i = 0; i < SAMPLES; i++) {
		assert_int_equal(meta_decode(&m, &at, &size), TRACE_OK);
		metas_equal(&samples[i], &m);
	}
	assert_int_equal(size, 0);
	assert_int_equal(meta_decode(&m, &at, &size), TRACE_BAD);
}

static void damage_is_refused_or_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		unsigned char bytes[512];
		long length = meta_encode(&samples[i], bytes, sizeof(bytes));
		struct meta m;

		assert_true(length > 0);
		for (size_t cut = 0; cut < (size_t)length; cut++) {
			unsigned char *exact = malloc(cut + !cut);
			const unsigned char *at = exact;
			size_t left = cut;

			memcpy(exact, bytes, cut);
			assert_int_equal(meta_decode(&m, &at, &left), TRACE_BAD);
			free(exact);
		}
		for (size_t bit = 0; bit < 8 * (size_t)length; bit++) {
			const unsigned char *at = bytes;
			size_t left = (size_t)length;

			bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
			if (meta_decode(&m, &at, &left) == TRACE_OK)
				assert_true(at > bytes && at + left == bytes + length);
			bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		}
	}
}

static void long_texts_are_cut(void **state)
{
	static char text[5000];
	static unsigned char bytes[16384];
	const unsigned char *at = bytes;
	struct meta m = {.kind = META_PROCESS, .u.process_start = {.comm = {text, 5000}, .executable = {text, 4096},
	                                                          .command_line = {text, 4097}}}, again;
	size_t size;

	(void)state;
	memset(text, 'x', sizeof(text));
	size = (size_t)meta_encode(&m, bytes, sizeof(bytes));
	assert_int_equal(meta_decode(&again, &at, &size), TRACE_OK);
	assert_int_equal(again.u.process_start.comm.size, 4096);
	assert_int_equal(again.u.process_start.executable.size, 4096);
	assert_int_equal(again.u.process_start.command_line.size, 4096);
}

static int decode(const char *record, size_t size, struct meta *m)
{
	const unsigned char *at = (const unsigned char *)record;
	int status = meta_decode(m, &at, &size);

	if (status == TRACE_OK)
		assert_int_equal(size, 0);
	return status;
}

static void other_versions_are_read(void **state)
{
	struct meta m;

	(void)state;
	assert_int_equal(decode("\x7f\x03""abc", 5, &m), TRACE_OK); /* an unknown tag */
	assert_int_equal(m.kind, 0);
	assert_int_equal(decode("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11, &m), TRACE_OK);
	assert_int_equal(m.kind, 0);
	assert_int_equal(decode("\x0a\x06\x09\x01\x02\x07""zz", 8, &m), TRACE_OK); /* fields added to META_LOSS */
	assert_int_equal(m.kind, META_LOSS);
	assert_true(m.tick == 9 && m.process == 1 && m.thread == 2 && m.u.loss.dropped == 7);
}

static void impossible_records_are_refused(void **state)
{
	struct meta m;

	(void)state;
	assert_int_equal(decode("\x00\x00", 2, &m), TRACE_BAD);                                 /* tag 0 */
	assert_int_equal(decode("\x0a\x03\x09\x01\x02", 5, &m), TRACE_BAD);                     /* a field is missing */
	assert_int_equal(decode("\x05\x07\x01\xff\xff\xff\xff\x1f\x00", 9, &m), TRACE_BAD);     /* a process of 33 bits */
	assert_int_equal(decode("\x02\x09\x00\x00\x00\x00\xff\xff\xff\xff\x1f", 11, &m), TRACE_BAD); /* a code of 33 bits */
	assert_int_equal(decode("\x0c\x05\x00\x00\x00\x02z", 7, &m), TRACE_BAD);                /* a text beyond its record */
	assert_int_equal(decode("\x0c\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, &m), TRACE_BAD);
}

static void small_buffers_are_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		unsigned char expected[512], bytes[512];
		long length = meta_encode(&samples[i], expected, sizeof(expected));

		for (size_t cap = 0; cap < sizeof(bytes); cap++) {
			unsigned char *exact = malloc(cap + !cap);
			long written = meta_encode(&samples[i], exact, cap);

			assert_true(written == TRACE_FULL || written == length);
			if (written == length)
				assert_memory_equal(exact, expected, (size_t)length);
			free(exact);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_survive_in_a_row),
		cmocka_unit_test(damage_is_refused_or_harmless),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(other_versions_are_read),
		cmocka_unit_test(impossible_records_are_refused),
		cmocka_unit_test(small_buffers_are_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
