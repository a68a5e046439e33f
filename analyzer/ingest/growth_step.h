/* SPDX-License-Identifier: MIT
 *
 * The steps of chains as the replay meets them: which of its events are one. Called for the rare events that may be.
 */
#ifndef INGEST_GROWTH_STEP_H
#define INGEST_GROWTH_STEP_H

#include <stdint.h>

#include "analyzer/ingest/live.h"

struct replay;
struct replay_process;
struct replay_thread;

/* The event at hand ends the block by realloc. */
void growth_step_left(struct replay *r, struct replay_thread *t, const struct live_block *block);
/* A block has begun by realloc. `lives` 0: it is over already. */
void growth_step_made(struct replay *r, struct replay_process *p, const struct live_block *block, int lives);
/* The event at hand, right after the thread's last allocation, deletes the block from `stack`. A step, if that is how a
 * container replaces its storage by a larger one. */
void growth_step_replaced(struct replay *r, struct replay_thread *t, const struct live_block *block, uint32_t stack);

#endif
