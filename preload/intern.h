/* SPDX-License-Identifier: MIT
 *
 * The stack tree's write side: (parent, address) -> node id, in the segment's table, which all
 * threads and processes of the recording share. Lock-free; see trace/segment.h for the layout.
 */
#ifndef PRELOAD_INTERN_H
#define PRELOAD_INTERN_H

#include <stdint.h>

#include "trace/segment.h"

/* The id of the node, made if it is not there. When the table is full: `parent`. Any thread. */
uint32_t intern_node(struct segment *s, uint32_t parent, uint64_t address);

#endif
