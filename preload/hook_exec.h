/* SPDX-License-Identifier: MIT
 *
 * The execution of other programs, as the process asks for it.
 */
#ifndef PRELOAD_HOOK_EXEC_H
#define PRELOAD_HOOK_EXEC_H

/* Finds the originals: a child of vfork may not ask the loader. From the constructor only. */
void hook_exec_start(void);

#endif
