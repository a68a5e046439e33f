/* SPDX-License-Identifier: MIT
 *
 * The system call by its number. Only waits for a futex come here, as languages and libraries make them that bring their own locks:
 * Rust's std, parking_lot, absl, folly, std::atomic::wait. Which lock it is for is not known, the address is that of the
 * word waited on; whether it is a lock or work the calling frame's name tells. Everything else is a jump.
 */
#include "preload/hook.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "preload/arch_entry.h"
#include "preload/wait.h"

/* Named by the jumps of ARCH_ENTRY_SYSCALL. */
extern long (*syscall_original)(long, ...);
void syscall_resolve(void);
long syscall_blocks(long number, uintptr_t word, long operation, long value, uintptr_t timeout, long word2, long value3);

long (*syscall_original)(long, ...);

/* By itself: an allocator may want memory of the kernel in the middle of the search for the others. From a program in
 * assembler, perhaps, whose stack is not aligned. */
__attribute__((force_align_arg_pointer)) void syscall_resolve(void)
{
	int saved = errno;
	void *p = dlsym(RTLD_NEXT, "syscall");
	memcpy(&syscall_original, &p, sizeof p);
	errno = saved;
}

static __attribute__((constructor)) void start(void)
{
	syscall_resolve();
}

/* What cannot be the address of a futex the kernel refuses. */
static inline int is_futex(uintptr_t word)
{
	return word >= 4096 && word % 4 == 0 && word < 1ull << 47;
}

/* A futex that had another value already was no wait, nor was what was refused. Of futex_waitv `word` is the list of futexes. */
__attribute__((noinline, used)) long syscall_blocks(long number, uintptr_t word, long operation, long value, uintptr_t timeout,
                                                    long word2, long value3)
{
	const uint64_t *frame = HOOK_FRAME;
	struct wait w __attribute__((cleanup(wait_cancelled)));
	wait_for_work(&w, is_futex(word) ? lock_ready(frame) : NULL, (const void *)word, LOCK_FUTEX, timeout ? WAIT_TIMED : 0, frame);
	if (!syscall_original)
		syscall_resolve();
	long result = syscall_original(number, word, operation, value, timeout, word2, value3);
	int why = result < 0 ? errno : 0;
	if (why == 0 || why == EINTR || why == ETIMEDOUT)
		wait_ended(&w, why == ETIMEDOUT ? WAIT_TIMED_OUT : 0, 1);
	else
		wait_dropped(&w);
	return result;
}

HOOK __attribute__((naked)) long syscall(__attribute__((unused)) long number, ...)
{
	__asm__(ARCH_ENTRY_SYSCALL);
}
