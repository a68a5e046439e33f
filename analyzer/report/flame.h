/* SPDX-License-Identifier: MIT
 *
 * Questions to the flame tree, answered as tables: the part of it that can be seen below a frame (flame graph), and
 * the nodes that are open (call tree). The first question about a cost reads all stacks; those after it take
 * milliseconds. With a base every row has both recordings' values, and frames that only the base has are there with 0.
 */
#ifndef REPORT_FLAME_H
#define REPORT_FLAME_H

#include "analyzer/base/table.h"
#include "analyzer/report/flame_tree.h"

struct flame_query {
	struct flame_subject subject;
	const char *path;   /* of the frame to start from: the labels from the root to it joined by `/`; NULL, "": all */
	double least;       /* a frame below this share of where it starts is not shown by itself */
	size_t most_depth;  /* frames below where it starts; 0: FLAME_DEPTH */
	int by_name;        /* children by name instead of biggest first */
	const char *match;  /* the shares of what matches this text are wanted; NULL, "": not */
};

enum { FLAME_DEPTH = 2000, FLAME_ROWS = 200000 }; /* at most: a database may hold anything */

enum flame_kind {
	FLAME_ABOVE,  /* on the way from the root to where it starts */
	FLAME_START,  /* where it starts; there is exactly one */
	FLAME_FRAME,
	FLAME_OTHERS, /* all children of the parent that are not shown by themselves */
};

enum flame_column {
	FLAME_DEPTH_COLUMN,
	FLAME_PARENT,
	FLAME_KIND,
	FLAME_FUNCTION, /* and file, line, module */
	FLAME_VALUE = FLAME_FUNCTION + 4,
	FLAME_SELF,
	FLAME_BASE_VALUE,
	FLAME_BASE_SELF,
	FLAME_CHANGE,
	FLAME_MATCHED,
	FLAME_CHILDREN,
	FLAME_OPEN,
	FLAME_FUNCTION_KEY,
	FLAME_LABEL,
};

/* Parents before children, depth first. Row 0 is the root: all there is. A path that leads nowhere is followed as far as it goes.
 * t->total_rows exceeds row_count if there was no room for all. t is initialised here; release it after success. 0 or -1. */
int flame_read(struct store *s, struct store *base, const struct flame_query *q, struct table *t, struct err *err);

#endif
