/* SPDX-License-Identifier: MIT
 *
 * Leading to the course of time of something.
 */
#ifndef TUI_VIEW_TIMELINE_H
#define TUI_VIEW_TIMELINE_H

#include "tui/view.h"

/* Opens the course of time of a subject, of whichever of its ids is narrowest. As view_ops.act. */
int view_timeline_open(struct browser *b, const struct subject *subject);

#endif
