/* SPDX-License-Identifier: MIT
 *
 * What a process slot says is the process's own story: it is copied once, cut to size, and checked
 * against /proc where that matters (which pid to watch).
 */
#include "collector/image.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/limit.h"
#include "collector/proc.h"

#define MAX_ASKED 10
#define START_SLACK_NS 50000000ull /* start times of processes are given in ticks of 10 ms */

/* Copies a string out of the segment: whatever happens to it meanwhile, the copy is terminated. */
static void copy_text(char *out, const char *in, size_t size)
{
	memcpy(out, in, size);
	out[size - 1] = 0;
}

/* A pid may be another process's by now: one that started after this slot was claimed. Clocks are compared over the time
 * since the claim alone, which is short; a process taken for its successor by mistake would lose slots it writes to. */
static int is_successor(int pid, const struct clock *clock, uint64_t claimed_stamp)
{
	struct timespec boot;
	struct proc_stat s;
	uint64_t now = clock_stamp(), age = now > claimed_stamp ? clock_span_ns(clock, now - claimed_stamp) : 0;
	clock_gettime(CLOCK_BOOTTIME, &boot);
	uint64_t claimed = (uint64_t)boot.tv_sec * 1000000000u + (uint64_t)boot.tv_nsec - age;
	return proc_stat(pid, &s) == 0 && s.start_ns > claimed + START_SLACK_NS + age / 1000;
}

/* 1: no such process. A pidfd may also be refused for want of descriptors. */
static int open_pidfd(struct image *p)
{
	p->pidfd = proc_open_pidfd(p->pid);
	return p->pidfd < 0 && errno == ESRCH;
}

static void open_code(struct image *p, const struct clock *clock)
{
	uint64_t start = p->slot->start_stamp, first = clock->start.stamp;
	uint64_t span = start > first ? clock_span_ns(clock, start - first) : 0;
	struct perf_owner owner = {
		.pid = p->pid,
		.inner_pid = p->slot->pid,
		.nested = p->nested,
		.since_s = (int64_t)((clock->start.realtime_ns + span) / 1000000000u),
	};
	if (proc_uid(p->pid, &owner.uid) < 0)
		owner.uid = geteuid();
	code_names_init(&p->names, &owner);
}

void image_open(struct image *p, const struct clock *clock, int strangers)
{
	struct proc_stat s;
	p->number = p->slot->image;
	p->forked_from = p->slot->parent_image;
	p->pid = p->slot->pid;
	p->ppid = p->slot->ppid;
	copy_text(p->comm, p->slot->comm, sizeof(p->comm));
	copy_text(p->executable, p->slot->executable, sizeof(p->executable));
	p->sure = 1;
	if (strangers || p->ppid <= 1) { /* pid 1 adopts orphans, in every namespace */
		int host_pid = proc_host_pid(p->pid, p->ppid, p->executable, &p->sure);
		p->gone = !host_pid;
		p->pid = host_pid ? host_pid : p->pid;
		p->nested = !p->sure && p->pid != p->slot->pid;
		p->lost = !p->sure && !p->nested;
	}
	open_code(p, clock);
	p->pidfd = -1;
	if (p->lost || p->gone)
		return;
	if (p->nested)
		p->ppid = proc_stat(p->pid, &s) == 0 ? s.ppid : 0;
	p->gone = (is_successor(p->pid, clock, p->slot->start_stamp) || open_pidfd(p)) && p->sure;
}

void image_tell_start(struct image *p, struct drain *d, uint32_t parent)
{
	char command_line[sizeof(p->slot->command_line)];
	uint32_t size = p->slot->command_line_size;
	uint64_t stamp = p->slot->start_stamp;
	if (size > sizeof(command_line))
		size = sizeof(command_line);
	memcpy(command_line, p->slot->command_line, size);
	while (size && !command_line[size - 1])
		size--;
	struct meta m = { .kind = META_PROCESS, .process = p->id };
	m.tick = (stamp < d->now_stamp ? stamp : d->now_stamp) >> d->clock->tick_shift;
	m.u.process_start.pid = p->pid;
	m.u.process_start.ppid = p->ppid;
	m.u.process_start.parent = parent;
	m.u.process_start.comm = (struct meta_text){ p->comm, strlen(p->comm) };
	m.u.process_start.executable = (struct meta_text){ p->executable, strlen(p->executable) };
	m.u.process_start.command_line = (struct meta_text){ command_line, size };
	journal_add(d->journal, &m);
}

/* Once, and not for what is gone before it could reach one. */
static void tell_limit(struct image *p, struct drain *d)
{
	struct meta m = { .kind = META_LIMIT, .process = p->id, .tick = clock_stamp() >> d->clock->tick_shift };
	if (p->limit_told)
		return;
	p->limit_told = 1;
	m.u.limit.bytes = limit_of_memory(p->pid, &m.u.limit.by);
	if (m.u.limit.bytes)
		journal_add(d->journal, &m);
}

void image_tell_sample(struct image *p, struct drain *d)
{
	struct proc_stat s;
	uint64_t rss = p->lost ? 0 : proc_rss(p->pid);
	if (!rss || proc_stat(p->pid, &s) < 0)
		return;
	struct meta m = { .kind = META_SAMPLE, .process = p->id, .tick = clock_stamp() >> d->clock->tick_shift };
	m.u.sample.rss_bytes = rss;
	m.u.sample.minor_faults = s.minor_faults;
	m.u.sample.major_faults = s.major_faults;
	journal_add(d->journal, &m);
	tell_limit(p, d);
}

void image_tell_checks(struct image *p, struct drain *d)
{
	uint64_t checked = atomic_load(&p->slot->stacks_checked);
	uint64_t differences = atomic_load(&p->slot->stack_differences);
	uint64_t slow_frames = atomic_load(&p->slot->slow_frames);
	if (checked == p->checked && differences == p->differences && slow_frames == p->slow_frames)
		return;
	p->checked = checked;
	p->differences = differences;
	p->slow_frames = slow_frames;
	struct meta m = { .kind = META_CHECK, .process = p->id, .tick = d->now_stamp >> d->clock->tick_shift };
	m.u.check.checked = checked;
	m.u.check.differences = differences;
	m.u.check.slow_frames = slow_frames;
	journal_add(d->journal, &m);
}

uint64_t image_tell_code(struct image *p, struct drain *d, uint64_t most)
{
	return p->lost ? 0 : code_names_tell(&p->names, d->journal, d->now_stamp >> d->clock->tick_shift, p->id, most);
}

void image_ended(struct image *p, int wait_status)
{
	p->gone = 1;
	p->how = WIFSIGNALED(wait_status) ? ENDED_SIGNAL : ENDED_EXIT;
	p->code = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* What it has said itself, or its parent of it. 0: nothing. */
static int announced(struct image *p)
{
	uint32_t said = atomic_load(&p->slot->exiting);
	if (!(said & (SEGMENT_EXITING | SEGMENT_KILLED)) || p->slot->image != p->number)
		return 0;
	image_ended(p, said & SEGMENT_KILLED ? (int)(said & 0x7f) : (int)(said & 0xff) << 8);
	return 1;
}

int image_find_end(struct image *p)
{
	int status;
	if (p->gone)
		return 1;
	if (p->pidfd < 0)
		p->gone = p->sure && kill(p->pid, 0) < 0 && errno == ESRCH;
	else if (proc_exit_status(p->pidfd, p->pid, &status) == 0)
		image_ended(p, status);
	else
		p->gone = announced(p) || ++p->asked == MAX_ASKED;
	return p->gone;
}

void image_close(struct image *p, struct drain *d)
{
	image_tell_checks(p, d);
	image_tell_code(p, d, UINT64_MAX);
	code_names_release(&p->names);
	if (p->how == ENDED_UNKNOWN)
		announced(p);
	struct meta m = { .kind = META_PROCESS_END, .process = p->id, .tick = clock_stamp() >> d->clock->tick_shift };
	m.u.process_end.how = p->how;
	m.u.process_end.code = p->code;
	journal_add(d->journal, &m);
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->pidfd = -1;
	if (p->sure)
		atomic_store_explicit(&p->slot->state, SLOT_FREE, memory_order_release);
	else
		p->slot->image = 0; /* no child is to take its parent for one that lives */
}
