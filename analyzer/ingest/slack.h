/* SPDX-License-Identifier: MIT
 *
 * What the allocator gave beyond what was asked for, by stack and process: the trace has it of a sample of blocks
 * (EVENT_USABLE). A sum each; nothing is kept by block.
 */
#ifndef INGEST_SLACK_H
#define INGEST_SLACK_H

#include <stdint.h>

#include "analyzer/base/keyed.h"
#include "analyzer/ingest/live.h"

struct slack_row {
	uint32_t stack, process;
	uint64_t blocks, requested, usable;
};

struct slack {
	struct keyed rows; /* of struct slack_row */
};

void slack_init(struct slack *s);
void slack_release(struct slack *s);
/* `count` blocks like this one, made by `stack`, have `usable` bytes each. Less than were asked for cannot be, and is passed over. */
void slack_take(struct slack *s, uint32_t stack, uint32_t process, const struct live_block *block, uint64_t usable, uint64_t count);

#endif
