/* SPDX-License-Identifier: MIT
 *
 * The queries that were run since the program began, for going back to them. There is one terminal in a process, and so one history.
 * For the thread that draws.
 */
#ifndef TUI_QUERY_HISTORY_H
#define TUI_QUERY_HISTORY_H

/* Adds one, unless it is the last already. */
void query_history_add(const char *query);
/* The one `back` steps ago, 1 the last; NULL: there is none. Good until the next is added. */
const char *query_history_at(int back);

#endif
