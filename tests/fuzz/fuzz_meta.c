/* SPDX-License-Identifier: MIT
 *
 * Fuzzes the meta codec: any bytes as a run of records. Decoding must stay in bounds and always move on or refuse; a
 * known record must come out of encoding and decoding as the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/block.h"
#include "trace/meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int truth)
{
	if (!truth)
		abort();
}

static void round_trip(const struct meta *m)
{
	unsigned char first[16384], second[16384];
	const unsigned char *at = first;
	struct meta again;
	long length = meta_encode(m, first, sizeof(first));
	size_t left = (size_t)length;

	need(length > 0);
	need(meta_decode(&again, &at, &left) == TRACE_OK && left == 0 && again.kind == m->kind);
	need(meta_encode(&again, second, sizeof(second)) == length);
	need(memcmp(first, second, (size_t)length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *exact = malloc(size + 1);
	const unsigned char *at = exact;
	size_t left = size;

	memcpy(exact, data, size);
	while (left > 0) {
		const unsigned char *before = at;
		struct meta m;

		if (meta_decode(&m, &at, &left) != TRACE_OK)
			break;
		need(at > before && at + left == exact + size);
		if (m.kind)
			round_trip(&m);
	}
	free(exact);
	return 0;
}
