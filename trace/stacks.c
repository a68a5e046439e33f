/* SPDX-License-Identifier: MIT
 *
 * The stacks codec. A new stack comes as a run of nodes from the outside inwards, so a node's parent
 * is mostly the node before it and its address lies in the same module as that node's: both are
 * written as differences. What decodes is a forest: every parent has a smaller id than its node.
 */
#include "trace/stacks.h"
#include "trace/block.h"
#include "trace/varint.h"

long stacks_encode(uint32_t first_id, const struct stack_node *nodes, size_t n, unsigned char *out, size_t cap)
{
	unsigned char *at = out, *end = out + cap;
	uint64_t before = 0; /* address of the last node that was not a root */

	for (size_t i = 0; i < n; i++) {
		uint32_t id = first_id + (uint32_t)i;

		if (end - at < (ptrdiff_t)(2 * VARINT_MAX))
			return TRACE_FULL;
		if (nodes[i].parent == 0) {
			*at++ = 0;
			at = varint_put(at, nodes[i].address);
			continue;
		}
		at = varint_put(at, id - nodes[i].parent);
		at = varint_put(at, zigzag_fold((int64_t)(nodes[i].address - before)));
		before = nodes[i].address;
	}
	return at - out;
}

int stacks_decode(uint32_t first_id, const unsigned char *in, size_t size, struct stack_node *nodes, size_t n)
{
	const unsigned char *end = in + size;
	uint64_t before = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t id = (uint64_t)first_id + i, up, address;

		in = varint_get(in, end, &up);
		if (in)
			in = varint_get(in, end, &address);
		if (!in || up >= id || id > UINT32_MAX)
			return TRACE_BAD;
		if (up != 0) {
			address = before + (uint64_t)zigzag_unfold(address);
			before = address;
		}
		nodes[i].parent = up ? (uint32_t)(id - up) : 0;
		nodes[i].address = address;
	}
	return in == end ? TRACE_OK : TRACE_BAD;
}
