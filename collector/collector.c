/* SPDX-License-Identifier: MIT
 *
 * The loop around the rings: what is due when, how long to sleep, when it is over. A ring holds
 * 1.5 ms of the fiercest storm; the shim wakes a sleeping collector at every quarter of a ring, so
 * sleeping long costs nobody anything.
 */
#include "collector/collector.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collector/claim.h"
#include "collector/family.h"
#include "collector/plan.h"
#include "collector/proc.h"

#define MS 1000000ull
#define LEVEL 1               /* of zstd */
#define NICE 5                /* with 10 and more a storm of several threads waits longer than it gains */
#define MUCH 4096u            /* cells in one ring: read again at once */
#define NAP_SHORT (5 * MS)
#define NAP_LONG (50 * MS)
#define POLL_EVERY (5 * MS)   /* ends of processes */
#define SAMPLE_EVERY (100 * MS)
#define AGE (800 * MS)        /* older events are written, full block or not: see BLOCK_MAX_AGE_NS */
#define THREAD_IDLE (50 * MS)
#define CROWD (SEGMENT_THREADS / 4) /* so many threads: look for ended ones more often, so that slots do not run out */
#define NAP_CROWD (1 * MS)
#define GRACE (1000 * MS)     /* for an image between its exec and its first word to us */
#define LOOK_EVERY (100 * MS)
#define DOOR_NOTES 64u        /* anybody may knock, and is not to fill the trace by it */
#define TOTALS_SHARE 50u      /* counters of locks: the longer a recording, the rarer, */
#define TOTALS_LEAST (1000 * MS)
#define TOTALS_MOST (30000 * MS)

static const char *why_not(int error)
{
	switch (error) {
	case -EWOULDBLOCK: return "another recording is writing to it";
	case -ELOOP: return "it is a link of another user's; name another file, or remove it";
	case -EEXIST: return "it is there and another user's; name another file, or remove it";
	case -EMLINK: return "the file there has another name too, under which it would be overwritten; name another, or remove it";
	default: return strerror(-error);
	}
}

static void find_path(struct collector *c, const char *path)
{
	if (!realpath(path, c->path))
		snprintf(c->path, sizeof(c->path), "%s", path);
}

int collector_open(struct collector *c, struct share *share, struct door *door, const char *name, const char *path)
{
	memset(c, 0, sizeof(*c));
	c->share = share;
	c->door = door;
	c->name = name;
	c->control.socket = -1;
	int error = writer_open(&c->writer, path, LEVEL);
	if (error) {
		snprintf(c->failure, sizeof(c->failure), "cannot write the trace to %s: %s", path, why_not(error));
		return -1;
	}
	if (drain_init(&c->drain) == 0 && tree_init(&c->tree, share->segment, &c->writer, c->drain.raw) == 0) {
		find_path(c, path);
		control_open(&c->control, name);
		return 0;
	}
	snprintf(c->failure, sizeof(c->failure), "not enough memory to record");
	drain_release(&c->drain);
	writer_close(&c->writer);
	return -1;
}

void collector_release(struct collector *c)
{
	control_close(&c->control);
	keep_close(&c->keep);
	roster_release(&c->roster);
	tree_release(&c->tree);
	drain_release(&c->drain);
	writer_close(&c->writer);
}

/* --- what is told of the recording itself ---------------------------------------------------- */

static uint64_t tick_now(const struct collector *c) { return clock_stamp() >> c->clock.tick_shift; }

static void tell_clock(struct collector *c, const struct clock_reading *reading)
{
	struct meta m = { .kind = META_CLOCK, .tick = reading->stamp >> c->clock.tick_shift };
	m.u.clock.monotonic_ns = reading->monotonic_ns;
	m.u.clock.realtime_ns = reading->realtime_ns;
	journal_add(&c->journal, &m);
}

static void tell_clock_now(struct collector *c)
{
	struct clock_reading now = clock_read();
	tell_clock(c, &now);
}

static void tell_recording(struct collector *c, const char *options, size_t size)
{
	struct meta m = { .kind = META_RECORDING, .tick = c->clock.start.stamp >> c->clock.tick_shift };
	m.u.note.text = (struct meta_text){ options, size };
	journal_add(&c->journal, &m);
}

/* Whatever the target says: a trace that says it must be read. */
static void tell_sampling(struct collector *c)
{
	uint64_t bytes = c->share->segment->sample_bytes;
	struct meta m = { .kind = META_SAMPLING, .tick = c->clock.start.stamp >> c->clock.tick_shift };
	m.u.sampling.bytes = bytes < SEGMENT_SAMPLE_MOST ? bytes : SEGMENT_SAMPLE_MOST;
	if (bytes)
		journal_add(&c->journal, &m);
}

static void tell_refusals(struct collector *c)
{
	struct segment *s = c->share->segment;
	uint64_t slots = atomic_load(&s->slots_refused), nodes = atomic_load(&s->nodes_refused);
	uint32_t door = atomic_load(&c->door->refused);
	if (slots > c->slots_refused) {
		struct meta m = { .kind = META_LOSS, .tick = tick_now(c) };
		m.u.loss.dropped = slots;
		journal_add(&c->journal, &m);
		c->slots_refused = slots;
	}
	if (atomic_load(&s->locks_refused) && !c->locks_refused) {
		c->locks_refused = 1;
		journal_note(&c->journal, tick_now(c), 0, "more locks were used than can be followed: from here on new ones are not recorded");
	}
	if (nodes && !c->nodes_refused)
		journal_note(&c->journal, tick_now(c), 0, "the table of stacks is full: from here on new stacks are cut short");
	c->nodes_refused = nodes;
	if (door != c->door_refused && c->door_notes++ < DOOR_NOTES)
		journal_note(&c->journal, tick_now(c), 0,
		             "process %d was not recorded: it runs as user %d, not as the one who records",
		             atomic_load(&c->door->refused_pid), atomic_load(&c->door->refused_uid));
	c->door_refused = door;
}

/* --- the loop -------------------------------------------------------------------------------- */

/* A pidfd each process. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void collector_start(struct collector *c, const struct clock_reading *start, const char *options, size_t options_size)
{
	struct segment *s = c->share->segment;
	c->journal.writer = &c->writer;
	c->drain.writer = &c->writer;
	c->drain.journal = &c->journal;
	c->drain.tree = &c->tree;
	c->drain.clock = &c->clock;
	share_lock(c->share);
	setpriority(PRIO_PROCESS, 0, NICE);
	raise_descriptor_limit();
	roster_init(&c->roster, s, &c->drain, &c->door->strangers);
	roster_make_pages(&c->roster);

	clock_init(&c->clock, start);
	struct file_header header = {
		.version = TRACE_VERSION,
		.tick_shift = c->clock.tick_shift,
		.tick_hz_x1000 = (c->clock.stamp_hz * 1000) >> c->clock.tick_shift,
		.start_realtime_ns = start->realtime_ns,
		.flags = s->flags,
	};
	memcpy(header.id, s->id, sizeof(header.id));
	writer_keep_reserve(&c->writer);
	writer_start(&c->writer, &header);
	plan_keep(c, &header);
	tell_recording(c, options, options_size);
	tell_sampling(c);
	tell_clock(c, start);
	tell_clock_now(c);
	journal_flush(&c->journal);
	c->started_ns = clock_now_ns();
	plan_start(c);
	c->next_sample_ns = c->started_ns + SAMPLE_EVERY;
	c->next_second_ns = c->started_ns + 1000 * MS;
	c->next_totals_ns = c->started_ns + TOTALS_LEAST;
	c->nap_ns = NAP_SHORT;
}

static uint64_t totals_pause(const struct collector *c)
{
	uint64_t pause = (c->drain.now_ns - c->started_ns) / TOTALS_SHARE;
	return pause < TOTALS_LEAST ? TOTALS_LEAST : pause > TOTALS_MOST ? TOTALS_MOST : pause;
}

static void count_rate(struct collector *c)
{
	uint64_t now = c->drain.now_ns, span = now - c->rate_ns;
	if (span)
		c->rate = (uint64_t)((double)(c->drain.events - c->rate_events) * 1e9 / (double)span);
	c->rate_events = c->drain.events;
	c->rate_ns = now;
}

void collector_flush(struct collector *c)
{
	c->drain.now_ns = clock_now_ns();
	roster_find(&c->roster);
	roster_drain(&c->roster);
	roster_tell_totals(&c->roster);
	roster_flush(&c->roster, 0);
	roster_tell_rest(&c->roster);
	tell_refusals(c);
	tree_flush(&c->tree, tick_now(c));
	journal_flush(&c->journal);
}

static void do_what_is_due(struct collector *c)
{
	uint64_t now = c->drain.now_ns;
	int crowd = c->roster.thread_count > CROWD;
	if (now >= c->next_poll_ns) {
		c->next_poll_ns = now + POLL_EVERY;
		roster_find_ends(&c->roster);
		roster_flush(&c->roster, AGE);
	}
	int idle_due = now >= c->next_idle_ns;
	if (idle_due)
		c->next_idle_ns = now + THREAD_IDLE;
	roster_find_thread_ends(&c->roster, crowd ? 0 : idle_due ? THREAD_IDLE : UINT64_MAX);
	if (now >= c->next_totals_ns) {
		c->next_totals_ns = now + totals_pause(c);
		roster_tell_totals(&c->roster);
	}
	if (now >= c->next_sample_ns) {
		c->next_sample_ns = now + SAMPLE_EVERY;
		roster_tell_samples(&c->roster);
	}
	if (now >= c->next_second_ns) {
		c->next_second_ns = now + 1000 * MS;
		count_rate(c);
		tell_clock_now(c);
		roster_tell_rest(&c->roster);
		tell_refusals(c);
		tree_flush(&c->tree, tick_now(c));
		journal_flush(&c->journal);
		family_free_stacks(&c->roster);
		claim_take_back(&c->roster);
	}
}

/* A signal after wake_seen was read has changed the word; one before has left `poked`. */
static void nap(struct collector *c, uint32_t wake_seen)
{
	struct segment *s = c->share->segment;
	struct timespec t = { .tv_nsec = (long)c->nap_ns };
	if (c->poked) {
		c->poked = 0;
		return;
	}
	atomic_store(&s->sleeping, 1);
	syscall(SYS_futex, &s->wake, FUTEX_WAIT, wake_seen, &t, NULL, 0);
	atomic_store(&s->sleeping, 0);
}

static void note_failure(struct collector *c)
{
	segment_turn(c->share->segment, SEGMENT_OFF);
	snprintf(c->failure, sizeof(c->failure), "the recording has ended early, after %llu bytes: %s",
	         (unsigned long long)c->writer.size, strerror(c->writer.failed));
}

void collector_round(struct collector *c)
{
	struct segment *s = c->share->segment;
	uint32_t wake = atomic_load(&s->wake);
	atomic_fetch_add(&s->heartbeat, 1);
	c->drain.now_ns = clock_now_ns();
	roster_find(&c->roster);
	uint64_t most = roster_drain(&c->roster);
	roster_make_pages(&c->roster);
	do_what_is_due(c);
	int busy = plan_follow(c);
	busy |= control_serve(&c->control, c);
	if (c->writer.failed && !c->failure[0])
		note_failure(c);
	if (most >= MUCH)
		return;
	if (c->roster.thread_count > CROWD || busy)
		c->nap_ns = NAP_CROWD;
	else
		c->nap_ns = most ? NAP_SHORT : c->nap_ns * 2 < NAP_LONG ? c->nap_ns * 2 : NAP_LONG;
	nap(c, wake);
}

void collector_poke(struct collector *c)
{
	c->poked = 1;
	atomic_fetch_add(&c->share->segment->wake, 1);
}

void collector_child_ended(struct collector *c, int pid, int wait_status)
{
	c->roster.launched_pid = pid;
	c->roster.launched_status = wait_status;
	c->drain.now_ns = clock_now_ns();
	roster_find(&c->roster);
	roster_find_ends(&c->roster);
	c->roster.launched_pid = 0; /* it may be another's soon */
}

int collector_over(struct collector *c)
{
	uint64_t now = clock_now_ns();
	uint32_t flags = c->share->segment->flags;
	if (c->stopped || c->failure[0] || c->over)
		return 1;
	if (roster_has_living(&c->roster) || c->expects_more) {
		c->empty_since_ns = 0;
		return 0;
	}
	if (!c->empty_since_ns) {
		c->empty_since_ns = now;
		c->next_look_ns = 0;
	}
	if ((flags & SEGMENT_FOLLOW_EXEC) && now - c->empty_since_ns < GRACE &&
	    proc_any_with(SEGMENT_ENVIRONMENT, c->name, c->first_pid))
		return 0;
	if (!(flags & SEGMENT_FOLLOW_FORK) && !c->roster.image_count)
		return 1;
	if (now < c->next_look_ns)
		return 0;
	c->next_look_ns = now + LOOK_EVERY;
	if (c->passes_over && (flags & SEGMENT_FOLLOW_EXEC) && proc_any_with(SEGMENT_ENVIRONMENT, c->name, c->first_pid))
		return 0;
	if (share_in_use(c->share))
		return 0;
	roster_end_all(&c->roster);
	return 1;
}

void collector_stop(struct collector *c)
{
	if (c->stopped)
		return;
	c->stopped = 1;
	control_close(&c->control); /* who waits for an answer sees that there is nobody */
	c->drain.now_ns = clock_now_ns();
	segment_turn(c->share->segment, SEGMENT_OFF);
	const char *full = c->writer.failed ? strerror(c->writer.failed) : NULL;
	c->drain.given_up = full && writer_take_reserve(&c->writer);
	if (c->drain.given_up)
		plan_tell_end(c, full);
	roster_leave(&c->roster);
	tell_refusals(c);
	keep_finish(&c->keep, tick_now(c));
	if (c->tree.refused || c->drain.nonsense)
		journal_note(&c->journal, tick_now(c), 0, "%llu events and %llu stacks made no sense and were left out",
		             (unsigned long long)c->drain.nonsense, (unsigned long long)c->tree.refused);
	tell_clock_now(c);
	journal_flush(&c->journal);
	struct block_header end = { .kind = BLOCK_END, .first_tick = tick_now(c) };
	end.last_tick = end.first_tick;
	writer_block(&c->writer, &end, "", 0);
	writer_trim(&c->writer);
	if (c->writer.failed && !c->failure[0])
		note_failure(c);
}
