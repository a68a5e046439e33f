/* SPDX-License-Identifier: MIT
 *
 * The loader. Only dlclose is hooked, and not inside the guard: destructors that run in it are the
 * program's. dlopen is left alone, since who calls it decides where it looks; new modules are
 * noticed by their addresses (module.c).
 */
#include "preload/hook.h"

#include "preload/module.h"
#include "preload/scope.h"

int dlclose(void *handle);

HOOK int dlclose(void *handle)
{
	const uint64_t *frame = HOOK_FRAME;
	scope_forget();
	int result = real.dlclose(handle);
	scope_forget(); /* of what destructors called */
	if (recorder_enter(frame)) {
		module_after_close();
		recorder_leave();
	} else {
		module_closed_unseen();
	}
	return result;
}
