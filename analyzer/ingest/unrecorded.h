/* SPDX-License-Identifier: MIT
 *
 * The stack of what was counted but not recorded: one frame, "[not recorded]".
 */
#ifndef INGEST_UNRECORDED_H
#define INGEST_UNRECORDED_H

#include <stdint.h>

#include "analyzer/ingest/naming.h"

/* Adds its rows to a naming that is complete; the stack. Once; naming_drop_unknown must not be called any more. */
uint32_t unrecorded_stack(struct naming *n);

#endif
