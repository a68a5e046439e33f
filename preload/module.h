/* SPDX-License-Identifier: MIT
 *
 * Which modules the frames lie in. A module is told to the collector when an address in it is first
 * looked up; nothing is wrapped for it and the loader is never asked for its list. Unloading is
 * noticed in dlclose's hook, and when another module turns up where one was.
 */
#ifndef PRELOAD_MODULE_H
#define PRELOAD_MODULE_H

#include <stdatomic.h>
#include <stdint.h>

/* An address is about to be used for the first time since the last unload. Tells its module, or that it is in none, and starts
 * a new epoch if other code's frames may stand in the tree under the same addresses.
 * Owner thread of a recorder, inside the guard. */
void module_seen(uint64_t address);

/* After a dlclose: tells what is gone and forgets the rules. Owner thread, inside the guard. */
void module_after_close(void);

/* After a dlclose that cannot be told now: rules are forgotten, the rest is left to module_catch_up. Any thread. */
void module_closed_unseen(void);

/* Tells what module_closed_unseen could not. Owner thread, inside the guard. */
extern _Atomic int module_unseen;
static inline void module_catch_up(void)
{
	if (__builtin_expect(atomic_load_explicit(&module_unseen, memory_order_relaxed), 0) &&
	    atomic_exchange(&module_unseen, 0))
		module_after_close();
}

#endif
