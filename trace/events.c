/* SPDX-License-Identifier: MIT
 *
 * The events codec.
 */
#include "trace/events.h"
#include "trace/block.h"
#include "trace/varint.h"

size_t events_scratch_size(void)
{
	return 64;
}

long events_encode(void *scratch, const struct event *events, size_t n, unsigned char *out, size_t cap)
{
	unsigned char *at = out, *end = out + cap;
	uint64_t tick = events[0].stamp, address = 0;

	(void)scratch;
	for (size_t i = 0; i < n; i++) {
		const struct event *e = &events[i];

		if (end - at < 64)
			return TRACE_FULL;
		*at++ = e->kind;
		at = varint_put(at, e->stamp - tick);
		at = varint_put(at, zigzag_fold((int64_t)(e->address - address)));
		at = varint_put(at, e->size);
		at = varint_put(at, e->stack);
		at = varint_put(at, e->shared);
		tick = e->stamp;
		address = e->address;
	}
	return at - out;
}

int events_decode(void *scratch, const unsigned char *in, size_t size, uint64_t first_tick, struct event *events,
                  size_t n)
{
	const unsigned char *end = in + size;
	uint64_t tick = first_tick, address = 0;

	(void)scratch;
	for (size_t i = 0; i < n; i++) {
		uint64_t v[5];

		if (in == end)
			return TRACE_BAD;
		events[i] = (struct event){.kind = *in++};
		for (int k = 0; k < 5; k++) {
			in = varint_get(in, end, &v[k]);
			if (!in)
				return TRACE_BAD;
		}
		tick += v[0];
		address += (uint64_t)zigzag_unfold(v[1]);
		if (address >> 48 || v[3] > UINT32_MAX || v[4] > UINT16_MAX || events[i].kind >= EVENT_MESSAGE_FIRST)
			return TRACE_BAD;
		events[i].stamp = tick;
		events[i].address = address;
		events[i].size = v[2];
		events[i].stack = (uint32_t)v[3];
		events[i].shared = (uint16_t)v[4];
	}
	return in == end ? TRACE_OK : TRACE_BAD;
}
