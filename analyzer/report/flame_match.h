/* SPDX-License-Identifier: MIT
 *
 * How much of a node lies under frames whose name has a text in it, every stack counted once however many of its
 * frames match. A capital in the text makes case matter. The last text's sums are kept with the tree.
 */
#ifndef REPORT_FLAME_MATCH_H
#define REPORT_FLAME_MATCH_H

#include "analyzer/report/flame_tree.h"

/* Of the node's value (not the base's) what goes through matching frames at or below it. */
int64_t flame_match_value(struct flame_tree *t, const char *text, uint32_t node);
/* 1: the label's name matches the text. */
int flame_match_label(const struct flame_tree *t, const char *text, uint32_t label);
void flame_match_release(struct flame_tree *t);

#endif
