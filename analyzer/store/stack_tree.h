/* SPDX-License-Identifier: MIT
 *
 * The stack tree in memory: stacks, frames, sites and names as arrays indexed by the database's ids.
 * What has to look at every stack (callers, flame graphs, folded stacks) reads it once and then needs
 * no joins; that takes a quarter of a microsecond and 20 bytes a stack. What needs some stacks only reads the names, and
 * each stack when it is needed. Its invariant, checked while reading: every id that is used exists, and a stack's parent
 * is there and one less deep, so there are no cycles. A store opened for reading keeps what was read, so that all who look
 * at it share one.
 */
#ifndef STORE_STACK_TREE_H
#define STORE_STACK_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analyzer/base/err.h"
#include "analyzer/store/store.h"

struct stack_node {
	uint32_t parent; /* 0: outermost */
	uint32_t frame;  /* 0: there is no stack of this id, or it has not been read */
	uint32_t site;
	uint32_t depth;
};

struct stack_place { /* of a frame or a site */
	uint32_t function; /* 0: there is none of this id */
	uint32_t file;     /* 0: unknown */
	uint32_t line;     /* 0: unknown */
	uint32_t inlined;
};

struct stack_name {
	size_t text;     /* offset in stack_tree.text */
	uint32_t module; /* of a function; 0: unknown */
	uint32_t used;   /* 0: there is none of this id */
};

struct stack_tree {
	struct stack_node *nodes;
	struct stack_place *frames, *sites;
	struct stack_name *functions, *files, *modules;
	uint32_t last_node, last_frame, last_site, last_function, last_file, last_module; /* largest ids; arrays hold one more */
	int all_frames, all_sites; /* 1: every id up to the last one is there */
	uint32_t *order;    /* ids of all stacks, callers before callees; NULL: not all have been read */
	size_t order_count;
	char *text;
	size_t text_size, text_capacity;
	int kept;           /* 1: the arrays are the store's, good until it is closed */
	struct store *store;   /* it was read from */
	/* of the tree that the store keeps: */
	struct statement *one;      /* reads a stack; NULL: was not needed yet */
	struct stack_node *partial; /* stacks read so far, when reading all was interrupted: it goes on from there; else NULL */
	uint32_t partial_last;      /* largest id of these */
};

/* Reads it all, the first time; from a store that is still being written, every time. 0; or -1 with nothing to release. */
int stack_tree_load(struct store *s, struct stack_tree *t, struct err *err);
/* Reads everything but the stacks, the first time. 0; or -1 with nothing to release. */
int stack_tree_load_names(struct store *s, struct stack_tree *t, struct err *err);
/* Reads a stack and its callers into such a tree, if they are not there yet; any number is safe. 0; or -1: there is no such stack, it
 * fits nothing, or could not be read. */
int stack_tree_need(const struct stack_tree *t, int64_t stack, struct err *err);
void stack_tree_release(struct stack_tree *t);

/* Names by id; NULL where there is none (0). */
const char *stack_tree_function(const struct stack_tree *t, uint32_t function);
const char *stack_tree_file(const struct stack_tree *t, uint32_t file);
const char *stack_tree_module(const struct stack_tree *t, uint32_t function);

/* For every stack id the node of its site: itself, or the one outside the allocator frames it ends in. Caller frees. */
uint32_t *stack_tree_site_nodes(const struct stack_tree *t);

enum { STACK_TREE_MARK_INLINED = 1 }; /* "_[i]" after frames inlined into the one outside them */

/* Writes a function's name as one frame of a folded stack: `;`, `\`, control characters and bytes that are no UTF-8 as \xHH. */
void stack_tree_write_name(const char *name, FILE *out);
/* Writes a stack, outermost frame first, joined by `;`. */
void stack_tree_write(const struct stack_tree *t, uint32_t node, int flags, FILE *out);

#endif
