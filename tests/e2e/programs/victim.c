/* SPDX-License-Identifier: MIT
 *
 * Allocates and frees until it is killed, or until it ends in the way its arguments say, and keeps its own count in a shared
 * file that outlives it: for each thread how many calls of malloc and free it has begun, and how many have returned. Whatever
 * was recorded of a thread lies between the two. Usage: victim COUNTS ACT THREADS ROUNDS. A thread that is to act does so
 * after ROUNDS rounds; the others go on until then, or for ROUNDS rounds where the act is `none`. `fork` and `threads` do their thing ROUNDS
 * times, too.
 *
 * COUNTS: 64 bytes of `struct stage`, then 64 bytes a thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 8191u
#define KEPT 32u
#define PAGE 4096u
#define FRAME 16384u

enum { STAGE_STARTED = 1, STAGE_WORKS = 2, STAGE_FORKS = 3, STAGE_EXITS = 4 };

struct stage {
	_Alignas(64) _Atomic uint64_t stage;
	_Atomic uint64_t slots;
};

struct count {
	_Alignas(64) _Atomic uint64_t mallocs_begun;
	_Atomic uint64_t mallocs_done, frees_begun, frees_done;
};

static struct stage *stage;
static struct count *counts;
static uint64_t rounds;
static int thread_count;
static void (*act)(struct count *count);

/* --- what is counted ------------------------------------------------------------------------------------------------- */

static void add(_Atomic uint64_t *n)
{
	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + 1, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
}

/* volatile: no call is turned into a jump */
static __attribute__((noipa)) void *work_allocate(size_t size, unsigned depth)
{
	void *volatile block = depth ? work_allocate(size, depth - 1) : malloc(size);
	return block;
}

static __attribute__((noipa)) void work_free(void *block, unsigned depth)
{
	volatile int after = 0;
	if (depth)
		work_free(block, depth - 1);
	else
		free(block);
	after = 1;
	(void)after;
}

static void *allocate(struct count *c, size_t size, unsigned depth)
{
	add(&c->mallocs_begun);
	void *block = work_allocate(size, depth);
	if (block)
		add(&c->mallocs_done);
	return block;
}

static void release(struct count *c, void *block, unsigned depth)
{
	add(&c->frees_begun);
	work_free(block, depth);
	add(&c->frees_done);
}

static struct count *new_count(void)
{
	uint64_t n = atomic_fetch_add(&stage->slots, 1);
	if (n >= SLOTS)
		_exit(99);
	return &counts[n];
}

/* So many rounds; 0: for ever. */
static void work(struct count *c, uint64_t most)
{
	void *kept[KEPT] = { NULL };
	uint32_t random = (uint32_t)(uintptr_t)c | 1;

	for (uint64_t i = 0; !most || i < most; i++) {
		random = random * 1664525u + 1013904223u;
		unsigned depth = (random >> 8) % 12;
		if (kept[i % KEPT])
			release(c, kept[i % KEPT], depth);
		kept[i % KEPT] = allocate(c, 1 + (random >> 22), depth);
	}
}

/* --- how it ends ----------------------------------------------------------------------------------------------------- */

static __attribute__((noipa)) char *guard_pages(void) { return mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

static void act_none(struct count *c) { (void)c; }
static void act_kill(struct count *c) { (void)c; kill(getpid(), SIGKILL); }
static void act_term(struct count *c) { (void)c; kill(getpid(), SIGTERM); }
static void act_exit(struct count *c) { (void)c; exit(7); }
static void act_exit_now(struct count *c) { (void)c; _exit(8); }
static void act_abort(struct count *c) { (void)c; abort(); }
static void act_segv(struct count *c) { (void)c; *(volatile int *)guard_pages() = 1; }
/* Faults in the allocator, inside the hook. */
static void act_bad_free(struct count *c) { char *volatile at = guard_pages() + 64; (void)c; free(at); }
static void act_bad_realloc(struct count *c) { char *volatile at = guard_pages() + 64; (void)c; free(realloc(at, 100)); }
/* Faults in pthread_mutex_lock, inside the hook. */
static void act_bad_lock(struct count *c) { (void)c; pthread_mutex_lock((pthread_mutex_t *)guard_pages()); }

static void act_double_free(struct count *c)
{
	void *volatile block = malloc(50);
	(void)c;
	free(block);
	free(block);
}

static void act_bus(struct count *c)
{
	FILE *f = tmpfile();
	(void)c;
	if (f && ftruncate(fileno(f), PAGE) == 0) {
		volatile char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0);
		if (ftruncate(fileno(f), 0) == 0)
			*at = 1;
	}
	_exit(98);
}

static void act_file_size(struct count *c)
{
	struct rlimit limit = { PAGE, PAGE };
	char page[2 * PAGE] = "";
	FILE *f = tmpfile();
	(void)c;
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; f && i < 3; i++)
		if (write(fileno(f), page, sizeof(page)) < 0)
			break;
	_exit(98);
}

static void act_no_memory(struct count *c)
{
	struct rlimit limit = { 600ul << 20, 600ul << 20 };
	setrlimit(RLIMIT_AS, &limit);
	while (allocate(c, 1u << 20, 3))
		;
	abort();
}

/* Somebody is watching. */
static void act_grow(struct count *c)
{
	for (;;) {
		char *block = allocate(c, 1u << 20, 3);
		if (!block)
			_exit(98);
		memset(block, 1, 1u << 20);
	}
}

static __attribute__((noipa)) int overflow(struct count *c, const char *spare)
{
	volatile char frame[FRAME];
	frame[0] = 1;
	if ((const char *)frame > spare)
		allocate(c, 20, 0);
	return stage ? overflow(c, spare) + frame[0] : 0; /* there always is one */
}

static void act_overflow(struct count *c) { overflow(c, NULL); }

static sigjmp_buf before_overflow;
static void leave_overflow(int signal)
{
	(void)signal;
	siglongjmp(before_overflow, 1);
}

/* Overflows and comes back, again and again: never in the middle of an allocation, which no program survives. */
static void *overflow_often(void *arg)
{
	static char other_stack[65536];
	stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof(other_stack) };
	struct sigaction action = { .sa_handler = leave_overflow, .sa_flags = SA_ONSTACK };
	pthread_attr_t a;
	void *low;
	size_t size;

	pthread_getattr_np(pthread_self(), &a);
	pthread_attr_getstack(&a, &low, &size);
	pthread_attr_destroy(&a);
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	for (volatile int i = 0; i < 20; i++) {
		if (sigsetjmp(before_overflow, 1) == 0)
			overflow(arg, (char *)low + 8 * FRAME);
		work(arg, 50);
	}
	return NULL;
}

static void act_overflow_jump(struct count *c)
{
	pthread_attr_t a;
	pthread_t t;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 32 * FRAME);
	pthread_attr_setguardsize(&a, 4 * FRAME); /* no frame reaches over it */
	if (pthread_create(&t, &a, overflow_often, c) || pthread_join(t, NULL))
		_exit(98);
	_exit(0);
}

/* Children that end in different ways, after some work. */
static void act_fork(struct count *c)
{
	static void (*const ends[])(struct count *) = { act_exit, act_exit_now, act_kill, act_abort, act_segv, act_bad_free };
	static const int expected[] = { 7 << 8, 8 << 8, SIGKILL, SIGABRT, SIGSEGV, SIGSEGV };
	atomic_store(&stage->stage, STAGE_FORKS);
	for (unsigned i = 0; i < rounds; i++) {
		unsigned how = i % (sizeof(ends) / sizeof(ends[0]));
		struct count *of_child = new_count();
		int status, pid = fork();
		if (pid == 0) {
			work(of_child, 60);
			ends[how](of_child);
			_exit(97);
		}
		work(c, 20);
		if (waitpid(pid, &status, 0) != pid || (status & ~0x80) != expected[how])
			_exit(98);
	}
	_exit(0);
}

/* Threads that end in different ways, in a storm. */
static void *returns(void *arg) { work(arg, 100); return NULL; }
static void *exits(void *arg) { work(arg, 100); pthread_exit(NULL); }
static void *is_cancelled(void *arg)
{
	while (stage) {
		work(arg, 10);
		pthread_testcancel();
	}
	return NULL;
}

static void act_threads(struct count *c)
{
	static void *(*const bodies[])(void *) = { returns, exits, is_cancelled };
	for (unsigned i = 0; i < rounds; i++) {
		pthread_t t[3];
		for (unsigned k = 0; k < 3; k++)
			if (pthread_create(&t[k], NULL, bodies[(i + k) % 3], new_count()))
				_exit(98);
		work(c, 20);
		for (unsigned k = 0; k < 3; k++) {
			if (bodies[(i + k) % 3] == is_cancelled)
				pthread_cancel(t[k]);
			pthread_join(t[k], NULL);
		}
	}
	_exit(0);
}

static struct count *count_at_exit;
static void work_at_exit(void) { work(count_at_exit, 0); }

/* Somebody kills it while it exits. */
static void act_exit_slowly(struct count *c)
{
	count_at_exit = c;
	atexit(work_at_exit);
	atomic_store(&stage->stage, STAGE_EXITS);
	exit(0);
}

static const struct {
	const char *name;
	void (*act)(struct count *);
} acts[] = {
	{ "none", act_none }, { "kill", act_kill }, { "term", act_term }, { "exit", act_exit }, { "_exit", act_exit_now },
	{ "abort", act_abort }, { "segv", act_segv }, { "bad_free", act_bad_free }, { "bad_realloc", act_bad_realloc },
	{ "bad_lock", act_bad_lock }, { "double_free", act_double_free }, { "bus", act_bus }, { "file_size", act_file_size },
	{ "no_memory", act_no_memory }, { "grow", act_grow }, { "overflow", act_overflow },
	{ "overflow_jump", act_overflow_jump }, { "fork", act_fork }, { "threads", act_threads },
	{ "exit_slowly", act_exit_slowly },
};

/* --- start ----------------------------------------------------------------------------------------------------------- */

static void *storm(void *arg)
{
	work(arg, act == act_none ? rounds : 0);
	return NULL;
}

/* Before anything of the process can have been recorded. */
static void before_all(int argc, char **argv, char **envp)
{
	struct rlimit no_core = { 0, 0 };
	(void)envp;
	setrlimit(RLIMIT_CORE, &no_core);
	if (argc > 2 && strcmp(argv[2], "first") == 0)
		syscall(SYS_kill, (int)syscall(SYS_getpid), SIGKILL);
}
__attribute__((section(".preinit_array"), used)) static void (*const at_preinit)(int, char **, char **) = before_all;

static int open_counts(const char *path)
{
	size_t size = sizeof(*stage) + sizeof(*counts) * SLOTS;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, (off_t)size))
		return -1;
	stage = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	counts = (struct count *)(stage + 1);
	return stage == MAP_FAILED ? -1 : 0;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 5 || open_counts(argv[1]) < 0)
		return 96;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].name, argv[2]) == 0)
			act = acts[i].act;
	thread_count = atoi(argv[3]);
	rounds = strtoull(argv[4], NULL, 10);
	if (!act)
		return 96;
	atomic_store(&stage->stage, STAGE_STARTED);
	struct count *own = new_count();
	for (int i = 1; i < thread_count; i++)
		if (pthread_create(&thread, NULL, storm, new_count()))
			return 96;
	atomic_store(&stage->stage, STAGE_WORKS);
	work(own, rounds);
	act(own);
	if (act != act_none)
		_exit(95); /* the act was to end it */
	if (thread_count > 1)
		pthread_join(thread, NULL);
	return 0;
}
