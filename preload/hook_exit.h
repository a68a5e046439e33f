/* SPDX-License-Identifier: MIT
 *
 * The end of the process, as it announces it itself.
 */
#ifndef PRELOAD_HOOK_EXIT_H
#define PRELOAD_HOOK_EXIT_H

/* Finds the originals, of hook_exec.h too, and asks to be told of exit(), which return from main() is too. From the constructor only, since it
 * may allocate. */
void hook_exit_start(void);

#endif
