/* SPDX-License-Identifier: MIT
 *
 * Copies of the filters, and the machine they are written for, as far as the kernel takes them (filter(2) of seccomp: classic
 * BPF whose only data is the call). The kernel has checked what we copy; that the program may have changed it since is why
 * every step is checked again.
 */
#include "preload/syscall_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "preload/process.h"
#include "preload/sys.h"
#include "preload/window.h"

#define FILTERS 32u            /* more are as good as one that allows nothing */
#define RESERVED_THREADS 64u   /* slots that are mapped before a filter forbids it */
#define FILTER_SIZE (BPF_MAXINSNS * sizeof(struct sock_filter))

enum filter_state {
	FILTER_NONE = 0, /* it is being set: nothing is allowed */
	FILTER_SET = 1,
	FILTER_FAILED = 2, /* it was not set after all */
};

struct filter {
	_Atomic uint32_t state; /* enum filter_state */
	uint32_t size;          /* instructions; 0: it allows nothing */
	struct sock_filter *code;
};

_Atomic uint32_t syscall_filter_count;
static struct filter filters[FILTERS];

/* --- the machine ------------------------------------------------------------------------------- */

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
	const struct seccomp_data *data;
};

static uint32_t compute(uint32_t a, unsigned operation, uint32_t b)
{
	switch (operation) {
	case BPF_ADD: return a + b;
	case BPF_SUB: return a - b;
	case BPF_MUL: return a * b;
	case BPF_DIV: return b ? a / b : 0;
	case BPF_OR: return a | b;
	case BPF_AND: return a & b;
	case BPF_XOR: return a ^ b;
	case BPF_LSH: return b < 32 ? a << b : 0;
	case BPF_RSH: return b < 32 ? a >> b : 0;
	case BPF_NEG: return 0u - a;
	default: return a;
	}
}

static int holds(uint32_t a, unsigned comparison, uint32_t b)
{
	switch (comparison) {
	case BPF_JEQ: return a == b;
	case BPF_JGT: return a > b;
	case BPF_JGE: return a >= b;
	case BPF_JSET: return (a & b) != 0;
	default: return 0;
	}
}

static uint32_t load(const struct machine *m, const struct sock_filter *i)
{
	uint32_t value = 0;
	switch (BPF_MODE(i->code)) {
	case BPF_ABS:
		if (i->k <= sizeof *m->data - sizeof value)
			memcpy(&value, (const char *)m->data + i->k, sizeof value);
		return value;
	case BPF_MEM: return i->k < BPF_MEMWORDS ? m->memory[i->k] : 0;
	case BPF_LEN: return sizeof *m->data;
	default: return i->k; /* BPF_IMM */
	}
}

/* One instruction, but for those that end. How many of those behind it are passed over. */
static uint32_t execute(struct machine *m, const struct sock_filter *i)
{
	uint32_t operand = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
	switch (BPF_CLASS(i->code)) {
	case BPF_LD: m->a = load(m, i); break;
	case BPF_LDX: m->x = load(m, i); break;
	case BPF_ST: m->memory[i->k % BPF_MEMWORDS] = m->a; break;
	case BPF_STX: m->memory[i->k % BPF_MEMWORDS] = m->x; break;
	case BPF_ALU: m->a = compute(m->a, BPF_OP(i->code), operand); break;
	case BPF_JMP:
		if (BPF_OP(i->code) == BPF_JA)
			return i->k;
		return holds(m->a, BPF_OP(i->code), operand) ? i->jt : i->jf;
	default: /* BPF_MISC */
		if (BPF_MISCOP(i->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
	}
	return 0;
}

static uint32_t verdict_of(const struct filter *f, const struct seccomp_data *data)
{
	struct machine m = {.data = data};
	for (uint64_t at = 0; at < f->size; at++) {
		const struct sock_filter *i = &f->code[at];
		if (BPF_CLASS(i->code) == BPF_RET)
			return (BPF_RVAL(i->code) == BPF_A ? m.a : i->k) & SECCOMP_RET_ACTION_FULL;
		at += execute(&m, i);
	}
	return SECCOMP_RET_KILL_PROCESS;
}

/* --- the filters ------------------------------------------------------------------------------- */

uint32_t syscall_filter_verdict(long number, const uint64_t arguments[6])
{
	uint32_t n = atomic_load_explicit(&syscall_filter_count, memory_order_relaxed), strictest = SECCOMP_RET_ALLOW;
	struct seccomp_data data = {.nr = (int)number, .arch = AUDIT_ARCH_X86_64};
	if (n > FILTERS)
		return SECCOMP_RET_KILL_PROCESS;
	memcpy(data.args, arguments, sizeof data.args);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t state = atomic_load_explicit(&filters[i].state, memory_order_acquire);
		uint32_t verdict = state == FILTER_FAILED ? SECCOMP_RET_ALLOW :
		                   state == FILTER_SET ? verdict_of(&filters[i], &data) : SECCOMP_RET_KILL_PROCESS;
		if ((int32_t)verdict < (int32_t)strictest) /* as the kernel orders them */
			strictest = verdict;
	}
	return strictest;
}

int syscall_filter_begin(void)
{
	if (process_is_other()) /* it sets it for itself */
		return -1;
	if (atomic_load(&process_live.key) > PROCESS_STARTING)
		window_reserve(process_segment(), RESERVED_THREADS);
	struct sock_filter *code = sys_map(FILTER_SIZE, -1); /* the largest fits; later it may not be had */
	uint32_t i = atomic_fetch_add(&syscall_filter_count, 1);
	if (i >= FILTERS)
		return -1;
	filters[i].code = code;
	return (int)i;
}

/* Programs find out what there is by setting filters that cannot be: the next one takes this place, unless it has come already. */
static void give_up(struct filter *f, uint32_t i)
{
	struct sock_filter *code = f->code;
	uint32_t count = i + 1;
	if (!atomic_compare_exchange_strong(&syscall_filter_count, &count, i))
		atomic_store_explicit(&f->state, FILTER_FAILED, memory_order_release);
	SYS2(SYS_munmap, code, FILTER_SIZE);
}

void syscall_filter_end(int i, int set, const void *program)
{
	const struct sock_fprog *p = program;
	if (i < 0)
		return;
	struct filter *f = &filters[i];
	if (!set) {
		give_up(f, (uint32_t)i);
		return;
	}
	if (p && f->code && p->len <= BPF_MAXINSNS) {
		memcpy(f->code, p->filter, p->len * sizeof *p->filter);
		f->size = p->len;
	}
	atomic_store_explicit(&f->state, FILTER_SET, memory_order_release);
}

/* --- another program's start ---------------------------------------------------------------------- */

/* All that the library asks of the kernel in a program that was executed, some with what filters look at. */
static const struct {
	int number;
	uint64_t first, second;
} of_start[] = {
	{SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC}, {SYS_setsockopt, 3, SOL_SOCKET}, {SYS_connect, 3, 0}, {SYS_recvmsg, 3, 0},
	{SYS_close, 3, 0}, {SYS_mmap, 0, 4096}, {SYS_mremap, 0, 0}, {SYS_munmap, 0, 4096}, {SYS_munlock, 0, 4096}, {SYS_madvise, 0, 4096},
	{SYS_prlimit64, 0, RLIMIT_AS}, {SYS_getpid, 0, 0}, {SYS_getppid, 0, 0}, {SYS_gettid, 0, 0}, {SYS_prctl, PR_GET_NAME, 0},
	{SYS_openat, (uint64_t)AT_FDCWD, 0}, {SYS_read, 3, 0}, {SYS_readlinkat, (uint64_t)AT_FDCWD, 0}, {SYS_futex, 0, FUTEX_WAKE},
	{SYS_rt_sigprocmask, ~0ull, 0}, {SYS_sigaltstack, 0, 0}, {SYS_mprotect, 0, 4096}, {SYS_fstat, 3, 0}, {SYS_pread64, 3, 0},
	{SYS_getuid, 0, 0}, {SYS_getgid, 0, 0}, {SYS_access, 0, X_OK}, {SYS_writev, 2, 0}, {SYS_getsockopt, 3, SOL_SOCKET},
	{SYS_geteuid, 0, 0},
};

int syscall_filter_forbids_start(void)
{
	if (!atomic_load_explicit(&syscall_filter_count, memory_order_relaxed))
		return 0;
	for (size_t i = 0; i < sizeof of_start / sizeof *of_start; i++) {
		uint64_t arguments[6] = {of_start[i].first, of_start[i].second};
		uint32_t verdict = syscall_filter_verdict(of_start[i].number, arguments);
		if (verdict != SECCOMP_RET_ALLOW && verdict != SECCOMP_RET_LOG && verdict != SECCOMP_RET_ERRNO)
			return 1;
	}
	return 0;
}
