/* SPDX-License-Identifier: MIT
 *
 * The symbolizer's front: the modules, the strings and the wrapper list of one analysis.
 */
#include "analyzer/ingest/symbolize.h"
#include "analyzer/base/memory.h"
#include "analyzer/ingest/symbol_module.h"
#include "analyzer/ingest/symbol_server.h"
#include "analyzer/ingest/wrapper.h"

#include <stdlib.h>

struct symbolizer {
	struct debugfile_places places;
	struct symbol_strings *strings;
	struct wrapper_list *wrappers;
	struct symbol_module **modules;  /* by handle - 1 */
	size_t count, capacity;
	struct symbol_module *nowhere;   /* for addresses without a module */
	struct symbol_frames frames;     /* of the last call */
};

struct symbolizer *symbolizer_new(const struct ingest_options *options, struct err *err)
{
	struct wrapper_list *wrappers = wrapper_list_new(options->wrappers, options->wrapper_count, err);
	struct symbolizer *s;

	if (!wrappers)
		return NULL;
	s = memory_zeroed(1, sizeof(*s));
	s->wrappers = wrappers;
	s->strings = symbol_strings_new();
	s->places.dirs = options->debug_dirs;
	s->places.dir_count = options->debug_dir_count;
	s->places.sysroot = options->sysroot;
	s->places.server = options->debuginfod ? symbol_server_new() : NULL;
	s->nowhere = symbol_module_new("", NULL, 0, &s->places, s->strings);
	return s;
}

void symbolizer_free(struct symbolizer *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		symbol_module_free(s->modules[i]);
	symbol_module_free(s->nowhere);
	free(s->modules);
	free(s->frames.items);
	symbol_server_free(s->places.server);
	wrapper_list_free(s->wrappers);
	symbol_strings_free(s->strings);
	free(s);
}

uint32_t symbolizer_add_module(struct symbolizer *s, const char *path, const unsigned char *build_id,
                               size_t build_id_size)
{
	for (size_t i = 0; i < s->count; i++) {
		if (symbol_module_is(s->modules[i], path, build_id, build_id_size))
			return (uint32_t)i + 1;
	}
	s->modules = memory_grown(s->modules, &s->capacity, s->count + 1, sizeof(*s->modules));
	s->modules[s->count] = symbol_module_new(path, build_id, build_id_size, &s->places, s->strings);
	return (uint32_t)++s->count;
}

static struct symbol_module *module_of(const struct symbolizer *s, uint32_t handle)
{
	return handle && handle <= s->count ? s->modules[handle - 1] : s->nowhere;
}

size_t symbolizer_resolve(struct symbolizer *s, uint32_t module, uint64_t offset_from_base,
                          const struct symbol_frame **frames)
{
	s->frames.count = 0;
	symbol_module_frames(module_of(s, module), offset_from_base, &s->frames);
	*frames = s->frames.items;
	return s->frames.count;
}

const char *symbolizer_data(struct symbolizer *s, uint32_t module, uint64_t offset_from_base)
{
	return symbol_module_data(module_of(s, module), offset_from_base);
}

const char *symbolizer_keep(struct symbolizer *s, const char *text)
{
	return symbol_strings_keep(s->strings, text);
}

const char *symbolizer_module_symbols(struct symbolizer *s, uint32_t module)
{
	return symbol_module_source(module_of(s, module));
}

int symbolizer_is_wrapper(struct symbolizer *s, const char *function)
{
	signed char *known = symbol_strings_note(s->strings, function);

	if (*known < 0)
		*known = (signed char)wrapper_list_has(s->wrappers, function);
	return *known;
}
