/* SPDX-License-Identifier: MIT
 *
 * Facts on their way to the trace: the META records that have not been written yet. Written in
 * the order in which they were added.
 */
#ifndef COLLECTOR_JOURNAL_H
#define COLLECTOR_JOURNAL_H

#include "collector/writer.h"
#include "trace/meta.h"

#define JOURNAL_SIZE 65536u

struct journal {
	struct writer *writer;
	unsigned char bytes[JOURNAL_SIZE];
	size_t size;
	uint32_t count;
	uint64_t first_tick, last_tick;
};

/* Adds a record; writes a block first when there is no room for it. What cannot be written stays, as long as there is room. */
void journal_add(struct journal *j, const struct meta *m);
/* Adds a sentence for the reader of the reports. */
void journal_note(struct journal *j, uint64_t tick, uint32_t process, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Writes what there is as one block. */
void journal_flush(struct journal *j);

#endif
