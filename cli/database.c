/* SPDX-License-Identifier: MIT
 *
 * Deciding whether a trace has to be analyzed, and having it done.
 */
#include "cli/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/memory.h"
#include "cli/progress.h"

char *database_path(const char *trace_path)
{
	size_t size = strlen(trace_path);
	char *path = memory_zeroed(size + 4, 1);

	memcpy(path, trace_path, size);
	memcpy(path + size, ".db", 3);
	return path;
}

static int options_given(const struct database_options *o)
{
	return o->debug_dirs.count || o->wrappers.count || o->sysroot || o->debuginfod;
}

/* What is at TRACE.db, if it was made from this trace as it is now; else NULL. */
static struct store *open_fitting(const char *db_path, const char *id, uint64_t bytes)
{
	char have[64];
	struct store *s = store_is_database(db_path) ? store_open(db_path, NULL) : NULL;

	if (!s)
		return NULL;
	store_meta_text(s, "trace_id", have, sizeof(have));
	if (strcmp(have, id) == 0 && store_meta_number(s, "trace_bytes", -1) == (int64_t)bytes)
		return s;
	store_close(s);
	return NULL;
}

int database_make(const char *trace_path, const char *db_path, const struct database_options *o, struct ingest_result *result,
                  struct err *err)
{
	struct progress progress;
	struct stat status;
	char *beside = db_path ? NULL : database_path(trace_path);
	const char *path = db_path ? db_path : beside;
	struct ingest_options options = {
		.debug_dirs = o->debug_dirs.items,
		.debug_dir_count = o->debug_dirs.count,
		.sysroot = o->sysroot,
		.debuginfod = o->debuginfod,
		.wrappers = o->wrappers.items,
		.wrapper_count = o->wrappers.count,
		.progress = progress_tell,
		.progress_arg = &progress,
	};
	int rc;

	progress_start(&progress);
	if (stat(path, &status) == 0 && status.st_size && !store_is_database(path))
		rc = err_set(err, ERR_FAILED, "%s is there and is no database: it will not be overwritten; move it away or name another "
		             "with `culprit analyze -o`", path);
	else
		rc = ingest_run(trace_path, path, &options, result, err);
	progress_end(&progress);
	free(beside);
	return rc;
}

struct store *database_open(const char *path, const struct database_options *o, struct err *err)
{
	struct ingest_result result = { 0 };
	struct store *s = NULL;
	uint64_t bytes;
	char id[33];

	if (store_is_database(path))
		return store_open(path, err);
	if (ingest_identify(path, id, &bytes, err))
		return NULL;
	char *db_path = database_path(path);
	if (!options_given(o))
		s = open_fitting(db_path, id, bytes);
	if (!s && !database_make(path, db_path, o, &result, err))
		s = store_open(db_path, err);
	free(db_path);
	return s;
}
