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
	/* With the shelf's lock. */
	struct shelf_entry *running;
	struct timespec since;
	char *path;        /* of the database to open; NULL: none */
	char failure[1024];
	int ending;
};

/* --- on the reading thread -------------------------------------------------------------------------- */

static void fail(struct reader *r, const struct err *err)
{
	snprintf(r->failure, sizeof(r->failure), "%s", err->text);
}

static void open_store(struct reader *r, char *path)
{
	struct err err = { 0 };

	pthread_mutex_unlock(&r->shelf->lock);
	struct store *store = store_open(path, &err);

	free(path);
	if (store) {
		store_close(r->reading.store);
		r->reading.store = store;
	}
	pthread_mutex_lock(&r->shelf->lock);
	if (!store)
		fail(r, &err);
}

static void read_entry(struct reader *r, struct shelf_entry *entry)
{
	struct err err = { 0 };

	r->running = entry;
	clock_gettime(CLOCK_MONOTONIC, &r->since);
	pthread_mutex_unlock(&r->shelf->lock);
	int rc = entry->ask.question->read(&r->reading, &entry->ask, &entry->answer, &err);

	pthread_mutex_lock(&r->shelf->lock);
	r->running = NULL;
	entry->state = !rc ? SHELF_READY : shelf_is_wanted(r->shelf, entry) ? SHELF_FAILED : SHELF_IDLE;
	if (rc)
		snprintf(entry->failure, sizeof(entry->failure), "%s", err.text);
}

/* One thing done. 0: there was nothing to do. */
static int work(struct reader *r)
{
	struct shelf_entry *entry;

	if (r->path) {
		char *path = r->path;

		r->path = NULL;
		open_store(r, path);
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
		if (work(r))
			terminal_wake();
		else
			pthread_cond_wait(&r->shelf->wanted, &r->shelf->lock);
	}
	pthread_mutex_unlock(&r->shelf->lock);
	return NULL;
}

/* --- on the thread that draws ------------------------------------------------------------------------ */

struct reader *reader_start(struct shelf *shelf, struct store *store, struct store *base, struct err *err)
{
	struct reader *r = memory_zeroed(1, sizeof(*r));
	int failed;

	*r = (struct reader){ .shelf = shelf, .reading = { store, base } };
	failed = pthread_create(&r->thread, NULL, loop, r);
	if (!failed)
		return r;
	err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(failed));
	store_close(store);
	store_close(base);
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
	free(r->path);
	free(r);
}

void reader_open(struct reader *r, const char *path)
{
	size_t size = strlen(path) + 1;

	pthread_mutex_lock(&r->shelf->lock);
	free(r->path);
	r->path = memcpy(memory_zeroed(size, 1), path, size);
	pthread_cond_signal(&r->shelf->wanted);
	pthread_mutex_unlock(&r->shelf->lock);
	shelf_outdate(r->shelf);
	reader_mind(r);
}

int reader_failure(struct reader *r, char *out, size_t size)
{
	pthread_mutex_lock(&r->shelf->lock);
	int failed = r->failure[0] != 0;

	if (failed)
		snprintf(out, size, "%s", r->failure);
	r->failure[0] = 0;
	pthread_mutex_unlock(&r->shelf->lock);
	return failed;
}

void reader_mind(struct reader *r)
{
	(void)r;
}

double reader_doing(struct reader *r, char *out, size_t size)
{
	struct timespec now;
	double seconds = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&r->shelf->lock);
	if (r->running) {
		snprintf(out, size, "%s", r->running->ask.question->what);
		seconds = (double)(now.tv_sec - r->since.tv_sec) + (double)(now.tv_nsec - r->since.tv_nsec) / 1e9;
	}
	pthread_mutex_unlock(&r->shelf->lock);
	return seconds;
}
