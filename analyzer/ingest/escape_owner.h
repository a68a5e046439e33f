/* SPDX-License-Identifier: MIT
 *
 * What died within the activations of each function, by process: sums, and the most in one activation.
 */
#ifndef INGEST_ESCAPE_OWNER_H
#define INGEST_ESCAPE_OWNER_H

#include <stddef.h>
#include <stdint.h>

struct escape_owner {
	uint32_t function, process;
	uint64_t activations, blocks, bytes, max_blocks, max_bytes;
};

struct escape_owners {
	struct escape_owner *at; /* from 1 */
	size_t count, room;
	uint32_t **of_function; /* [process]: [function]: its place in `at`, 0: none yet; NULL: none of the process's */
	size_t process_count, function_count;
};

void escape_owners_init(struct escape_owners *o, size_t process_count, size_t function_count);
void escape_owners_release(struct escape_owners *o);
/* An activation in which blocks died has ended. */
void escape_owners_add(struct escape_owners *o, uint32_t function, uint32_t process, uint64_t blocks, uint64_t bytes);

#endif
