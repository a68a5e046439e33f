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
	int on = recorder_enter(HOOK_FRAME); /* what the loader allocates for us is not the program's */
	real_resolve();
	if (on) {
		slow_load();
		join_publish();
		recorder_leave();
	}
	errno = saved;
}
