/* SPDX-License-Identifier: MIT
 *
 * Making and opening database files. While one is made it has neither journal nor sync: it is
 * worth nothing until it bears its final name, and can be made again from the trace. A database
 * opened for reading may come from anybody: it is read-only, nothing in its schema is trusted, and
 * it is not mapped, so that a file that shrinks is an error and no signal.
 */
#include "analyzer/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/lens.h"
#include "analyzer/store/stack_tree.h"
#include "analyzer/store/store_private.h"
#include "analyzer/store/wide_sum.h"

#define STORE_APPLICATION_ID 0x63756c70 /* "culp"; schema.sql writes it */

static const char create_pragmas[] =
	"PRAGMA page_size = 8192; PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;"
	"PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;";

static const char read_pragmas[] =
	"PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -65536;"
	"PRAGMA temp_store = MEMORY;";

int store_complain(struct store *s, const char *doing, struct err *err)
{
	int code = sqlite3_extended_errcode(s->handle);

	switch (code & 0xff) {
	case SQLITE_INTERRUPT:
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	case SQLITE_FULL:
		return err_set(err, ERR_FAILED, "cannot %s %s: no space left on the device", doing, s->path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(err, ERR_FAILED, "%s is a damaged database; analyze its trace again", s->path);
	case SQLITE_IOERR:
		errno = sqlite3_system_errno(s->handle);
		if (errno)
			return err_errno(err, "cannot %s %s", doing, s->path);
		break;
	default:
		break;
	}
	return err_set(err, ERR_FAILED, "cannot %s %s: %s", doing, s->path, sqlite3_errmsg(s->handle));
}

/* Nobody asks SQLite for its memory statistics, and a lock around every allocation is their price. */
static void store_configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static struct store *store_new(const char *path)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct store *s = memory_zeroed(1, sizeof(*s));

	pthread_once(&once, store_configure);

	s->path = memory_resized(NULL, strlen(path) + 1, 1);
	strcpy(s->path, path);
	return s;
}

/* Makes the file ourselves, so that no link or file of another's is written through; and for our user alone, as it says all that
 * its trace says. */
static int store_reserve(struct store *s, struct err *err)
{
	size_t size = strlen(s->path) + 32;
	char *name = memory_resized(NULL, size, 1);
	struct stat known;
	int fd;

	snprintf(name, size, "%s.tmp-%ld", s->path, (long)getpid());
	if (!stat(s->path, &known) && !S_ISREG(known.st_mode)) {
		free(name);
		return err_set(err, ERR_FAILED, "cannot write %s: it is there already and no regular file", s->path);
	}
	unlink(name);
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err_errno(err, "cannot make %s", name);
		free(name);
		return -1;
	}
	close(fd);
	s->temporary = name;
	return 0;
}

struct store *store_create(const char *path, struct err *err)
{
	struct store *s = store_new(path);

	if (store_reserve(s, err))
		goto failed;
	if (sqlite3_open_v2(s->temporary, &s->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		store_complain(s, "write", err);
		goto failed;
	}
	if (store_execute(s, create_pragmas, err) || store_execute(s, "BEGIN EXCLUSIVE", err) ||
	    store_execute(s, store_schema, err))
		goto failed;
	return s;
failed:
	store_close(s);
	return NULL;
}

int store_publish(struct store *s, struct err *err)
{
	/* row by row, in no order, an index of millions takes far longer */
	if (store_execute(s, "CREATE INDEX stack_by_site ON stack(site_id)", err) || store_execute(s, "COMMIT", err))
		return -1;
	if (rename(s->temporary, s->path))
		return err_errno(err, "cannot rename %s to %s", s->temporary, s->path);
	free(s->temporary);
	s->temporary = NULL;
	return 0;
}

int store_is_database(const char *path)
{
	static const char magic[16] = "SQLite format 3";
	char head[sizeof(magic)];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int same;

	if (fd < 0)
		return 0;
	same = pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) && !memcmp(head, magic, sizeof(magic));
	close(fd);
	return same;
}

static int64_t store_pragma(struct store *s, const char *sql, struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);
	int64_t value = -1;

	if (q && statement_step(q, err) == 1)
		value = statement_number(q, 0);
	statement_finish(q);
	return value;
}

/* Is it ours, and of our age? */
static int store_check(struct store *s, struct err *err)
{
	int64_t application = store_pragma(s, "PRAGMA application_id", err);
	int64_t version = store_pragma(s, "PRAGMA user_version", err);

	if (application < 0 || version < 0)
		return err_set(err, ERR_FAILED, "%s is not a culprit database", s->path);
	if (application != STORE_APPLICATION_ID)
		return err_set(err, ERR_FAILED, "%s is an SQLite database, but not one of culprit's", s->path);
	if (version != STORE_SCHEMA_VERSION)
		return err_set(err, ERR_FAILED, "%s was made by %s culprit (schema %lld, this one reads %d); analyze its trace again",
		               s->path, version > STORE_SCHEMA_VERSION ? "a newer" : "an older", (long long)version,
		               STORE_SCHEMA_VERSION);
	return 0;
}

/* --- interrupting --------------------------------------------------------------------------------------- */

#define INTERRUPT_STEPS 2000 /* of SQLite's machine between two looks, some 20 us */

static int store_must_stop(void *store)
{
	struct store *s = store;

	return atomic_load_explicit(&s->interrupted, memory_order_relaxed) && !atomic_load_explicit(&s->patient, memory_order_relaxed);
}

void store_heed(struct store *s)
{
	sqlite3_progress_handler(s->handle, INTERRUPT_STEPS, store_must_stop, s);
}

void store_interrupt(struct store *s)
{
	atomic_store(&s->interrupted, 1);
}

void store_continue(struct store *s)
{
	atomic_store(&s->interrupted, 0);
}

int store_interrupted(struct store *s, struct err *err)
{
	return store_must_stop(s) ? err_set(err, ERR_INTERRUPTED, "interrupted") : 0;
}

struct store *store_open(const char *path, struct err *err)
{
	struct store *s = store_new(path);

	if (access(path, R_OK)) {
		err_errno(err, "cannot read %s", path);
		goto failed;
	}
	if (!store_is_database(path)) {
		err_set(err, ERR_FAILED, "%s is not a culprit database", path);
		goto failed;
	}
	if (sqlite3_open_v2(path, &s->handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		store_complain(s, "read", err);
		goto failed;
	}
	sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_busy_timeout(s->handle, 2000);
	store_heed(s);
	s->reading = 1;
	if (wide_sum_register(s->handle) != SQLITE_OK) {
		store_complain(s, "read", err);
		goto failed;
	}
	if (store_execute(s, read_pragmas, err) || store_check(s, err))
		goto failed;
	return s;
failed:
	store_close(s);
	return NULL;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	kept_close(s);
	lens_clear(s);
	if (s->tree)
		stack_tree_release(s->tree);
	free(s->tree);
	sqlite3_close_v2(s->handle);
	if (s->temporary)
		unlink(s->temporary);
	free(s->temporary);
	free(s->path);
	free(s);
}

int store_execute(struct store *s, const char *sql, struct err *err)
{
	if (sqlite3_exec(s->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return store_complain(s, s->temporary ? "write" : "read", err);
}
