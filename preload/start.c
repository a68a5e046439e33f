/* SPDX-License-Identifier: MIT
 *
 * The library's constructor. Other libraries' constructors run earlier and may allocate, so everything
 * the hooks need is made by the first of them; here is only what must not happen inside a hook.
 */
#include <errno.h>

#include "preload/got.h"
#include "preload/hook.h"
#include "preload/hook_exit.h"
#include "preload/join.h"
#include "preload/resume.h"
#include "preload/slow.h"

static __attribute__((constructor, noinline)) void start(void)
{
	int saved = errno;
	int on = recorder_enter(HOOK_FRAME); /* what the loader allocates for us is not the program's */
	real_resolve();
	hook_exit_start();
	if (on) {
		slow_load();
		resume_load(); /* a thread that is cancelled may not ask the loader: who waits for it may hold the loader's lock */
		join_publish();
		process_watch_forks();
		got_start();
		recorder_leave();
	}
	errno = saved;
}
