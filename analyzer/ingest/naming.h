/* SPDX-License-Identifier: MIT
 *
 * From the trace's stack tree, made of addresses, to the database's, made of frames: each place is
 * symbolized once, inlined functions become frames of their own, nodes that mean the same (one
 * module at two load addresses, two processes) become one, and every stack gets its site.
 *
 * Rows lie in arrays by id, ids start at 1. The arrays are what is written to the database.
 */
#ifndef INGEST_NAMING_H
#define INGEST_NAMING_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/map.h"
#include "analyzer/ingest/recording.h"
#include "analyzer/ingest/symbolize.h"

#define NAMED_CODE UINT32_MAX

struct named_module {
	uint32_t handle; /* the symbolizer's; 0: the pseudo module of places in no module; NAMED_CODE: of those that the trace names */
	const char *path, *symbols;
	const unsigned char *build_id; /* borrowed from the recording */
	uint32_t build_id_size;
};

struct named_function {
	const char *name, *linkage;
	uint32_t module; /* 0: none */
	uint8_t wrapper;
};

struct named_frame {
	uint32_t function, file; /* file 0: unknown */
	int32_t line;
	uint8_t inlined;
	uint8_t cut;       /* stands for frames that were cut off */
	uint32_t instance; /* which inlined call of its function it is */
	uint64_t part;     /* which piece of the real function's code it lies in; 0: unknown */
	uint64_t address;
};

struct named_site {
	uint32_t function, file;
	int32_t line;
};

struct named_stack {
	uint32_t parent, frame, depth, site;
};

struct naming {
	struct named_module *modules;
	struct named_function *functions;
	const char **files;
	struct named_frame *frames;
	struct named_site *sites;
	struct named_stack *stacks;
	size_t module_count, function_count, file_count, frame_count, site_count, stack_count;
	size_t module_room, function_room, file_room, frame_room, site_room, stack_room;
	uint32_t *of_node; /* [node id of the trace]: stack; a root, and 0, give `unknown` */
	size_t node_count;
	uint32_t unknown;  /* the stack of events that have none: one frame, "[unknown]"; the last row of all arrays */
	struct arena names; /* names that are not the symbolizer's */
	const struct recording *recording; /* borrowed, as is the next */
	struct symbolizer *symbolizer;
	uint32_t *epoch_of;      /* [node id]: in which span of the address space it lies */
	uint32_t *handles;       /* [index of the recorded module]: the symbolizer's handle, 0: not asked yet */
	uint8_t *futex_classes;  /* [function] that naming_build made: see futex.c; filled in on demand */
	size_t futex_class_count;
};

/* The strings are the symbolizer's and the recording's: both must outlive the naming. Always succeeds. */
void naming_build(struct naming *n, const struct recording *r, struct symbolizer *s,
                  const struct ingest_options *options);
/* What lies at an address of a process, as of a node of the trace's tree that the process had at the time: the address needs not
 * be code, nor lie on the stack. Names are the symbolizer's: a function, or a variable with the offset in it (`server+0x40`;
 * module+0xoffset where there is no symbol); NULL: in no module that is known. Any node and address are safe. */
const char *naming_function_at(const struct naming *n, uint32_t node, uint64_t address);
const char *naming_data_at(const struct naming *n, uint32_t node, uint64_t address);
/* The stack of a node; that of events that have none for a node that does not exist. */
static inline uint32_t naming_stack(const struct naming *n, uint32_t node)
{
	return n->of_node[node <= n->node_count ? node : 0];
}
/* Takes the rows of `unknown` away again: no event was without a stack. */
void naming_drop_unknown(struct naming *n);
void naming_release(struct naming *n);

#endif
