/* SPDX-License-Identifier: MIT
 *
 * Threads on the smallest stacks, each interrupted a thousand times a second on a small signal stack, in the middle of
 * whatever is called. Usage: interrupted count|alloc|jump MILLISECONDS [measure]. What the handler does: nothing but count;
 * allocate (the threads only lock meanwhile, for a handler may not allocate in the middle of malloc); leave by siglongjmp.
 * With `measure` it says how deep the stacks were used.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS 3
#define BEYOND 4096u /* what a handler has of the signal stack, behind what the kernel puts there */
#define PAINT 0xa5

static enum { COUNT, ALLOC, JUMP } mode;
static atomic_int over;
static atomic_ulong interrupts, allocated, rounds;
static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
static __thread sigjmp_buf back;
static __thread volatile sig_atomic_t may_jump;
static __thread unsigned *count;

static __attribute__((noipa)) void in_handler(void)
{
	void *block = malloc(40);

	if (block)
		atomic_fetch_add(&allocated, 1);
	free(block);
}

static void on_signal(int number)
{
	int saved = errno;

	(void)number;
	atomic_fetch_add(&interrupts, 1);
	if (mode == ALLOC)
		in_handler();
	errno = saved;
	if (mode == JUMP && may_jump && ++*count % 2)
		siglongjmp(back, 1);
}

static __attribute__((noipa)) void allocate(void)
{
	void *volatile block = malloc(100);

	free(block);
}

/* What a handler of each kind may come into the middle of. */
static void work(void)
{
	pthread_mutex_t own;
	sem_t none;

	if (mode == JUMP) {
		sigsetjmp(back, 1);
		may_jump = 1;
		pthread_mutex_init(&own, NULL);
		sem_init(&none, 0, 0);
		for (int i = 0; i < 50; i++)
			sem_trywait(&none);
		may_jump = 0;
		sem_destroy(&none);
		pthread_mutex_destroy(&own);
	} else {
		for (int i = 0; i < 50; i++) {
			pthread_mutex_lock(&shared);
			pthread_mutex_unlock(&shared);
			if (mode == COUNT)
				allocate();
		}
	}
	atomic_fetch_add(&rounds, 1);
}

static size_t unpainted(const unsigned char *stack, size_t size)
{
	size_t at = 0;

	while (at < size && stack[at] == PAINT)
		at++;
	return size - at;
}

static void *thread_main(void *arg)
{
	size_t size = getauxval(AT_MINSIGSTKSZ) + BEYOND;
	unsigned char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t on = { .ss_sp = stack, .ss_size = size }, off = { .ss_flags = SS_DISABLE };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };
	struct itimerspec often = { { 0, 1000000 }, { 0, 1000000 } }, never = { { 0, 0 }, { 0, 0 } };
	timer_t timer;
	unsigned counted = 0;

	count = &counted;
	memset(stack, PAINT, size);
	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	if (sigaltstack(&on, NULL) || timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &often, NULL))
		_exit(3);
	while (!atomic_load(&over))
		work();
	timer_settime(timer, 0, &never, NULL);
	timer_delete(timer);
	sigaltstack(&off, NULL);
	*(size_t *)arg = unpainted(stack, size) - getauxval(AT_MINSIGSTKSZ);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_RESTART };
	pthread_t thread[THREADS];
	pthread_attr_t attributes;
	size_t used[THREADS], stack_size = 16384, stack_used = 0;
	unsigned char *stacks[THREADS];

	if (argc < 3)
		return 2;
	mode = argv[1][0] == 'c' ? COUNT : argv[1][0] == 'a' ? ALLOC : JUMP;
	sigaction(SIGUSR1, &action, NULL);
	pthread_attr_init(&attributes);
	for (int i = 0; i < THREADS; i++) {
		stacks[i] = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(stacks[i], PAINT, stack_size);
		pthread_attr_setstack(&attributes, stacks[i], stack_size);
		if (pthread_create(&thread[i], &attributes, thread_main, &used[i]))
			return 1;
	}
	usleep((useconds_t)atoi(argv[2]) * 1000);
	atomic_store(&over, 1);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		if (unpainted(stacks[i], stack_size) > stack_used)
			stack_used = unpainted(stacks[i], stack_size);
	}
	if (argc > 3)
		printf("signal stack %zu thread stack %zu\n", used[0], stack_used);
	puts(atomic_load(&interrupts) > THREADS * 10 && atomic_load(&rounds) > 10 ? "interrupted" : "left alone");
	if (mode == ALLOC)
		fprintf(stderr, "%lu\n", atomic_load(&allocated));
	return 0;
}
