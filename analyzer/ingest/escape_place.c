/* SPDX-License-Identifier: MIT
 *
 * One walk over the naming's stacks, parents first. Who starts programs and threads is known by name.
 */
#include "analyzer/ingest/escape_place.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

/* Where a stack is on its way in from its outermost frame. */
enum way {
	WAY_STARTING, /* in what starts a program or a thread */
	WAY_MAIN,     /* in main, inside of which a language may start its own */
	WAY_INSIDE,
};

/* '*' at the end: anything. */
static const char *const starters[] = {
	"_start", "__libc_start_*", "__libc_init_first", "call_init", "_dl_start*", "_dl_init", "_dl_call_libc_early_init",
	"call_fini", "_dl_fini", "_dl_call_fini", "exit", "__run_exit_handlers",
	"clone3", "clone", "__clone3", "__clone", "start_thread", "__start_context", "libc.so*", "libpthread*", "ld-linux*",
	"execute_native_thread_routine*", "libstdc++.so*", "std::*", "<std::*", "core::*", "<core::*", "<alloc::boxed::*",
	"alloc::boxed::*", "__rust_*", "boost::*thread*", "QThreadPrivate::*", "g_thread_proxy", "pythread_wrapper",
};

static int name_is(const char *name, const char *pattern)
{
	size_t size = strlen(pattern);

	return pattern[size - 1] == '*' ? !strncmp(name, pattern, size - 1) : !strcmp(name, pattern);
}

static int is_starter(const char *name)
{
	for (size_t i = 0; i < sizeof(starters) / sizeof(starters[0]); i++)
		if (name_is(name, starters[i]))
			return 1;
	return 0;
}

static enum way way_of(const char *name, enum way outside)
{
	if (!strcmp(name, "main"))
		return WAY_MAIN;
	if (outside == WAY_MAIN && !strncmp(name, "std::rt::", 9)) /* Rust's main lies inside C's */
		return WAY_STARTING;
	return outside == WAY_STARTING && is_starter(name) ? WAY_STARTING : WAY_INSIDE;
}

/* Containers are wrappers, too, but loop and remember as their users do. */
static int hands_on(const struct named_function *function)
{
	static const char *const containers[] = { "std::", "__gnu_cxx::", "alloc::", "core::", "hashbrown::", "<" };

	for (size_t i = 0; function->wrapper && i < sizeof(containers) / sizeof(containers[0]); i++)
		if (strncmp(function->name, containers[i], strlen(containers[i])) == 0)
			return 0;
	return function->wrapper;
}

/* *way: outside of it, then in it. */
static void place_fill(struct escape_places *p, uint32_t stack, enum way *way)
{
	const struct named_stack *s = &p->naming->stacks[stack];
	const struct named_frame *frame = &p->naming->frames[s->frame];
	const struct named_function *function = &p->naming->functions[frame->function];
	const struct escape_place *outer = &p->at[s->parent];
	enum way outside = *way;

	*way = way_of(function->name, outside);
	p->at[stack] = (struct escape_place){
		.parent = s->parent,
		.depth = s->depth,
		.physical = outer->physical + !frame->inlined,
		.site_depth = function->wrapper && s->parent ? outer->site_depth : s->depth,
		.caller_depth = hands_on(function) && s->parent ? outer->caller_depth : s->depth,
		.entry = outside == WAY_STARTING || *way != WAY_INSIDE ? s->depth : outer->entry,
		.instance = frame->inlined ? frame->instance : 0,
		.file = frame->file,
		.line = frame->line,
	};
	if (frame->cut)
		p->at[stack].physical = 0;
}

void escape_places_init(struct escape_places *p, const struct naming *naming)
{
	size_t count = naming->stack_count;
	enum way *ways = memory_zeroed(count + 1, sizeof(*ways));

	*p = (struct escape_places){ .naming = naming, .count = (uint32_t)count };
	p->at = memory_zeroed(count + 1, sizeof(*p->at));
	for (uint32_t stack = 1; stack <= count; stack++) {
		uint32_t parent = naming->stacks[stack].parent;

		ways[stack] = parent ? ways[parent] : WAY_STARTING;
		place_fill(p, stack, &ways[stack]);
	}
	free(ways);
}

void escape_places_release(struct escape_places *p)
{
	free(p->at);
	*p = (struct escape_places){ 0 };
}

static const struct named_frame *frame_of(const struct escape_places *p, uint32_t stack)
{
	return &p->naming->frames[p->naming->stacks[stack].frame];
}

int escape_place_behind(const struct escape_places *p, uint32_t from, uint32_t to)
{
	const struct escape_place *a = &p->at[from], *b = &p->at[to];

	if (a->file == b->file && a->file && a->line > 0 && b->line > 0 && a->line != b->line)
		return b->line > a->line;
	return frame_of(p, to)->address > frame_of(p, from)->address;
}

int escape_place_parts(const struct escape_places *p, uint32_t one, uint32_t other)
{
	const struct named_frame *a = frame_of(p, one), *b = frame_of(p, other);

	return a->function == b->function && a->part != b->part && a->part && b->part;
}
