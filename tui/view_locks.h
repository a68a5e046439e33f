/* SPDX-License-Identifier: MIT
 *
 * The list of locks, and what views about locks have in common.
 */
#ifndef TUI_VIEW_LOCKS_H
#define TUI_VIEW_LOCKS_H

#include "tui/detail.h"
#include "tui/view.h"

/* Waits and holds of a lock, two lines; of a row with wait_max_ns and hold_max_ns. */
/* What they are drawn from; asked for the id of a lock. */
extern const struct question locks_distributions;
extern const struct detail_band locks_band;

/* " of server+0x40" for titles; of a row that has the column lock. */
void locks_of(const struct table *t, size_t row, int ascii, char *out, size_t size);

#endif
