/* SPDX-License-Identifier: MIT
 *
 * A recording made by hand for tests of what is named from it: nodes and modules, no file.
 */
#ifndef UNIT_NAMING_FIXTURE_H
#define UNIT_NAMING_FIXTURE_H

#include <stdint.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/naming.h"

struct naming_fixture {
	struct recording recording;
	struct symbolizer *symbolizer;
	struct naming naming;
};

/* A node under its parent; parent 0: a root, `address` is its epoch. */
static inline uint32_t fixture_node(struct naming_fixture *f, uint32_t parent, uint64_t address)
{
	struct recording *r = &f->recording;

	r->nodes = memory_grown(r->nodes, &r->node_room, r->node_count + 2, sizeof(*r->nodes));
	r->nodes[++r->node_count] = (struct stack_node){ .address = address, .parent = parent };
	return (uint32_t)r->node_count;
}

/* By epoch and base, rising. */
static inline void fixture_module(struct naming_fixture *f, uint32_t epoch, uint64_t base, uint64_t size, const char *path)
{
	struct recording *r = &f->recording;

	r->modules = memory_grown(r->modules, &r->module_room, r->module_count + 1, sizeof(*r->modules));
	r->modules[r->module_count++] = (struct recorded_module){ .epoch = epoch, .base = base, .size = size, .path = path };
}

static inline void fixture_threads(struct naming_fixture *f, const uint32_t *processes, size_t count)
{
	struct recording *r = &f->recording;

	r->threads = memory_zeroed(count + 1, sizeof(*r->threads));
	r->thread_count = count;
	for (size_t i = 0; i < count; i++)
		r->threads[i + 1] = (struct recorded_thread){ .process = processes[i], .name = "" };
}

static inline void fixture_build(struct naming_fixture *f)
{
	static const struct ingest_options options;
	struct err err = { 0 };

	f->symbolizer = symbolizer_new(&options, &err);
	naming_build(&f->naming, &f->recording, f->symbolizer, &options);
}

static inline void fixture_release(struct naming_fixture *f)
{
	naming_release(&f->naming);
	symbolizer_free(f->symbolizer);
	free(f->recording.nodes);
	free(f->recording.modules);
	free(f->recording.threads);
	*f = (struct naming_fixture){ 0 };
}

#endif
