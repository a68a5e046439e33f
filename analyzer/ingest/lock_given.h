/* SPDX-License-Identifier: MIT
 *
 * Names that a program has given to its locks (culprit.h).
 */
#ifndef INGEST_LOCK_GIVEN_H
#define INGEST_LOCK_GIVEN_H

#include <stdint.h>

#include "analyzer/ingest/lock_life.h"
#include "analyzer/ingest/recording.h"

/* The last name a lock was given in this life of it: it was told after the life before had ended. NULL: none. */
const char *lock_given(const struct recording *r, const struct lock_lives *lives, uint32_t life);

#endif
