/* SPDX-License-Identifier: MIT
 *
 * C++ containers that outgrow their storage: they allocate a larger block, move their elements, and free the smaller
 * one, all in one function of libstdc++ (vector::_M_realloc_insert, basic_string::_M_mutate, _Hashtable::_M_rehash, ...).
 * Which function that is a stack's names say: the innermost one that does not only pass requests for memory on, if
 * it is a member of such a container. A stack that makes an element's own memory has another there.
 *
 * With no debug information the inlined constructor of an element does not show: then only strings, whose elements own
 * nothing, are known.
 */
#ifndef INGEST_GROWTH_CONTAINER_H
#define INGEST_GROWTH_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/naming.h"

struct growth_containers {
	const struct naming *naming; /* borrowed */
	uint32_t *functions;         /* [stack]; filled in on demand */
	size_t count;
};

void growth_containers_init(struct growth_containers *c, const struct naming *naming);
void growth_containers_release(struct growth_containers *c);
/* The container's function in which a stack allocates or frees; 0: there is none. */
uint32_t growth_container(struct growth_containers *c, uint32_t stack);

#endif
