/* SPDX-License-Identifier: MIT
 *
 * The other side of analysis.h: what the process does, and what it tells. Between the two go only these messages, through pipes.
 */
#ifndef CLI_ANALYSIS_WORK_H
#define CLI_ANALYSIS_WORK_H

#include <stdint.h>
#include <sys/types.h>

#include "cli/analysis.h"

struct analysis_job {
	unsigned number;     /* of the job, from 1 */
	uint64_t parts_from; /* see analysis_run */
};

/* Written whole or not at all: it is shorter than PIPE_BUF. */
struct analysis_message {
	enum analysis_news news;
	unsigned part;        /* of a part, or of a database that is temporary: its number; 0: TRACE.db */
	uint64_t done, total; /* of progress */
	char phase[16];
	char text[1024];      /* of a failure */
};

struct analysis_work {
	const char *trace_path;
	const struct database_place *place;
	const struct database_options *options;
	pid_t user;     /* who started the process; temporary databases bear its id */
	int jobs, news; /* ends of pipes: jobs to read, news to write */
};

/* Works until nobody gives jobs any more; ends the process. */
void analysis_work(const struct analysis_work *w) __attribute__((noreturn));

#endif
