/* SPDX-License-Identifier: MIT
 *
 * The events codec: what goes in comes out, whatever the events are and whatever the scratch held; predictable
 * streams are small; damage is refused or harmless.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/block.h"
#include "trace/events.h"
#include "trace/waits.h"

static void *scratch;
static unsigned char *bytes;
static struct event *events, *again;
static uint64_t seed = 88172645463325252ull;

static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t limit)
{
	return (random64() >> 16) % limit;
}

static int setup(void **state)
{
	(void)state;
	scratch = malloc(events_scratch_size());
	bytes = malloc(BLOCK_MAX_RAW);
	events = malloc(BLOCK_MAX_EVENTS * sizeof(*events));
	again = malloc(BLOCK_MAX_EVENTS * sizeof(*again));
	return scratch && bytes && events && again ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(scratch);
	free(bytes);
	free(events);
	free(again);
	return 0;
}

/* Returns the payload's size. */
static size_t survives(size_t n)
{
	long size;

	memset(scratch, 0xa5, events_scratch_size());
	size = events_encode(scratch, events, n, bytes, BLOCK_MAX_RAW);
	assert_true(size > 0);
	memset(scratch, 0x5a, events_scratch_size());
	memset(again, 0xee, n * sizeof(*again));
	assert_int_equal(events_decode(scratch, bytes, (size_t)size, events[0].stamp, again, n), TRACE_OK);
	for (size_t i = 0; i < n; i++)
		assert_memory_equal(&events[i], &again[i], sizeof(events[i]));
	return (size_t)size;
}

static struct event request(uint64_t tick, unsigned kind, uint64_t address, uint64_t size, uint32_t stack,
                            uint16_t shared)
{
	return (struct event){.stamp = tick, .kind = (uint8_t)kind, .address = address & 0xffffffffffff, .size = size,
	                      .stack = stack, .shared = shared};
}

static void one_event_survives(void **state)
{
	static const uint64_t addresses[] = {0, 1, 16, 0x7fffffffffff, 0xffffffffffff, 0x800000000000};
	static const uint64_t sizes[] = {0, 1, 126, 127, 128, 30846, 30847, 30848, 1ull << 32, 1ull << 63, UINT64_MAX};

	(void)state;
	for (unsigned kind = 0; kind < EVENT_MESSAGE_FIRST; kind++) {
		for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
			for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
				events[0] = request(UINT64_MAX - kind, kind, addresses[i], event_is_free(kind) ? 0 : sizes[k],
				                    kind & 1 ? UINT32_MAX : 0, kind & 2 ? 0xffff : 0);
				long size = events_encode(scratch, events, 1, bytes, BLOCK_MAX_RAW);

				assert_true(size > 0);
				assert_int_equal(events_decode(scratch, bytes, (size_t)size, events[0].stamp, again, 1), TRACE_OK);
				assert_memory_equal(events, again, sizeof(*events));
			}
		}
	}
}

static void ticks_survive(void **state)
{
	static const uint64_t steps[] = {0, 1, 13, 14, 15, 16, 141, 142, 30861, 30862, 30863, 1ull << 32, 1ull << 62};
	uint64_t tick = 0;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) /* every step after 0 to 70 events without one */
		for (unsigned zeros = 0; zeros < 70; zeros++) {
			tick += i + 1 < sizeof(steps) / sizeof(steps[0]) || zeros == 3 ? steps[i] : 0;
			for (unsigned k = 0; k <= zeros; k++, n++)
				events[n] = request(tick, EVENT_MALLOC, 16 * n, 16, 1, 0);
		}
	assert_true(n <= BLOCK_MAX_EVENTS);
	survives(n);
	for (size_t cut = 1; cut < 100; cut++) /* blocks that end anywhere between two steps */
		survives(cut);
}

static void anything_survives(void **state)
{
	uint64_t tick = 12345;

	(void)state;
	for (size_t i = 0; i < BLOCK_MAX_EVENTS; i++) {
		unsigned kind = (unsigned)below(EVENT_MESSAGE_FIRST);

		tick += random64() >> (16 + below(48)); /* up to 2^48 a step: no wrap in a block */
		events[i] = request(tick, kind, random64() >> below(48), event_is_free(kind) ? 0 : random64() >> below(64),
		                    (uint32_t)random64() >> below(32), (uint16_t)(random64() >> below(16)));
	}
	assert_true(survives(BLOCK_MAX_EVENTS) <= BLOCK_MAX_RAW);
}

/* Few of everything: lists grow long, spots are freed and allocated twice, kinds share addresses. */
static void muddles_survive(void **state)
{
	static const unsigned kinds[] = {EVENT_MALLOC, EVENT_FREE, EVENT_NEW, EVENT_DELETE, EVENT_REALLOC_FREE,
	                                 EVENT_REALLOC_ALLOC, 40, 127};

	(void)state;
	for (unsigned round = 0; round < 24; round++) {
		uint64_t places = 1 + below(round % 3 == 0 ? 5 : round % 3 == 1 ? 200 : 20000);
		size_t n = 1 + below(6000);

		for (size_t i = 0; i < n; i++) {
			unsigned kind = kinds[below(round & 1 ? 8 : 2)];

			events[i] = request(1000 + i / 3, kind, 0x1000 + below(places) * (round & 2 ? 16 : 9),
			                    event_is_free(kind) ? 0 : below(4) * 24, 1 + (uint32_t)below(round & 4 ? 3 : 300),
			                    (uint16_t)below(9));
		}
		survives(n);
	}
}

static size_t group(size_t n, uint64_t tick, unsigned kind, uint64_t address, uint64_t size, uint32_t stack)
{
	events[n] = request(tick, EVENT_CONTEXT, below(3) ? 0 : 100000 + below(64), below(1u << 20), 0, (uint16_t)below(32));
	if (below(2))
		events[++n] = request(tick, EVENT_SAMPLED, 0, 4096u << below(8), 0, 0);
	events[n + 1] = request(tick, kind, address, size, stack, (uint16_t)(address >> 6));
	return n + 2;
}

/* What a service with locks writes: groups between allocations, generations in `shared`, counters with their round. */
static void locks_survive(void **state)
{
	static const unsigned kinds[] = {EVENT_WAIT, EVENT_BLOCKED, EVENT_RELEASE};
	uint64_t totals[20] = {0}, tick = 9;
	size_t n = 0;

	(void)state;
	for (uint64_t i = 0; n + 8 < BLOCK_MAX_EVENTS; i++) {
		uint64_t lock = below(20), address = 0x7f0000001000 + lock * 40;

		tick += below(4);
		events[n++] = request(tick, EVENT_MALLOC, 0x1000 + i % 64 * 48, 40, 1 + i % 9, 5);
		n = group(n, tick, kinds[below(3)], address, random64() >> (20 + below(40)), 10 + (uint32_t)lock);
		events[n++] = request(tick, EVENT_LOCK_TOTAL, address, (totals[lock] += below(9)) | (i >> 10) << LOCK_ROUND_SHIFT,
		                      (uint32_t)below(LOCK_TOTALS), (uint16_t)(0xffff - lock));
		events[n++] = request(tick, EVENT_FREE, 0x1000 + i % 64 * 48, 0, 20 + i % 9, 5);
	}
	survives(n);
}

/* An allocator like glibc's or jemalloc's in miniature: classes, last freed first; blocks freed in a given order. */
struct heap {
	uint64_t spare[64][512], next;
	unsigned count[64], step;
};

static uint64_t heap_take(struct heap *h, unsigned class)
{
	uint64_t address = h->next;

	if (h->count[class])
		return h->spare[class][--h->count[class]];
	h->next += (class + 1) * h->step;
	return address;
}

static unsigned class_of(unsigned step, uint64_t size)
{
	return step == 16 ? (unsigned)((size < 25 ? 24 : size) + 7) / 16 : (unsigned)(size - 1) / 32;
}

static size_t storm(unsigned step, int regular)
{
	struct heap *heap = calloc(1, sizeof(*heap));
	uint64_t address[64] = {0}, size[64] = {0}, tick = 77;
	size_t n = 0;

	heap->next = 0x55d0c0de0000;
	heap->step = step;
	for (unsigned i = 0; n + 2 < BLOCK_MAX_EVENTS; i++) {
		unsigned at = regular ? i * 7 % 64 : (unsigned)below(64);
		uint32_t stack = regular ? i % 5 : (uint32_t)below(300);

		tick += regular ? i % 2 : below(3);
		if (address[at]) {
			unsigned class = class_of(step, size[at]);

			events[n++] = request(tick, EVENT_FREE, address[at], 0, 1000 + stack, 3);
			heap->spare[class][heap->count[class]++] = address[at];
		}
		size[at] = regular ? 8 + at * 8 : 1 + below(500);
		address[at] = heap_take(heap, class_of(step, size[at]));
		events[n++] = request(tick, EVENT_MALLOC, address[at], size[at], 1 + stack, (uint16_t)(3 + stack % 7));
	}
	free(heap);
	return survives(n) * 100 / (n / 2); /* hundredths of a byte a pair, before zstd */
}

static void storms_are_small(void **state)
{
	(void)state;
	assert_in_range(storm(16, 0), 100, 850);
	assert_in_range(storm(32, 0), 100, 850);
	assert_in_range(storm(16, 1), 10, 500);
}

/* A service that does the same for ever, in a heap that settled: next to nothing is left but the clock. */
static void a_loop_is_nearly_nothing(void **state)
{
	size_t n = 0, size;

	(void)state;
	for (unsigned i = 0; n + 6 <= BLOCK_MAX_EVENTS; i++) {
		events[n++] = request(i, EVENT_MALLOC, 0x7f1000000040, 48, 1, 9);
		events[n++] = request(i, EVENT_NEW, 0x7f1000000100, 200, 2, 4);
		events[n++] = request(i, EVENT_DELETE, 0x7f1000000100, 0, 3, 5);
		events[n++] = request(i, EVENT_REALLOC_FREE, 0x7f1000000040, 0, 4, 6);
		events[n++] = request(i, EVENT_REALLOC_ALLOC, 0x7f1000000040, 52, 4, 7);
		events[n++] = request(i, EVENT_FREE, 0x7f1000000040, 0, 5, 8);
	}
	size = survives(n);
	assert_in_range(size, 1, n / 6 + 200); /* a tick code each time round */
}

static void small_buffers_are_full(void **state)
{
	long size;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		events[i] = request(i, i & 1 ? EVENT_FREE : EVENT_MALLOC, below(1u << 20), i & 1 ? 0 : below(1000), 1 + i % 9, 2);
	size = (long)survives(300);
	for (long cap = 0; cap <= size + 500; cap++) {
		unsigned char *exact = malloc((size_t)cap + !cap);
		long written = events_encode(scratch, events, 300, exact, (size_t)cap);

		assert_true(written == TRACE_FULL || written == size);
		assert_true(cap >= size || written == TRACE_FULL);
		free(exact);
	}
	assert_int_equal(events_encode(scratch, events, 300, bytes, BLOCK_MAX_RAW), size);
}

static void damage_is_refused_or_harmless(void **state)
{
	enum { N = 120 };
	size_t size;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		unsigned kind = i % 3 == 1 ? EVENT_FREE : i % 7 == 0 ? 33 : EVENT_MALLOC;

		events[i] = request(i * (i % 5) * 9 + i * 50, kind, 0x1000 + below(12) * 16, kind == EVENT_FREE ? 0 : below(300),
		                    1 + (uint32_t)below(6), (uint16_t)below(4));
	}
	for (size_t i = 1; i < N; i++)
		if (events[i].stamp < events[i - 1].stamp)
			events[i].stamp = events[i - 1].stamp;
	size = survives(N);
	for (size_t cut = 0; cut < size; cut++) {
		unsigned char *exact = malloc(cut + !cut);

		memcpy(exact, bytes, cut);
		assert_int_equal(events_decode(scratch, exact, cut, 0, again, N), TRACE_BAD);
		free(exact);
	}
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (events_decode(scratch, bytes, size, 0, again, N) == TRACE_OK)
			for (size_t i = 0; i < N; i++)
				assert_true(again[i].kind < EVENT_MESSAGE_FIRST && (i == 0 || again[i].stamp >= again[i - 1].stamp));
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_int_equal(events_decode(scratch, bytes, size + 1, 0, again, N), TRACE_BAD);
	assert_int_equal(events_decode(scratch, bytes, size, 0, again, N - 1), TRACE_BAD);
	assert_int_equal(events_decode(scratch, bytes, size, 0, again, N + 1), TRACE_BAD);
	assert_int_equal(events_decode(scratch, bytes, size, 0, again, BLOCK_MAX_EVENTS + 1), TRACE_BAD);
	assert_int_equal(events_decode(scratch, bytes, size, UINT64_MAX, again, N), TRACE_BAD); /* the clock would wrap */
	assert_int_equal(events_decode(scratch, bytes, size, events[0].stamp, again, N), TRACE_OK);
}

static void falling_stamps_stand_still(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		events[i] = request(i == 2 ? 3 : 10 + i, EVENT_MALLOC, 16 * i, 8, 1, 0);
	long size = events_encode(scratch, events, 4, bytes, BLOCK_MAX_RAW);

	assert_int_equal(events_decode(scratch, bytes, (size_t)size, 10, again, 4), TRACE_OK);
	assert_true(again[1].stamp == 11 && again[2].stamp == 11 && again[3].stamp == 13);
}

static void cuts_are_in_the_payload(void **state)
{
	size_t cuts[EVENTS_MAX_CUTS], count, size;

	(void)state;
	for (size_t i = 0; i < 4000; i++)
		events[i] = request(i, EVENT_MALLOC, below(1ull << 40), below(1u << 20), 1 + (uint32_t)below(500),
		                    (uint16_t)below(20));
	size = survives(4000);
	count = events_cuts(bytes, size, cuts);
	assert_in_range(count, 3, EVENTS_MAX_CUTS);
	for (size_t i = 0; i < count; i++)
		assert_in_range(cuts[i], i ? cuts[i - 1] + 1 : 1, size - 1);
	assert_int_equal(events_cuts(bytes, 0, cuts), 0);
	assert_int_equal(events_cuts(bytes, 20, cuts), 0);
	size = survives(1);
	assert_int_equal(events_cuts(bytes, size, cuts), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_event_survives),
		cmocka_unit_test(ticks_survive),
		cmocka_unit_test(anything_survives),
		cmocka_unit_test(muddles_survive),
		cmocka_unit_test(locks_survive),
		cmocka_unit_test(storms_are_small),
		cmocka_unit_test(a_loop_is_nearly_nothing),
		cmocka_unit_test(small_buffers_are_full),
		cmocka_unit_test(damage_is_refused_or_harmless),
		cmocka_unit_test(falling_stamps_stand_still),
		cmocka_unit_test(cuts_are_in_the_payload),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
