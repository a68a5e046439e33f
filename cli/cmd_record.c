/* SPDX-License-Identifier: MIT
 *
 * `culprit record`: launcher and collector in one process. The command runs as it would without us:
 * same descriptors, signals, exit status; what is ours to say goes to stderr, after it has ended.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/detach.h"
#include "cli/launch.h"
#include "cli/options.h"
#include "cli/plan_options.h"
#include "cli/trace_name.h"
#include "cli/program.h"
#include "cli/record_result.h"
#include "collector/collector.h"

#define SAMPLE_DEFAULT "524288" /* as in other allocators' profilers: an allocation of that size is in the sample with a chance of 63 % */

enum { ON_FULL_WAIT, ON_FULL_DROP };
enum { FOLLOW_ALL, FOLLOW_FORK, FOLLOW_NONE };

struct settings {
	const char *output;
	int on_full, follow, no_free_stacks, check_stacks, quiet, detach;
	struct option_list only, skip;
	struct plan_options plan;
	long sample;
};

static const char *const on_full_choices[] = { "wait", "drop", NULL };
static const char *const follow_choices[] = { "all", "fork", "none", NULL };

static const char *const sample_default[] = { SAMPLE_DEFAULT };

static const struct option_spec options[] = {
	{ OPTION_TEXT, 'o', "output", "FILE",
	  "write the trace to FILE; %p, %e, %h in it become pid,\n"
	  "command and host (default: culprit.%e.%p.trace)",
	  offsetof(struct settings, output), .environment = "CULPRIT_OUTPUT" },
	{ OPTION_CHOICE, 0, "on-full", NULL,
	  "a thread that is faster than the collector waits for it\n"
	  "(default), or drops events, which are counted",
	  offsetof(struct settings, on_full), .choices = on_full_choices, .environment = "CULPRIT_ON_FULL" },
	{ OPTION_CHOICE, 0, "follow", NULL,
	  "record child processes too: all (default), those that do\n"
	  "not execute another program, or none",
	  offsetof(struct settings, follow), .choices = follow_choices, .environment = "CULPRIT_FOLLOW" },
	{ OPTION_LIST, 0, "only", "GLOB",
	  "record only programs of such a name; in the pattern\n"
	  "* stands for any text, ? for a character (may be repeated)",
	  offsetof(struct settings, only), .environment = "CULPRIT_ONLY" },
	{ OPTION_LIST, 0, "skip", "GLOB", "do not record programs of such a name; what they execute\nis recorded (may be repeated)",
	  offsetof(struct settings, skip), .environment = "CULPRIT_SKIP" },
	{ OPTION_FLAG, 0, "detach", NULL, "go on in the background once COMMAND runs",
	  offsetof(struct settings, detach), .environment = NULL },
	PLAN_OPTIONS(struct settings, plan),
	{ OPTION_FLAG, 0, "no-free-stacks", NULL, "record where memory is freed without its stack: cheaper",
	  offsetof(struct settings, no_free_stacks), .environment = "CULPRIT_NO_FREE_STACKS" },
	{ OPTION_BYTES, 0, "sample", "BYTES",
	  "for production: record a block in every BYTES allocated, by\n"
	  "chance (default: 512KiB); figures become estimates with\n"
	  "their errors",
	  offsetof(struct settings, sample), .choices = sample_default, .environment = "CULPRIT_SAMPLE" },
	{ OPTION_FLAG, 0, "check-stacks", NULL, "compare every stack with libunwind's: slow, for tests",
	  offsetof(struct settings, check_stacks), .environment = "CULPRIT_CHECK_STACKS" },
	{ OPTION_FLAG, 'q', "quiet", NULL, "say nothing at the end", offsetof(struct settings, quiet),
	  .environment = "CULPRIT_QUIET" },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "record",
	.operands = "[--] COMMAND [ARGUMENT...]",
	.summary = "Runs COMMAND and records its allocations, and those of the processes it starts, in a trace.",
	.options = options,
	.stop_at_operand = 1,
	.more = "The exit status is COMMAND's: 128+N where signal N ended it, 127 where it was not found. An interrupt\n"
	        "goes to COMMAND; a second one ends the recording, a third one leaves COMMAND alone.\n",
};

struct recording {
	struct settings settings;
	char program[PATH_MAX], library[PATH_MAX], output[PATH_MAX];
	char name[DOOR_NAME_SIZE];
	const char *command;
	struct share share;
	struct door door;
	struct launch launch;
	struct detach detach;
	struct collector collector;
	struct clock_reading start;
	struct collector_plan plan;
	int paused; /* at first */
	int ended, status; /* of the command */
	int heard;         /* interrupts when it ended: it has had these */
};

/* --- signals --------------------------------------------------------------------------------- */

static struct collector *signalled; /* poked by every signal */
static volatile sig_atomic_t interrupts;
static volatile sig_atomic_t forwarded; /* a bit a number */
#define FORWARDED_MOST 31

/* A terminal interrupts the command, too. But who stops a container tells its first process alone. */
static void on_signal(int number, siginfo_t *info, void *context)
{
	int is_told_alone = getpid() == 1 && info->si_code <= 0;
	(void)context;
	if ((number == SIGINT || number == SIGQUIT) && !is_told_alone)
		interrupts++;
	else if (number != SIGCHLD)
		forwarded |= 1 << number;
	collector_poke(signalled);
}

static void catch_signals(struct collector *c)
{
	static const int caught[] = { SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
	static const int ignored[] = { SIGXFSZ, SIGPIPE, SIGTTOU };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	signalled = c;
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaction(caught[i], &action, NULL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
}

/* --- before ---------------------------------------------------------------------------------- */

static uint32_t segment_flags(const struct settings *s)
{
	static const uint32_t follow[] = {
		[FOLLOW_ALL] = SEGMENT_FOLLOW_FORK | SEGMENT_FOLLOW_EXEC, [FOLLOW_FORK] = SEGMENT_FOLLOW_FORK, [FOLLOW_NONE] = 0
	};
	return follow[s->follow] | (s->on_full == ON_FULL_DROP ? SEGMENT_DROP_ON_FULL : 0) |
	       (s->no_free_stacks ? SEGMENT_NO_FREE_STACKS : 0) | (s->check_stacks ? SEGMENT_CHECK_STACKS : 0);
}

/* The library asks for these in each program. */
static int set_choice(const char *variable, const struct option_list *globs)
{
	char text[4096] = "";
	size_t used = 0;
	for (size_t i = 0; i < globs->count && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ":" : "", globs->items[i]);
	return used >= sizeof(text) || (used && setenv(variable, text, 1) < 0) ? -1 : 0;
}

static int set_choices(const struct settings *s, struct err *err)
{
	if (set_choice("CULPRIT_ONLY", &s->only) == 0 && set_choice("CULPRIT_SKIP", &s->skip) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "record: the patterns of --only and --skip are longer than 4095 bytes");
}

static int make_segment(struct recording *r, struct err *err)
{
	int error = share_create(&r->share, segment_flags(&r->settings));
	if (!error) {
		r->share.segment->sample_bytes = (uint64_t)r->settings.sample;
		door_name(r->name, r->share.segment->id);
		error = door_create(&r->door, r->name);
	}
	if (!error && r->paused)
		segment_turn(r->share.segment, SEGMENT_PAUSED);
	if (!error)
		return 0;
	errno = -error;
	if (error == -ENOMEM)
		return err_errno(err, "cannot map the shared memory to record into: where `ulimit -v` is set for culprit itself, set it for "
		                      "the command alone, culprit record -- sh -c 'ulimit -v N; exec COMMAND'");
	return err_errno(err, "cannot make the shared memory to record into");
}

/* From the fork on every signal waits until its handler is there: the child must not inherit handlers or ignored signals. */
static int start(struct recording *r, char **argv, struct err *err)
{
	sigset_t all, before;
	const char *slash = strrchr(r->command, '/');
	char comm[16];
	r->start = clock_read();
	if (launch_fork(&r->launch, r->program, argv, r->library, r->name, err) < 0)
		return -1;
	snprintf(comm, sizeof(comm), "%s", slash ? slash + 1 : r->command);
	trace_name(r->output, r->settings.output, comm, r->launch.pid);
	if (collector_open(&r->collector, &r->share, &r->door, r->name, r->output) < 0) {
		launch_cancel(&r->launch);
		return err_set(err, ERR_FAILED, "%s", r->collector.failure);
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	catch_signals(&r->collector);
	int error = launch_go(&r->launch);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (!error)
		return 0;
	writer_discard(&r->collector.writer, r->output);
	errno = error;
	return err_errno(err, "cannot run %s", r->command);
}

static size_t describe_options(const struct recording *r, char *out, size_t size)
{
	const struct settings *s = &r->settings;
	int n = snprintf(out, size, "%s%c--on-full=%s%c--follow=%s%c%s%s", CULPRIT_VERSION, 0, on_full_choices[s->on_full], 0,
	                 follow_choices[s->follow], 0, s->no_free_stacks ? "--no-free-stacks" : "",
	                 s->check_stacks ? "--check-stacks" : "");
	if (s->sample && n > 0 && (size_t)n < size)
		n += snprintf(out + n, size - (size_t)n, "%c--sample=%ld", 0, s->sample);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* --- while it runs --------------------------------------------------------------------------- */

/* As the first process of a container we are given the orphans, too. The collector is to know before the kernel forgets. */
static void notice_ends(struct recording *r)
{
	siginfo_t info = { 0 };
	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid) {
		int status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
		if (info.si_pid == r->launch.pid) {
			r->ended = 1;
			r->heard = interrupts;
			r->status = status;
			r->collector.expects_more = 0;
		}
		collector_child_ended(&r->collector, info.si_pid, status);
		waitpid(info.si_pid, NULL, 0);
		info.si_pid = 0;
	}
}

/* Hands signals on to the command. 1: there were some. */
static int forward(const struct recording *r)
{
	int numbers = __atomic_exchange_n(&forwarded, 0, __ATOMIC_RELAXED);
	for (int number = 1; number < FORWARDED_MOST && !r->ended; number++)
		if (numbers & 1 << number)
			kill(r->launch.pid, number);
	return numbers != 0;
}

/* 1: the user wants the recording to end. */
static int heed_signals(const struct recording *r)
{
	return (forward(r) && r->ended) || interrupts >= 2 || (r->ended && interrupts > r->heard);
}

static void run(struct recording *r)
{
	char text[512];
	size_t size = plan_options_describe(&r->settings.plan, text, describe_options(r, text, sizeof(text)), sizeof(text));
	r->collector.plan = r->plan;
	r->collector.first_pid = r->launch.pid;
	r->collector.expects_more = 1;
	r->collector.passes_over = r->settings.only.count || r->settings.skip.count;
	collector_start(&r->collector, &r->start, text, size);
	int over = 0;
	while (!over && !heed_signals(r)) {
		collector_round(&r->collector);
		notice_ends(r);
		over = collector_over(&r->collector);
	}
	if (!over)
		collector_end(&r->collector, "it was interrupted");
	collector_stop(&r->collector);
}

/* The recording may be over before the command is. A third interrupt leaves it alone. */
static void wait_for_command(struct recording *r)
{
	if (!r->ended && interrupts >= 2 && !r->settings.quiet)
		fprintf(stderr, "culprit: the recording has ended, %s goes on: another interrupt leaves it alone\n", r->command);
	while (!r->ended && interrupts < 3) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);
		if (pid == r->launch.pid) {
			r->ended = 1;
			r->status = status;
		} else if (pid < 0 && errno != EINTR) {
			return;
		}
		forward(r);
	}
}

/* --- after ----------------------------------------------------------------------------------- */

static void say_result(const struct recording *r)
{
	const struct collector *c = &r->collector;
	if (c->failure[0])
		fprintf(stderr, "culprit: %s: %s\n", r->output, c->failure);
	if (!r->settings.quiet && !c->failure[0])
		record_result_say(c, &(struct record_result){ r->command, r->library, r->output, r->settings.sample });
}

static int exit_status(const struct recording *r)
{
	if (!r->ended)
		return 128 + SIGINT;
	return WIFSIGNALED(r->status) ? 128 + WTERMSIG(r->status) : WEXITSTATUS(r->status);
}

/* In the background, where nobody hears us. */
static void go_on(struct recording *r)
{
	if (!r->settings.quiet)
		fprintf(stderr, "culprit: recording process %d in %s\n", (int)r->launch.pid, r->output);
	r->settings.quiet = 1;
	detach_done(&r->detach);
}

int cmd_record(int argc, char **argv)
{
	static struct recording r;
	struct err err = { 0 };
	int status = ERR_FAILED;
	int operands = options_parse(&usage, argc, argv, &r.settings, &err);
	if (operands == OPTIONS_HELP)
		return 0;
	if (operands == 0)
		err_set(&err, ERR_USAGE, "record: which command? Try `culprit record -- COMMAND ...`");
	if (operands <= 0)
		return command_fail(&err);
	r.command = argv[0];
	if (program_find(r.command, r.program, &status, &err) < 0) {
		command_fail(&err);
		return status;
	}
	if (program_check(r.program, &err) < 0 || launch_find_library(r.library, &err) < 0 ||
	    set_choices(&r.settings, &err) < 0 ||
	    plan_options_read(&r.settings.plan, &r.plan, &r.paused, &err) < 0)
		return command_fail(&err);
	int where = r.settings.detach ? detach_fork(&r.detach, &err) : DETACH_BACKGROUND;
	if (where == DETACH_FOREGROUND)
		return r.detach.status;
	if (where < 0 || make_segment(&r, &err) < 0)
		return command_fail(&err);
	if (start(&r, argv, &err) < 0) {
		command_fail(&err);
		return r.collector.failure[0] ? ERR_FAILED : errno == ENOENT ? 127 : 126;
	}
	if (r.settings.detach)
		go_on(&r);
	door_open(&r.door, r.share.fd, r.settings.follow == FOLLOW_ALL ? -1 : 1);
	run(&r);
	wait_for_command(&r);
	say_result(&r);
	return exit_status(&r);
}
