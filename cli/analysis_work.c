/* SPDX-License-Identifier: MIT
 *
 * The process that analyzes, and the copies of it that finish early. Each has a list of the files it would leave behind, which its
 * signal handler removes: the end of the process it works for is such a signal.
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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/ingest/ingest.h"

#define FIRST_PART_NS 1000000000u /* of reading events; the next after three times as long, and so on */
#define PROGRESS_NS 100000000u
#define PARTS 63u                 /* of a job */
#define NICE 10
#define PART_NICE 15

/* --- what a signal leaves -------------------------------------------------------------------- */

enum { DOOMED = 9 }; /* [0]: the file being made; the others: parts, the latest. Who uses them has removed those before */
static char doomed[DOOMED][PATH_MAX];

static void __attribute__((noreturn)) die(int number)
{
	for (int i = 0; i < DOOMED; i++)
		if (doomed[i][0])
			unlink(doomed[i]);
	_exit(128 + number);
}

/* The name a file has until it is whole: see store.h. */
static void doom_making(const char *path)
{
	if (snprintf(doomed[0], PATH_MAX, "%s.tmp-%ld", path, (long)getpid()) >= PATH_MAX)
		doomed[0][0] = 0;
}

static void doom_part(unsigned number, const char *path)
{
	snprintf(doomed[1 + number % (DOOMED - 1)], PATH_MAX, "%s", path);
}

/* From now on the process ends when `parent` does. */
static void end_with(pid_t parent)
{
	static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = die };

	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaction(ending[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		die(SIGTERM);
}

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
		die(SIGTERM); /* nobody listens any more */
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
	if (status)
		unlink(j->path);
	j->copy = 0;
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
	memset(doomed, 0, sizeof(doomed));
	doom_making(j->path);
	end_with(parent);
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
	doom_part(part_number(j, j->parts), j->path);
	j->copy = fork();
	if (j->copy) { /* without memory for one there is no part */
		j->copy = j->copy < 0 ? 0 : j->copy;
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

static void run(struct job *j)
{
	const struct analysis_work *w = j->work;
	struct analysis_message m = { .news = ANALYSIS_DONE };
	struct ingest_options options = { .progress = tell_progress, .progress_arg = j, .part = fork_part, .part_arg = j };
	struct err err = { 0 };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", w->place->final);
	if (w->place->refused) {
		m.part = part_number(j, 0);
		database_place_part(w->place, w->user, m.part, path);
		doom_part(m.part, path);
	}
	doom_making(path);
	if (database_ingest(w->trace_path, path, w->options, &options, NULL, &err)) {
		m = (struct analysis_message){ .news = ANALYSIS_FAILED };
		snprintf(m.text, sizeof(m.text), "%s", err.text);
	}
	if (j->is_copy)
		end_copy(j, m.news == ANALYSIS_FAILED);
	doomed[0][0] = 0;
	if (j->copy) {
		kill(j->copy, SIGTERM);
		copy_works(j, 0);
	}
	tell(j, &m);
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
	end_with(w->user);
	setpriority(PRIO_PROCESS, 0, NICE);
	while ((n = read(w->jobs, &asked, sizeof(asked))) != 0) {
		struct job job = { .work = w, .asked = asked };

		if (n == (ssize_t)sizeof(asked))
			run(&job);
		else if (n > 0 || errno != EINTR)
			break;
	}
	die(0);
}
