/* SPDX-License-Identifier: MIT
 *
 * The library's constructor. Other libraries' constructors run earlier and may allocate, so everything
 * the hooks need is made by the first of them; here is only what must not happen inside a hook.
 */
#include <errno.h>

#include "preload/hook.h"
#include "preload/join.h"
#include "preload/slow.h"

static __attribute__((constructor, noinline)) void start(void)
{
	int saved = errno;
	real_resolve();
	if (recorder_enter(HOOK_FRAME)) {
		slow_load(); /* inside the guard: the loader's allocations are not the program's */
		join_publish();
		recorder_leave();
	}
	errno = saved;
}
