/* SPDX-License-Identifier: MIT
 *
 * Fuzzes the stacks codec: decoding any bytes as up to STACKS_MAX_NODES nodes must stay in bounds and give a forest;
 * what decodes must survive being encoded and decoded again. The first six bytes are the first id and the count.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/block.h"
#include "trace/stacks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stack_node nodes[STACKS_MAX_NODES], again[STACKS_MAX_NODES];
	static unsigned char packed[BLOCK_MAX_RAW];
	unsigned char *exact;
	uint32_t first;
	size_t n;
	long length;

	if (size < 6)
		return 0;
	memcpy(&first, data, 4);
	first += first == 0;
	n = 1 + (data[4] | (size_t)data[5] << 8) % STACKS_MAX_NODES;
	exact = malloc(size - 6 + 1);
	memcpy(exact, data + 6, size - 6);
	if (stacks_decode(first, exact, size - 6, nodes, n) == TRACE_OK) {
		for (size_t i = 0; i < n; i++)
			need(nodes[i].parent < first + i);
		length = stacks_encode(first, nodes, n, packed, sizeof(packed));
		need(length > 0);
		need(stacks_decode(first, packed, (size_t)length, again, n) == TRACE_OK);
		for (size_t i = 0; i < n; i++)
			need(nodes[i].parent == again[i].parent && nodes[i].address == again[i].address);
	}
	free(exact);
	return 0;
}
