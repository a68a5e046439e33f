/* SPDX-License-Identifier: MIT
 *
 * Handlers of the signals that end the process. What brings the terminal back is prepared when it is
 * taken, so that a handler needs nothing but write, tcsetattr and raise, which are allowed in one.
 */
#define _GNU_SOURCE
#include "tui/rescue.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { STACK_BYTES = 16384 };

static struct {
	char bytes[512];
	size_t size;
	struct termios before;
	atomic_int needed;
} rescue;

static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The terminal back, by one thread alone, then the signal again with its default effect. */
static void die(int number)
{
	if (atomic_exchange(&rescue.needed, 0)) {
		signal(SIGTTOU, SIG_IGN); /* in the background, tcsetattr would stop us instead */
		if (write(STDOUT_FILENO, rescue.bytes, rescue.size) < 0)
			errno = 0; /* the terminal is gone: nothing to restore */
		tcsetattr(STDIN_FILENO, TCSANOW, &rescue.before);
	}
	signal(number, SIG_DFL);
	raise(number);
}

/* A crash may be that there is no stack left: handlers have one of their own, unless somebody gave the thread one already. */
static void own_stack(char *stack)
{
	const stack_t own = { .ss_sp = stack, .ss_size = STACK_BYTES };
	stack_t now;

	if (sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE))
		sigaltstack(&own, NULL);
}

void rescue_arm(const char *bytes, size_t size, const struct termios *before)
{
	static char stack[STACK_BYTES];
	struct sigaction action = { .sa_handler = die, .sa_flags = SA_ONSTACK };

	rescue.size = size < sizeof(rescue.bytes) ? size : sizeof(rescue.bytes);
	memcpy(rescue.bytes, bytes, rescue.size);
	rescue.before = *before;
	rescue_needed(1);
	own_stack(stack);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT(ending); i++) {
		struct sigaction old;

		/* What was ignored before (nohup) stays so. */
		if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
	}
}

void rescue_needed(int needed)
{
	atomic_store(&rescue.needed, needed);
}

void rescue_disarm(void)
{
	rescue_needed(0);
	for (size_t i = 0; i < COUNT(ending); i++) {
		struct sigaction old;

		if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler == die)
			signal(ending[i], SIG_DFL);
	}
}

void rescue_thread(void)
{
	static __thread char stack[STACK_BYTES];
	sigset_t others;

	own_stack(stack);
	sigfillset(&others);
	for (size_t i = 0; i < COUNT(crashes); i++)
		sigdelset(&others, crashes[i]);
	pthread_sigmask(SIG_BLOCK, &others, NULL);
}
