/* SPDX-License-Identifier: MIT
 *
 * x86-64 Linux. See arch.h.
 */
#ifndef PRELOAD_ARCH_X86_64_H
#define PRELOAD_ARCH_X86_64_H

#include <stdint.h>

/* The time stamp counter, unserialised: order between threads is repaired by the analyzer. */
static inline uint64_t arch_stamp(void)
{
	return __builtin_ia32_rdtsc();
}

/* The thread control block; glibc puts it at the upper end of the stacks it allocates. */
static inline uintptr_t arch_thread_pointer(void)
{
	uintptr_t tp;
	__asm__("movq %%fs:0, %0" : "=r"(tp));
	return tp;
}

static inline void arch_relax(void)
{
	__builtin_ia32_pause();
}

/* Stores {lo, hi} at p (16-byte aligned) if both words there are 0. 1 if it did. Any thread. */
static inline int arch_claim_pair(void *p, uint64_t lo, uint64_t hi)
{
	uint64_t old_lo = 0, old_hi = 0;
	unsigned char done;
	__asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
	                 : "=q"(done), "+m"(*(unsigned __int128 *)p), "+a"(old_lo), "+d"(old_hi)
	                 : "b"(lo), "c"(hi)
	                 : "cc", "memory");
	return done;
}

/* If p (16-byte aligned) holds {*old_lo, *old_hi}, stores {lo, hi} and returns 1; else tells what it holds. Any thread. */
static inline int arch_swap_pair(void *p, uint64_t *old_lo, uint64_t *old_hi, uint64_t lo, uint64_t hi)
{
	unsigned char done;
	__asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
	                 : "=q"(done), "+m"(*(unsigned __int128 *)p), "+a"(*old_lo), "+d"(*old_hi)
	                 : "b"(lo), "c"(hi)
	                 : "cc", "memory");
	return done;
}

/* System call; the negated errno on failure. errno itself stays. */
static inline long arch_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	                 : "rcx", "r11", "memory");
	return result;
}

/* DWARF register numbers the unwinder follows. */
enum { ARCH_BP = 6, ARCH_SP = 7, ARCH_RA = 16 };

/* The registers a frame inherits from its callee, captured in the middle of a function, for
 * handing to libunwind. Index: DWARF (= libunwind) register number. */
struct arch_registers {
	uint64_t r[17];
};

static inline __attribute__((always_inline)) void arch_capture(struct arch_registers *regs)
{
	uint64_t *r = regs->r;
	__asm__ volatile("movq %%rbx, 24(%0)\n\t"
	                 "movq %%rbp, 48(%0)\n\t"
	                 "movq %%rsp, 56(%0)\n\t"
	                 "movq %%r12, 96(%0)\n\t"
	                 "movq %%r13, 104(%0)\n\t"
	                 "movq %%r14, 112(%0)\n\t"
	                 "movq %%r15, 120(%0)\n\t"
	                 "leaq 0f(%%rip), %%rcx\n\t"
	                 "movq %%rcx, 128(%0)\n"
	                 "0:"
	                 :
	                 : "a"(r)
	                 : "rcx", "memory");
}

/* In a kernel signal frame, from the stack pointer that __restore_rt sees (it points at the ucontext):
 * where the interrupted registers are. */
enum { ARCH_SIGNAL_BP = 120, ARCH_SIGNAL_SP = 160, ARCH_SIGNAL_PC = 168 };

#endif
