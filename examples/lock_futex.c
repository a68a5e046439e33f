/* SPDX-License-Identifier: MIT
 *
 * A lock and a parking place made of the futex system call, as Rust's, absl's and parking_lot's are: no pthread name
 * is ever called.
 *
 * culprit should say: waits of class futex by way of word_lock, near `word_waited_ns`, and by way of park, near
 * `parked_ns` in as many waits as printed, 5 of which timed out; none of it is wait for a lock of its own accord.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

atomic_uint word; /* 0 free, 1 held, 2 held and waited for */
atomic_uint token;
static atomic_int done;
static _Atomic uint64_t word_waited_ns, word_waits, parked_ns, parked, parked_in_vain;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void rest(long us)
{
	struct timespec t = {0, us * 1000};

	nanosleep(&t, NULL);
}

static __attribute__((noinline)) void word_lock(void)
{
	unsigned expected = 0;

	if (atomic_compare_exchange_strong(&word, &expected, 1))
		return;
	while (atomic_exchange(&word, 2)) {
		uint64_t start = now();

		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
		atomic_fetch_add(&word_waited_ns, now() - start);
		atomic_fetch_add(&word_waits, 1);
	}
}

static void word_unlock(void)
{
	if (atomic_exchange(&word, 0) == 2)
		syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1);
}

static __attribute__((noinline)) void park(long us)
{
	struct timespec until = {0, 0};
	uint64_t start = now(), end = start + (uint64_t)us * 1000;

	until.tv_sec = (time_t)(end / 1000000000u);
	until.tv_nsec = (long)(end % 1000000000u);
	while (!atomic_load(&token)) {
		long r = syscall(SYS_futex, &token, FUTEX_WAIT_BITSET_PRIVATE, 0, us ? &until : NULL, NULL, ~0u);

		atomic_fetch_add(&parked, 1);
		if (r && errno == ETIMEDOUT) {
			atomic_fetch_add(&parked_in_vain, 1);
			break;
		}
	}
	atomic_fetch_add(&parked_ns, now() - start);
}

static void *holder(void *unused)
{
	while (!atomic_load(&done)) {
		word_lock();
		rest(2000);
		word_unlock();
		rest(500);
	}
	return unused;
}

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, holder, NULL);
	for (int i = 0; i < 30; i++) {
		rest(300);
		word_lock();
		word_unlock();
	}
	atomic_store(&done, 1);
	pthread_join(thread, NULL);
	for (int i = 0; i < 5; i++)
		park(3000);
	atomic_store(&token, 1);
	park(0);
	printf("word_waited_ns %llu\nword_waits %llu\nparked_ns %llu\nparked %llu\nparked_in_vain %llu\n",
	       (unsigned long long)word_waited_ns, (unsigned long long)word_waits, (unsigned long long)parked_ns,
	       (unsigned long long)parked, (unsigned long long)parked_in_vain);
	return 0;
}
