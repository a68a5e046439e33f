/* SPDX-License-Identifier: MIT
 *
 * Owners are found by an index a process, made when its first activation ends.
 */
#include "analyzer/ingest/escape_owner.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

void escape_owners_init(struct escape_owners *o, size_t process_count, size_t function_count)
{
	*o = (struct escape_owners){ .process_count = process_count, .function_count = function_count };
	o->of_function = memory_zeroed(process_count + 1, sizeof(*o->of_function));
}

void escape_owners_release(struct escape_owners *o)
{
	for (size_t i = 0; o->of_function && i <= o->process_count; i++)
		free(o->of_function[i]);
	free(o->of_function);
	free(o->at);
	*o = (struct escape_owners){ 0 };
}

static uint32_t __attribute__((noinline)) owner_new(struct escape_owners *o, uint32_t function, uint32_t process)
{
	o->at = memory_grown(o->at, &o->room, o->count + 2, sizeof(*o->at));
	o->at[++o->count] = (struct escape_owner){ .function = function, .process = process };
	return (uint32_t)o->count;
}

void escape_owners_add(struct escape_owners *o, uint32_t function, uint32_t process, uint64_t blocks, uint64_t bytes)
{
	struct escape_owner *owner;
	uint32_t *place;

	if (!o->of_function[process])
		o->of_function[process] = memory_zeroed(o->function_count + 1, sizeof(**o->of_function));
	place = &o->of_function[process][function];
	if (!*place)
		*place = owner_new(o, function, process);
	owner = &o->at[*place];
	owner->activations++;
	owner->blocks += blocks;
	owner->bytes += bytes;
	if (blocks > owner->max_blocks)
		owner->max_blocks = blocks;
	if (bytes > owner->max_bytes)
		owner->max_bytes = bytes;
}
