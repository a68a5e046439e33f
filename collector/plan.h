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

/* Does what is due; sets c->over when the plan has come to its end. */
void plan_follow(struct collector *c);

#endif
