/* SPDX-License-Identifier: MIT
 *
 * `culprit collect`: the collector of a recording that a program started itself, with the library
 * preloaded and nothing else. Internal: the library runs it. It keeps nothing of the program's that
 * anybody could wait for, and ends when no recorded process is left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/plan_options.h"
#include "cli/trace_name.h"
#include "collector/collector.h"
#include "collector/proc.h"

#define FIRST_CLAIM_NS 5000000000ull /* for the first process to say who it is */
#define AFTER_SIGTERM_NS 10000000000ull /* a service manager ends us together with the service */

struct settings {
	long segment_fd, socket_fd;
	struct plan_options plan; /* by variables; what begins paused the library has read for itself */
};

static const struct option_spec options[] = {
	{ OPTION_NUMBER, 0, "segment-fd", "N", "the segment", .offset = offsetof(struct settings, segment_fd) },
	{ OPTION_NUMBER, 0, "socket-fd", "N", "the listening socket", .offset = offsetof(struct settings, socket_fd) },
	PLAN_OPTIONS(struct settings, plan),
	{ 0 },
};

static const struct command_usage usage = {
	.name = "collect",
	.operands = "",
	.summary = "Collects for a program that was started with libculprit.so preloaded, which runs this itself.",
	.options = options,
};

static struct collector *signalled;
static volatile sig_atomic_t terminations;

static void on_signal(int number)
{
	(void)number;
	terminations++;
	collector_poke(signalled);
}

static void catch_signals(struct collector *c)
{
	static const int ignored[] = { SIGXFSZ, SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTTOU, SIGCHLD };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t none;
	signalled = c;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Closes what the program had open, but stderr. */
static void keep_two(int *segment, int *socket)
{
	int high = *segment > *socket ? *segment : *socket, low = *segment + *socket - high;
	if (low > 3)
		close_range(3, (unsigned)low - 1, 0);
	if (high > low + 1)
		close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1, ~0u, 0);
	fcntl(low, F_SETFD, FD_CLOEXEC);
	fcntl(high, F_SETFD, FD_CLOEXEC);
}

static void detach_stdio(void)
{
	struct stat s;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	/* Whoever reads a pipe waits for its last writer, and that should be the program. */
	if (fstat(STDERR_FILENO, &s) < 0 || S_ISFIFO(s.st_mode))
		dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

/* The first process's name and pid, once it has claimed its slot. They name the trace only. */
static int wait_for_first(struct segment *s, char comm[16], int *pid)
{
	struct segment_process *p = segment_process(s, 0);
	uint64_t end = clock_now_ns() + FIRST_CLAIM_NS;
	while (atomic_load(&p->state) != SLOT_LIVE) {
		if (clock_now_ns() > end)
			return -1;
		usleep(200);
	}
	memcpy(comm, p->comm, 16);
	comm[15] = 0;
	*pid = p->pid;
	return 0;
}

static void run(struct collector *c)
{
	uint64_t told_to_end_ns = 0;
	c->expects_more = 1;
	while (terminations < 2) {
		collector_round(c);
		if (c->roster.last_process)
			c->expects_more = 0;
		if (terminations && !told_to_end_ns)
			told_to_end_ns = clock_now_ns();
		if (collector_over(c) || (told_to_end_ns && clock_now_ns() - told_to_end_ns > AFTER_SIGTERM_NS))
			return;
	}
}

static int begin(struct collector *c, struct share *share, struct door *door, char *name, struct err *err)
{
	char comm[16], path[PATH_MAX];
	int pid;
	if (wait_for_first(share->segment, comm, &pid) < 0)
		return err_set(err, ERR_FAILED, "no program has begun to record");
	trace_name(path, getenv("CULPRIT_OUTPUT"), comm, pid);
	door_name(name, share->segment->id);
	if (collector_open(c, share, door, name, path) < 0)
		return err_set(err, ERR_FAILED, "%s", c->failure);
	c->first_pid = pid - 1;
	c->passes_over = getenv("CULPRIT_ONLY") || getenv("CULPRIT_SKIP");
	return 0;
}

int cmd_collect(int argc, char **argv)
{
	static struct collector c;
	static char name[DOOR_NAME_SIZE];
	struct settings settings = { .segment_fd = -1, .socket_fd = -1 };
	struct err err = { 0 };
	struct share share;
	struct clock_reading start = clock_read();
	int operands = options_parse(&usage, argc, argv, &settings, &err);
	if (operands == OPTIONS_HELP)
		return 0;
	if (operands > 0 || (!operands && (settings.segment_fd < 3 || settings.socket_fd < 3)))
		err_set(&err, ERR_USAGE, "collect: libculprit.so runs this itself; you want `culprit record`");
	if (err.kind)
		return command_fail(&err);

	int segment = (int)settings.segment_fd;
	struct door door = { .socket = (int)settings.socket_fd, .segment = -1 };
	setsid();
	keep_two(&segment, &door.socket);
	int error = share_adopt(&share, segment);
	if (error) {
		errno = -error;
		if (error == -EPROTO)
			err_set(&err, ERR_FAILED, "not recording: the library and the collector are of different versions");
		else
			err_errno(&err, "not recording: the collector cannot map the segment (does ulimit -v limit its address space?)");
		return command_fail(&err);
	}
	struct collector_plan plan;
	int paused;
	if (plan_options_read(&settings.plan, &plan, &paused, &err) < 0) {
		segment_turn(share.segment, SEGMENT_OFF);
		return command_fail(&err);
	}
	if (begin(&c, &share, &door, name, &err) < 0) {
		segment_turn(share.segment, SEGMENT_OFF);
		return command_fail(&err);
	}
	catch_signals(&c);
	detach_stdio();
	if (chdir("/") < 0)
		return ERR_FAILED;
	door_open(&door, share.fd, share.segment->flags & SEGMENT_FOLLOW_EXEC ? -1 : 0);
	char how[512] = CULPRIT_VERSION "\0preloaded";
	size_t size = plan_options_describe(&settings.plan, how, sizeof(CULPRIT_VERSION "\0preloaded") - 1, sizeof(how));
	c.plan = plan;
	collector_start(&c, &start, how, size);
	c.roster.first_pidfd = proc_listener_pidfd(door.socket, &c.roster.first_pid);
	run(&c);
	collector_stop(&c);
	if (c.failure[0])
		fprintf(stderr, "culprit: %s\n", c.failure);
	return c.failure[0] ? ERR_FAILED : 0;
}
