/* SPDX-License-Identifier: MIT
 *
 * Fuzzes the collector with a target that writes anything anywhere: the input is a script of writes into a segment of the
 * collector's own making, near what it reads, and of the steps a collector takes, in any order. Whatever comes, the collector
 * stays within its memory and its file; and what it has written is a trace that the analyzer takes from one end to the other
 * and finds consistent.
 *
 * One target at a time: writes fall between the collector's reads, not into the middle of one (tests/e2e/security.t has a target
 * that writes while the collector reads).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/collector.h"
#include "collector/family.h"
#include "tests/fuzz/any_trace.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS 4096u /* of a script: the rest is not looked at */

struct input {
	const uint8_t *at, *end;
};

static struct {
	struct input in;
	struct segment *s;
	struct collector *c;
	uint32_t nodes;
} now;

static char directory[64], path[96], map_path[64];

static unsigned take(void)
{
	return now.in.at < now.in.end ? *now.in.at++ : 0;
}

/* Numbers that matter somewhere, and any. */
static uint64_t take_number(void)
{
	static const uint64_t numbers[] = {
		0, 1, 2, 3, 4, 7, 255, 256, 257, 0x1ff, 0x200, 0x10f, 4095, 4096, RING_EVENTS - 1, RING_EVENTS, RING_EVENTS + 1,
		SEGMENT_PROCESSES - 1, SEGMENT_PROCESSES, SEGMENT_THREADS - 1, SEGMENT_THREADS, SEGMENT_LOCKS, SEGMENT_LOCK_STATS,
		SEGMENT_PARKED, SEGMENT_NODES - 1, SEGMENT_NODES, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32, 1ull << 40,
		1ull << 48, 1ull << 62, 1ull << 63, ~0ull, ~0ull - RING_EVENTS, NODE_ROOT | 1, NODE_ROOT | ~0ull >> 8,
	};
	unsigned how = take();
	uint64_t n = 0;
	if (how < 128)
		return how % 40;
	if (how < 128 + sizeof(numbers) / sizeof(numbers[0]))
		return numbers[how - 128];
	if (how < 200)
		return clock_stamp() + (how & 1 ? take() : 0) - (how & 2 ? take() << 20 : 0);
	for (unsigned i = 0; i < how % 8 + 1; i++)
		n = n << 8 | take();
	return n;
}

static void take_bytes(void *to, size_t most)
{
	size_t size = take() % 64, left = (size_t)(now.in.end - now.in.at);
	size = size < left ? size : left;
	memcpy(to, now.in.at, size < most ? size : most);
	now.in.at += size;
}

static uint32_t take_process(void)
{
	unsigned which = take();
	return which < 240 ? which % 4 : which < 250 ? which - 230 : SEGMENT_PROCESSES - 1;
}

static uint32_t take_thread(void)
{
	unsigned which = take();
	return which < 240 ? which % 6 : which < 250 ? which - 230 : SEGMENT_THREADS - 1;
}

static int32_t take_pid(void)
{
	unsigned which = take();
	const int32_t pids[] = { getppid(), getpid(), 1, 0, -1, INT32_MIN, INT32_MAX, 99999999, 99999998, 2 };
	return which < sizeof(pids) / sizeof(pids[0]) ? pids[which] : (int32_t)(which * 1000003);
}

/* --- what a target writes ---------------------------------------------------------------------- */

static void lift(_Atomic uint32_t *high, uint32_t index)
{
	if (*high <= index)
		*high = index + 1;
}

static void claim_process(void)
{
	uint32_t at = take_process();
	struct segment_process *p = segment_process(now.s, at);
	p->pid = take_pid();
	p->ppid = take() & 1 ? getpid() : take_pid();
	p->image = ++now.s->images;
	p->parent_image = take() % 8;
	p->start_stamp = clock_stamp();
	p->command_line_size = 6;
	strcpy(p->comm, "fuzz");
	lift(&now.s->process_high, at);
	p->state = SLOT_LIVE;
}

static void claim_thread(void)
{
	uint32_t at = take_thread();
	struct segment_thread *t = segment_thread(now.s, at);
	t->process = take_process();
	t->image = t->process < SEGMENT_PROCESSES ? segment_process(now.s, t->process)->image : 0;
	t->tid = take_pid();
	t->start_stamp = clock_stamp();
	lift(&now.s->thread_high, at);
	now.s->thread_states[at] = SLOT_LIVE;
}

static void put_process(void)
{
	struct segment_process *p = segment_process(now.s, take_process());
	switch (take() % 12) {
	case 0: p->state = (uint32_t)take_number(); break;
	case 1: p->pid = take_pid(); break;
	case 2: p->ppid = take_pid(); break;
	case 3: p->image = (uint32_t)take_number(); break;
	case 4: p->parent_image = (uint32_t)take_number(); break;
	case 5: p->start_stamp = take_number(); break;
	case 6: p->exiting = (uint32_t)take_number(); break;
	case 7: p->command_line_size = (uint32_t)take_number(); break;
	case 8: take_bytes(p->comm, sizeof(p->comm)); break;
	case 9: take_bytes(p->executable, sizeof(p->executable)); break;
	case 10: take_bytes(p->command_line, sizeof(p->command_line)); break;
	default: p->stacks_checked = take_number(); p->stack_differences = take_number(); p->slow_frames = take_number();
	}
}

static void put_thread(void)
{
	uint32_t at = take_thread();
	struct segment_thread *t = segment_thread(now.s, at);
	switch (take() % 10) {
	case 0: now.s->thread_states[at] = (uint32_t)take_number(); break;
	case 1: t->process = (uint32_t)take_number(); break;
	case 2: t->image = (uint32_t)take_number(); break;
	case 3: t->tid = take_pid(); break;
	case 4: t->start_stamp = take_number(); break;
	case 5: take_bytes(t->name, sizeof(t->name)); break;
	case 6: t->head = take_number(); break;
	case 7: t->tail = take_number(); break;
	case 8: t->dropped = take_number(); break;
	default: t->waiting = (uint32_t)take_number();
	}
}

static void put_header(void)
{
	struct segment *s = now.s;
	switch (take() % 14) {
	case 0: s->flags = (uint32_t)take_number(); break;
	case 1: s->sample_bytes = take_number(); break;
	case 2: s->epochs = (uint32_t)take_number(); break;
	case 3: s->images = (uint32_t)take_number(); break;
	case 4: s->node_level = (uint32_t)take_number() % 7; break;
	case 5: s->node_counts[take() % NODE_LEVELS] = (uint32_t)take_number(); break;
	case 6: s->nodes_refused = take_number(); break;
	case 7: s->slots_refused = take_number(); break;
	case 8: s->locks_refused = take_number(); break;
	case 9: s->process_high = (uint32_t)take_number(); break;
	case 10: s->thread_high = (uint32_t)take_number(); break;
	case 11: s->state = (uint32_t)take_number(); s->turn = (uint32_t)take_number(); break;
	case 12: s->magic = take_number(); s->layout = (uint32_t)take_number(); break;
	default: s->wake = (uint32_t)take_number(); s->sleeping = (uint32_t)take_number(); s->heartbeat = take_number();
	}
}

static uint32_t take_node(void)
{
	unsigned which = take();
	return which < 220 ? which % 48 : which < 230 ? node_level_first(which % 4 + 1) + which % 3 : (uint32_t)take_number();
}

/* A node below another, or a root; or anything. */
static void put_node(void)
{
	uint32_t at = take_node();
	struct segment_node *n;
	if (at >= SEGMENT_NODES)
		return;
	n = &segment_nodes(now.s)[at];
	n->parent = take() & 1 ? take_node() : take_number();
	n->address = n->parent ? take_number() & ~NODE_ROOT : NODE_ROOT | take();
	if (take() % 16 == 0)
		n->address = take_number();
}

/* As long as a stack can get, and longer. */
static void put_chain(void)
{
	uint32_t first = 64 + take() * 8, length = take() * 9;
	for (uint32_t i = 0; i < length; i++) {
		struct segment_node *n = &segment_nodes(now.s)[first + i];
		n->parent = i ? first + i - 1 : 0;
		n->address = i ? 0x1000 + i : NODE_ROOT | 1;
	}
}

static unsigned take_kind(void)
{
	static const uint8_t kinds[] = {
		EVENT_MALLOC, EVENT_CALLOC, EVENT_REALLOC_FREE, EVENT_REALLOC_ALLOC, EVENT_FREE, EVENT_DELETE, EVENT_LOCK, EVENT_LOCK_END,
		EVENT_LOCK_TOTAL, EVENT_WAIT, EVENT_BLOCKED, EVENT_RELEASE, EVENT_ORDER, EVENT_CONTEXT, EVENT_SAMPLED, EVENT_HELD,
		EVENT_HOLDING, EVENT_THREAD_CREATE, EVENT_THREAD_BEGIN, EVENT_THREAD_END, EVENT_THREAD_DETACH, EVENT_USABLE, EVENT_POOL,
		EVENT_POOL_ALLOC, EVENT_POOL_FREE, EVENT_MAP, EVENT_UNMAP, EVENT_REMAP_FROM, EVENT_REMAP_TO, EVENT_MODULE, EVENT_UNLOAD,
		EVENT_COVERAGE, EVENT_UNRECORDED, EVENT_NAME,
	};
	unsigned which = take();
	return which < 240 ? kinds[which % sizeof(kinds)] : take();
}

static struct event take_event(void)
{
	struct event e = { .kind = take_kind() };
	e.stamp = take() & 3 ? clock_stamp() : take_number();
	e.address = take_number();
	e.size = take_number();
	e.stack = take_node();
	e.shared = (uint16_t)take_number();
	e.flags = e.spare = (uint8_t)take();
	return e;
}

static struct event *next_cell(struct segment_thread *t)
{
	uint64_t at = t->head;
	t->head = at + 1;
	return &t->events[at % RING_EVENTS];
}

static void push(void)
{
	struct segment_thread *t = segment_thread(now.s, take_thread());
	for (unsigned n = take() % 16 + 1; n; n--)
		*next_cell(t) = take_event();
}

/* A message whose payload is of the size it says, or not. */
static void push_message(void)
{
	struct segment_thread *t = segment_thread(now.s, take_thread());
	struct event e = take_event();
	unsigned char payload[MESSAGE_MAX_PAYLOAD] = { 0 };
	unsigned short_by = take() % 8 ? 0 : 1;
	e.kind = EVENT_MODULE + take() % 6;
	e.shared = take() & 3 ? take() : (uint16_t)take_number();
	take_bytes(payload, sizeof(payload));
	*next_cell(t) = e;
	for (unsigned at = 0; at + short_by < e.shared && at < sizeof(payload); at += sizeof(e))
		memcpy(next_cell(t), payload + at, sizeof(e));
}

/* As many events as a ring holds, or all but. */
static void push_many(void)
{
	struct segment_thread *t = segment_thread(now.s, take_thread());
	struct event e = take_event();
	for (unsigned n = RING_EVENTS >> take() % 8; n; n--) {
		e.address += 16;
		*next_cell(t) = e;
	}
}

/* Code that may be named in a map, and the map. */
static void want_code(void)
{
	struct event e = { .kind = EVENT_NAME, .stamp = clock_stamp(), .address = take_number(), .size = NAME_OF_CODE, .stack = take() % 3 };
	*next_cell(segment_thread(now.s, take_thread())) = e;
}

static void put_map(void)
{
	static const char text[] = "0 40 a\n1000 8 b\n1 1 c\nffffffffffffffff 1 d\n";
	char bytes[64] = { 0 };
	int fd = open(map_path, O_WRONLY | O_CREAT | O_CLOEXEC | (take() & 1 ? O_APPEND : O_TRUNC), 0600);
	need(fd >= 0);
	take_bytes(bytes, sizeof(bytes));
	need(write(fd, text, take() % sizeof(text)) >= 0);
	need(write(fd, bytes, strlen(bytes)) >= 0);
	close(fd);
}

static void put_locks(void)
{
	struct segment_locks *l = &segment_thread(now.s, take_thread())->locks;
	unsigned at = take() % 8;
	switch (take() % 9) {
	case 0: l->round = (uint32_t)take_number(); break;
	case 1: l->lock_count = (uint32_t)take_number(); break;
	case 2: l->stats_count = (uint32_t)take_number(); break;
	case 3: l->parked_count = (uint32_t)take_number(); break;
	case 4: l->waiting = take() % 3; l->wait[0] = take_event(); l->wait[1] = take_event(); break;
	case 5: l->parked[at] = take_event(); break;
	case 6:
		l->locks[at].key = take_number();
		l->locks[at].acquisitions = take_number();
		l->locks[at].owner_changes = take_number();
		l->locks[at].stats = take();
		break;
	case 7: l->stats[at].key = take_number(); break;
	default: l->stats[at].totals[take() % LOCK_TOTALS] = take_number();
	}
}

static void put_anything(void)
{
	static const uint64_t regions[] = {
		0, SEGMENT_PROCESS_OFFSET, SEGMENT_NODE_OFFSET, SEGMENT_THREAD_OFFSET,
		SEGMENT_THREAD_OFFSET + offsetof(struct segment_thread, locks), SEGMENT_THREAD_OFFSET + offsetof(struct segment_thread, events),
	};
	uint64_t at = regions[take() % 6] + ((uint64_t)take() << 8 | take());
	take_bytes((char *)now.s + at, 64);
}

/* --- what the collector does ------------------------------------------------------------------- */

static void everything_is_due(void)
{
	struct collector *c = now.c;
	c->next_poll_ns = c->next_sample_ns = c->next_second_ns = c->next_idle_ns = c->next_totals_ns = 0;
}

static void tick(void)
{
	struct collector *c = now.c;
	struct roster *r = &c->roster;
	c->drain.now_ns = clock_now_ns();
	switch (take() % 18) {
	case 0: case 1: roster_find(r); break;
	case 2: case 3: roster_drain(r); break;
	case 4: roster_find_ends(r); break;
	case 5: roster_find_thread_ends(r, 0); break;
	case 6: roster_tell_totals(r); break;
	case 7: roster_tell_samples(r); break;
	case 8: roster_tell_rest(r); break;
	case 9: roster_flush(r, 0); break;
	case 10: roster_make_pages(r); break;
	case 11: collector_turn(c, take() & 1); break;
	case 12: collector_flush(c); break;
	case 13: everything_is_due(); /* fall through */
	case 14: collector_poke(c); collector_round(c); break;
	case 15: collector_mark(c, "mark"); break;
	default: c->tree.free_at = take(); family_free_stacks(r);
	}
}

/* A process with a thread that has something to say, found and read. */
static void meet(int32_t pid, uint32_t parent, struct event first)
{
	uint32_t at = take() % 4, index = take() % 6;
	struct segment_process *p = segment_process(now.s, at);
	struct segment_thread *t = segment_thread(now.s, index);
	p->pid = pid;
	p->ppid = getpid();
	p->image = ++now.s->images;
	p->parent_image = parent;
	p->start_stamp = clock_stamp();
	lift(&now.s->process_high, at);
	p->state = SLOT_LIVE;
	t->process = at;
	t->image = p->image;
	t->tid = pid;
	t->start_stamp = clock_stamp();
	*next_cell(t) = first;
	lift(&now.s->thread_high, index);
	now.s->thread_states[index] = SLOT_LIVE;
	now.c->drain.now_ns = clock_now_ns();
	roster_find(&now.c->roster);
	roster_drain(&now.c->roster);
}

/* One of a family of its own, or of another's, ends: its stacks make room. */
static void end_family(void)
{
	struct event e = take_event();
	e.kind = EVENT_MALLOC;
	put_node();
	meet(99999998, take() & 1 ? 0 : take() % 8, e);
	roster_find_ends(&now.c->roster);
	now.c->tree.free_at = take() % 4;
	family_free_stacks(&now.c->roster);
}

static void name_code(void)
{
	struct event e = { .kind = EVENT_NAME, .stamp = clock_stamp(), .address = take_number(), .size = NAME_OF_CODE };
	put_map();
	meet(getpid(), take() & 3, e);
	roster_tell_rest(&now.c->roster);
}

static void run_script(void)
{
	static void (*const steps[])(void) = {
		tick, tick, tick, tick, claim_process, claim_thread, put_process, put_thread, put_header, put_node, put_node, put_chain,
		push, push, push, push_message, push_message, push_many, put_locks, put_locks, put_anything,
		want_code, put_map, end_family, name_code,
	};
	for (unsigned n = 0; n < STEPS && now.in.at < now.in.end; n++)
		steps[take() % (sizeof(steps) / sizeof(steps[0]))]();
}

/* Most scripts should get to something. */
static void begin_well(void)
{
	struct segment_process *p = segment_process(now.s, 0);
	p->pid = getppid();
	p->ppid = getpid();
	p->image = 1;
	now.s->images = 1;
	now.s->process_high = 1;
	p->start_stamp = clock_stamp();
	p->state = SLOT_LIVE;
	for (uint32_t i = 0; i < 2; i++) {
		struct segment_thread *t = segment_thread(now.s, i);
		t->image = 1;
		t->tid = getppid() + (int32_t)i;
		t->start_stamp = clock_stamp();
		now.s->thread_states[i] = SLOT_LIVE;
	}
	now.s->thread_high = 2;
	for (uint32_t i = 1; i < 8; i++) {
		segment_nodes(now.s)[i].parent = i - 1;
		segment_nodes(now.s)[i].address = i == 1 ? NODE_ROOT | 1 : 0x1000 + i;
	}
}

/* What was written is in the file, and nothing beside it. */
static void check_file(void)
{
	struct stat there;
	need(!stat(path, &there) && S_ISREG(there.st_mode) && (uint64_t)there.st_size == now.c->writer.size);
}

static void remove_directory(void)
{
	unlink(map_path);
	unlink(path);
	rmdir(directory);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	strcpy(directory, "/dev/shm/fuzz_segment-XXXXXX");
	if (!mkdtemp(directory)) {
		strcpy(directory, "/tmp/fuzz_segment-XXXXXX");
		need(mkdtemp(directory) != NULL);
	}
	snprintf(path, sizeof(path), "%s/trace", directory);
	snprintf(map_path, sizeof(map_path), "/tmp/perf-%d.map", (int)getpid()); /* of the process that claims to be us */
	atexit(remove_directory);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct collector c;
	struct share share;
	struct door door = { .socket = -1, .segment = -1 };
	struct clock_reading start = clock_read();
	struct err err = { 0 };

	now.in = (struct input){ data, data + size };
	unsigned flags = take();
	need(share_create(&share, flags & 31) == 0);
	need(collector_open(&c, &share, &door, "fuzz", path) == 0);
	c.plan.keep_bytes = flags & 32 ? 8192 : 0;
	c.first_pid = getpid();
	now.s = share.segment;
	now.c = &c;
	collector_start(&c, &start, "fuzz", 5);
	begin_well();
	run_script();
	collector_stop(&c);
	need(!c.failure[0]);
	check_file();
	collector_release(&c);
	share_release(&share);
	if (analyze(path, size % 8 == 0, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	unlink(path);
	unlink(map_path);
	return 0;
}
