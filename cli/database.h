/* SPDX-License-Identifier: MIT
 *
 * From the TRACE|DB of a command line to an open database. A trace is analyzed into TRACE.db first,
 * unless that was made from exactly this trace: its id and length are in the database. Where TRACE.db cannot be written it is
 * analyzed for this once, which is said on stderr.
 */
#ifndef CLI_DATABASE_H
#define CLI_DATABASE_H

#include "analyzer/base/err.h"
#include "analyzer/ingest/ingest.h"
#include "analyzer/store/store.h"
#include "cli/options.h"

struct database_options {
	struct option_list debug_dirs, wrappers;
	const char *sysroot;
	int debuginfod;
};

/* The lines of an option table for a structure that has a struct database_options as `member`. */
#define DATABASE_OPTIONS(type, member) \
	{ OPTION_LIST, 0, "debug-dir", "DIR", "look for separate debug files there too (may be repeated)", \
	  offsetof(type, member.debug_dirs), NULL, NULL }, \
	{ OPTION_TEXT, 0, "sysroot", "DIR", "put DIR before the paths of executables and libraries: for a trace of another host", \
	  offsetof(type, member.sysroot), NULL, NULL }, \
	{ OPTION_FLAG, 0, "debuginfod", NULL, "ask the servers of DEBUGINFOD_URLS for debug files", \
	  offsetof(type, member.debuginfod), NULL, NULL }, \
	{ OPTION_LIST, 0, "wrapper", "REGEX", "functions to look through for who asked for memory (may be repeated)", \
	  offsetof(type, member.wrappers), NULL, NULL }

/* Opens it, analyzing with a progress bar on a terminal if need be. With any of the options given a trace is always analyzed.
 * NULL with err set. */
struct store *database_open(const char *path, const struct database_options *o, struct err *err);

/* Analyzes a trace into db_path (NULL: TRACE.db), with a progress bar. 0 or -1. */
int database_make(const char *trace_path, const char *db_path, const struct database_options *o, struct ingest_result *result,
                  struct err *err);

/* The same without a bar: `with` has what is to be told and asked, and takes the options in. */
int database_ingest(const char *trace_path, const char *db_path, const struct database_options *o, struct ingest_options *with,
                    struct ingest_result *result, struct err *err);

/* 1 if any of the options is given, so that a database that is there does not do. */
int database_options_given(const struct database_options *o);

/* What trace a database was made from: its id and length. 0; or -1: it cannot be opened, or holds a trace's beginning only. */
int database_identify(const char *db_path, char id[33], uint64_t *bytes);

/* TRACE.db; the caller frees it. */
char *database_path(const char *trace_path);

#endif
