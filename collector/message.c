/* SPDX-License-Identifier: MIT
 *
 * Takes messages apart. The payload is copied out of the ring before it is looked at, and a message
 * that does not fit into what was published is no message.
 */
#include "collector/message.h"

#include <string.h>

#include "collector/image.h"
#include "collector/thread.h"

#define CELL sizeof(struct event)

static void read_module(struct meta *m, const struct event *head, const unsigned char *payload, uint32_t size)
{
	uint32_t build_id = size ? payload[0] : 0;
	if (!size || build_id + 1 > size) {
		m->kind = 0;
		return;
	}
	m->u.module.epoch = head->stack;
	m->u.module.base = head->address;
	m->u.module.size = head->size;
	m->u.module.build_id = (struct meta_text){ (const char *)payload + 1, build_id };
	m->u.module.path = (struct meta_text){ (const char *)payload + 1 + build_id, size - 1 - build_id };
}

static void tell_own_allocator(const struct thread *t, struct drain *d, uint64_t tick, uint64_t libraries)
{
	journal_note(d->journal, tick, t->image->id,
	             "%s (pid %d) brings its own malloc in its executable: its calls are not seen, those of %u libraries are; what one side "
	             "allocates and the other frees seems never freed", t->image->comm, t->image->pid, libraries < 4096 ? (unsigned)libraries : 4096);
}

/* Each program once, whoever executes it, and not too many. */
static int is_news(struct drain *d, uint64_t why, const unsigned char *path, uint32_t size)
{
	uint64_t h = 0xcbf29ce484222325ull + why;
	for (uint32_t i = 0; i < size; i++)
		h = (h ^ path[i]) * 0x100000001b3ull;
	for (uint32_t i = 0; i < d->unrecorded_count; i++)
		if (d->unrecorded[i] == h)
			return 0;
	if (d->unrecorded_count == DRAIN_UNRECORDED)
		return 0;
	d->unrecorded[d->unrecorded_count++] = h;
	return 1;
}

/* The name is the program's: what is no text in it does not reach a terminal. */
static void copy_name(char *out, size_t room, const unsigned char *in, uint32_t size)
{
	uint32_t n = size < room - 1 ? size : (uint32_t)room - 1;
	for (uint32_t i = 0; i < n; i++)
		out[i] = in[i] < ' ' || in[i] == 0x7f ? '?' : (char)in[i];
	out[n] = 0;
}

static void tell_coverage(const struct thread *t, struct drain *d, uint64_t tick, const struct event *head, const unsigned char *payload,
                          uint32_t size)
{
	static const char *const why[] = {
		[COVERAGE_DEEP] = "with RTLD_DEEPBIND: calls of malloc and of locks that stand in it itself go past the recording, and what is "
		                  "allocated on one side and freed on the other is counted on one side only",
		[COVERAGE_NAMESPACE] = "by dlmopen into a namespace of its own, with a C library of its own: nothing that happens in there is seen",
	};
	char name[256];
	if (head->address == COVERAGE_EXECUTABLE) {
		tell_own_allocator(t, d, tick, head->size);
		return;
	}
	if (head->address >= sizeof(why) / sizeof(why[0])) {
		d->nonsense++;
		return;
	}
	copy_name(name, sizeof(name), payload, size);
	if (is_news(d, 0x100 + head->address, payload, size))
		journal_note(d->journal, tick, t->image->id, "%s (pid %d) loads %s %s", t->image->comm, t->image->pid, name, why[head->address]);
}

static void note_unrecorded(struct thread *t, struct drain *d, uint64_t tick, uint64_t why, const unsigned char *path,
                            uint32_t size)
{
	static const char *const reasons[] = {
		[UNRECORDED_STATIC] = "it is statically linked",
		[UNRECORDED_PRIVILEGED] = "it is setuid or setgid, and such a program loads no library it was not linked with",
		[UNRECORDED_32_BIT] = "it is a 32-bit program",
		[UNRECORDED_MUSL] = "it is linked with musl",
		[UNRECORDED_ENVIRONMENT] = "it is given an environment without LD_PRELOAD or " SEGMENT_ENVIRONMENT,
		[UNRECORDED_FILTER] = "a seccomp filter is in force that forbids what a recording needs",
		[UNRECORDED_UNREACHABLE] = "libculprit.so cannot be opened where it runs (another root directory, mount namespace or user)",
	};
	if (why == UNRECORDED_CLOCK) {
		if (is_news(d, why, (const unsigned char *)&t->image->pid, sizeof(t->image->pid)))
			journal_note(d->journal, tick, t->image->id, "process %d is not recorded from here on: it has forbidden itself to read "
			             "the processor's time stamps (strict seccomp, or PR_SET_TSC)", t->image->pid);
		return;
	}
	char name[256];
	if (why >= sizeof(reasons) / sizeof(reasons[0]) || !reasons[why]) {
		d->nonsense++;
		return;
	}
	if (!is_news(d, why, path, size))
		return;
	copy_name(name, sizeof(name), path, size);
	journal_note(d->journal, tick, t->image->id, "process %d has executed %s, which is not recorded: %s", t->image->pid, name,
	             reasons[why]);
}

/* Names are the program's: what is no text in them does not reach a terminal. That of code is only asked for here. */
static void tell_name(struct thread *t, struct drain *d, uint64_t tick, const struct event *head, const unsigned char *payload,
                      uint32_t size)
{
	char name[SEGMENT_NAME_MAX];
	uint32_t n = size < sizeof(name) ? size : (uint32_t)sizeof(name);
	struct meta m = { .tick = tick, .process = t->image->id, .thread = t->id };
	for (uint32_t i = 0; i < n; i++)
		name[i] = payload[i] < ' ' || payload[i] == 0x7f ? '?' : (char)payload[i];
	struct meta_text text = { name, n };
	if (head->size == NAME_OF_MARK) {
		m.kind = META_MARK;
		m.u.mark.kind = MARK_NAMED;
		m.u.mark.text = text;
	} else if (head->size == NAME_OF_LOCK) {
		m.kind = META_LOCK_NAME;
		m.u.lock_name.address = head->address;
		m.u.lock_name.name = text;
	} else if (head->size == NAME_OF_CODE) {
		code_names_want(&t->image->names, head->stack, head->address);
		return;
	} else {
		d->nonsense++;
		return;
	}
	journal_add(d->journal, &m);
}

uint64_t message_read(struct thread *t, struct drain *d, uint64_t at, uint64_t to)
{
	const struct event *ring = t->slot->events;
	unsigned char payload[MESSAGE_MAX_PAYLOAD + CELL];
	struct event head;
	memcpy(&head, &ring[at % RING_EVENTS], CELL);
	__asm__ volatile("" ::: "memory");
	uint32_t size = head.shared, cells = (uint32_t)((size + CELL - 1) / CELL);
	if (size > MESSAGE_MAX_PAYLOAD || at + 1 + cells > to || head.kind > EVENT_NAME) {
		d->nonsense++;
		return 1;
	}
	for (uint32_t i = 0; i < cells; i++)
		memcpy(payload + i * CELL, &ring[(at + 1 + i) % RING_EVENTS], CELL);

	uint64_t stamp = head.stamp < d->now_stamp ? head.stamp : d->now_stamp;
	if (head.kind == EVENT_UNRECORDED) {
		note_unrecorded(t, d, stamp >> d->clock->tick_shift, head.size, payload, size);
		return 1 + cells;
	}
	if (head.kind == EVENT_NAME) {
		tell_name(t, d, stamp >> d->clock->tick_shift, &head, payload, size);
		return 1 + cells;
	}
	if (head.kind == EVENT_COVERAGE) {
		tell_coverage(t, d, stamp >> d->clock->tick_shift, &head, payload, size);
		return 1 + cells;
	}
	struct meta m = { .tick = stamp >> d->clock->tick_shift, .process = t->image->id, .thread = t->id };
	if (head.kind == EVENT_MODULE) {
		m.kind = META_MODULE;
		read_module(&m, &head, payload, size);
	} else {
		m.kind = META_UNLOAD;
		m.u.module.epoch = head.stack;
		m.u.module.base = head.address;
	}
	if (m.kind)
		journal_add(d->journal, &m);
	else
		d->nonsense++;
	return 1 + cells;
}
