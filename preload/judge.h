/* SPDX-License-Identifier: MIT
 *
 * Whether a program that is about to be executed can be recorded, judged by its file as the kernel and the loader will.
 */
#ifndef PRELOAD_JUDGE_H
#define PRELOAD_JUDGE_H

#include "trace/segment.h"

/* Why the program of an open file cannot be recorded, with this environment; UNRECORDED_NOT where it can be, or that cannot
 * be told. System calls only; any thread, also in a child of vfork. */
enum segment_unrecorded judge_program(int fd, char *const envp[]);

#endif
