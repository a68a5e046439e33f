/* SPDX-License-Identifier: MIT
 *
 * The options by which a recording is on for a part of the time, and kept in part. Whoever records puts PLAN_OPTIONS in its table; the
 * variables stand in for the options where a program is started with the library preloaded and nothing else.
 */
#ifndef CLI_PLAN_OPTIONS_H
#define CLI_PLAN_OPTIONS_H

#include <stddef.h>

#include "analyzer/base/err.h"
#include "cli/options.h"
#include "collector/collector.h"

struct plan_options { /* zeroed: all of it */
	int off;
	const char *delay, *duration, *max_size, *keep;
};

/* Entries of an option table for a values structure that has `struct plan_options member`. */
#define PLAN_OPTIONS(type, member) \
	{ OPTION_FLAG, 0, "off", NULL, "begin paused: `culprit ctl PID on` goes on", offsetof(type, member.off), NULL, "CULPRIT_OFF" }, \
	{ OPTION_TEXT, 0, "delay", "TIME", "begin paused, and go on after TIME: 90s, 1.5m, 2h", offsetof(type, member.delay), NULL, \
	  "CULPRIT_DELAY" }, \
	{ OPTION_TEXT, 0, "duration", "TIME", "end the recording TIME after it began or was first on;\nCOMMAND goes on without it", \
	  offsetof(type, member.duration), NULL, "CULPRIT_DURATION" }, \
	{ OPTION_TEXT, 0, "max-size", "BYTES", "end the recording when the trace is so large: 500M, 2GiB", offsetof(type, member.max_size), \
	  NULL, "CULPRIT_MAX_SIZE" }, \
	{ OPTION_TEXT, 0, "keep", "TIME|BYTES", "keep the last TIME (10m, 2h) or BYTES (500M) only", offsetof(type, member.keep), NULL, \
	  "CULPRIT_KEEP" }

/* Reads the options. *paused: 1 if the recording is to begin so. 0; or -1 with ERR_USAGE. */
int plan_options_read(const struct plan_options *o, struct collector_plan *plan, int *paused, struct err *err);

/* Appends the options that were given to a description of the recording: "--delay=5s" and so on, each with a NUL behind. The new size. */
size_t plan_options_describe(const struct plan_options *o, char *out, size_t size, size_t room);

#endif
