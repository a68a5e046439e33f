/* SPDX-License-Identifier: MIT
 *
 * All answers that were read or are being read, by what was asked. It belongs to the thread that draws; the
 * reader works through what is wanted. What is not asked again in a turn is not read any more; what
 * nobody holds goes at the next turn when it is about something else now, or when there are many. Its invariant: an entry that is held, or read just now, stays.
 */
#ifndef TUI_SHELF_H
#define TUI_SHELF_H

#include <pthread.h>

#include "tui/ask.h"

enum shelf_state {
	SHELF_IDLE,    /* not asked, or not any more */
	SHELF_WANTED,
	SHELF_RUNNING, /* the reader is at it */
	SHELF_READY,
	SHELF_FAILED,
};

struct shelf_entry {
	struct ask ask;          /* its texts are the entry's */
	struct answer answer;
	char failure[1024];
	enum shelf_state state;
	unsigned generation;     /* of the data it is about */
	unsigned turn;           /* when it was asked last */
	unsigned place;          /* among those wanted: the lower, the sooner */
	int holders;
	struct shelf_entry *next;
};

struct shelf {
	pthread_mutex_t lock;    /* all but answers that are READY */
	pthread_cond_t wanted;   /* there is something to read, or the reader is to end */
	struct shelf_entry *entries;
	unsigned generation, turn, places;
	int count;
};

void shelf_init(struct shelf *shelf);
void shelf_release(struct shelf *shelf); /* when no reader is at it */

/* A new turn: what is not asked from now on is not wanted. */
void shelf_turn(struct shelf *shelf);
/* All that is there is about something else now. */
void shelf_outdate(struct shelf *shelf);
/* The entry of an ask in today's generation, wanted if it is not there. Held until shelf_drop. */
struct shelf_entry *shelf_ask(struct shelf *shelf, const struct ask *ask);
void shelf_drop(struct shelf *shelf, struct shelf_entry *entry);
enum shelf_state shelf_look(struct shelf *shelf, const struct shelf_entry *entry);
/* 1: something is wanted or being read. */
int shelf_busy(struct shelf *shelf);

/* With the lock: the same. */
int shelf_is_busy(const struct shelf *shelf);

/* For the reader, with the lock. The entry to read next, RUNNING now; NULL: none. */
struct shelf_entry *shelf_next(struct shelf *shelf);
/* 1 if it is still asked. */
int shelf_is_wanted(const struct shelf *shelf, const struct shelf_entry *entry);

#endif
