/* SPDX-License-Identifier: MIT
 *
 * The names, and what was found about each stack.
 */
#include "analyzer/ingest/growth_container.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/function_name.h"

#define NONE UINT32_MAX
#define DEEPEST 16u /* frames between the container's function and operator new */

/* What only passes a request on. */
static const char *const passing[] = {
	"operator new*", "operator delete*", "*::*allocate", "*::*deallocate", "*::_M_allocate_map", "*::_M_deallocate_map",
	"*::_M_allocate_buckets", "*::_M_deallocate_buckets", "*::*allocate_at_least", "*basic_string::_M_create",
	"*basic_string::_M_destroy", "*basic_string::_M_dispose", "*::~*", NULL,
};
static const char *const strings[] = { "std::*basic_string::*", NULL };
static const char *const containers[] = { "std::*vector::*", "std::*deque::*", "std::*_Hashtable::*", NULL };

static int is_one_of(const struct function_name *name, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (function_name_like(name, *patterns))
			return 1;
	return 0;
}

static uint32_t find_container(const struct naming *n, uint32_t stack)
{
	for (unsigned depth = 0; stack && depth < DEEPEST; depth++) {
		const struct named_frame *frame = &n->frames[n->stacks[stack].frame];
		struct function_name name;

		function_name_init(&name, n->functions[frame->function].name);
		if (!is_one_of(&name, passing))
			return is_one_of(&name, strings) || (frame->file && is_one_of(&name, containers)) ? frame->function : NONE;
		stack = n->stacks[stack].parent;
	}
	return NONE;
}

void growth_containers_init(struct growth_containers *c, const struct naming *naming)
{
	*c = (struct growth_containers){ .naming = naming, .count = naming->stack_count + 1 };
	c->functions = memory_zeroed(c->count, sizeof(*c->functions));
}

void growth_containers_release(struct growth_containers *c)
{
	free(c->functions);
	*c = (struct growth_containers){ 0 };
}

uint32_t growth_container(struct growth_containers *c, uint32_t stack)
{
	if (stack >= c->count)
		return 0;
	if (!c->functions[stack])
		c->functions[stack] = find_container(c->naming, stack);
	return c->functions[stack] == NONE ? 0 : c->functions[stack];
}
