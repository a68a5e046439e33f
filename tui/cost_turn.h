/* SPDX-License-Identifier: MIT
 *
 * Costs that are looked at in turn: those of memory, of waiting, of freeing. For views that read one cost at a time.
 */
#ifndef TUI_COST_TURN_H
#define TUI_COST_TURN_H

/* The cost after one in its family, after the last the first; of an unknown one, the first of memory. Static. */
const char *cost_turn_after(const char *name);
/* The first of all; where nothing else says which cost it is about. */
extern const char *const cost_turn_first;

#endif
