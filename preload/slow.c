/* SPDX-License-Identifier: MIT
 *
 * libunwind behind accessors that read this very process: registers captured here, memory by plain
 * loads, unwind tables found by _dl_find_object. The stack is aligned before libunwind is entered: a program in
 * assembler may call malloc with one that is not. Nothing is cached in libunwind, so nothing in it
 * is gone stale after a dlclose. Its pools of scratch memory have locks; a child forked while another thread held one
 * would wait for it forever.
 */
#define UNW_REMOTE_ONLY
#include "preload/slow.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libunwind-x86_64.h>
#include <string.h>
#include <sys/stat.h>

#include "preload/arch.h"
#include "preload/sys.h"

static struct {
	unw_addr_space_t (*create_addr_space)(unw_accessors_t *, int);
	int (*init_remote)(unw_cursor_t *, unw_addr_space_t, void *);
	int (*step)(unw_cursor_t *);
	int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
	int (*is_signal_frame)(unw_cursor_t *);
	int (*set_caching_policy)(unw_addr_space_t, unw_caching_policy_t);
	int (*search_unwind_table)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int, void *);
} unwind;

static const struct {
	void *slot;
	const char *name;
} unwind_symbols[] = {
	{&unwind.create_addr_space, "_Ux86_64_create_addr_space"},
	{&unwind.init_remote, "_Ux86_64_init_remote"},
	{&unwind.step, "_Ux86_64_step"},
	{&unwind.get_reg, "_Ux86_64_get_reg"},
	{&unwind.is_signal_frame, "_Ux86_64_is_signal_frame"},
	{&unwind.set_caching_policy, "_Ux86_64_set_caching_policy"},
	{&unwind.search_unwind_table, "_Ux86_64_dwarf_search_unwind_table"},
};

static unw_addr_space_t space;
static _Atomic int inside; /* threads that are in libunwind now, which has locks of its own */

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *info, int need, void *arg)
{
	struct dl_find_object object;
	if (_dl_find_object((void *)ip, &object) != 0 || !object.dlfo_eh_frame)
		return -UNW_ENOINFO;
	const unsigned char *hdr = object.dlfo_eh_frame;
	if (hdr[0] != 1 || hdr[1] != 0x1b || hdr[2] != 0x03 || hdr[3] != 0x3b)
		return -UNW_ENOINFO;
	uint32_t count;
	memcpy(&count, hdr + 8, 4);
	unw_dyn_info_t table = {
		.start_ip = (unw_word_t)object.dlfo_map_start,
		.end_ip = (unw_word_t)object.dlfo_map_end,
		.format = UNW_INFO_FORMAT_REMOTE_TABLE,
		.u.rti = {.segbase = (unw_word_t)hdr, .table_data = (unw_word_t)hdr + 12, .table_len = count},
	};
	return unwind.search_unwind_table(as, ip, &table, info, need, arg);
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *info, void *arg)
{
	(void)as, (void)info, (void)arg;
}

static int get_dyn_info_list_addr(unw_addr_space_t as, unw_word_t *at, void *arg)
{
	(void)as, (void)at, (void)arg;
	return -UNW_ENOINFO;
}

static int access_mem(unw_addr_space_t as, unw_word_t at, unw_word_t *value, int write, void *arg)
{
	(void)as, (void)arg;
	if (write || at < 4096 || at >= 1ull << 47)
		return -UNW_EINVAL;
	memcpy(value, (const void *)at, sizeof *value);
	return 0;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *value, int write, void *arg)
{
	(void)as;
	if (write || reg < 0 || reg > 16)
		return -UNW_EBADREG;
	*value = ((const struct arch_registers *)arg)->r[reg];
	return 0;
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *value, int write, void *arg)
{
	(void)as, (void)reg, (void)value, (void)write, (void)arg;
	return -UNW_EBADREG;
}

static int resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as, (void)cursor, (void)arg;
	return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t as, unw_word_t at, char *out, size_t size, unw_word_t *offset, void *arg)
{
	(void)as, (void)at, (void)out, (void)size, (void)offset, (void)arg;
	return -UNW_ENOINFO;
}

/* libunwind makes itself a pipe, for a check of addresses that it never makes for us. The program is to have its descriptors
 * as without us: they are closed. They have the two lowest numbers that were free. */
static void find_free(int fds[2])
{
	fds[0] = (int)SYS4(SYS_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
	fds[1] = (int)SYS4(SYS_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			sys_close(fds[i]);
}

static void close_pipe(const int fds[2])
{
	struct stat ends[2];
	for (int i = 0; i < 2; i++)
		if (fds[i] < 0 || SYS2(SYS_fstat, fds[i], &ends[i]) < 0 || !S_ISFIFO(ends[i].st_mode))
			return;
	if (ends[0].st_ino != ends[1].st_ino || ends[0].st_dev != ends[1].st_dev)
		return;
	sys_close(fds[0]);
	sys_close(fds[1]);
}

void slow_load(void)
{
	int fds[2];
	void *library = dlopen("libunwind-x86_64.so.8", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return;
	for (size_t i = 0; i < sizeof unwind_symbols / sizeof *unwind_symbols; i++) {
		void *p = dlsym(library, unwind_symbols[i].name);
		if (!p)
			return;
		memcpy(unwind_symbols[i].slot, &p, sizeof p);
	}
	static unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = get_dyn_info_list_addr,
		.access_mem = access_mem,
		.access_reg = access_reg,
		.access_fpreg = access_fpreg,
		.resume = resume,
		.get_proc_name = get_proc_name,
	};
	find_free(fds);
	unw_addr_space_t made = unwind.create_addr_space(&accessors, 0);
	if (made)
		unwind.set_caching_policy(made, UNW_CACHE_NONE); /* the first call that has the pipe made */
	close_pipe(fds);
	space = made;
}

void slow_after_fork(void)
{
	if (atomic_load_explicit(&inside, memory_order_relaxed))
		space = NULL;
}

static uint64_t get(unw_cursor_t *c, int reg)
{
	unw_word_t v = 0;
	return unwind.get_reg(c, reg, &v) < 0 ? 0 : v;
}

/* Moves a fresh cursor outwards to the frame at sp. */
static int seek(unw_cursor_t *c, struct arch_registers *regs, uint64_t sp)
{
	if (unwind.init_remote(c, space, regs) < 0)
		return 0;
	for (int i = 0; i < 2 * (int)SEGMENT_MAX_FRAMES; i++) {
		if (get(c, UNW_X86_64_RSP) == sp)
			return 1;
		if (unwind.step(c) <= 0)
			return 0;
	}
	return 0;
}

__attribute__((cold, noinline, force_align_arg_pointer)) int slow_step(const uint64_t *hook_frame, uint64_t sp, uint64_t pc, struct slow_place *caller)
{
	(void)hook_frame;
	struct arch_registers regs = {{0}};
	unw_cursor_t c;
	int saved = errno, done = 0;
	if (!space)
		return 0;
	atomic_fetch_add_explicit(&inside, 1, memory_order_relaxed);
	arch_capture(&regs);
	if (seek(&c, &regs, sp) && get(&c, UNW_X86_64_RIP) == pc) {
		int from_signal = unwind.is_signal_frame(&c) > 0;
		if (unwind.step(&c) > 0) {
			caller->pc = get(&c, UNW_X86_64_RIP);
			caller->sp = get(&c, UNW_X86_64_RSP);
			caller->bp = get(&c, UNW_X86_64_RBP);
			caller->exact = from_signal;
			done = caller->pc >= 4096 && caller->sp > sp;
		}
	}
	atomic_fetch_sub_explicit(&inside, 1, memory_order_relaxed);
	errno = saved;
	return done;
}

__attribute__((cold, noinline, force_align_arg_pointer)) int slow_agrees(const struct stack *s, const uint64_t *hook_frame)
{
	struct arch_registers regs = {{0}};
	unw_cursor_t c;
	int saved = errno, equal = 1;
	if (!space)
		return -1;
	atomic_fetch_add_explicit(&inside, 1, memory_order_relaxed);
	arch_capture(&regs);
	if (!seek(&c, &regs, (uint64_t)(hook_frame + 2)))
		equal = 0;
	for (uint32_t i = s->depth; equal && i-- > 0;) {
		const struct frame *f = s->frames[i];
		if (get(&c, UNW_X86_64_RIP) != f->pc)
			equal = 0;
		if (f->function & FRAME_GUESSED || (i == 0 && s->truncated))
			break;
		int more = unwind.step(&c) > 0 && get(&c, UNW_X86_64_RIP) >= 4096;
		if (more != (i > 0))
			equal = 0;
	}
	atomic_fetch_sub_explicit(&inside, 1, memory_order_relaxed);
	errno = saved;
	return equal;
}
