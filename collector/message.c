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

uint64_t message_read(struct thread *t, struct drain *d, uint64_t at, uint64_t to)
{
	const struct event *ring = t->slot->events;
	unsigned char payload[MESSAGE_MAX_PAYLOAD + CELL];
	struct event head;
	memcpy(&head, &ring[at % RING_EVENTS], CELL);
	__asm__ volatile("" ::: "memory");
	uint32_t size = head.shared, cells = (uint32_t)((size + CELL - 1) / CELL);
	if (size > MESSAGE_MAX_PAYLOAD || at + 1 + cells > to || head.kind > EVENT_UNLOAD) {
		d->nonsense++;
		return 1;
	}
	for (uint32_t i = 0; i < cells; i++)
		memcpy(payload + i * CELL, &ring[(at + 1 + i) % RING_EVENTS], CELL);

	uint64_t stamp = head.stamp < d->now_stamp ? head.stamp : d->now_stamp;
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
