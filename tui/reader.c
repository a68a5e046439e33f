/* SPDX-License-Identifier: MIT
 *
 * One loop under the shelf's lock, which it gives up while it reads.
 */
#include "tui/reader.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/memory.h"
#include "tui/terminal.h"

struct reader {
	pthread_t thread;
	struct shelf *shelf;
	struct reading reading;
	pthread_cond_t done;
	/* With the shelf's lock. */
	struct shelf_entry *running;
	struct timespec since;
	char *paths[2];    /* of the databases to open, the second to compare with; NULL: none */
	struct lens lens;
	int lens_is_new;
	const char *ordered; /* "the database", of what is being done that is no entry; NULL: nothing */
	char failure[1024];
	enum reader_state state;
	int ending;
};

/* --- on the reading thread -------------------------------------------------------------------------- */

static void fail(struct reader *r, enum reader_state state, const struct err *err)
{
	r->state = state;
	snprintf(r->failure, sizeof(r->failure), "%s", err->text);
}

/* What was broken off is over. */
static void mend(struct reader *r)
{
	store_continue(r->reading.store);
	if (r->reading.base)
		store_continue(r->reading.base);
}

/* From here to done, without the lock: something that is no question. */
static void begin(struct reader *r, const char *what)
{
	r->ordered = what;
	clock_gettime(CLOCK_MONOTONIC, &r->since);
	pthread_mutex_unlock(&r->shelf->lock);
}

static void done(struct reader *r)
{
	pthread_mutex_lock(&r->shelf->lock);
	r->ordered = NULL;
}

static void open_store(struct reader *r, int is_base)
{
	struct err err = { 0 };
	char *path = r->paths[is_base];
	struct store **place = is_base ? &r->reading.base : &r->reading.store, *before = *place;

	r->paths[is_base] = NULL;
	begin(r, "the database");
	struct store *store = store_open(path, &err);

	free(path);
	done(r);
	if (!store) {
		fail(r, READER_OPEN_FAILED, &err);
		return;
	}
	*place = store;
	r->lens_is_new |= r->lens.to_ns || r->lens.from_ns || r->lens.filter.count;
	store_close(before);
}

/* Both recordings are seen through it, or neither. */
static void apply_lens(struct reader *r)
{
	struct lens lens = r->lens;
	struct err err = { 0 };
	int rc;

	r->lens_is_new = 0;
	mend(r);
	begin(r, "the span");
	rc = lens_apply(r->reading.store, &lens, &err);
	if (!rc && r->reading.base)
		rc = lens_apply(r->reading.base, &lens, &err);
	if (rc) {
		store_continue(r->reading.store);
		lens_clear(r->reading.store);
		if (r->reading.base)
			lens_clear(r->reading.base);
	}
	done(r);
	if (!rc || r->lens_is_new)
		return;
	r->lens = (struct lens){ 0 };
	fail(r, READER_LENS_FAILED, &err);
}

static void read_entry(struct reader *r, struct shelf_entry *entry)
{
	struct err err = { 0 };

	r->running = entry;
	clock_gettime(CLOCK_MONOTONIC, &r->since);
	mend(r);
	pthread_mutex_unlock(&r->shelf->lock);
	int rc = entry->ask.question->read(&r->reading, &entry->ask, &entry->answer, &err);

	pthread_mutex_lock(&r->shelf->lock);
	r->running = NULL;
	if (!rc)
		entry->state = SHELF_READY;
	else if (!shelf_is_wanted(r->shelf, entry))
		entry->state = SHELF_IDLE;
	else
		entry->state = err.kind == ERR_INTERRUPTED ? SHELF_WANTED : SHELF_FAILED; /* asked again since it was broken off */
	if (rc)
		snprintf(entry->failure, sizeof(entry->failure), "%s", err.text);
}

/* One thing done. 0: there was nothing to do. */
static int work(struct reader *r)
{
	struct shelf_entry *entry;

	for (int i = 0; i < 2; i++)
		if (r->paths[i]) {
			open_store(r, i);
			return 1;
		}
	if (r->lens_is_new && r->reading.store) {
		apply_lens(r);
		return 1;
	}
	entry = r->reading.store ? shelf_next(r->shelf) : NULL;
	if (entry)
		read_entry(r, entry);
	return entry != NULL;
}

static void *loop(void *arg)
{
	struct reader *r = arg;

	terminal_thread();
	pthread_mutex_lock(&r->shelf->lock);
	while (!r->ending) {
		if (work(r)) {
			pthread_cond_signal(&r->done);
			terminal_wake();
			continue;
		}
		pthread_cond_wait(&r->shelf->wanted, &r->shelf->lock);
	}
	pthread_mutex_unlock(&r->shelf->lock);
	return NULL;
}

/* --- on the thread that draws ------------------------------------------------------------------------ */

struct reader *reader_start(struct shelf *shelf, struct err *err)
{
	struct reader *r = memory_zeroed(1, sizeof(*r));
	int failed;

	r->shelf = shelf;
	pthread_cond_init(&r->done, NULL);
	failed = pthread_create(&r->thread, NULL, loop, r);
	if (!failed)
		return r;
	pthread_cond_destroy(&r->done);
	err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(failed));
	free(r);
	return NULL;
}

void reader_stop(struct reader *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->shelf->lock);
	r->ending = 1;
	pthread_cond_signal(&r->shelf->wanted);
	pthread_mutex_unlock(&r->shelf->lock);
	reader_mind(r);
	pthread_join(r->thread, NULL);
	store_close(r->reading.store);
	store_close(r->reading.base);
	pthread_cond_destroy(&r->done);
	free(r->paths[0]);
	free(r->paths[1]);
	free(r);
}

void reader_open(struct reader *r, int is_base, const char *path)
{
	pthread_mutex_lock(&r->shelf->lock);
	free(r->paths[is_base]);
	r->paths[is_base] = memory_text(path);
	pthread_cond_signal(&r->shelf->wanted);
	pthread_mutex_unlock(&r->shelf->lock);
	shelf_outdate(r->shelf);
	reader_mind(r);
}

void reader_lens(struct reader *r, const struct lens *lens)
{
	pthread_mutex_lock(&r->shelf->lock);
	r->lens = *lens;
	r->lens_is_new = 1;
	pthread_cond_signal(&r->shelf->wanted);
	pthread_mutex_unlock(&r->shelf->lock);
	shelf_outdate(r->shelf);
	reader_mind(r);
}

enum reader_state reader_failure(struct reader *r, char *out, size_t size)
{
	pthread_mutex_lock(&r->shelf->lock);
	enum reader_state state = r->state;

	if (state != READER_WELL)
		snprintf(out, size, "%s", r->failure);
	r->state = READER_WELL;
	pthread_mutex_unlock(&r->shelf->lock);
	return state;
}

void reader_mind(struct reader *r)
{
	pthread_mutex_lock(&r->shelf->lock);
	int idle = !r->running && !r->ordered, other = r->running && !shelf_is_wanted(r->shelf, r->running);

	if (!idle && r->reading.store && (r->ending || other || (r->ordered && r->lens_is_new))) {
		store_interrupt(r->reading.store);
		if (r->reading.base)
			store_interrupt(r->reading.base);
	}
	pthread_mutex_unlock(&r->shelf->lock);
}

void reader_wait(struct reader *r, int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&r->shelf->lock);
	if (shelf_is_busy(r->shelf))
		pthread_cond_timedwait(&r->done, &r->shelf->lock, &until);
	pthread_mutex_unlock(&r->shelf->lock);
}

double reader_doing(struct reader *r, char *out, size_t size)
{
	struct timespec now;
	double seconds = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&r->shelf->lock);
	if (r->running || r->ordered) {
		snprintf(out, size, "%s", r->ordered ? r->ordered : r->running->ask.question->what);
		seconds = (double)(now.tv_sec - r->since.tv_sec) + (double)(now.tv_nsec - r->since.tv_nsec) / 1e9;
	}
	pthread_mutex_unlock(&r->shelf->lock);
	return seconds;
}
