/* SPDX-License-Identifier: MIT
 *
 * Which modules the frames lie in. A module is told to the collector when an address in it is first
 * looked up; nothing is wrapped for it and the loader is never asked for its list. Unloading is
 * noticed in dlclose's hook, and when another module turns up where one was.
 */
#ifndef PRELOAD_MODULE_H
#define PRELOAD_MODULE_H

#include <stdint.h>

/* An address is about to be used for the first time since the last unload. Tells its module, and starts
 * a new epoch if another module's frames may stand in the tree under the same addresses.
 * Owner thread of a recorder, inside the guard. */
void module_seen(uint64_t address);

/* After a dlclose: tells what is gone and forgets the rules. Owner thread, inside the guard. */
void module_after_close(void);

#endif
