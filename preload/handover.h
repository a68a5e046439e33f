/* SPDX-License-Identifier: MIT
 *
 * Whether a program that is executed gets the library. Where it could not open it the loader would complain on its stderr, and
 * where a filter is in force it might be killed for it: there it is given an environment whose LD_PRELOAD does not name us. Any
 * thread, children of vfork too: nothing is allocated.
 */
#ifndef PRELOAD_HANDOVER_H
#define PRELOAD_HANDOVER_H

#include <stddef.h>

#include "trace/segment.h"

/* Why it must not have it; UNRECORDED_NOT: it may, or the environment does not name it anyway. */
enum segment_unrecorded handover_judge(char *const envp[]);

/* Where it must not: bytes that the changed environment needs, and that environment, made there. */
size_t handover_size(char *const envp[]);
char *const *handover_write(void *room, char *const envp[]);

#endif
