/* SPDX-License-Identifier: MIT
 *
 * The loader. dlclose is hooked, and not inside the guard: destructors that run in it are the program's. Who calls dlopen
 * decides where it looks, so that its hook leaves by a jump; it is there for what loads a library past the recording. New modules
 * are noticed by their addresses (module.c).
 */
#include "preload/hook.h"

#include <dlfcn.h>
#include <string.h>

#include "preload/arch_entry.h"

#include "preload/module.h"
#include "preload/scope.h"

#define NAME_MOST 255u

/* Named by the jumps below. */
extern void *(*loader_dlopen)(const char *, int), *(*loader_dlmopen)(Lmid_t, const char *, int);
void loader_resolve(void);
void loader_opens(const char *file, int flags);
void loader_opens_elsewhere(Lmid_t namespace, const char *file, int flags);

void *(*loader_dlopen)(const char *, int), *(*loader_dlmopen)(Lmid_t, const char *, int);

__attribute__((used)) void loader_resolve(void)
{
	void *open = dlsym(RTLD_NEXT, "dlopen"), *elsewhere = dlsym(RTLD_NEXT, "dlmopen");
	memcpy(&loader_dlopen, &open, sizeof open);
	memcpy(&loader_dlmopen, &elsewhere, sizeof elsewhere);
}

static void tell(const uint64_t *frame, const char *file, enum segment_coverage what)
{
	struct message_part part = {file, (uint32_t)strnlen(file, NAME_MOST)};
	if (!recorder_enter(frame))
		return;
	recorder_message(EVENT_COVERAGE, what, 0, process_epoch(), &part, 1);
	recorder_leave();
}

__attribute__((used)) void loader_opens(const char *file, int flags)
{
	if (file && flags & RTLD_DEEPBIND)
		tell(HOOK_FRAME, file, COVERAGE_DEEP);
}

__attribute__((used)) void loader_opens_elsewhere(Lmid_t namespace, const char *file, int flags)
{
	if (file && namespace != LM_ID_BASE)
		tell(HOOK_FRAME, file, COVERAGE_NAMESPACE);
	else
		loader_opens(file, flags);
}

HOOK __attribute__((naked)) void *dlopen(__attribute__((unused)) const char *file, __attribute__((unused)) int flags)
{
	__asm__(ARCH_ENTRY_CALL("loader_opens") ARCH_ENTRY_JUMP("loader_dlopen", "loader_resolve"));
}

HOOK __attribute__((naked)) void *dlmopen(__attribute__((unused)) Lmid_t namespace, __attribute__((unused)) const char *file,
                                          __attribute__((unused)) int flags)
{
	__asm__(ARCH_ENTRY_CALL("loader_opens_elsewhere") ARCH_ENTRY_JUMP("loader_dlmopen", "loader_resolve"));
}

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
