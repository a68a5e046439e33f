/* SPDX-License-Identifier: MIT
 *
 * The threads of C11, which do not pass by the pthread functions' names.
 *
 * culprit should say: of the lock `counter_lock` 3000 acquisitions; of `recursive` 2 and 4 timeouts, with the wait printed;
 * `gate` waits near `gate_waited_ns`; blocked on `ready` near `ready_blocked_ns`, 3 of the waits timed out; 6 threads
 * created in team_start.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <threads.h>
#include <time.h>

mtx_t counter_lock, recursive, gate, ready_lock;
cnd_t ready;
static once_flag once = ONCE_FLAG_INIT;
static int counter, is_ready, prepared;
static atomic_int here;
static _Atomic uint64_t gate_waited_ns, ready_blocked_ns, timed_out_ns;

static uint64_t now(void)
{
	struct timespec t;

	timespec_get(&t, TIME_UTC);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct timespec in(uint64_t us)
{
	uint64_t ns = now() + us * 1000;

	return (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
}

static void prepare(void)
{
	prepared++;
}

static int count(void *unused)
{
	(void)unused;
	call_once(&once, prepare);
	for (int i = 0; i < 1000; i++) {
		mtx_lock(&counter_lock);
		counter++;
		mtx_unlock(&counter_lock);
	}
	return 7;
}

static int pass(void *unused)
{
	uint64_t start = now();

	here = 1;
	mtx_lock(&gate);
	gate_waited_ns += now() - start;
	mtx_unlock(&gate);
	thrd_exit(unused ? 1 : 2);
}

static int try_in_vain(void *unused)
{
	uint64_t start = now();
	int timeouts = 0;

	(void)unused;
	for (int i = 0; i < 4; i++)
		timeouts += mtx_timedlock(&recursive, &(struct timespec){0}) == thrd_timedout;
	timed_out_ns += now() - start;
	return timeouts + 10 * (mtx_trylock(&recursive) == thrd_busy);
}

static int wait_ready(void *unused)
{
	int timeouts = 0;
	uint64_t start;

	(void)unused;
	mtx_lock(&ready_lock);
	start = now();
	for (int i = 0; i < 3; i++) {
		struct timespec t = in(3000);

		timeouts += cnd_timedwait(&ready, &ready_lock, &t) == thrd_timedout;
	}
	here = 1;
	while (!is_ready)
		cnd_wait(&ready, &ready_lock);
	ready_blocked_ns += now() - start;
	mtx_unlock(&ready_lock);
	return timeouts;
}

static __attribute__((noinline)) int team_start(thrd_start_t start, int size, long then_rest_us, mtx_t *then_unlock)
{
	thrd_t team[3];
	int sum = 0, result;

	for (int i = 0; i < size; i++)
		thrd_create(&team[i], start, NULL);
	while (then_rest_us && !here)
		thrd_sleep(&(struct timespec){0, 100000}, NULL);
	thrd_sleep(&(struct timespec){0, then_rest_us * 1000}, NULL);
	here = 0;
	if (then_unlock)
		mtx_unlock(then_unlock);
	if (start == wait_ready) {
		mtx_lock(&ready_lock);
		is_ready = 1;
		cnd_signal(&ready);
		mtx_unlock(&ready_lock);
	}
	for (int i = 0; i < size; i++) {
		thrd_join(team[i], &result);
		sum += result;
	}
	return sum;
}

int main(void)
{
	mtx_init(&counter_lock, mtx_plain);
	mtx_init(&recursive, mtx_timed | mtx_recursive);
	mtx_init(&gate, mtx_plain);
	mtx_init(&ready_lock, mtx_plain);
	cnd_init(&ready);
	for (int i = 0; i < 3; i++)
		printf("count %d\n", team_start(count, 1, 0, NULL));
	mtx_lock(&gate);
	printf("pass %d\n", team_start(pass, 1, 10000, &gate));
	mtx_lock(&recursive);
	mtx_lock(&recursive);
	printf("try_in_vain %d\n", team_start(try_in_vain, 1, 0, NULL));
	mtx_unlock(&recursive);
	mtx_unlock(&recursive);
	printf("wait_ready %d\n", team_start(wait_ready, 1, 20000, NULL));
	mtx_destroy(&gate);
	cnd_destroy(&ready);
	printf("counter %d prepared %d\ngate_waited_ns %llu\nready_blocked_ns %llu\ntimed_out_ns %llu\n", counter, prepared,
	       (unsigned long long)gate_waited_ns, (unsigned long long)ready_blocked_ns, (unsigned long long)timed_out_ns);
	return 0;
}
