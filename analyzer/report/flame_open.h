/* SPDX-License-Identifier: MIT
 *
 * The call tree as one sees it: the nodes whose parents are all open, as rows with the columns of flame.h.
 */
#ifndef REPORT_FLAME_OPEN_H
#define REPORT_FLAME_OPEN_H

#include "analyzer/report/flame.h"

struct flame_open_query {
	struct flame_subject subject;
	const char *open;    /* paths of open nodes, a line each; the root always is. NULL: no other */
	const char *hottest; /* below this path the way of most is opened as well, to where most of it stays; NULL: it is not */
	size_t most;         /* children of a node that are shown by themselves; 0: all */
};

/* Parents before children, children biggest first. Row 0 is the root, of kind FLAME_START. t is initialised here; release it after
 * success. 0 or -1. */
int flame_open_read(struct store *s, struct store *base, const struct flame_open_query *q, struct table *t, struct err *err);

#endif
