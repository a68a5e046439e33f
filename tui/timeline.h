/* SPDX-License-Identifier: MIT
 *
 * The recording over time as charts, one under the other over one axis: live heap, resident memory,
 * allocations a second. Scaled each to its own largest figure, which stands beside it.
 */
#ifndef TUI_TIMELINE_H
#define TUI_TIMELINE_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"
#include "tui/screen.h"

struct timeline {
	struct table slices; /* overview_timeline_columns */
};

int timeline_read(struct timeline *t, struct store *s, struct err *err);
void timeline_release(struct timeline *t);
/* Rows it takes when each chart is `chart` rows high. */
int timeline_height(int chart);
void timeline_draw(const struct timeline *t, struct screen *s, struct rect area, int chart);

#endif
