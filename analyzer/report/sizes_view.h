/* SPDX-License-Identifier: MIT
 *
 * How large blocks are and how long they live: the distributions as they are kept, of one site or of the whole recording.
 */
#ifndef REPORT_SIZES_VIEW_H
#define REPORT_SIZES_VIEW_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

/* Columns: kind ("size", "lifetime", "live": one row, of blocks never freed), low, high (bytes or ns), count, bytes. In order of kind
 * and low. site_id 0: of all. Initialises t. 0 or -1. */
int sizes_view_read(struct store *s, int64_t site_id, struct table *t, struct err *err);

#endif
