/* SPDX-License-Identifier: MIT
 *
 * What syscall() returns: the futex calls that wait, the futex calls that do not, and calls that have nothing to do
 * with futexes, of up to six arguments. See conformance.h.
 */
#include "conformance.h"
#include <linux/futex.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#undef SAY
#define SAY(name, call) (errno = UNTOUCHED, say(name, (int)(call)))
#define FUTEX(op, value, timeout, second, third) syscall(SYS_futex, word, op, value, timeout, second, third)
#define ALL 0xffffffffu

static uint32_t words[3][4];

static int wake(void *word) { return (int)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1); }
static int change_and_wake(void *word)
{
	__atomic_store_n((uint32_t *)word, 9, __ATOMIC_SEQ_CST);
	return wake(word) < 0;
}

static int own(void *word)
{
	return (int)syscall(SYS_futex, word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
}
static int disown(void *word)
{
	return (int)syscall(SYS_futex, word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
}

static void nothing(int signal) { (void)signal; }

static volatile int come_back;
static int interrupt(void *thread)
{
	while (!come_back) {
		pthread_kill(*(pthread_t *)thread, SIGUSR1);
		rest(1000);
	}
	return 0;
}

static void waits(uint32_t *word)
{
	struct timespec relative = {0, 300000}, t, bad = {0, 1000000000}, negative = {-1, 0};
	struct sigaction action = {.sa_handler = nothing};
	pthread_t me = pthread_self();
	long result;

	*word = 7;
	printf("futex:");
	SAY("wait, another value", FUTEX(FUTEX_WAIT_PRIVATE, 8, NULL, NULL, 0));
	SAY("timed, another value", FUTEX(FUTEX_WAIT, 8, &relative, NULL, 0));
	SAY("timed", FUTEX(FUTEX_WAIT_PRIVATE, 7, &relative, NULL, 0));
	SAY("timed, shared", FUTEX(FUTEX_WAIT, 7, &relative, NULL, 0));
	SAY("bad", FUTEX(FUTEX_WAIT_PRIVATE, 7, &bad, NULL, 0));
	SAY("negative", FUTEX(FUTEX_WAIT_PRIVATE, 7, &negative, NULL, 0));
	SAY("bad address of the time", FUTEX(FUTEX_WAIT_PRIVATE, 7, (void *)8, NULL, 0));
	SAY("bitset", (t = on(CLOCK_MONOTONIC, 300), FUTEX(FUTEX_WAIT_BITSET_PRIVATE, 7, &t, NULL, ALL)));
	SAY("bitset, past", (t = (struct timespec){0, 1}, FUTEX(FUTEX_WAIT_BITSET_PRIVATE, 7, &t, NULL, ALL)));
	SAY("bitset, real", (t = on(CLOCK_REALTIME, 300), FUTEX(FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 7, &t, NULL, ALL)));
	SAY("no bits", FUTEX(FUTEX_WAIT_BITSET_PRIVATE, 7, NULL, NULL, 0));
	SAY("null", syscall(SYS_futex, NULL, FUTEX_WAIT_PRIVATE, 7, NULL, NULL, 0));
	SAY("odd", syscall(SYS_futex, (char *)word + 1, FUTEX_WAIT_PRIVATE, 7, NULL, NULL, 0));
	SAY("no operation", FUTEX(127, 7, NULL, NULL, 0));
	SAY("wake", FUTEX(FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	SAY("wake bitset", FUTEX(FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, ALL));
	SAY("requeue", FUTEX(FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, word + 1, 7));
	SAY("requeue, another value", FUTEX(FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, word + 1, 8));
	putchar('\n');
	if (!has_other)
		return;
	printf("futex, with another:");
	other_later(1000, change_and_wake, word);
	do {
		result = FUTEX(FUTEX_WAIT_PRIVATE, 7, NULL, NULL, 0);
	} while (!result && *(volatile uint32_t *)word == 7);
	SAY("woken", result && errno == EAGAIN ? 0 : result); /* EAGAIN: the wait began after the change */
	SAY("the other's wake", other_result());
	sigaction(SIGUSR1, &action, NULL);
	come_back = 0;
	other_later(1000, interrupt, &me);
	SAY("interrupted", FUTEX(FUTEX_WAIT_BITSET_PRIVATE, 9, NULL, NULL, ALL));
	come_back = 1;
	other_result();
	putchar('\n');
}

static void owners(uint32_t *word)
{
	struct timespec t;

	*word = 0;
	printf("futex with an owner:");
	SAY("unlock", FUTEX(FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	SAY("trylock", FUTEX(FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	SAY("lock", FUTEX(FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	SAY("timed", (t = on(CLOCK_REALTIME, 300), FUTEX(FUTEX_LOCK_PI_PRIVATE, 0, &t, NULL, 0)));
	SAY("unlock", FUTEX(FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	if (has_other) {
		SAY("the other's lock", by_other(own, word));
		SAY("trylock", FUTEX(FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
		SAY("timed", (t = on(CLOCK_REALTIME, 300), FUTEX(FUTEX_LOCK_PI_PRIVATE, 0, &t, NULL, 0)));
		other_later(1000, disown, word);
		SAY("lock", FUTEX(FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
		SAY("the other's unlock", other_result());
		SAY("unlock", FUTEX(FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	}
	putchar('\n');
}

static void others(void)
{
	struct iovec iov = {words, 4};
	void *map;
	char *p;

	printf("syscall:");
	SAY("none", syscall(-1));
	SAY("far", syscall(100000, 1, 2, 3, 4, 5, 6));
	SAY("getpid", syscall(SYS_getpid) == getpid());
	SAY("gettid", syscall(SYS_gettid) == gettid());
	SAY("close", syscall(SYS_close, -1));
	SAY("read", syscall(SYS_read, -1, words, 4));
	map = (void *)syscall(SYS_mmap, NULL, 8192ul, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0ul);
	SAY("mmap", map == MAP_FAILED);
	p = map;
	p[8191] = 1;
	SAY("mremap", syscall(SYS_mremap, map, 8192ul, 4096ul, 0ul, NULL) == (long)map);
	SAY("munmap", syscall(SYS_munmap, map, 4096ul));
	SAY("mmap, odd offset", syscall(SYS_mmap, NULL, 4096ul, PROT_READ, MAP_PRIVATE, 0, 1ul) == -1);
	SAY("pread", syscall(SYS_preadv2, -1, &iov, 1ul, 0ul, 0ul, 0));
	SAY("priority", syscall(SYS_getpriority, 0, 0) > 0);
	putchar('\n');
}

static void run(void)
{
	static int n;
	uint32_t *word = words[n++];

	waits(word);
	owners(word);
	others();
}

int main(void)
{
	return conformance(run);
}
