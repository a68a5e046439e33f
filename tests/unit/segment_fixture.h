/* SPDX-License-Identifier: MIT
 *
 * A segment in memory of the test's own, for tests of the shim's parts: sparse, zero, initialised.
 */
#ifndef UNIT_SEGMENT_FIXTURE_H
#define UNIT_SEGMENT_FIXTURE_H

#include <sys/mman.h>

#include "trace/segment.h"

static inline struct segment *segment_fixture(uint32_t flags)
{
	static const uint8_t id[16] = {7};
	struct segment *s = mmap(NULL, SEGMENT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(s, MAP_FAILED);
	segment_init(s, flags, id);
	return s;
}

static inline void segment_fixture_free(struct segment *s)
{
	munmap(s, SEGMENT_SIZE);
}

#endif
