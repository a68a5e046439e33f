/* SPDX-License-Identifier: MIT
 *
 * The first pass: all headers in order, META and STACKS unpacked, EVENTS noted down.
 */
#include "analyzer/ingest/recording.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define PROGRESS_BYTES (16u << 20)

static int load_meta(struct recording *r, const unsigned char *payload, const struct block_header *h)
{
	size_t left = h->raw_size;

	while (left) {
		struct meta m;

		if (meta_decode(&m, &payload, &left) != TRACE_OK || recording_meta(r, &m))
			return -1;
	}
	return 0;
}

/* Ids are dense: a block of nodes goes on where the one before it ended. */
static int load_stacks(struct recording *r, const unsigned char *payload, const struct block_header *h)
{
	if (h->thread != r->node_count + 1)
		return -1;
	r->nodes = memory_grown(r->nodes, &r->node_room, r->node_count + 1 + h->count, sizeof(*r->nodes));
	if (stacks_decode(h->thread, payload, h->raw_size, r->nodes + h->thread, h->count) != TRACE_OK)
		return -1;
	r->node_count += h->count;
	return 0;
}

static void note_events(struct recording *r, const struct trace_block *block)
{
	const struct block_header *h = &block->header;

	r->blocks = memory_grown(r->blocks, &r->block_room, r->block_count + 1, sizeof(*r->blocks));
	r->blocks[r->block_count++] = (struct recorded_block){
		.offset = block->offset,
		.first_tick = h->first_tick,
		.last_tick = h->last_tick,
		.packed_size = h->packed_size,
		.raw_size = h->raw_size,
		.count = h->count,
		.thread = h->thread,
	};
}

static int load_block(struct recording *r, struct trace_file *t, struct block_reader *reader,
                      const struct trace_block *block, struct err *err)
{
	const unsigned char *payload;

	if (block->header.kind == BLOCK_EVENTS) {
		note_events(r, block);
		return 0;
	}
	if (block_reader_load(reader, t, block, &payload, err))
		return -1;
	if (block->header.kind == BLOCK_META && load_meta(r, payload, &block->header))
		return trace_file_damaged(t, block->offset, "its facts contradict each other", err);
	if (block->header.kind == BLOCK_STACKS && load_stacks(r, payload, &block->header))
		return trace_file_damaged(t, block->offset, "its stacks cannot be", err);
	return 0;
}

/* Drops blocks whose thread nobody described, which a trace cut at the wrong moment can have; counts the rest. */
static void count_blocks(struct recording *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->block_count; i++) {
		struct recorded_block *b = &r->blocks[i];

		if (b->thread > r->thread_count) {
			r->orphans += b->count;
			continue;
		}
		r->events += b->count;
		r->threads[b->thread].blocks++;
		r->blocks[kept++] = *b;
	}
	r->block_count = kept;
}

static int module_compare(const void *left, const void *right)
{
	const struct recorded_module *a = left, *b = right;

	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	return (a->base > b->base) - (a->base < b->base);
}

static int lock_name_compare(const void *left, const void *right)
{
	const struct recorded_lock_name *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->tick < b->tick ? -1 : a->tick > b->tick;
}

static int code_compare(const void *left, const void *right)
{
	const struct recorded_code *a = left, *b = right;

	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->number > b->number ? -1 : a->number < b->number;
}

int recording_load(struct recording *r, struct trace_file *t, const struct ingest_options *options, struct err *err)
{
	struct block_reader reader = { 0 };
	struct trace_block block;
	uint64_t told = 0;
	int more;

	*r = (struct recording){ .options = "", .notes = "" };
	while ((more = trace_file_next(t, &block, err)) == 1) {
		if (load_block(r, t, &reader, &block, err)) {
			more = -1;
			break;
		}
		if (options->progress && t->next - told >= PROGRESS_BYTES) {
			told = t->next;
			options->progress(options->progress_arg, "reading", t->next, t->size);
		}
	}
	block_reader_release(&reader);
	if (more < 0)
		return -1;
	count_blocks(r);
	if (r->module_count)
		qsort(r->modules, r->module_count, sizeof(*r->modules), module_compare);
	if (r->lock_name_count)
		qsort(r->lock_names, r->lock_name_count, sizeof(*r->lock_names), lock_name_compare);
	if (r->code_count)
		qsort(r->codes, r->code_count, sizeof(*r->codes), code_compare);
	return 0;
}

void recording_release(struct recording *r)
{
	for (size_t i = 1; i <= r->process_count; i++)
		free(r->processes[i].samples);
	free(r->processes);
	free(r->threads);
	free(r->modules);
	free(r->nodes);
	free(r->blocks);
	free(r->marks);
	free(r->lock_names);
	free(r->codes);
	arena_release(&r->strings);
	*r = (struct recording){ 0 };
}
