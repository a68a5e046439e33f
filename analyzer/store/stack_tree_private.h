/* SPDX-License-Identifier: MIT
 *
 * What the files of the stack tree share.
 */
#ifndef STORE_STACK_TREE_PRIVATE_H
#define STORE_STACK_TREE_PRIVATE_H

#include "analyzer/store/stack_tree.h"

/* Sets err: the row `id` of `what` does not fit the others. Returns -1. */
int stack_tree_damaged(struct err *err, const char *what, int64_t id);
/* Reads everything but the stacks into t. 0; or -1 with nothing to release. */
int stack_tree_read_names(struct store *s, struct stack_tree *t, struct err *err);

#endif
