/* SPDX-License-Identifier: MIT
 *
 * Merging the threads' streams of events by time, into one replay.
 */
#ifndef INGEST_MERGE_H
#define INGEST_MERGE_H

#include "analyzer/base/err.h"
#include "analyzer/ingest/ingest.h"
#include "analyzer/ingest/replay.h"

/* Feeds all events of the recording to the replay. `spill` is called between blocks, so that its owner can take away the
 * replay's rows; it returns 0, or -1 with err set to end the merge. 0 or -1. */
int merge_run(const struct trace_file *t, const struct recording *recording, struct replay *replay,
              const struct ingest_options *options, int (*spill)(void *arg, struct err *err), void *arg, struct err *err);

#endif
