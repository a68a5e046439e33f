/* SPDX-License-Identifier: MIT
 *
 * The replay's course: what is done when a slice of the recording ends, and when a process does. Rare beside events.
 */
#ifndef INGEST_REPLAY_COURSE_H
#define INGEST_REPLAY_COURSE_H

struct replay;
struct replay_process;

/* r->now has reached r->stop: ends the slices that are over. */
void replay_course_stop(struct replay *r);
/* No event is to come: ends the last slices. */
void replay_course_finish(struct replay *r);
/* The process has no more events. */
void replay_course_process_done(struct replay *r, struct replay_process *p);

#endif
