/* SPDX-License-Identifier: MIT
 *
 * Targets that mean harm, or have something to hide. Usage: hostile ACT ...
 *   secrets         allocates, frees, calls and waits with what stands on its standard input in heap, stack and registers
 *   descriptors     has closed and overwritten every descriptor before it allocates; prints how many it had
 *   names NAME      calls itself, its threads, its locks and a mark so
 *   scribble MS N   gets the segment as any program of the recording can, and writes anything anywhere for so long (N: a seed)
 * HOSTILE_NAME in the environment: it calls itself so before any library has begun.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "include/culprit.h"
#include "trace/segment.h"

static void name_early(int argc, char **argv, char **environment)
{
	(void)argc;
	(void)argv;
	for (char **e = environment; *e; e++)
		if (strncmp(*e, "HOSTILE_NAME=", 13) == 0)
			prctl(PR_SET_NAME, *e + 13);
}
static __attribute__((section(".preinit_array"), used)) void (*const early)(int, char **, char **) = name_early;

static __attribute__((noipa)) void allocate(size_t size)
{
	void *volatile block = malloc(size);
	free(block);
}

/* --- secrets --------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noipa)) void work(const char *secret, size_t size, int depth)
{
	char frame[512];
	for (size_t at = 0; at + size <= sizeof(frame); at += size)
		memcpy(frame + at, secret, size);
	__asm__ volatile("" : : "r"(frame) : "memory");
	if (depth)
		work(secret, size, depth - 1);
	pthread_mutex_lock(&lock);
	char *copy = memcpy(malloc(size + (size_t)depth), secret, size);
	copy = realloc(copy, size * 3);
	pthread_mutex_unlock(&lock);
	free(copy);
}

static void *work_often(void *secret)
{
	for (int i = 0; i < 3000; i++)
		work(secret, strlen(secret), i % 9);
	return NULL;
}

static int secrets(void)
{
	char secret[64] = "";
	pthread_t threads[2];
	if (read(0, secret, sizeof(secret) - 1) <= 0)
		return 2;
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, work_often, secret);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* --- descriptors ----------------------------------------------------------------------------- */

static int descriptors(void)
{
	int had = 0;
	for (int fd = 0; fd < 1024; fd++)
		had += fcntl(fd, F_GETFD) >= 0;
	syscall(SYS_close_range, 3, ~0u, 0);
	for (int fd = 3; fd < 200; fd++)
		dup2(1, fd);
	for (int i = 0; i < 1000; i++)
		allocate(32);
	char text[32];
	int size = snprintf(text, sizeof(text), "%d\n", had);
	return write(100, text, (size_t)size) != size;
}

/* --- names ----------------------------------------------------------------------------------- */

static void *named(void *name)
{
	prctl(PR_SET_NAME, name);
	allocate(100);
	usleep(20000);
	return NULL;
}

static int names(char *name)
{
	pthread_t thread;
	prctl(PR_SET_NAME, name);
	culprit_mark(name);
	culprit_lock_name(&lock, name);
	pthread_create(&thread, NULL, named, name);
	pthread_join(thread, NULL);
	return 0;
}

/* --- the segment ----------------------------------------------------------------------------- */

static uint64_t state;

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dull;
}

/* Often small, or near an edge. */
static uint64_t number(void)
{
	static const uint64_t edges[] = { 0, 1, 2, RING_EVENTS, RING_EVENTS + 1, SEGMENT_THREADS, SEGMENT_PROCESSES, SEGMENT_NODES,
		                          UINT32_MAX, 1ull << 63, ~0ull, ~0ull - 1 };
	uint64_t n = any();
	return n % 3 == 0 ? n >> 32 & 63 : n % 3 == 1 ? edges[(n >> 32) % (sizeof(edges) / sizeof(*edges))] : n >> (n >> 8) % 64;
}

static int segment_descriptor(void)
{
	const char *name = getenv(SEGMENT_ENVIRONMENT);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	int fd = -1, s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (!name)
		return -1;
	strncpy(address.sun_path + 1, name, sizeof(address.sun_path) - 2);
	if (connect(s, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) < 0)
		return -1;
	if (recvmsg(s, &m, 0) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	close(s);
	return fd;
}

static void put_process(struct segment *s)
{
	const int pids[] = { 1, getpid(), getppid(), 0, -1, (int)number() };
	struct segment_process *p = segment_process(s, any() % 64);
	p->pid = pids[any() % 6];
	p->ppid = pids[any() % 6];
	p->image = any() & 1 ? atomic_fetch_add(&s->images, 1) + 1 : (uint32_t)number();
	p->parent_image = (uint32_t)number();
	p->command_line_size = (uint32_t)number();
	p->exiting = (uint32_t)number();
	memset(p->comm, (int)any(), sizeof(p->comm));
	memset(p->executable, (int)any(), sizeof(p->executable));
	p->state = any() & 7 ? SLOT_LIVE : (uint32_t)number();
}

static void put_thread(struct segment *s)
{
	uint32_t at = any() % 64;
	struct segment_thread *t = segment_thread(s, at);
	t->process = any() % 64;
	t->image = any() & 3 ? segment_process(s, t->process)->image : (uint32_t)number();
	t->tid = (int)number();
	t->head = any() & 3 ? t->tail + any() % RING_EVENTS : number();
	t->dropped = number();
	memset(t->name, (int)any(), sizeof(t->name));
	s->thread_states[at] = any() & 7 ? SLOT_LIVE : (uint32_t)number();
}

static void put_events(struct segment *s)
{
	struct segment_thread *t = segment_thread(s, any() % 64);
	for (unsigned i = any() % 256; i; i--)
		t->events[any() % RING_EVENTS] = (struct event){ .stamp = number(), .address = number(), .size = number(),
			.stack = (uint32_t)number() % 512, .shared = (uint16_t)number(), .kind = (uint8_t)any(), .flags = (uint8_t)any() };
	t->head += any() % 300;
}

static void put_locks(struct segment *s)
{
	struct segment_locks *l = &segment_thread(s, any() % 64)->locks;
	l->round = (uint32_t)number();
	l->lock_count = (uint32_t)number();
	l->stats_count = (uint32_t)number();
	l->parked_count = (uint32_t)number();
	l->waiting = any() % 3;
	for (unsigned i = 0; i < 16; i++)
		((uint64_t *)l->parked)[any() % (sizeof(l->parked) / 8)] = number();
	for (unsigned i = 0; i < 16; i++)
		((uint64_t *)l->locks)[any() % 256] = number();
}

static void put_nodes(struct segment *s)
{
	struct segment_node *n = &segment_nodes(s)[any() % 512];
	n->parent = any() % 4 ? any() % 512 : number();
	n->address = n->parent ? number() & ~NODE_ROOT : NODE_ROOT | 1;
}

/* Not the id of the collector, which tells that it lives: the recording would be over at once. */
static void put_anything(struct segment *s)
{
	static const uint64_t regions[] = { 0, SEGMENT_PROCESS_OFFSET, SEGMENT_NODE_OFFSET, SEGMENT_THREAD_OFFSET };
	uint64_t at = (any() % 4096) * 8 + regions[any() % 4];
	if (at < offsetof(struct segment, state) || at >= offsetof(struct segment, heartbeat))
		*(uint64_t *)((char *)s + at) = number();
}

static uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int scribble(uint64_t ms)
{
	static void (*const puts_[])(struct segment *s) = { put_process, put_thread, put_events, put_locks, put_nodes, put_anything };
	int fd = segment_descriptor();
	uint64_t end = now_ms() + ms;
	struct segment *s = fd < 0 ? MAP_FAILED : mmap(NULL, SEGMENT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (s == MAP_FAILED)
		return 2;
	if (ftruncate(fd, 0) == 0 || ftruncate(fd, (off_t)SEGMENT_SIZE * 2) == 0)
		return 3;
	while (now_ms() < end) {
		for (int i = 0; i < 200; i++)
			puts_[any() % (sizeof(puts_) / sizeof(*puts_))](s);
		usleep(any() % 2000);
	}
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)SEGMENT_THREAD_OFFSET);
	fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
	return 0;
}

int main(int argc, char **argv)
{
	const char *act = argc > 1 ? argv[1] : "";
	if (strcmp(act, "secrets") == 0)
		return secrets();
	if (strcmp(act, "descriptors") == 0)
		return descriptors();
	if (strcmp(act, "names") == 0 && argc == 3)
		return names(argv[2]);
	if (strcmp(act, "scribble") == 0 && argc == 4) {
		state = strtoull(argv[3], NULL, 10) * 2 + 1;
		return scribble(strtoull(argv[2], NULL, 10));
	}
	allocate(1000);
	return 0;
}
