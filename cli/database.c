/* SPDX-License-Identifier: MIT
 *
 * Deciding whether a trace has to be analyzed, and having it done.
 */
#include "cli/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "cli/database_place.h"
#include "cli/progress.h"

char *database_path(const char *trace_path)
{
	size_t size = strlen(trace_path);
	char *path = memory_zeroed(size + 4, 1);

	memcpy(path, trace_path, size);
	memcpy(path + size, ".db", 3);
	return path;
}

int database_options_given(const struct database_options *o)
{
	return o->debug_dirs.count || o->wrappers.count || o->sysroot || o->debuginfod;
}

/* --- what is there --------------------------------------------------------------------------- */

static int identify(struct store *s, char id[33], uint64_t *bytes)
{
	store_meta_text(s, "trace_id", id, 33);
	*bytes = (uint64_t)store_meta_number(s, "trace_bytes", -1);
	return store_meta_number(s, "analyzed_percent", 100) < 100 ? -1 : 0;
}

int database_identify(const char *db_path, char id[33], uint64_t *bytes)
{
	struct store *s = store_is_database(db_path) ? store_open(db_path, NULL) : NULL;
	int known = s && !identify(s, id, bytes);

	store_close(s);
	return known ? 0 : -1;
}

/* A trace that has come no further since is one that was cut, once nobody writes to it any more. */
static int has_been_cut(struct store *s, const char *trace_path)
{
	return store_meta_number(s, "growing", 0) && !ingest_is_growing(trace_path);
}

/* What is at TRACE.db, if it was made from this trace as it is now; else NULL. */
static struct store *open_fitting(const char *db_path, const char *trace_path, const char *id, uint64_t bytes)
{
	char have[33];
	uint64_t have_bytes;
	struct store *s = store_is_database(db_path) ? store_open(db_path, NULL) : NULL;

	if (!s)
		return NULL;
	if (!identify(s, have, &have_bytes) && strcmp(have, id) == 0 && have_bytes == bytes && !has_been_cut(s, trace_path))
		return s;
	store_close(s);
	return NULL;
}

/* --- making one ------------------------------------------------------------------------------ */

int database_ingest(const char *trace_path, const char *db_path, const struct database_options *o, struct ingest_options *with,
                    struct ingest_result *result, struct err *err)
{
	struct stat status;

	with->debug_dirs = o->debug_dirs.items;
	with->debug_dir_count = o->debug_dirs.count;
	with->sysroot = o->sysroot;
	with->debuginfod = o->debuginfod;
	with->wrappers = o->wrappers.items;
	with->wrapper_count = o->wrappers.count;
	if (stat(db_path, &status) == 0 && status.st_size && !store_is_database(db_path))
		return err_set(err, ERR_FAILED, "%s is there and is no database: it will not be overwritten; move it away or name another "
		               "with `culprit analyze -o`", db_path);
	return ingest_run(trace_path, db_path, with, result, err);
}

/* A recording that begins under the name of the one before takes its file: who was reading that finds it shorter, or damaged. */
static int has_begun_anew(const char *trace_path, char id[33])
{
	char before[33];
	uint64_t bytes;

	memcpy(before, id, sizeof(before));
	return !ingest_identify(trace_path, id, &bytes, NULL) && strcmp(before, id) != 0;
}

static int make(const char *trace_path, const char *db_path, const struct database_options *o, struct ingest_result *result,
                struct err *err)
{
	struct progress progress;
	struct ingest_options options = { .progress = progress_tell, .progress_arg = &progress };
	char id[33] = "";
	uint64_t bytes;
	int rc, known = !ingest_identify(trace_path, id, &bytes, NULL);

	for (int tries = 0; tries < 5; tries++) {
		progress_start(&progress);
		rc = database_ingest(trace_path, db_path, o, &options, result, err);
		progress_end(&progress);
		if (!rc || !known || !has_begun_anew(trace_path, id))
			break;
	}
	return rc;
}

int database_make(const char *trace_path, const char *db_path, const struct database_options *o, struct ingest_result *result,
                  struct err *err)
{
	struct database_place place;
	int rc;

	if (db_path)
		return make(trace_path, db_path, o, result, err);
	database_place_find(&place, trace_path);
	if (place.refused)
		rc = err_set(err, ERR_FAILED, "cannot write %s: %s; name another with -o", place.final, strerror(place.refused));
	else
		rc = make(trace_path, place.final, o, result, err);
	database_place_release(&place);
	return rc;
}

/* Analyzed now, and kept if that is allowed. */
static struct store *open_new(const char *trace_path, const struct database_options *o, struct err *err)
{
	struct database_place place;
	struct store *s = NULL;
	char path[PATH_MAX];

	database_place_find(&place, trace_path);
	snprintf(path, sizeof(path), "%s", place.final);
	if (place.refused) {
		database_place_tell(&place);
		database_place_part(&place, (long)getpid(), 0, path);
	}
	if (!make(trace_path, path, o, NULL, err))
		s = store_open(path, err);
	if (place.refused)
		unlink(path); /* what is open can be read on */
	database_place_release(&place);
	return s;
}

struct store *database_open(const char *path, const struct database_options *o, struct err *err)
{
	struct store *s = NULL;
	uint64_t bytes;
	char id[33];

	if (store_is_database(path))
		return store_open(path, err);
	if (ingest_identify(path, id, &bytes, err))
		return NULL;
	if (!database_options_given(o)) {
		char *db_path = database_path(path);

		s = open_fitting(db_path, path, id, bytes);
		free(db_path);
	}
	return s ? s : open_new(path, o, err);
}
