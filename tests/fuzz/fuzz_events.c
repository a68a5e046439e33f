/* SPDX-License-Identifier: MIT
 *
 * Fuzzes the events codec from both sides. The first byte of the input chooses:
 *   0  the rest is a payload (after two bytes with the number of events): decoding must not read or
 *      write out of bounds; what decodes must survive being encoded and decoded again
 *   1  the rest is a list of events, made small so that addresses, stacks and sizes repeat: encoding
 *      and decoding must give them back
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/block.h"
#include "trace/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *scratch;
static unsigned char *payload;
static struct event *events, *again;

static void need(int truth)
{
	if (!truth)
		abort();
}

static void round_trip(size_t n)
{
	long size = events_encode(scratch, events, n, payload, BLOCK_MAX_RAW);

	need(size > 0);
	memset(again, 0xa5, n * sizeof(*again));
	need(events_decode(scratch, payload, (size_t)size, events[0].stamp, again, n) == TRACE_OK);
	need(memcmp(events, again, n * sizeof(*events)) == 0);
}

static void decode(const uint8_t *data, size_t size)
{
	size_t n = 1 + (data[0] | (size_t)data[1] << 8) % BLOCK_MAX_EVENTS;
	unsigned char *exact = malloc(size - 2 + 1); /* so that one byte too far is seen */
	int status;

	memcpy(exact, data + 2, size - 2);
	status = events_decode(scratch, exact, size - 2, 5, events, n);
	free(exact);
	if (status == TRACE_OK)
		round_trip(n);
}

/* Eight bytes an event; few distinct values of everything, with outliers. */
static void encode(const uint8_t *data, size_t size)
{
	static const uint8_t kinds[16] = {EVENT_MALLOC, EVENT_FREE, EVENT_MALLOC, EVENT_FREE,
	                                  EVENT_REALLOC_FREE, EVENT_REALLOC_ALLOC, 32, 127,
	                                  EVENT_LOCK_TOTAL, EVENT_CONTEXT, EVENT_WAIT, EVENT_RELEASE,
	                                  EVENT_LOCK_TOTAL, EVENT_HOLDING, EVENT_ORDER, EVENT_THREAD_CREATE};
	uint64_t tick = 5;
	size_t n = 0;

	for (; size >= 8 && n < BLOCK_MAX_EVENTS; size -= 8, data += 8, n++) {
		struct event *e = &events[n];
		uint64_t far = data[7] & 1 ? 0x123456789abcull * data[7] : 0x1000;

		tick += data[0] & 0x80 ? 0 : (uint64_t)data[0] << (data[7] >> 4);
		*e = (struct event){.stamp = tick, .kind = kinds[data[1] & 15], .address = far + data[2] * 8u,
		                    .stack = data[3] & 0x80 ? data[3] * 0x1020304u : data[3], .shared = data[4]};
		if (!event_is_free(e->kind))
			e->size = (uint64_t)data[5] << (data[6] & 0x3f);
		if (data[7] & 2)
			e->shared = (uint16_t)(0xffff - data[4]);
	}
	if (n)
		round_trip(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!scratch) {
		scratch = malloc(events_scratch_size());
		payload = malloc(BLOCK_MAX_RAW);
		events = malloc(BLOCK_MAX_EVENTS * sizeof(*events));
		again = malloc(BLOCK_MAX_EVENTS * sizeof(*again));
		memset(scratch, 0x5a, events_scratch_size());
	}
	if (size < 3)
		return 0;
	if (data[0] & 1)
		encode(data + 1, size - 1);
	else
		decode(data + 1, size - 1);
	return 0;
}
