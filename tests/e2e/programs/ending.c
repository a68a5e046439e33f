/* SPDX-License-Identifier: MIT
 *
 * Ends in the way its argument says, after a known number of allocations by `before`: exit, _exit, abort, segfault,
 * thread (exit while another thread allocates), exec.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void *volatile sink;

static __attribute__((noinline)) void before(int n)
{
	for (int i = 0; i < n; i++) {
		sink = malloc(10);
		if (i % 2)
			free(sink);
	}
}

static void *forever(void *arg)
{
	for (;;) {
		void *volatile block = malloc(100);

		free(block);
	}
	return arg;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "exit";
	struct rlimit no_core = { 0, 0 };
	pthread_t thread;

	setrlimit(RLIMIT_CORE, &no_core);
	if (strcmp(how, "thread") == 0 && pthread_create(&thread, NULL, forever, NULL))
		return 1;
	before(12345);
	if (strcmp(how, "_exit") == 0)
		_exit(5);
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "segfault") == 0)
		raise(SIGSEGV);
	if (strcmp(how, "exec") == 0)
		execl("/bin/echo", "echo", "another image", (char *)NULL);
	return 3;
}
