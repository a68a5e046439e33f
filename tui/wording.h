/* SPDX-License-Identifier: MIT
 *
 * What the costs of the schema are called on the screen.
 */
#ifndef TUI_WORDING_H
#define TUI_WORDING_H

/* Over a column: "allocated". The cost's name itself if it has none. */
const char *wording_title(const char *cost);
/* In a sentence: "bytes allocated". */
const char *wording_phrase(const char *cost);
/* The cost of stacks that goes with a column of a list, static; NULL: none does. */
const char *wording_stacks(const char *column);

#endif
