/* SPDX-License-Identifier: MIT
 *
 * Reads back a trace that the collector wrote, whole, into memory; asserts that every block of it is right.
 */
#ifndef UNIT_COLLECTED_TRACE_H
#define UNIT_COLLECTED_TRACE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "trace/block.h"
#include "trace/events.h"
#include "trace/meta.h"
#include "trace/stacks.h"

#define COLLECTED_FACTS 4096

struct collected {
	struct file_header header;
	struct event *events; /* of all threads, block after block */
	uint32_t *threads;    /* of each event */
	size_t event_count, block_count;
	struct stack_node *nodes; /* by trace id */
	uint32_t node_count;
	struct meta facts[COLLECTED_FACTS];
	size_t fact_count;
	int ended;
	unsigned char *texts[COLLECTED_FACTS]; /* what the facts' strings point into */
	size_t text_count;
};

static inline void collected_events(struct collected *c, const struct block_header *h, const unsigned char *raw)
{
	void *scratch = malloc(events_scratch_size());
	c->events = realloc(c->events, (c->event_count + h->count) * sizeof(*c->events));
	c->threads = realloc(c->threads, (c->event_count + h->count) * sizeof(*c->threads));
	struct event *at = c->events + c->event_count;
	assert_int_equal(events_decode(scratch, raw, h->raw_size, h->first_tick, at, h->count), TRACE_OK);
	assert_int_equal(at[0].stamp, h->first_tick);
	assert_int_equal(at[h->count - 1].stamp, h->last_tick);
	for (uint32_t i = 0; i < h->count; i++) {
		c->threads[c->event_count + i] = h->thread;
		if (at[i].kind != EVENT_LOCK_TOTAL) /* nodes come before the events that name them */
			assert_in_range(at[i].stack, 0, c->node_count);
		assert_true(i == 0 || at[i].stamp >= at[i - 1].stamp);
	}
	c->event_count += h->count;
	free(scratch);
}

static inline void collected_facts(struct collected *c, const struct block_header *h, unsigned char *raw)
{
	const unsigned char *in = raw;
	size_t size = h->raw_size;
	for (uint32_t i = 0; i < h->count; i++) {
		assert_in_range(c->fact_count, 0, COLLECTED_FACTS - 1);
		assert_int_equal(meta_decode(&c->facts[c->fact_count++], &in, &size), TRACE_OK);
	}
	assert_int_equal(size, 0);
}

static inline struct collected *collected_read(const char *path)
{
	struct collected *c = calloc(1, sizeof(*c));
	unsigned char head[FILE_HEADER_SIZE], block[BLOCK_HEADER_SIZE];
	struct block_header h;
	FILE *in = fopen(path, "rb");
	assert_non_null(in);
	assert_int_equal(fread(head, 1, sizeof(head), in), sizeof(head));
	assert_int_equal(file_header_decode(&c->header, head, sizeof(head)), TRACE_OK);
	while (fread(block, 1, sizeof(block), in) == sizeof(block)) {
		assert_false(c->ended);
		assert_int_equal(block_header_decode(&h, block, sizeof(block)), TRACE_OK);
		unsigned char *packed = malloc(h.packed_size + 1), *raw = malloc(h.raw_size + 1);
		assert_int_equal(fread(packed, 1, h.packed_size, in), h.packed_size);
		assert_int_equal(block_payload_check(block, &h, packed), TRACE_OK);
		if (h.raw_size)
			assert_int_equal(ZSTD_decompress(raw, h.raw_size, packed, h.packed_size), h.raw_size);
		c->block_count++;
		if (h.kind == BLOCK_EVENTS) {
			collected_events(c, &h, raw);
		} else if (h.kind == BLOCK_STACKS) {
			assert_int_equal(h.thread, c->node_count + 1);
			c->nodes = realloc(c->nodes, (c->node_count + h.count + 1) * sizeof(*c->nodes));
			assert_int_equal(stacks_decode(h.thread, raw, h.raw_size, c->nodes + h.thread, h.count), TRACE_OK);
			c->node_count += h.count;
		} else if (h.kind == BLOCK_META) {
			collected_facts(c, &h, raw);
			c->texts[c->text_count++] = raw;
			raw = NULL;
		}
		c->ended = h.kind == BLOCK_END;
		free(packed);
		free(raw);
	}
	assert_true(feof(in));
	fclose(in);
	return c;
}

static inline void collected_free(struct collected *c)
{
	for (size_t i = 0; i < c->text_count; i++)
		free(c->texts[i]);
	free(c->events);
	free(c->threads);
	free(c->nodes);
	free(c);
}

/* The nth (from 0) fact of a kind, or NULL. */
static inline const struct meta *collected_fact(const struct collected *c, enum meta_kind kind, int nth)
{
	for (size_t i = 0; i < c->fact_count; i++)
		if (c->facts[i].kind == kind && nth-- == 0)
			return &c->facts[i];
	return NULL;
}

static inline int collected_text_is(struct meta_text text, const char *wanted)
{
	return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

#endif
