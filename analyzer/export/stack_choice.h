/* SPDX-License-Identifier: MIT
 *
 * The stacks that a query for an export is about, where it is not about all of them.
 */
#ifndef EXPORT_STACK_CHOICE_H
#define EXPORT_STACK_CHOICE_H

#include "analyzer/export/export.h"
#include "analyzer/store/stack_tree.h"

/* A byte for each stack by its id, 1: it is among them. NULL: all are. The caller frees it. */
unsigned char *stack_choice_mark(const struct stack_tree *t, const struct export_query *q);

#endif
