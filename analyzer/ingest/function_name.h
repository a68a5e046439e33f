/* SPDX-License-Identifier: MIT
 *
 * Demangled names against lists of plain ones with '*' for anything, as people write them down: `std::mutex::*`.
 */
#ifndef INGEST_FUNCTION_NAME_H
#define INGEST_FUNCTION_NAME_H

#include <stddef.h>

#define FUNCTION_NAME_SKELETON 512

struct function_name {
	const char *full;                      /* borrowed */
	char skeleton[FUNCTION_NAME_SKELETON]; /* "" if it is longer */
};

void function_name_init(struct function_name *f, const char *full);
/* 1 if the whole name, or its skeleton, is what the pattern says. */
int function_name_like(const struct function_name *f, const char *pattern);

/* A C++ name without template arguments and parameters, "std::vector<int>::at(unsigned long)" as "std::vector::at", into
 * out of size bytes. Returns 0, or -1 if it does not fit. Exposed for tests. */
int function_name_skeleton(const char *full, char *out, size_t size);

#endif
