/* SPDX-License-Identifier: MIT
 *
 * How much memory a process may have: by its cgroup (and those around it), and by RLIMIT_AS.
 */
#ifndef COLLECTOR_LIMIT_H
#define COLLECTOR_LIMIT_H

#include <stdint.h>

enum limit_kind { LIMIT_NONE = 0, LIMIT_CGROUP = 1, LIMIT_ADDRESS_SPACE = 2 };

/* The tightest limit in bytes and its kind (enum limit_kind). 0: there is none, or it cannot be known. */
uint64_t limit_of_memory(int pid, uint32_t *kind);

#endif
