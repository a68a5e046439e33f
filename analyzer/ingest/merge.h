/* SPDX-License-Identifier: MIT
 *
 * Merging the threads' streams of events by time, into one replay.
 */
#ifndef INGEST_MERGE_H
#define INGEST_MERGE_H

#include "analyzer/base/err.h"
#include "analyzer/ingest/ingest.h"
#include "analyzer/ingest/replay.h"

/* Feeds all events of the recording to the replay. `between` is called between blocks, with how many bytes of blocks were begun,
 * so that its owner can take away the replay's rows; it returns 0, or -1 with err set to end the merge, or 1 to end it as if the
 * trace did: only in a forked copy of the process, see ingest_options.part. 0, -1, or that 1. */
int merge_run(const struct trace_file *t, const struct recording *recording, struct replay *replay,
              const struct ingest_options *options, int (*between)(void *arg, uint64_t done, struct err *err), void *arg,
              struct err *err);

#endif
