/* SPDX-License-Identifier: MIT
 *
 * What the flame graph and the call tree ask. The cost is an ask's `name`, its direction `number` (1: from the sites outwards),
 * the function that all stacks go through its `id`.
 */
#ifndef TUI_FLAME_ASK_H
#define TUI_FLAME_ASK_H

#include "tui/ask.h"

/* The part of the tree that starts at the path `text`. */
extern const struct question question_flame;
/* Of the path in the first line of `text` what matches its second line: only the column `matched` of the row it starts from. */
extern const struct question question_flame_matched;
/* The open nodes: the first line of `text` is the path whose hottest way is wanted ("-": none), the others are open. */
extern const struct question question_flame_open;
/* The names of all costs that anything was counted of. */
extern const struct question question_flame_costs;

/* The cost after one of those in a table of names, round and round. Static. */
const char *flame_ask_next_cost(const struct table *costs, const char *name);
/* The cost that counts what this one measures: calls of bytes, waits of time waited; NULL: there is none. Static. */
const char *flame_ask_count(const char *cost);

#endif
