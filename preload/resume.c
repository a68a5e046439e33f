/* SPDX-License-Identifier: MIT
 *
 * What a hook needs from libgcc to be left by a cancellation: the compiler refers to these two names where a function has
 * something to clean up. Needing the library for it would put it into every program's scope, and keep us out of those that come without it. So it is
 * loaded aside when we start; a cancellation before that loads it then.
 */
#include <dlfcn.h>
#include <stddef.h>

#include "preload/arch_entry.h"
#include "preload/hook.h"
#include "preload/resume.h"

/* Named by the jumps. */
extern void *resume_original, *personality_original;
void resume_resolve(void);

void *resume_original, *personality_original;

void resume_load(void)
{
	void *libgcc = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);
	if (libgcc) {
		personality_original = dlsym(libgcc, "__gcc_personality_v0");
		resume_original = dlsym(libgcc, "_Unwind_Resume");
	}
}

/* What the loader allocates for it is not the program's. */
__attribute__((force_align_arg_pointer)) void resume_resolve(void)
{
	int on = recorder_enter(HOOK_FRAME);
	resume_load();
	if (on)
		recorder_leave();
}

void _Unwind_Resume(void *exception);
int __gcc_personality_v0(int version, int actions, unsigned long class, void *exception, void *context);

__attribute__((naked)) void _Unwind_Resume(__attribute__((unused)) void *exception)
{
	__asm__(ARCH_ENTRY_JUMP("resume_original", "resume_resolve"));
}

__attribute__((naked)) int __gcc_personality_v0(__attribute__((unused)) int version, __attribute__((unused)) int actions,
                                                __attribute__((unused)) unsigned long class,
                                                __attribute__((unused)) void *exception, __attribute__((unused)) void *context)
{
	__asm__(ARCH_ENTRY_JUMP("personality_original", "resume_resolve"));
}
