// SPDX-License-Identifier: MIT
//
// A storm of signals at a thread that calls operator new and delete 500000 times. The handler calls a hook that allocates
// nothing. With an argument it runs on a signal stack, which lies in the thread's own stack, above what it interrupts.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static std::atomic<bool> done;

static void handler(int)
{
	void *p;
	if (posix_memalign(&p, 3, 8) == 0) // no such alignment
		abort();
}

static void *work(void *)
{
	char room[65536];
	stack_t stack = {};
	stack.ss_sp = room;
	stack.ss_size = sizeof room;
	sigaltstack(&stack, nullptr);
	for (int i = 0; i < 500000; i++) {
		int *volatile p = new int;
		delete p;
	}
	done = true;
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, nullptr);
	return nullptr;
}

int main(int argc, char **)
{
	struct sigaction action = {};
	pthread_t thread;
	action.sa_handler = handler;
	action.sa_flags = SA_RESTART | (argc > 1 ? SA_ONSTACK : 0);
	sigaction(SIGUSR1, &action, nullptr);
	pthread_create(&thread, nullptr, work, nullptr);
	while (!done) {
		pthread_kill(thread, SIGUSR1);
		usleep(1);
	}
	pthread_join(thread, nullptr);
	puts("good");
	return 0;
}
