/* SPDX-License-Identifier: MIT
 *
 * The made-up program of the feel benchmark: modules, files, functions, frames, sites, and the stack tree in which functions
 * call each other. Everything follows from the numbers asked for: two runs make the same. Ids start at 1, frames of a function
 * and its two sites lie together.
 */
#ifndef FEEL_FEEL_TREE_H
#define FEEL_FEEL_TREE_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/store/store.h"

enum { FEEL_FRAMES = 4, FEEL_SITES = 2, FEEL_MODULES = 24 }; /* of a function; of the program */

struct feel_node {
	uint32_t parent, frame; /* parent 0: outermost */
	uint8_t depth;          /* 1.. */
	uint8_t children;
};

struct feel_tree {
	struct feel_node *nodes; /* [id]; a parent comes before its children */
	uint32_t node_count, function_count, site_count;
	uint32_t *leaves;        /* nodes that allocate, ascending */
	uint32_t leaf_count;
};

/* A number that looks random, the same for the same n. */
static inline uint64_t feel_mix(uint64_t n)
{
	n = (n + 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;
	n = (n ^ n >> 27) * 0x94d049bb133111ebull;
	return n ^ n >> 31;
}

static inline uint32_t feel_function_of(const struct feel_tree *t, uint32_t node)
{
	return (t->nodes[node].frame - 1) / FEEL_FRAMES + 1;
}

static inline uint32_t feel_site_of(const struct feel_tree *t, uint32_t node)
{
	uint32_t frame = t->nodes[node].frame - 1;

	return frame / FEEL_FRAMES * FEEL_SITES + frame % FEEL_SITES + 1;
}

void feel_tree_grow(struct feel_tree *t, uint32_t sites, uint32_t nodes);
void feel_tree_release(struct feel_tree *t);
/* Writes module, file, function, frame, site and stack. 0 or -1. */
int feel_tree_write(const struct feel_tree *t, struct store *s, struct err *err);

#endif
