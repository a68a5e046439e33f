/* SPDX-License-Identifier: MIT
 *
 * The ways to set a seccomp filter: prctl() and, as libraries do it, syscall(), whose entry leads here. Nothing is recorded.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "preload/syscall_filter.h"
#include "preload/hook.h"
#include "preload/real_threads.h"

/* The header would have prctl take any number of arguments. */
#define SET_SECCOMP 22 /* PR_SET_SECCOMP */
#define SET_TSC 26     /* PR_SET_TSC */
#define TSC_SIGSEGV 2  /* PR_TSC_SIGSEGV */

int prctl(int option, unsigned long second, unsigned long third, unsigned long fourth, unsigned long fifth);
long syscall_filters(long number, unsigned long first, unsigned long second, unsigned long third, unsigned long fourth,
                     unsigned long fifth, unsigned long sixth);

/* Every event has a stamp, and from here on to take one would be the program's end. */
static void end_recording(const uint64_t *frame)
{
	if (recorder_enter(frame)) {
		recorder_message(EVENT_UNRECORDED, 0, UNRECORDED_CLOCK, 0, NULL, 0);
		recorder_leave();
	}
	process_stop_for_good();
}

HOOK int prctl(int option, unsigned long second, unsigned long third, unsigned long fourth, unsigned long fifth)
{
	if (__builtin_expect(option != SET_SECCOMP, 1)) {
		if (option == SET_TSC && second == TSC_SIGSEGV)
			end_recording(HOOK_FRAME);
		return THREADS(prctl)(option, second, third, fourth, fifth);
	}
	if (second == SECCOMP_MODE_STRICT) /* which closes the clock too */
		end_recording(HOOK_FRAME);
	int begun = syscall_filter_begin();
	int result = THREADS(prctl)(option, second, third, fourth, fifth), saved = errno;
	syscall_filter_end(begun, result == 0, second == SECCOMP_MODE_FILTER ? (const void *)third : NULL);
	errno = saved;
	return result;
}

/* Of SYS_seccomp and SYS_prctl with PR_SET_SECCOMP. With some flags the result is a descriptor, or a thread that objects. */
__attribute__((noinline, used)) long syscall_filters(long number, unsigned long first, unsigned long second, unsigned long third,
                                                     unsigned long fourth, unsigned long fifth, unsigned long sixth)
{
	int is_filter = number == SYS_prctl ? second == SECCOMP_MODE_FILTER : first == SECCOMP_SET_MODE_FILTER;
	int is_strict = number == SYS_prctl ? second == SECCOMP_MODE_STRICT : first == SECCOMP_SET_MODE_STRICT;
	int gives_descriptor = number == SYS_seccomp && second & SECCOMP_FILTER_FLAG_NEW_LISTENER;
	if (is_strict)
		end_recording(HOOK_FRAME);
	int begun = is_filter || is_strict ? syscall_filter_begin() : -1;
	long result = THREADS(syscall)(number, first, second, third, fourth, fifth, sixth);
	int saved = errno;
	syscall_filter_end(begun, result == 0 || (result > 0 && gives_descriptor), is_filter ? (const void *)third : NULL);
	errno = saved;
	return result;
}
