/* SPDX-License-Identifier: MIT
 *
 * A list: there are hundreds at most, and those asked for again and again come to its front.
 */
#include "tui/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

enum { SPARE = 200 }; /* entries kept though nobody holds them */

void shelf_init(struct shelf *shelf)
{
	*shelf = (struct shelf){ 0 };
	pthread_mutex_init(&shelf->lock, NULL);
	pthread_cond_init(&shelf->wanted, NULL);
}

static void release_entry(struct shelf_entry *entry)
{
	answer_release(&entry->answer);
	free((char *)entry->ask.name);
	free((char *)entry->ask.text);
	free(entry);
}

void shelf_release(struct shelf *shelf)
{
	while (shelf->entries) {
		struct shelf_entry *entry = shelf->entries;

		shelf->entries = entry->next;
		release_entry(entry);
	}
	pthread_cond_destroy(&shelf->wanted);
	pthread_mutex_destroy(&shelf->lock);
}

/* Takes away what nobody asked for lately. With the lock. */
static void tidy(struct shelf *shelf)
{
	struct shelf_entry **at = &shelf->entries;
	int seen = 0;

	while (*at) {
		struct shelf_entry *entry = *at;
		int old = ++seen > SPARE || entry->generation != shelf->generation;

		if (entry->holders || entry->state == SHELF_RUNNING || entry->turn == shelf->turn || !old) {
			at = &entry->next;
			continue;
		}
		*at = entry->next;
		shelf->count--;
		release_entry(entry);
	}
}

void shelf_turn(struct shelf *shelf)
{
	pthread_mutex_lock(&shelf->lock);
	tidy(shelf);
	shelf->turn++;
	pthread_mutex_unlock(&shelf->lock);
}

void shelf_outdate(struct shelf *shelf)
{
	pthread_mutex_lock(&shelf->lock);
	shelf->generation++;
	pthread_mutex_unlock(&shelf->lock);
}

static int same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static int is_of(const struct shelf_entry *entry, const struct ask *ask)
{
	const struct ask *a = &entry->ask;

	return a->question == ask->question && a->id == ask->id && a->number == ask->number && same_text(a->name, ask->name) &&
	       same_text(a->text, ask->text);
}

static struct shelf_entry *find(struct shelf *shelf, const struct ask *ask)
{
	for (struct shelf_entry **at = &shelf->entries; *at; at = &(*at)->next) {
		struct shelf_entry *entry = *at;

		if (entry->generation != shelf->generation || !is_of(entry, ask))
			continue;
		*at = entry->next;
		entry->next = shelf->entries;
		return shelf->entries = entry;
	}
	return NULL;
}

static struct shelf_entry *add(struct shelf *shelf, const struct ask *ask)
{
	struct shelf_entry *entry = memory_zeroed(1, sizeof(*entry));

	entry->ask = *ask;
	entry->ask.name = memory_text(ask->name);
	entry->ask.text = memory_text(ask->text);
	entry->generation = shelf->generation;
	entry->next = shelf->entries;
	shelf->entries = entry;
	if (++shelf->count > SPARE)
		tidy(shelf);
	return entry;
}

struct shelf_entry *shelf_ask(struct shelf *shelf, const struct ask *ask)
{
	struct shelf_entry *entry;

	pthread_mutex_lock(&shelf->lock);
	entry = find(shelf, ask);
	if (!entry)
		entry = add(shelf, ask);
	entry->holders++;
	if (entry->state == SHELF_IDLE) {
		entry->state = SHELF_WANTED;
		entry->place = ++shelf->places;
		pthread_cond_signal(&shelf->wanted);
	}
	entry->turn = shelf->turn;
	pthread_mutex_unlock(&shelf->lock);
	return entry;
}

void shelf_drop(struct shelf *shelf, struct shelf_entry *entry)
{
	pthread_mutex_lock(&shelf->lock);
	entry->holders--;
	pthread_mutex_unlock(&shelf->lock);
}

enum shelf_state shelf_look(struct shelf *shelf, const struct shelf_entry *entry)
{
	enum shelf_state state;

	pthread_mutex_lock(&shelf->lock);
	state = entry->state;
	pthread_mutex_unlock(&shelf->lock);
	return state;
}

int shelf_is_wanted(const struct shelf *shelf, const struct shelf_entry *entry)
{
	return entry->turn == shelf->turn && entry->generation == shelf->generation;
}

int shelf_is_busy(const struct shelf *shelf)
{
	int busy = 0;

	for (const struct shelf_entry *entry = shelf->entries; entry; entry = entry->next)
		busy |= (entry->state == SHELF_WANTED || entry->state == SHELF_RUNNING) && shelf_is_wanted(shelf, entry);
	return busy;
}

int shelf_busy(struct shelf *shelf)
{
	pthread_mutex_lock(&shelf->lock);
	int busy = shelf_is_busy(shelf);

	pthread_mutex_unlock(&shelf->lock);
	return busy;
}

struct shelf_entry *shelf_next(struct shelf *shelf)
{
	struct shelf_entry *next = NULL;

	for (struct shelf_entry *entry = shelf->entries; entry; entry = entry->next) {
		if (entry->state != SHELF_WANTED)
			continue;
		if (!shelf_is_wanted(shelf, entry))
			entry->state = SHELF_IDLE;
		else if (!next || entry->place < next->place)
			next = entry;
	}
	if (next)
		next->state = SHELF_RUNNING;
	return next;
}
