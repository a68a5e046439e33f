/* SPDX-License-Identifier: MIT
 *
 * Naming the tree. Nodes come parents first, so one walk in the order of ids is enough. A place, that
 * is a module and an offset in it, is symbolized when it is met first.
 */
#include "analyzer/ingest/naming.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/naming_rows.h"
#include "trace/segment.h"

#define PROGRESS_PLACES 256u

/* A place's frames: outermost first, one after the other in frames[]. */
struct chain {
	uint32_t first, count;
};

struct builder {
	struct naming *n;
	struct naming_rows rows;
	const struct recording *r;
	struct symbolizer *s;
	const struct ingest_options *options;
	struct map offsets, places;
	uint32_t offset_count;
	struct chain *chains; /* by id from 1 */
	size_t chain_count, chain_room;
	uint32_t truncated;                 /* the chain of NODE_TRUNCATED, 0: not met yet */
	const struct recorded_module *last; /* found last */
};

/* --- places ---------------------------------------------------------------------------------- */

/* The module of an address in an epoch, or NULL. */
static const struct recorded_module *find_module(const struct recording *r, uint32_t epoch, uint64_t address)
{
	const struct recorded_module *m = NULL;
	size_t low = 0, high = r->module_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		m = &r->modules[middle];
		if (m->epoch < epoch || (m->epoch == epoch && m->base <= address))
			low = middle + 1;
		else
			high = middle;
	}
	m = low ? &r->modules[low - 1] : NULL;
	return m && m->epoch == epoch && address - m->base < m->size ? m : NULL;
}

/* The same, for one node after the other: most lie where the last one did. */
static const struct recorded_module *module_of(struct builder *b, uint32_t epoch, uint64_t address)
{
	const struct recorded_module *m = b->last;

	if (m && m->epoch == epoch && address - m->base < m->size)
		return m;
	m = find_module(b->r, epoch, address);
	if (m)
		b->last = m;
	return m;
}

static uint32_t module_handle(const struct naming *n, const struct recorded_module *m)
{
	uint32_t *handle = &n->handles[m - n->recording->modules];

	if (!*handle)
		*handle = symbolizer_add_module(n->symbolizer, m->path, m->build_id, m->build_id_size);
	return *handle;
}

static struct chain *new_chain(struct builder *b, uint32_t *id)
{
	*id = (uint32_t)++b->chain_count;
	b->chains = memory_grown(b->chains, &b->chain_room, b->chain_count + 1, sizeof(*b->chains));
	b->chains[*id] = (struct chain){ .first = (uint32_t)b->n->frame_count + 1 };
	return &b->chains[*id];
}

static void name_chain(struct builder *b, struct chain *c, uint32_t handle, uint64_t offset, uint32_t module)
{
	const struct symbol_frame *frames;
	size_t count = symbolizer_resolve(b->s, handle, offset, &frames);

	c->count = (uint32_t)count;
	for (size_t i = count; i-- > 0;)
		rows_frame(&b->rows, (struct named_frame){
				     .function = rows_function(&b->rows, frames[i].function, frames[i].linkage, module),
				     .file = rows_file(&b->rows, frames[i].file),
				     .line = frames[i].line,
				     .inlined = frames[i].inlined != 0,
				     .instance = frames[i].instance,
				     .part = frames[i].part,
				     .address = frames[i].offset,
			     });
}

/* One frame under a name of our own. */
static void plain_chain(struct builder *b, struct chain *c, const char *name, uint64_t address, uint32_t module)
{
	c->count = 1;
	rows_frame(&b->rows, (struct named_frame){ .function = rows_function(&b->rows, name, "", module), .address = address });
}

/* The frame that stands for those cut off. */
static void cut_chain(struct builder *b)
{
	plain_chain(b, new_chain(b, &b->truncated), "[truncated]", 0, 0);
	b->n->frames[b->n->frame_count].cut = 1;
}

static void tell(const struct builder *b, uint32_t node)
{
	if (b->options->progress && b->chain_count % PROGRESS_PLACES == 0)
		b->options->progress(b->options->progress_arg, "symbols", node, b->n->node_count);
}

/* What code in no module is called, as the trace says. NULL: it does not. */
static const char *find_code(const struct recording *r, uint32_t epoch, uint64_t address)
{
	size_t low = 0, high = r->code_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct recorded_code *c = &r->codes[middle];

		if (c->epoch < epoch || (c->epoch == epoch && c->address < address))
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->code_count && r->codes[low].epoch == epoch && r->codes[low].address == address ? r->codes[low].name : NULL;
}

/* The chain of a place in no module. What has the same name is one function and one place of it. */
static uint32_t find_code_chain(struct builder *b, uint32_t node)
{
	uint64_t address = b->r->nodes[node].address;
	const char *name = find_code(b->r, b->n->epoch_of[node], address);
	uint32_t handle = name ? NAMED_CODE : 0;
	uint32_t *id;
	char unknown[40];

	if (name)
		name = symbolizer_keep(b->s, name);
	id = map_at(&b->places, map_pair(handle, rows_intern(&b->offsets, name ? (uintptr_t)name : address, &b->offset_count)));
	if (*id != 0)
		return *id;
	tell(b, node);
	if (!name)
		name = arena_text(&b->n->names, unknown, (size_t)snprintf(unknown, sizeof(unknown), "[unknown]+0x%" PRIx64, address));
	plain_chain(b, new_chain(b, id), name, address, rows_module(&b->rows, handle, NULL));
	return *id;
}

/* The chain of a node's place. */
static uint32_t find_chain(struct builder *b, uint32_t node)
{
	uint64_t address = b->r->nodes[node].address;
	const struct recorded_module *m = module_of(b, b->n->epoch_of[node], address);
	uint32_t handle, *id;

	if (address == NODE_TRUNCATED) {
		if (!b->truncated)
			cut_chain(b);
		return b->truncated;
	}
	if (!m)
		return find_code_chain(b, node);
	handle = module_handle(b->n, m);
	id = map_at(&b->places, map_pair(handle, rows_intern(&b->offsets, address - m->base, &b->offset_count)));
	if (*id != 0)
		return *id;
	tell(b, node);
	name_chain(b, new_chain(b, id), handle, address - m->base, rows_module(&b->rows, handle, m));
	return *id;
}

/* --- the tree -------------------------------------------------------------------------------- */

/* Whether a node is a frame of the recorder itself: what the C library or a signal handler allocates while one of its hooks
 * waits. */
static int is_tools_own(struct builder *b, uint32_t node)
{
	const struct recorded_module *m = module_of(b, b->n->epoch_of[node], b->r->nodes[node].address);
	const char *slash = m ? strrchr(m->path, '/') : NULL;

	return slash && strcmp(slash + 1, "libculprit.so") == 0;
}

static void name_node(struct builder *b, uint32_t node)
{
	const struct stack_node *from = &b->r->nodes[node];
	struct naming *n = b->n;
	struct chain c;
	uint32_t stack, chain;

	if (!from->parent) {
		n->epoch_of[node] = (uint32_t)from->address;
		n->of_node[node] = 0;
		return;
	}
	n->epoch_of[node] = n->epoch_of[from->parent];
	stack = n->of_node[from->parent];
	if (is_tools_own(b, node)) {
		n->of_node[node] = stack;
		return;
	}
	chain = find_chain(b, node);
	c = b->chains[chain];
	for (uint32_t i = 0; i < c.count; i++)
		stack = rows_stack(&b->rows, stack, c.first + i);
	n->of_node[node] = stack;
}

void naming_build(struct naming *n, const struct recording *r, struct symbolizer *s, const struct ingest_options *options)
{
	struct builder b = { .n = n, .rows = { .n = n, .s = s }, .r = r, .s = s, .options = options };
	uint32_t frame;

	*n = (struct naming){ .node_count = r->node_count, .recording = r, .symbolizer = s };
	n->of_node = memory_zeroed(r->node_count + 1, sizeof(*n->of_node));
	n->epoch_of = memory_zeroed(r->node_count + 1, sizeof(*n->epoch_of));
	n->handles = memory_zeroed(r->module_count, sizeof(*n->handles));
	for (uint32_t node = 1; node <= r->node_count; node++)
		name_node(&b, node);
	for (size_t i = 1; i <= n->module_count; i++)
		if (n->modules[i].handle && n->modules[i].handle != NAMED_CODE)
			n->modules[i].symbols = symbolizer_module_symbols(s, n->modules[i].handle);
	frame = rows_frame(&b.rows, (struct named_frame){ .function = rows_function(&b.rows, "[unknown]", "", 0) });
	n->unknown = rows_stack(&b.rows, 0, frame);
	for (uint32_t node = 0; node <= r->node_count; node++)
		if (!n->of_node[node])
			n->of_node[node] = n->unknown;
	n->futex_class_count = n->function_count;
	n->futex_classes = memory_zeroed(n->futex_class_count + 1, sizeof(*n->futex_classes));
	rows_release(&b.rows);
	map_release(&b.offsets);
	map_release(&b.places);
	free(b.chains);
}

/* --- other addresses ------------------------------------------------------------------------- */

static const struct recorded_module *module_at(const struct naming *n, uint32_t node, uint64_t address)
{
	return node && node <= n->node_count ? find_module(n->recording, n->epoch_of[node], address) : NULL;
}

const char *naming_function_at(const struct naming *n, uint32_t node, uint64_t address)
{
	const struct recorded_module *m = module_at(n, node, address);
	const struct symbol_frame *frames;
	size_t count;

	if (!m)
		return NULL;
	count = symbolizer_resolve(n->symbolizer, module_handle(n, m), address - m->base, &frames);
	return frames[count - 1].function;
}

const char *naming_data_at(const struct naming *n, uint32_t node, uint64_t address)
{
	const struct recorded_module *m = module_at(n, node, address);

	return m ? symbolizer_data(n->symbolizer, module_handle(n, m), address - m->base) : NULL;
}

void naming_drop_unknown(struct naming *n)
{
	n->stack_count--;
	n->site_count--;
	n->frame_count--;
	n->function_count--;
}

void naming_release(struct naming *n)
{
	free(n->modules);
	free(n->functions);
	free(n->files);
	free(n->frames);
	free(n->sites);
	free(n->stacks);
	free(n->of_node);
	free(n->epoch_of);
	free(n->handles);
	free(n->futex_classes);
	arena_release(&n->names);
	*n = (struct naming){ 0 };
}
