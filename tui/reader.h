/* SPDX-License-Identifier: MIT
 *
 * The reading thread: it alone touches the stores, and answers what is wanted on a shelf, one question after the
 * other; each wakes the thread that draws (terminal_wake). What is being read and not wanted any more is broken off. All
 * functions are for the thread that draws.
 */
#ifndef TUI_READER_H
#define TUI_READER_H

#include <stddef.h>

#include "analyzer/store/lens.h"
#include "tui/shelf.h"

struct reader;

/* Starts the thread. Nothing is read until reader_open. NULL with err set. */
struct reader *reader_start(struct shelf *shelf, struct err *err);
/* Breaks off what is being read, ends the thread, closes the databases. NULL is allowed. */
void reader_stop(struct reader *r);

/* From now on all answers are of this database, or compare with it (is_base), seen through the lens there is; or all are seen through
 * this lens. Those from before are outdated. Done before anything else is read. */
void reader_open(struct reader *r, int is_base, const char *path);
void reader_lens(struct reader *r, const struct lens *lens);
enum reader_state {
	READER_WELL,
	READER_OPEN_FAILED, /* database and lens are those from before */
	READER_LENS_FAILED, /* there is no lens now */
};
/* Takes the sentence about the last of these that failed. */
enum reader_state reader_failure(struct reader *r, char *out, size_t size);

/* Waits until something was done, `ms` at the most. */
void reader_wait(struct reader *r, int ms);
/* Breaks off what is being read if it is not wanted any more: after each turn. */
void reader_mind(struct reader *r);
/* What it is doing, "the stacks", and for how long; 0 if nothing. */
double reader_doing(struct reader *r, char *out, size_t size);

#endif
