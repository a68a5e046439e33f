/* SPDX-License-Identifier: MIT
 *
 * Three kinds of process: the one that takes jobs and keeps watch, one for each job, which analyzes, and copies of that which finish
 * early. So a job that is killed for its memory is one that failed, and the next one begins with none used.
 */
#define _GNU_SOURCE
#include "cli/analysis_work.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/ingest/ingest.h"
#include "cli/leftover.h"

#define FIRST_PART_NS 1000000000u /* of reading events; the next after three times as long, and so on */
#define PROGRESS_NS 100000000u
#define PARTS 63u                 /* of a job */
#define NICE 5
#define PART_NICE 10

/* --- telling --------------------------------------------------------------------------------- */

struct job {
	const struct analysis_work *work;
	struct analysis_job asked;
	uint64_t told_ns;
	const char *told_phase;
	uint64_t began_ns, next_part_ns; /* since the events were begun */
	unsigned parts;                  /* begun */
	pid_t copy;                      /* that makes a part; 0: none */
	char path[PATH_MAX];             /* of that part */
	int is_copy;                     /* this process is one */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static unsigned part_number(const struct job *j, unsigned part)
{
	return j->asked.number * (PARTS + 1) + part;
}

static void tell(const struct job *j, const struct analysis_message *m)
{
	ssize_t n;

	do
		n = write(j->work->news, m, sizeof(*m));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		leftover_die(1); /* nobody listens any more */
}

/* Nobody need listen just now: progress is not waited for. */
static void tell_progress(void *arg, const char *phase, uint64_t done, uint64_t total)
{
	struct job *j = arg;
	struct analysis_message m = { .news = ANALYSIS_PROGRESS, .done = done, .total = total };
	struct pollfd news = { .fd = j->work->news, .events = POLLOUT };
	uint64_t now = now_ns();

	if (j->is_copy || (phase == j->told_phase && now - j->told_ns < PROGRESS_NS) || poll(&news, 1, 0) != 1)
		return;
	j->told_ns = now;
	j->told_phase = phase;
	snprintf(m.phase, sizeof(m.phase), "%s", phase);
	tell(j, &m);
}

/* --- parts ----------------------------------------------------------------------------------- */

/* 1 if a copy is still at work. */
static int copy_works(struct job *j, int options)
{
	int status;

	if (!j->copy || waitpid(j->copy, &status, options) != j->copy)
		return j->copy != 0;
	if (status) {
		leftover_made_by(j->copy, j->path);
		unlink(j->path);
	}
	leftover_child(j->copy = 0);
	return 0;
}

/* A part must not take the room that the whole needs, which is rarely more than the trace has. */
static int there_is_room(const struct analysis_work *w)
{
	char directory[PATH_MAX];
	struct statvfs free_now;
	struct stat trace;

	snprintf(directory, sizeof(directory), "%s", w->place->base);
	return !stat(w->trace_path, &trace) && !statvfs(dirname(directory), &free_now) &&
	       (uint64_t)free_now.f_bavail * free_now.f_frsize > (uint64_t)trace.st_size;
}

static int part_is_due(struct job *j, uint64_t done)
{
	uint64_t now = now_ns();

	if (!j->began_ns) {
		j->began_ns = now;
		j->next_part_ns = FIRST_PART_NS;
	}
	if (now - j->began_ns < j->next_part_ns || done < j->asked.parts_from || j->parts >= PARTS || copy_works(j, WNOHANG))
		return 0;
	j->next_part_ns = 3 * (now - j->began_ns);
	return there_is_room(j->work);
}

/* What the copy is from now on: a process of its own that makes a part and nothing else. */
static void become_copy(struct job *j, pid_t parent)
{
	j->is_copy = 1;
	leftover_forget();
	leftover_making(j->path);
	leftover_end_with(parent);
	setpriority(PRIO_PROCESS, 0, PART_NICE);
}

/* As ingest_options.part. */
static const char *fork_part(void *arg, uint64_t done, uint64_t total)
{
	struct job *j = arg;
	pid_t parent = getpid();

	(void)total;
	if (!part_is_due(j, done))
		return NULL;
	j->parts++;
	database_place_part(j->work->place, j->work->user, part_number(j, j->parts), j->path);
	leftover_part(part_number(j, j->parts), j->path);
	j->copy = fork();
	if (j->copy) {
		j->copy = j->copy < 0 ? 0 : j->copy; /* without memory for one there is no part */
		leftover_child(j->copy);
		return NULL;
	}
	become_copy(j, parent);
	return j->path;
}

/* The copy's end: what was published has to be told, or to go. */
static void __attribute__((noreturn)) end_copy(struct job *j, int failed)
{
	struct analysis_message m = { .news = ANALYSIS_PART, .part = part_number(j, j->parts) };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (!failed)
		tell(j, &m);
	_exit(failed);
}

/* --- jobs ------------------------------------------------------------------------------------ */

static void tell_failure(const struct job *j, const char *text)
{
	struct analysis_message m = { .news = ANALYSIS_FAILED };

	snprintf(m.text, sizeof(m.text), "%s", text);
	tell(j, &m);
}

static void whole_path(const struct job *j, char out[PATH_MAX])
{
	if (j->work->place->refused)
		database_place_part(j->work->place, j->work->user, part_number(j, 0), out);
	else
		snprintf(out, PATH_MAX, "%s", j->work->place->final);
}

/* The process of a job. */
static void __attribute__((noreturn)) run(struct job *j, pid_t parent)
{
	const struct analysis_work *w = j->work;
	struct analysis_message done = { .news = ANALYSIS_DONE };
	struct ingest_options options = { .progress = tell_progress, .progress_arg = j, .part = fork_part, .part_arg = j };
	struct err err = { 0 };
	char path[PATH_MAX];
	int failed;

	whole_path(j, path);
	if (w->place->refused)
		leftover_part(done.part = part_number(j, 0), path);
	leftover_forget();
	leftover_making(path);
	leftover_end_with(parent);
	failed = database_ingest(w->trace_path, path, w->options, &options, NULL, &err);
	if (j->is_copy)
		end_copy(j, failed);
	leftover_making(NULL);
	if (j->copy) {
		kill(j->copy, SIGTERM);
		copy_works(j, 0);
	}
	if (failed)
		tell_failure(j, err.text);
	else
		tell(j, &done);
	_exit(0);
}

/* What a job's process did not live to tell and to remove. */
static void clean_up(const struct job *j, pid_t pid, int status)
{
	char text[900], path[PATH_MAX];

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	whole_path(j, path);
	leftover_made_by(pid, path);
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "the analysis of %.600s was ended by signal %d (%s)%s", j->work->trace_path, WTERMSIG(status),
		         strsignal(WTERMSIG(status)), WTERMSIG(status) == SIGKILL ? ": perhaps for lack of memory" : "");
	else
		snprintf(text, sizeof(text), "the analysis of %.600s ended without a result", j->work->trace_path);
	tell_failure(j, text);
}

static void do_job(struct job *j)
{
	pid_t parent = getpid(), pid = fork();
	int status = 0;

	if (pid == 0)
		run(j, parent);
	if (pid < 0) {
		tell_failure(j, "there is no memory for a process that analyzes");
		return;
	}
	leftover_child(pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	leftover_child(0);
	clean_up(j, pid, status);
}

/* Nothing of this process is the terminal's: not what is typed there, nor a sentence of a library's. */
static void leave_terminal(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	setpgid(0, 0);
	for (int fd = 0; nothing >= 0 && fd <= 2; fd++)
		dup2(nothing, fd);
}

void analysis_work(const struct analysis_work *w)
{
	struct analysis_job asked;
	ssize_t n;

	leave_terminal();
	leftover_share_parts();
	leftover_end_with(w->user);
	setpriority(PRIO_PROCESS, 0, NICE);
	while ((n = read(w->jobs, &asked, sizeof(asked))) != 0) {
		struct job job = { .work = w, .asked = asked };

		if (n == (ssize_t)sizeof(asked))
			do_job(&job);
		else if (n > 0 || errno != EINTR)
			break;
	}
	leftover_die(0);
}
