/* SPDX-License-Identifier: MIT
 *
 * Starting, forking, stopping. The live page is under MADV_WIPEONFORK, so a child that came by
 * fork, _Fork or a raw clone finds it zero at its first hook and claims slots of its own in the
 * mapping it inherited: no descriptor, no socket, no permission can be missing there.
 */
#include "preload/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "preload/choice.h"
#include "preload/join.h"
#include "preload/lock_cell.h"
#include "preload/recorder.h"
#include "preload/ring.h"
#include "preload/sample.h"
#include "preload/slow.h"
#include "preload/sys.h"
#include "preload/thread_slot.h"

struct process_live process_live;
static const _Atomic uint32_t no_more = 1;

static struct segment *segment; /* stays across fork */
static int looked;              /* for a recording; a child does not look again for what its parent did not find */
static int ended;               /* for children too */
static uint32_t slot_index, image;
static _Atomic uint32_t epoch, generation = 1; /* they go on in a child, as the rules do that it inherits */
static _Atomic int makes_code;
static uint32_t freed_before; /* segment.nodes_freed when the family began, or a child of it last looked */
static char executable[1024];

struct segment *process_segment(void) { return segment; }
uint32_t process_slot_index(void) { return slot_index; }
struct segment_process *process_slot(void) { return segment_process(segment, slot_index); }
uint32_t process_epoch(void) { return atomic_load_explicit(&epoch, memory_order_acquire); }
const char *process_executable(void) { return executable; }

/* What a filter forbids a child to ask, it has from its parent's slot (NULL: it is another's by now). */
static void fill_slot(struct segment_process *p, int32_t pid, uint32_t parent_image, const struct segment_process *parent)
{
	long ppid = SYS0(SYS_getppid);
	p->pid = pid;
	p->ppid = ppid >= 0 ? (int32_t)ppid : parent ? parent->pid : 0;
	p->image = atomic_fetch_add(&segment->images, 1) + 1;
	p->parent_image = parent_image;
	p->epoch_at_start = process_epoch();
	p->start_stamp = arch_stamp();
	atomic_store(&p->stacks_checked, 0);
	atomic_store(&p->stack_differences, 0);
	atomic_store(&p->slow_frames, 0);
	atomic_store(&p->exiting, 0);
	memcpy(p->executable, executable, sizeof executable);
	if (SYS2(SYS_prctl, PR_GET_NAME, p->comm) < 0 && parent)
		memcpy(p->comm, parent->comm, sizeof p->comm);
	long n = sys_read_file("/proc/self/cmdline", p->command_line, sizeof p->command_line);
	p->command_line_size = n > 0 ? (uint32_t)n : 0;
	if (n <= 0 && parent && parent->command_line_size <= sizeof p->command_line) {
		memcpy(p->command_line, parent->command_line, sizeof p->command_line);
		p->command_line_size = parent->command_line_size;
	}
}

/* A slot, filled and published. 0: all are taken. */
static int claim(uint32_t parent_image)
{
	long number = SYS0(SYS_getpid);
	int32_t pid = number > 0 ? (int32_t)number : thread_slot_tid(); /* by the C library's word where a filter forbids to ask */
	const struct segment_process *parent = parent_image && process_slot()->image == parent_image ? process_slot() : NULL;
	for (uint32_t i = 0; i < SEGMENT_PROCESSES; i++) {
		struct segment_process *p = segment_process(segment, i);
		uint32_t high = atomic_load(&segment->process_high), free = SLOT_FREE;
		while (high < i + 1 && !atomic_compare_exchange_weak(&segment->process_high, &high, i + 1))
			;
		if (!atomic_compare_exchange_strong(&p->state, &free, slot_claimed((uint32_t)pid)))
			continue;
		fill_slot(p, pid, parent_image, parent);
		slot_index = i;
		image = p->image;
		atomic_store_explicit(&p->state, SLOT_LIVE, memory_order_release);
		ring_nudge(segment); /* a short life is over before its next look */
		return 1;
	}
	atomic_fetch_add(&segment->slots_refused, 1);
	return 0;
}

/* By the kernel's word; where /proc is not mounted by the path that was executed, from where we are. */
static void find_executable(void)
{
	long n = SYS4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", executable, sizeof executable - 1);
	executable[n > 0 ? n : 0] = 0;
	const char *given = (const char *)getauxval(AT_EXECFN);
	if (n > 0 || !given)
		return;
	if (*given != '/' && (n = SYS2(SYS_getcwd, executable, sizeof executable)) > 0) /* it counts the NUL */
		executable[n - 1] = '/';
	n = n > 0 ? n : 0;
	if ((size_t)n + strlen(given) < sizeof executable)
		strcpy(executable + n, given);
	else
		executable[0] = 0;
}

/* A fresh image: find the recording. */
static int start_fresh(void)
{
	looked = 1;
	find_executable();
	char comm[16] = "";
	SYS2(SYS_prctl, PR_GET_NAME, comm);
	if (!choice_wanted(executable, comm))
		return 0;
	segment = join_recording();
	if (!segment)
		return 0;
	if (atomic_load(&segment->images) > 0 && !(segment->flags & SEGMENT_FOLLOW_EXEC))
		return 0;
	freed_before = atomic_load(&segment->nodes_freed);
	atomic_store(&epoch, atomic_fetch_add(&segment->epochs, 1) + 1);
	return claim(0);
}

/* It is given back only once the process has ended. */
static int has_slot(uint32_t index, uint32_t of_image)
{
	const struct segment_process *p = segment_process(segment, index);
	return atomic_load(&p->state) == SLOT_LIVE && p->image == of_image;
}

/* An image without a slot is not known to belong to its children's family, nor they to each other's. And where a whole family may
 * have been gone its stacks may be others' by now. */
static int start_child(void)
{
	uint32_t parent = image, parents_slot = slot_index;
	slow_after_fork();
	if (segment && !ended && atomic_load(&makes_code))
		process_new_epoch();
	if (!segment || ended || !(segment->flags & SEGMENT_FOLLOW_FORK) || !claim(parent))
		return 0;
	atomic_thread_fence(memory_order_seq_cst); /* the slot is published before these are read */
	uint32_t freed = atomic_load(&segment->nodes_freed);
	if (!parent || (freed != freed_before && !has_slot(parents_slot, parent)))
		process_new_epoch();
	freed_before = freed;
	return 1;
}

static void note_fork(void) { atomic_store(&process_live.forked, 1); }
void process_watch_forks(void) { pthread_atfork(NULL, NULL, note_fork); }

/* 1: we are a child of vfork, in the memory of one that came by fork and has not started yet. The C library has not noticed: by its
 * word we are our parent. */
static int is_borrowed(void)
{
	int32_t tid = atomic_load(&process_live.forked) ? sys_tid() : 0, known = tid > 0 ? thread_slot_known_tid() : 0;
	return known && known != tid;
}

__attribute__((cold, noinline)) uint64_t process_start(void)
{
	uint64_t key = PROCESS_UNKNOWN;
	if (looked && is_borrowed()) /* what it claims would be gone with it */
		return key;
	if (!looked && !environ) /* a preinit function, before libc is told its environment, where the recording's name is */
		return key;
	if (!atomic_compare_exchange_strong(&process_live.key, &key, PROCESS_STARTING))
		return key;
	int saved = errno;
	if (!looked) /* a child's pages are as its parent's */
		SYS3(SYS_madvise, &process_live, sizeof process_live, MADV_WIPEONFORK);
	int on = looked ? start_child() : start_fresh();
	if (on && atomic_load(&segment->state) == SEGMENT_OFF)
		on = 0;
	if (on && segment->sample_bytes && !sample_start()) {
		sys_say("not recording: no memory for what is known of the sample", "");
		on = 0;
	}
	if (on)
		lock_cells_start();
	errno = saved;
	key = on ? (uint64_t)image << 16 | (atomic_load(&generation) & 0xffff) : PROCESS_OFF;
	atomic_store(&process_live.turn, on ? &segment->turn : &no_more);
	atomic_store(&process_live.key, key);
	return key;
}

__attribute__((cold)) void process_stop(void)
{
	atomic_store(&process_live.turn, &no_more);
	atomic_store(&process_live.key, PROCESS_OFF);
}

void process_stop_for_good(void)
{
	ended = 1;
	process_stop();
}

int process_is_other(void)
{
	long pid = SYS0(SYS_getpid);
	return atomic_load(&process_live.key) > PROCESS_STARTING && pid > 0 && process_slot()->pid != (int32_t)pid;
}

void process_exits(int status)
{
	if (atomic_load(&process_live.key) > PROCESS_STARTING && !process_is_other())
		atomic_store(&process_slot()->exiting, SEGMENT_EXITING | ((uint32_t)status & 0xff));
}

/* Of the images of one pid the last is the one that ended: it took the place of those before it. */
static struct segment_process *last_image_of(int pid)
{
	struct segment_process *last = NULL;
	int32_t self = process_slot()->pid;
	uint32_t high = atomic_load(&segment->process_high);
	for (uint32_t i = 0; i < high && i < SEGMENT_PROCESSES; i++) {
		struct segment_process *p = segment_process(segment, i);
		if (atomic_load(&p->state) == SLOT_LIVE && p->pid == pid && p->ppid == self && (!last || p->image > last->image))
			last = p;
	}
	return last;
}

void process_child_ended(int pid, int signal, int status)
{
	uint32_t none = 0, said = signal ? SEGMENT_KILLED | (uint32_t)signal : SEGMENT_EXITING | ((uint32_t)status & 0xff);
	if (atomic_load(&process_live.key) <= PROCESS_STARTING)
		return;
	struct segment_process *p = last_image_of(pid);
	if (p)
		atomic_compare_exchange_strong(&p->exiting, &none, said);
}

void process_makes_code(void)
{
	atomic_store(&makes_code, 1);
}

void process_new_generation(void)
{
	atomic_fetch_add(&generation, 1);
	uint64_t key = atomic_load(&process_live.key), next;
	do {
		if (key <= PROCESS_STARTING)
			return;
		next = (key & ~0xffffull) | (atomic_load(&generation) & 0xffff);
	} while (!atomic_compare_exchange_weak(&process_live.key, &key, next));
}

void process_new_epoch(void)
{
	atomic_store(&epoch, atomic_fetch_add(&segment->epochs, 1) + 1);
	process_new_generation();
}
