/* SPDX-License-Identifier: MIT
 *
 * Functions that may leave no frame of ours on the stack they run on, as the text of naked functions: C compiles no call
 * to a jump for sure. Another processor is another set of the same names.
 */
#ifndef PRELOAD_ARCH_ENTRY_H
#define PRELOAD_ARCH_ENTRY_H

#if defined(__x86_64__) && defined(__linux__)

/* Goes on at what the variable `original` points to, with every argument and the stack as they came, after calling
 * `resolve` if it is NULL. r11 belongs to nobody at a call. */
#define ARCH_ENTRY_JUMP(original, resolve) \
	"	movq " original "(%rip), %r11\n" \
	"	testq %r11, %r11\n" \
	"	je 9f\n" \
	"	jmp *%r11\n" \
	"9:" \
	ARCH_ENTRY_CALL(resolve) \
	"	jmp *" original "(%rip)\n"

/* Calls a function that returns nothing, with everything as it came, and leaves it so. */
#define ARCH_ENTRY_CALL(function) \
	ARCH_ENTRY_PUSH("rax") \
	ARCH_ENTRY_PUSH("rdi") \
	ARCH_ENTRY_PUSH("rsi") \
	ARCH_ENTRY_PUSH("rdx") \
	ARCH_ENTRY_PUSH("rcx") \
	ARCH_ENTRY_PUSH("r8") \
	ARCH_ENTRY_PUSH("r9") \
	"	call " function "\n" \
	ARCH_ENTRY_POP("r9") \
	ARCH_ENTRY_POP("r8") \
	ARCH_ENTRY_POP("rcx") \
	ARCH_ENTRY_POP("rdx") \
	ARCH_ENTRY_POP("rsi") \
	ARCH_ENTRY_POP("rdi") \
	ARCH_ENTRY_POP("rax")
#define ARCH_ENTRY_PUSH(reg) "	pushq %" reg "\n	.cfi_adjust_cfa_offset 8\n"
#define ARCH_ENTRY_POP(reg) "	popq %" reg "\n	.cfi_adjust_cfa_offset -8\n"

/* long syscall(long number, ...): SYS_futex of an operation that waits and SYS_futex_waitv are syscall_blocks's, SYS_seccomp and
 * SYS_prctl with PR_SET_SECCOMP syscall_filters's; the rest goes on untouched, for it may be a clone, a vfork or an rt_sigreturn. */
#define ARCH_ENTRY_SYSCALL \
	"	cmpl $202, %edi\n" /* SYS_futex */ \
	"	je 2f\n" \
	"	cmpl $449, %edi\n" /* SYS_futex_waitv */ \
	"	je syscall_blocks\n" \
	"	cmpl $317, %edi\n" /* SYS_seccomp */ \
	"	je syscall_filters\n" \
	"	cmpl $157, %edi\n" /* SYS_prctl */ \
	"	je 3f\n" \
	"1:\n" \
	ARCH_ENTRY_JUMP("syscall_original", "syscall_resolve") \
	"2:	movl %edx, %r11d\n" \
	"	andl $~(128 | 256), %r11d\n" /* FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME */ \
	"	je syscall_blocks\n" /* FUTEX_WAIT */ \
	"	cmpl $6, %r11d\n" /* FUTEX_LOCK_PI */ \
	"	je syscall_blocks\n" \
	"	cmpl $9, %r11d\n" /* FUTEX_WAIT_BITSET */ \
	"	je syscall_blocks\n" \
	"	cmpl $11, %r11d\n" /* FUTEX_WAIT_REQUEUE_PI */ \
	"	je syscall_blocks\n" \
	"	cmpl $13, %r11d\n" /* FUTEX_LOCK_PI2 */ \
	"	je syscall_blocks\n" \
	"	jmp 1b\n" \
	"3:	cmpl $22, %esi\n" /* PR_SET_SECCOMP */ \
	"	je syscall_filters\n" \
	"	jmp 1b\n"

/* void *start(void *birth): calls birth_begin(birth, &call), then jumps to call.start with call.argument. */
#define ARCH_ENTRY_THREAD \
	"	subq $24, %rsp\n" \
	"	.cfi_adjust_cfa_offset 24\n" \
	"	movq %rsp, %rsi\n" \
	"	call birth_begin\n" \
	"	movq (%rsp), %rax\n" \
	"	movq 8(%rsp), %rdi\n" \
	"	addq $24, %rsp\n" \
	"	.cfi_adjust_cfa_offset -24\n" \
	"	jmp *%rax\n"

#else
#error "culprit records on x86-64 Linux only"
#endif

#endif
