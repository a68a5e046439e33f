/* SPDX-License-Identifier: MIT
 *
 * Interning of rows by maps from pairs of ids; what has three parts goes through a pair first.
 */
#include "analyzer/ingest/naming_rows.h"

#include "analyzer/base/memory.h"

uint32_t rows_function(struct naming_rows *w, const char *name, const char *linkage, uint32_t module)
{
	uint32_t name_id = rows_intern(&w->strings, (uintptr_t)name, &w->string_count);
	uint32_t linkage_id = rows_intern(&w->strings, (uintptr_t)linkage, &w->string_count);
	uint32_t pair = rows_intern(&w->function_pairs, map_pair(name_id, linkage_id), &w->function_pair_count);
	uint32_t *id = map_at(&w->functions, map_pair(pair, module));
	struct naming *n = w->n;

	if (*id != 0)
		return *id;
	*id = (uint32_t)++n->function_count;
	n->functions = memory_grown(n->functions, &n->function_room, n->function_count + 1, sizeof(*n->functions));
	n->functions[*id] = (struct named_function){
		.name = name,
		.linkage = linkage,
		.module = module,
		.wrapper = symbolizer_is_wrapper(w->s, name) != 0,
	};
	return *id;
}

uint32_t rows_file(struct naming_rows *w, const char *path)
{
	struct naming *n = w->n;
	uint32_t *id;

	if (!path || !*path)
		return 0;
	id = map_at(&w->files, (uintptr_t)path);
	if (*id != 0)
		return *id;
	*id = (uint32_t)++n->file_count;
	n->files = memory_grown(n->files, &n->file_room, n->file_count + 1, sizeof(*n->files));
	n->files[*id] = path;
	return *id;
}

uint32_t rows_frame(struct naming_rows *w, struct named_frame frame)
{
	struct naming *n = w->n;

	n->frames = memory_grown(n->frames, &n->frame_room, n->frame_count + 2, sizeof(*n->frames));
	n->frames[++n->frame_count] = frame;
	return (uint32_t)n->frame_count;
}

static uint32_t rows_site(struct naming_rows *w, const struct named_frame *frame)
{
	struct naming *n = w->n;
	uint32_t pair = rows_intern(&w->site_pairs, map_pair(frame->function, frame->file), &w->site_pair_count);
	uint32_t *id = map_at(&w->sites, map_pair(pair, (uint32_t)frame->line));

	if (*id != 0)
		return *id;
	*id = (uint32_t)++n->site_count;
	n->sites = memory_grown(n->sites, &n->site_room, n->site_count + 1, sizeof(*n->sites));
	n->sites[*id] = (struct named_site){ frame->function, frame->file, frame->line };
	return *id;
}

uint32_t rows_stack(struct naming_rows *w, uint32_t parent, uint32_t frame_id)
{
	uint32_t *id = map_at(&w->stacks, map_pair(parent, frame_id));
	struct naming *n = w->n;
	const struct named_frame *frame = &n->frames[frame_id];
	int wrapper = n->functions[frame->function].wrapper;

	if (*id != 0)
		return *id;
	*id = (uint32_t)++n->stack_count;
	n->stacks = memory_grown(n->stacks, &n->stack_room, n->stack_count + 1, sizeof(*n->stacks));
	n->stacks[*id] = (struct named_stack){
		.parent = parent,
		.frame = frame_id,
		.depth = parent ? n->stacks[parent].depth + 1 : 1,
		.site = wrapper && parent ? n->stacks[parent].site : rows_site(w, frame),
	};
	return *id;
}

uint32_t rows_module(struct naming_rows *w, uint32_t handle, const struct recorded_module *m)
{
	uint32_t *id = map_at(&w->handles, handle);
	struct naming *n = w->n;

	if (*id != 0)
		return *id;
	*id = (uint32_t)++n->module_count;
	n->modules = memory_grown(n->modules, &n->module_room, n->module_count + 1, sizeof(*n->modules));
	n->modules[*id] = (struct named_module){
		.handle = handle,
		.path = m ? m->path : handle ? "[jit]" : "[unknown]",
		.symbols = handle == NAMED_CODE ? "perf map" : "none",
		.build_id = m ? m->build_id : NULL,
		.build_id_size = m ? m->build_id_size : 0,
	};
	return *id;
}

void rows_release(struct naming_rows *w)
{
	map_release(&w->strings);
	map_release(&w->function_pairs);
	map_release(&w->functions);
	map_release(&w->files);
	map_release(&w->site_pairs);
	map_release(&w->sites);
	map_release(&w->stacks);
	map_release(&w->handles);
}
