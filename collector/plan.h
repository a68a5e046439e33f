/* SPDX-License-Identifier: MIT
 *
 * When a recording is on: what it does by itself (struct collector_plan), what it is told to do, and the marks that say so in the
 * trace. A span in which it is paused begins after the last hook that records was let in and ends before the first is let
 * in again, so far as the marks tell.
 */
#ifndef COLLECTOR_PLAN_H
#define COLLECTOR_PLAN_H

struct collector;

/* The recording begins: paused, if its segment was made so. */
void plan_start(struct collector *c);

struct file_header;

/* The trace has its header and nothing else: from here on blocks are noted, if only the last of it is to be kept. */
void plan_keep(struct collector *c, const struct file_header *header);

/* The recording ends here while processes go on: marks that, with the reason. */
void plan_tell_end(struct collector *c, const char *why);

/* Does what is due; sets c->over when the plan has come to its end. 1: there is more to do. */
int plan_follow(struct collector *c);

#endif
