/* SPDX-License-Identifier: MIT
 *
 * A process that ends within milliseconds may be reaped by its parent before the collector has come to look at it; the
 * kernel then tells nobody how it ended. So it says so itself, where it ends by its own will. A forked child that has
 * allocated nothing so far takes part from here on, so that it is in the trace.
 */
#include "preload/hook_exit.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "preload/hook.h"
#include "preload/hook_exec.h"
#include "preload/sys.h"

static void (*original)(int);

static void tell(int status, const uint64_t *frame)
{
	if (recorder_enter(frame))
		recorder_leave();
	process_exits(status);
}

static __attribute__((noinline)) void at_exit(int status, void *arg)
{
	(void)arg;
	tell(status, HOOK_FRAME);
}

void hook_exit_start(void)
{
	hook_exec_start();
	original = (void (*)(int))dlsym(RTLD_NEXT, "_exit");
	on_exit(at_exit, NULL);
}

static _Noreturn void leave(int status)
{
	if (original)
		original(status);
	for (;;)
		SYS1(SYS_exit_group, status);
}

HOOK _Noreturn void _exit(int status)
{
	tell(status, HOOK_FRAME);
	leave(status);
}

HOOK _Noreturn void _Exit(int status)
{
	tell(status, HOOK_FRAME);
	leave(status);
}
