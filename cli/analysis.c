/* SPDX-License-Identifier: MIT
 *
 * The side that is shown something: it starts the process, gives it jobs and reads what it tells.
 */
#define _GNU_SOURCE /* pipe2 */
#include "cli/analysis.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "cli/analysis_work.h"

struct analysis {
	struct analysis_work work; /* its end of the jobs stays open here, so that writing one never is a signal */
	pid_t pid;                 /* 0: it has ended */
	int jobs, news;            /* jobs to write, news to read */
	unsigned number;           /* of the last job */
	int busy;
	char text[PATH_MAX];
};

static int fork_worker(struct analysis *a)
{
	int jobs[2], news[2];

	if (pipe2(jobs, O_CLOEXEC))
		return -1;
	if (pipe2(news, O_CLOEXEC)) {
		close(jobs[0]);
		close(jobs[1]);
		return -1;
	}
	a->work.user = getpid();
	a->work.jobs = jobs[0];
	a->work.news = news[1];
	a->jobs = jobs[1];
	a->news = news[0];
	fcntl(a->news, F_SETFL, O_NONBLOCK);
	a->pid = fork();
	if (a->pid == 0) {
		close(a->jobs);
		close(a->news);
		analysis_work(&a->work);
	}
	close(a->work.news);
	return a->pid < 0 ? -1 : 0;
}

struct analysis *analysis_start(const char *trace_path, const struct database_place *place, const struct database_options *o,
                                struct err *err)
{
	struct analysis *a = memory_zeroed(1, sizeof(*a));

	a->work = (struct analysis_work){ .trace_path = trace_path, .place = place, .options = o };
	a->jobs = a->news = -1;
	if (!fork_worker(a))
		return a;
	err_errno(err, "cannot start a process to analyze %s", trace_path);
	analysis_stop(a);
	return NULL;
}

void analysis_run(struct analysis *a, uint64_t parts_from)
{
	struct analysis_job job = { .number = a->number + 1, .parts_from = parts_from };

	if (a->busy)
		return;
	a->number++;
	a->busy = 1;
	if (write(a->jobs, &job, sizeof(job)) < 0)
		errno = 0; /* cannot be: the pipe is empty */
}

int analysis_busy(const struct analysis *a)
{
	return a->busy;
}

int analysis_fd(const struct analysis *a)
{
	return a->news;
}

/* There is no process any more, which never ends by itself. */
static enum analysis_news analysis_died(struct analysis *a)
{
	int status = 0;

	if (a->pid > 0)
		waitpid(a->pid, &status, 0);
	a->pid = 0;
	if (a->news >= 0)
		close(a->news);
	a->news = -1;
	if (!a->busy)
		return ANALYSIS_NOTHING;
	a->busy = 0;
	snprintf(a->text, sizeof(a->text), "the process that analyzes %s was ended%s: no other can be started now", a->work.trace_path,
	         WIFSIGNALED(status) ? " by a signal" : "");
	return ANALYSIS_FAILED;
}

static enum analysis_news analysis_take(struct analysis *a, const struct analysis_message *m)
{
	switch (m->news) {
	case ANALYSIS_PROGRESS:
		snprintf(a->text, sizeof(a->text), "%.*s %d %%", (int)sizeof(m->phase), m->phase,
		         m->total ? (int)(m->done * 100 / m->total) : 0);
		break;
	case ANALYSIS_FAILED:
		a->busy = 0;
		snprintf(a->text, sizeof(a->text), "%.*s", (int)sizeof(m->text), m->text);
		break;
	default:
		if (m->news == ANALYSIS_DONE)
			a->busy = 0;
		if (m->part)
			database_place_part(a->work.place, a->work.user, m->part, a->text);
		else
			snprintf(a->text, sizeof(a->text), "%s", a->work.place->final);
		break;
	}
	return m->news;
}

enum analysis_news analysis_step(struct analysis *a, const char **text)
{
	struct analysis_message m;
	ssize_t n;

	*text = a->text;
	if (a->news < 0)
		return analysis_died(a);
	do
		n = read(a->news, &m, sizeof(m));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(m))
		return analysis_take(a, &m);
	return n < 0 && errno == EAGAIN ? ANALYSIS_NOTHING : analysis_died(a);
}

void analysis_stop(struct analysis *a)
{
	if (!a)
		return;
	if (a->pid > 0) {
		kill(a->pid, SIGTERM);
		while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (a->jobs >= 0) {
		close(a->jobs);
		close(a->work.jobs);
	}
	if (a->news >= 0)
		close(a->news);
	free(a);
}
