/* SPDX-License-Identifier: MIT
 *
 * libgcc's part in leaving a hook by cancellation.
 */
#ifndef PRELOAD_RESUME_H
#define PRELOAD_RESUME_H

/* Loads it. From the constructor: later it may wait for the loader's lock. */
void resume_load(void);

#endif
