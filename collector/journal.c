/* SPDX-License-Identifier: MIT
 *
 * Gathers META records into blocks. Failures to write are the writer's to remember.
 */
#include "collector/journal.h"

#include <stdarg.h>
#include <stdio.h>

void journal_add(struct journal *j, const struct meta *m)
{
	long size = meta_encode(m, j->bytes + j->size, JOURNAL_SIZE - j->size);
	if (size == TRACE_FULL) {
		journal_flush(j);
		size = meta_encode(m, j->bytes + j->size, JOURNAL_SIZE - j->size);
	}
	if (size <= 0)
		return;
	if (!j->count || m->tick < j->first_tick)
		j->first_tick = m->tick;
	if (!j->count || m->tick > j->last_tick)
		j->last_tick = m->tick;
	j->size += (size_t)size;
	j->count++;
}

void journal_note(struct journal *j, uint64_t tick, uint32_t process, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	int size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (size < 0)
		return;
	struct meta m = { .kind = META_NOTE, .tick = tick, .process = process };
	m.u.note.text = (struct meta_text){ text, size < (int)sizeof(text) ? (size_t)size : sizeof(text) - 1 };
	journal_add(j, &m);
}

void journal_flush(struct journal *j)
{
	if (!j->count)
		return;
	struct block_header header = {
		.kind = BLOCK_META, .count = j->count, .first_tick = j->first_tick, .last_tick = j->last_tick
	};
	if (writer_block(j->writer, &header, j->bytes, j->size) < 0)
		return;
	j->size = 0;
	j->count = 0;
}
