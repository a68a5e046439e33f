/* SPDX-License-Identifier: MIT
 *
 * The collector with processes that play the shim: they find the segment through the door, claim slots as segment.h
 * says, write rings, fork, and die in various ways.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collected_trace.h"
#include "collector/collector.h"
#include "collector/proc.h"

static char path[64];

struct fixture {
	struct share share;
	struct door door;
	struct collector collector;
	char name[DOOR_NAME_SIZE];
};

static int setup_with(void **state, uint32_t flags)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct clock_reading start = clock_read();
	assert_int_equal(share_create(&f->share, flags), 0);
	door_name(f->name, f->share.segment->id);
	assert_int_equal(door_create(&f->door, f->name), 0);
	assert_int_equal(collector_open(&f->collector, &f->share, &f->door, f->name, path), 0);
	f->collector.first_pid = getpid();
	*state = f;
	fflush(NULL);
	assert_int_equal(door_open(&f->door, f->share.fd, -1), 0);
	collector_start(&f->collector, &start, "test\0--option", 13);
	return 0;
}

static int setup(void **state) { return setup_with(state, SEGMENT_FOLLOW_FORK | SEGMENT_FOLLOW_EXEC); }
/* A file size that is soon reached; the reserve for the end is in it. */
#define SMALL (WRITER_RESERVE + 150000)
static struct rlimit file_size;
static int setup_small(void **state)
{
	struct rlimit small;
	getrlimit(RLIMIT_FSIZE, &file_size);
	small = (struct rlimit){ SMALL, file_size.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	int failed = setup(state);
	setrlimit(RLIMIT_FSIZE, &small);
	writer_trim(&((struct fixture *)*state)->collector.writer);
	return failed;
}
static int setup_drop(void **state) { return setup_with(state, SEGMENT_DROP_ON_FULL); }

static int teardown(void **state)
{
	struct fixture *f = *state;
	collector_release(&f->collector);
	door_close(&f->door);
	share_release(&f->share);
	free(f);
	unlink(path);
	return 0;
}

static int teardown_small(void **state)
{
	setrlimit(RLIMIT_FSIZE, &file_size);
	return teardown(state);
}

/* --- the part of the shim -------------------------------------------------------------------- */

static struct segment *join(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { &byte, 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int fd, socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	memcpy(a.sun_path + 1, name, strlen(name));
	if (connect(socket_fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) < 0 ||
	    recvmsg(socket_fd, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		_exit(99);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	void *at = mmap(NULL, SEGMENT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED || !segment_valid(at))
		_exit(98);
	close(fd);
	close(socket_fd);
	return at;
}

static uint32_t claim(_Atomic uint32_t *state_of_first, size_t stride, uint32_t count, _Atomic uint32_t *high)
{
	for (uint32_t i = 0; i < count; i++) {
		_Atomic uint32_t *state = (_Atomic uint32_t *)((char *)state_of_first + i * stride);
		uint32_t seen = atomic_load(high), expected = SLOT_FREE;
		while (seen < i + 1 && !atomic_compare_exchange_weak(high, &seen, i + 1))
			;
		if (atomic_compare_exchange_strong(state, &expected, SLOT_CLAIMED))
			return i;
	}
	_exit(97);
}

static uint32_t claim_process(struct segment *s, uint32_t parent_image)
{
	struct segment_process *p = segment_process(s, 0);
	uint32_t index = claim(&p->state, sizeof(*p), SEGMENT_PROCESSES, &s->process_high);
	p += index;
	p->pid = getpid();
	p->ppid = getppid();
	p->image = atomic_fetch_add(&s->images, 1) + 1;
	p->parent_image = parent_image;
	p->start_stamp = clock_stamp();
	strcpy(p->comm, "player");
	ssize_t n = readlink("/proc/self/exe", p->executable, sizeof(p->executable) - 1);
	p->executable[n > 0 ? n : 0] = 0;
	memcpy(p->command_line, "player\0one", 11);
	p->command_line_size = 11;
	atomic_store(&p->state, SLOT_LIVE);
	return index;
}

static struct segment_thread *claim_thread(struct segment *s, uint32_t process, int tid)
{
	struct segment_thread *t = segment_thread(s, 0);
	t += claim(s->thread_states, sizeof(s->thread_states[0]), SEGMENT_THREADS, &s->thread_high);
	t->process = process;
	t->image = segment_process(s, process)->image;
	t->tid = tid;
	t->start_stamp = clock_stamp();
	strcpy(t->name, "first");
	atomic_store(&s->thread_states[t - segment_thread(s, 0)], SLOT_LIVE);
	return t;
}

/* Waits for room as the shim does. */
static void put(struct segment *s, struct segment_thread *t, struct event e)
{
	uint64_t head = atomic_load(&t->head);
	while (head - atomic_load(&t->tail) >= RING_EVENTS) {
		struct timespec nap = { .tv_sec = 1 };
		atomic_store(&t->waiting, 1);
		if (head - atomic_load(&t->tail) < RING_EVENTS)
			break;
		if (atomic_load(&s->sleeping)) {
			atomic_fetch_add(&s->wake, 1);
			syscall(SYS_futex, &s->wake, FUTEX_WAKE, 1, NULL, NULL, 0);
		}
		syscall(SYS_futex, &t->waiting, FUTEX_WAIT, 1, &nap, NULL, 0);
	}
	t->events[head % RING_EVENTS] = e;
	atomic_store_explicit(&t->head, head + 1, memory_order_release);
}

static void put_many(struct segment *s, struct segment_thread *t, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		put(s, t, (struct event){ .stamp = clock_stamp(), .address = i << 4, .kind = EVENT_MALLOC, .size = i });
}

/* --- tests ----------------------------------------------------------------------------------- */

static void run_to_the_end(struct fixture *f, pid_t child, int wanted_status)
{
	int status = -1;
	f->collector.expects_more = 1;
	for (int rounds = 0; rounds < 100000; rounds++) {
		siginfo_t info = { 0 };
		collector_round(&f->collector);
		if (f->collector.expects_more && waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid) {
			f->collector.expects_more = 0;
			status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
			collector_child_ended(&f->collector, child, status);
			waitpid(child, NULL, 0);
		}
		if (collector_over(&f->collector))
			break;
	}
	assert_int_equal(status, wanted_status);
	collector_stop(&f->collector);
	assert_string_equal(f->collector.failure, "");
}

static void assert_counted(const struct collected *c, uint32_t thread, uint64_t n)
{
	uint64_t seen = 0;
	for (size_t i = 0; i < c->event_count; i++)
		if (c->threads[i] == thread)
			assert_int_equal(c->events[i].size, seen++);
	assert_int_equal(seen, n);
}

static void a_storm_then_a_kill_loses_nothing(void **state)
{
	struct fixture *f = *state;
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		struct segment_thread *t = claim_thread(s, claim_process(s, 0), (int)syscall(SYS_gettid));
		put_many(s, t, 300000);
		kill(getpid(), SIGKILL);
	}
	run_to_the_end(f, child, SIGKILL);
	struct collected *c = collected_read(path);
	assert_true(c->ended);
	assert_counted(c, 1, 300000);
	const struct meta *start = collected_fact(c, META_PROCESS, 0), *end = collected_fact(c, META_PROCESS_END, 0);
	assert_int_equal(start->u.process_start.pid, child);
	assert_int_equal(start->u.process_start.ppid, getpid());
	assert_true(collected_text_is(start->u.process_start.comm, "player"));
	assert_int_equal(start->u.process_start.command_line.size, 10);
	assert_int_equal(end->u.process_end.how, ENDED_SIGNAL);
	assert_int_equal(end->u.process_end.code, SIGKILL);
	assert_true(collected_fact(c, META_CLOCK, 1)->u.clock.monotonic_ns >= collected_fact(c, META_CLOCK, 0)->u.clock.monotonic_ns);
	assert_int_equal(collected_fact(c, META_RECORDING, 0)->u.note.text.size, 13);
	assert_true(collected_fact(c, META_SAMPLE, 0)->u.sample.rss_bytes > 100000);
	char name[DOOR_NAME_SIZE];
	door_name(name, c->header.id);
	assert_string_equal(name, f->name);
	collected_free(c);
}

/* The last a fact says of losses, of all threads. */
static uint64_t lost_in(const struct collected *c)
{
	uint64_t of[64] = { 0 }, sum = 0;
	const struct meta *m;
	for (unsigned i = 0; (m = collected_fact(c, META_LOSS, i)); i++) {
		assert_in_range(m->thread, 1, 63);
		of[m->thread] = m->u.loss.dropped;
	}
	for (unsigned i = 0; i < 64; i++)
		sum += of[i];
	return sum;
}

/* Of threads with full and with nearly empty rings, of a process that lives or that is dead. */
static void fill_the_disk(struct fixture *f, int dies)
{
	static const uint64_t events[] = { 30000, 3000, 100, 20000, 8000, 1, 30000, 500 };
	const size_t count = sizeof(events) / sizeof(events[0]);
	uint64_t all = 0;
	int ready[2];
	char byte;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		uint32_t process = claim_process(s, 0);
		for (size_t i = 0; i < count; i++) {
			struct segment_thread *t = claim_thread(s, process, getpid() + (int)i);
			for (uint64_t n = 0; n < events[i]; n++) {
				uint64_t random = n * 0x9e3779b97f4a7c15u;
				put(s, t, (struct event){ .stamp = clock_stamp(), .address = random >> 17, .kind = EVENT_MALLOC, .size = random >> 40 });
			}
		}
		if (write(ready[1], "", 1) == 1 && !dies)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	if (dies)
		assert_int_equal(waitpid(child, NULL, 0), child);
	f->collector.expects_more = 1;
	for (int rounds = 0; rounds < 1000 && !collector_over(&f->collector); rounds++)
		collector_round(&f->collector);
	int over = collector_over(&f->collector);
	collector_stop(&f->collector);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(over, 1);
	close(ready[0]);
	close(ready[1]);
	assert_non_null(strstr(f->collector.failure, strerror(EFBIG)));
	struct collected *c = collected_read(path);
	for (size_t i = 0; i < count; i++)
		all += events[i];
	assert_in_range(c->event_count, 1, all - 1);
	if (c->ended) { /* the file system keeps a reserve */
		assert_int_equal(c->event_count + lost_in(c), all);
		assert_int_equal(collected_fact(c, META_MARK, 0)->u.mark.kind, MARK_ENDED);
		assert_non_null(collected_fact(c, META_THREAD, (unsigned)count - 1));
	}
	collected_free(c);
}
static void a_full_disk_says_how_much_is_lost(void **state) { fill_the_disk(*state, 0); }
static void also_of_the_dead(void **state) { fill_the_disk(*state, 1); }

static void children_and_their_children_are_followed(void **state)
{
	struct fixture *f = *state;
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		uint32_t slot = claim_process(s, 0), image = segment_process(s, slot)->image;
		put_many(s, claim_thread(s, slot, getpid()), 1000);
		if (fork() == 0) {
			usleep(150000); /* its parent is gone when it claims: a daemon */
			slot = claim_process(s, image);
			put_many(s, claim_thread(s, slot, getpid()), 2000);
			_exit(3);
		}
		_exit(7);
	}
	run_to_the_end(f, child, 7 << 8);
	struct collected *c = collected_read(path);
	assert_counted(c, 1, 1000);
	assert_counted(c, 2, 2000);
	assert_int_equal(collected_fact(c, META_PROCESS, 1)->u.process_start.parent, 1);
	assert_int_equal(collected_fact(c, META_PROCESS_END, 0)->u.process_end.code, 7);
	assert_null(collected_fact(c, META_NOTE, 0));
	collected_free(c);
}

static void an_exec_ends_the_image_before_it(void **state)
{
	struct fixture *f = *state;
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		put_many(s, claim_thread(s, claim_process(s, 0), getpid()), 10);
		struct segment_thread *second = claim_thread(s, claim_process(s, 0), getpid());
		put_many(s, second, 20);
		_exit(0);
	}
	run_to_the_end(f, child, 0);
	struct collected *c = collected_read(path);
	assert_counted(c, 1, 10);
	assert_counted(c, 2, 20);
	assert_int_equal(collected_fact(c, META_PROCESS_END, 0)->process, 1);
	assert_int_equal(collected_fact(c, META_PROCESS_END, 0)->u.process_end.how, ENDED_EXEC);
	assert_int_equal(collected_fact(c, META_PROCESS, 1)->u.process_start.parent, 1);
	assert_int_equal(collected_fact(c, META_PROCESS_END, 1)->u.process_end.how, ENDED_EXIT);
	collected_free(c);
}

/* Slots say nothing about who came first: an old image found late must not end the one that runs. */
static void images_and_threads_found_together_are_put_in_order(void **state)
{
	struct fixture *f = *state;
	static const uint32_t order[3] = { 2, 0, 1 };
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		for (int i = 0; i < 3; i++) {
			for (uint32_t k = 0; k < 3; k++) /* make the wanted slot the first free one */
				if (atomic_load(&segment_process(s, k)->state) == SLOT_FREE && k != order[i])
					atomic_store(&segment_process(s, k)->state, SLOT_CLAIMED);
			claim_process(s, 0);
			for (uint32_t k = 0; k < 3; k++)
				if (atomic_load(&segment_process(s, k)->state) == SLOT_CLAIMED)
					atomic_store(&segment_process(s, k)->state, SLOT_FREE);
		}
		uint64_t late = clock_stamp();
		struct segment_thread *second = claim_thread(s, 1, getpid()), *first = claim_thread(s, 1, getpid());
		second->start_stamp = late + 1000;
		first->start_stamp = late;
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	char byte;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	for (int i = 0; i < 5; i++)
		collector_round(&f->collector);
	struct segment *s = f->share.segment;
	assert_int_equal(atomic_load(&segment_process(s, 2)->state), SLOT_FREE);
	assert_int_equal(atomic_load(&segment_process(s, 0)->state), SLOT_FREE);
	assert_int_equal(atomic_load(&segment_process(s, 1)->state), SLOT_LIVE);
	assert_int_equal(atomic_load(&s->thread_states[0]), SLOT_LIVE);
	assert_int_equal(atomic_load(&s->thread_states[1]), SLOT_FREE);
	kill(child, SIGTERM);
	run_to_the_end(f, child, SIGTERM);
	struct collected *c = collected_read(path);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(collected_fact(c, META_PROCESS, i)->u.process_start.parent, i);
		assert_int_equal(collected_fact(c, META_PROCESS_END, i)->process, i + 1);
		assert_int_equal(collected_fact(c, META_PROCESS_END, i)->u.process_end.how, i < 2 ? ENDED_EXEC : ENDED_SIGNAL);
	}
	collected_free(c);
	close(ready[0]);
	close(ready[1]);
}

/* A pid we cannot be sure of may be that of a process which still writes: its slots stay its own. */
static void slots_of_unsure_owners_are_not_given_back(void **state)
{
	struct fixture *f = *state;
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		uint32_t slot = claim_process(s, 0);
		segment_process(s, slot)->pid = 1; /* as the first process of a namespace has it */
		segment_process(s, slot)->ppid = 0;
		put_many(s, claim_thread(s, slot, 1), 10);
		pause();
		_exit(0);
	}
	uint64_t end = clock_now_ns() + 400000000u;
	while (clock_now_ns() < end)
		collector_round(&f->collector);
	assert_int_equal(atomic_load(&segment_process(f->share.segment, 0)->state), SLOT_LIVE);
	assert_int_equal(atomic_load(&f->share.segment->thread_states[0]), SLOT_LIVE);
	kill(child, SIGKILL);
	run_to_the_end(f, child, SIGKILL); /* it ends although pid 1 lives */
	struct collected *c = collected_read(path);
	assert_counted(c, 1, 10);
	assert_int_equal(collected_fact(c, META_PROCESS_END, 0)->process, 1);
	collected_free(c);
}

static void *short_thread(void *arg)
{
	struct segment *s = arg;
	uint32_t process = 0;
	put_many(s, claim_thread(s, process, (int)syscall(SYS_gettid)), 5);
	return NULL;
}

static void slots_are_used_again(void **state)
{
	struct fixture *f = *state;
	enum { THREADS = 3 * SEGMENT_THREADS };
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		claim_process(s, 0);
		for (int i = 0; i < THREADS; i++) {
			pthread_t t;
			while (atomic_load(&s->thread_high) == SEGMENT_THREADS &&
			       atomic_load(&s->thread_states[SEGMENT_THREADS - 1]) != SLOT_FREE)
				usleep(100); /* the shim would count the thread as lost */
			pthread_create(&t, NULL, short_thread, s);
			pthread_join(t, NULL);
		}
		_exit(0);
	}
	run_to_the_end(f, child, 0);
	assert_int_equal(f->collector.drain.events, THREADS * 5);
	assert_int_equal(f->collector.roster.last_thread, THREADS);
	assert_int_equal(f->collector.roster.thread_count, 0);
}

/* Killed in the middle of it. */
static void claims_of_the_dead_are_taken_back(void **state)
{
	struct fixture *f = *state;
	struct segment *s = f->share.segment;
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t dead = fork();
	if (dead == 0)
		_exit(0);
	waitpid(dead, NULL, 0);
	pid_t child = fork();
	if (child == 0) {
		struct segment *mine = join(f->name);
		uint32_t image = segment_process(mine, claim_process(mine, 0))->image;
		atomic_store(&mine->process_high, 4);
		atomic_store(&segment_process(mine, 1)->state, slot_claimed((uint32_t)dead));
		atomic_store(&segment_process(mine, 2)->state, slot_claimed((uint32_t)getpid()));
		atomic_store(&segment_process(mine, 3)->state, SLOT_CLAIMED);
		atomic_store(&mine->thread_high, 3);
		atomic_store(&mine->thread_states[0], slot_claimed(image));
		atomic_store(&mine->thread_states[1], slot_claimed(image + 1));
		atomic_store(&mine->thread_states[2], SLOT_CLAIMED);
		if (write(ready[1], "", 1) == 1)
			pause();
	}
	char byte;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	for (int i = 0; i < 1000 && atomic_load(&s->thread_states[1]) != SLOT_FREE; i++)
		collector_round(&f->collector);
	assert_int_equal(atomic_load(&s->thread_states[1]), SLOT_FREE);
	assert_int_equal(atomic_load(&s->thread_states[0]) & 0xff, SLOT_CLAIMED);
	assert_int_equal(atomic_load(&s->thread_states[2]), SLOT_CLAIMED);
	assert_int_equal(atomic_load(&segment_process(s, 1)->state), SLOT_FREE);
	assert_int_equal(atomic_load(&segment_process(s, 2)->state) & 0xff, SLOT_CLAIMED);
	assert_int_equal(atomic_load(&segment_process(s, 3)->state), SLOT_CLAIMED);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (int i = 0; i < 1000 && (atomic_load(&s->thread_states[0]) || atomic_load(&segment_process(s, 2)->state)); i++)
		collector_round(&f->collector);
	assert_int_equal(atomic_load(&s->thread_states[0]), SLOT_FREE);
	assert_int_equal(atomic_load(&segment_process(s, 2)->state), SLOT_FREE);
	close(ready[0]);
	close(ready[1]);
}

static void names_samples_checks_and_drops_are_told(void **state)
{
	struct fixture *f = *state;
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		uint32_t slot = claim_process(s, 0);
		struct segment_thread *t = claim_thread(s, slot, getpid());
		put_many(s, t, 1);
		prctl(PR_SET_NAME, "renamed");
		atomic_store(&t->dropped, 17);
		atomic_store(&segment_process(s, slot)->stacks_checked, 1000);
		atomic_store(&segment_process(s, slot)->stack_differences, 1);
		atomic_store(&s->slots_refused, 5);
		usleep(1300000);
		_exit(0);
	}
	run_to_the_end(f, child, 0);
	struct collected *c = collected_read(path);
	assert_true(collected_text_is(collected_fact(c, META_THREAD_NAME, 0)->u.thread_start.name, "renamed"));
	assert_non_null(collected_fact(c, META_SAMPLE, 9));
	assert_int_equal(collected_fact(c, META_CHECK, 0)->u.check.checked, 1000);
	assert_int_equal(collected_fact(c, META_CHECK, 0)->u.check.differences, 1);
	uint64_t dropped[2] = { 0, 0 };
	for (int i = 0; collected_fact(c, META_LOSS, i); i++)
		dropped[collected_fact(c, META_LOSS, i)->thread] = collected_fact(c, META_LOSS, i)->u.loss.dropped;
	assert_int_equal(dropped[0], 5);
	assert_int_equal(dropped[1], 17);
	collected_free(c);
}

static void events_are_in_the_file_within_a_second(void **state)
{
	struct fixture *f = *state;
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		put_many(s, claim_thread(s, claim_process(s, 0), getpid()), 3);
		pause();
		_exit(0);
	}
	uint64_t end = clock_now_ns() + BLOCK_MAX_AGE_NS;
	while (clock_now_ns() < end)
		collector_round(&f->collector);
	struct collected *c = collected_read(path);
	assert_int_equal(c->event_count, 3);
	assert_false(c->ended);
	collected_free(c);
	kill(child, SIGTERM);
	run_to_the_end(f, child, SIGTERM);
}

static void count_acquisitions(struct segment_thread *t, uint64_t n)
{
	t->locks.locks[1].acquisitions = n;
	atomic_store(&t->locks.locks[1].key, 0x1000);
	atomic_store(&t->locks.lock_count, 2);
}

/* The last EVENT_LOCK_TOTAL in the file; 0: there is none. */
static uint64_t last_total(const struct collected *c)
{
	uint64_t value = 0;
	for (size_t i = 0; i < c->event_count; i++)
		if (c->events[i].kind == EVENT_LOCK_TOTAL)
			value = c->events[i].size;
	return value;
}

static void counters_of_locks_are_told_while_a_thread_runs_and_when_it_dies(void **state)
{
	struct fixture *f = *state;
	int grow[2];
	assert_int_equal(pipe(grow), 0);
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		char byte;
		struct segment_thread *t = claim_thread(s, claim_process(s, 0), getpid());
		count_acquisitions(t, 5); /* not a single event in its ring */
		if (read(grow[0], &byte, 1) == 1)
			count_acquisitions(t, 6);
		kill(getpid(), SIGKILL);
	}
	uint64_t end = clock_now_ns() + 1000000000u + BLOCK_MAX_AGE_NS;
	while (clock_now_ns() < end)
		collector_round(&f->collector);
	struct collected *c = collected_read(path);
	assert_int_equal(c->event_count, 1);
	assert_int_equal(last_total(c), 5);
	collected_free(c);
	assert_int_equal(write(grow[1], "", 1), 1);
	run_to_the_end(f, child, SIGKILL);
	c = collected_read(path);
	assert_int_equal(c->event_count, 2);
	assert_int_equal(last_total(c), 6);
	collected_free(c);
	close(grow[0]);
	close(grow[1]);
}

/* Who stops recording a service wants to know what its threads were about. */
static void a_recording_that_stops_takes_along_what_it_can(void **state)
{
	struct fixture *f = *state;
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		struct segment_thread *t = claim_thread(s, claim_process(s, 0), getpid());
		count_acquisitions(t, 7);
		put_many(s, t, 3);
		t->locks.parked[0] = (struct event){ .stamp = clock_stamp(), .kind = EVENT_CONTEXT };
		t->locks.parked[1] = (struct event){ .stamp = clock_stamp(), .kind = EVENT_WAIT, .size = 99 };
		atomic_store(&t->locks.parked_count, 2);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	char byte;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	collector_stop(&f->collector);
	struct collected *c = collected_read(path);
	assert_int_equal(c->event_count, 3 + 1 + 2);
	assert_int_equal(last_total(c), 7);
	assert_int_equal(c->events[5].kind, EVENT_WAIT);
	assert_int_equal(c->events[5].size, 99);
	assert_true(c->ended);
	assert_int_equal(atomic_load(&f->share.segment->thread_states[0]), SLOT_LIVE); /* it is its own */
	collected_free(c);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

static void *brief_thread(void *arg)
{
	struct segment_thread *t = claim_thread(arg, 0, (int)syscall(SYS_gettid));
	put_many(arg, t, 1);
	if (t == segment_thread(arg, 0))
		put(arg, t, (struct event){ .stamp = clock_stamp(), .kind = EVENT_THREAD_END });
	return NULL;
}

/* One thread has said that it ends, one has not: the slot of the former is free with the next look. */
static void a_thread_that_said_so_is_looked_after_at_once(void **state)
{
	struct fixture *f = *state;
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		claim_process(s, 0);
		for (int i = 0; i < 2; i++) {
			pthread_t t;
			pthread_create(&t, NULL, brief_thread, s);
			pthread_join(t, NULL);
		}
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	char byte;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	usleep(20000); /* a joined thread may be known to the kernel for a moment more */
	f->collector.drain.now_ns = clock_now_ns();
	roster_find(&f->collector.roster);
	roster_drain(&f->collector.roster);
	roster_find_thread_ends(&f->collector.roster, UINT64_MAX);
	assert_int_equal(atomic_load(&f->share.segment->thread_states[0]), SLOT_FREE);
	assert_int_equal(atomic_load(&f->share.segment->thread_states[1]), SLOT_LIVE);
	roster_find_thread_ends(&f->collector.roster, 0);
	assert_int_equal(atomic_load(&f->share.segment->thread_states[1]), SLOT_FREE);
	kill(child, SIGKILL);
	run_to_the_end(f, child, SIGKILL);
	close(ready[0]);
	close(ready[1]);
}

static uint64_t memory_of(const struct share *share)
{
	struct stat s;
	assert_int_equal(fstat(share->fd, &s), 0);
	return (uint64_t)s.st_blocks * 512;
}

/* Pages of slots: the ring's, made as it is used; nothing of what lies between a slot's head and its ring. */
static void pages_are_made_for_rings_alone(void **state)
{
	struct fixture *f = *state;
	struct segment *s = f->share.segment;
	static struct pages pages;
	uint64_t before;
	pages = f->collector.roster.pages;
	atomic_store(&s->thread_high, 10);
	before = memory_of(&f->share);
	pages_make_next(&pages, s); /* two that nobody has claimed */
	assert_int_equal(memory_of(&f->share) - before, 2 * 2048 * sizeof(struct event));
	before = memory_of(&f->share);
	for (uint32_t i = 2; i < 10; i++)
		pages_make_ring(&pages, s, i, 100); /* who says little needs no more */
	assert_int_equal(memory_of(&f->share), before);
	pages_make_ring(&pages, s, 5, 2000);
	before = memory_of(&f->share);
	pages_make_ring(&pages, s, 5, 30000);
	assert_in_range(memory_of(&f->share) - before, 1, RING_EVENTS * sizeof(struct event));
	before = memory_of(&f->share);
	pages_make_ring(&pages, s, 5, 1000000);
	assert_int_equal(memory_of(&f->share), before); /* it is whole */
	for (uint32_t i = 0; i < 12; i++) {
		struct segment_thread *t = segment_thread(s, i);
		unsigned char seen[sizeof(t->locks) / 4096 + 1];
		assert_int_equal(mincore(&t->locks, sizeof(t->locks), seen), 0);
		for (size_t k = 0; k < sizeof(t->locks) / 4096; k++)
			assert_int_equal(seen[k] & 1, 0);
	}
	atomic_store(&s->thread_high, 0);
}

static void garbage_everywhere_ends_well(void **state)
{
	struct fixture *f = *state;
	pid_t child = fork();
	if (child == 0) {
		struct segment *s = join(f->name);
		uint32_t x = 1;
		claim_thread(s, claim_process(s, 0), getpid());
		uint64_t *words = (uint64_t *)((char *)s + SEGMENT_PROCESS_OFFSET + sizeof(struct segment_process));
		for (int i = 0; i < 400000; i++) {
			x = x * 1664525 + 1013904223;
			words[x % (12u << 20)] = (uint64_t)x << 32 | x >> (x & 31); /* slots and rings */
			x = x * 1664525 + 1013904223;
			atomic_store(&s->thread_states[x % 64], SLOT_LIVE);
			segment_thread(s, x % 64)->process = x >> 30;
			segment_thread(s, x % 64)->image = 1;
			atomic_store(&segment_thread(s, x % 64)->head, x % 40000);
			atomic_store(&segment_process(s, x % 16)->state, SLOT_LIVE);
			atomic_store(&s->thread_high, x);
			atomic_store(&s->process_high, x);
		}
		_exit(0);
	}
	int status;
	uint64_t end = clock_now_ns() + 1500000000u;
	while (clock_now_ns() < end)
		collector_round(&f->collector);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	collector_stop(&f->collector);
	struct collected *c = collected_read(path);
	assert_true(c->ended);
	collected_free(c);
}

static void the_death_of_the_collector_shows_in_its_lock(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(atomic_load(&f->share.segment->collector_lock), syscall(SYS_gettid));
	pid_t child = fork();
	if (child == 0) {
		share_lock(&f->share);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);
	assert_true(atomic_load(&f->share.segment->collector_lock) & FUTEX_OWNER_DIED);
}

static void only_mappings_of_others_count_as_use(void **state)
{
	struct fixture *f = *state;
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		close(ready[0]);
		munmap(f->share.segment, SEGMENT_SIZE); /* inherited from this test */
		join(f->name);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	char byte;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	atomic_store(&f->share.segment->epochs, 77);
	assert_true(share_in_use(&f->share));
	assert_int_equal(atomic_load(&f->share.segment->epochs), 77);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_false(share_in_use(&f->share));
	assert_int_equal(atomic_load(&f->share.segment->epochs), 77); /* a copy stands in */
	close(ready[0]);
	close(ready[1]);
}

static void proc_knows_processes(void **state)
{
	(void)state;
	struct proc_stat s;
	int status = 0;
	assert_int_equal(proc_stat(getpid(), &s), 0);
	assert_int_equal(s.ppid, getppid());
	assert_int_equal(s.state, 'R');
	assert_true(s.minor_faults > 0);
	assert_true(proc_rss(getpid()) > 100000);
	int sure = 0;
	char self[1024] = "";
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(proc_host_pid(getpid(), getppid(), self, &sure), getpid());
	assert_int_equal(sure, 1);
	proc_host_pid(getpid(), getppid(), "/bin/other", &sure);
	assert_int_equal(sure, 0);
	if (proc_read(2, "comm", self, sizeof(self)) > 0 && strcmp(self, "kthreadd\n") == 0) { /* of the kernel's own, which run nothing either */
		proc_host_pid(2, 0, "/bin/other", &sure);
		assert_int_equal(sure, 0);
	}
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_true(proc_is_neighbour(getpid()));
	assert_int_equal(proc_host_tid(getpid(), getpid()), getpid());
	assert_false(proc_thread_gone(getpid(), getpid()));
	assert_int_equal(proc_stat(0x7fffffff, &s), -1);
	pid_t child = fork();
	if (child == 0)
		_exit(42);
	int pidfd = proc_open_pidfd(child);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(proc_host_pid(child, getpid(), self, &sure), child); /* it runs nothing any more */
	assert_int_equal(sure, 1);
	assert_int_equal(proc_exit_status(pidfd, child, &status), 0);
	assert_int_equal(status, 42 << 8);
	waitpid(child, NULL, 0);
	assert_true(proc_thread_gone(child, child));
	if (access("/proc/1/status", R_OK) == 0) { /* nobody has this number */
		assert_int_equal(proc_host_pid(child, getpid(), self, &sure), 0);
		assert_int_equal(sure, 1);
	}
	close(pidfd);
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/test_collector_collector.%d.trace", getpid());
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_storm_then_a_kill_loses_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_says_how_much_is_lost, setup_small, teardown_small),
		cmocka_unit_test_setup_teardown(also_of_the_dead, setup_small, teardown_small),
		cmocka_unit_test_setup_teardown(children_and_their_children_are_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(an_exec_ends_the_image_before_it, setup, teardown),
		cmocka_unit_test_setup_teardown(images_and_threads_found_together_are_put_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(slots_of_unsure_owners_are_not_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(slots_are_used_again, setup_drop, teardown),
		cmocka_unit_test_setup_teardown(claims_of_the_dead_are_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(names_samples_checks_and_drops_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(events_are_in_the_file_within_a_second, setup, teardown),
		cmocka_unit_test_setup_teardown(counters_of_locks_are_told_while_a_thread_runs_and_when_it_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(a_recording_that_stops_takes_along_what_it_can, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thread_that_said_so_is_looked_after_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(pages_are_made_for_rings_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(garbage_everywhere_ends_well, setup, teardown),
		cmocka_unit_test_setup_teardown(the_death_of_the_collector_shows_in_its_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(only_mappings_of_others_count_as_use, setup, teardown),
		cmocka_unit_test(proc_knows_processes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
