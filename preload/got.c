/* SPDX-License-Identifier: MIT
 *
 * Walks the relocations of every module the loader lists, and writes to the slots that hold what is to be replaced, or the
 * way to the loader that would find it. A slot that is read-only belongs to a module whose relocation is complete; only then is
 * its page opened, and closed again. Modules that come later are looked at when somebody asks for their symbols: the entry of
 * dlsym leads here, in the executable too, and from here on by a jump, so that the loader sees its caller.
 *
 * Tables are the mapped file's: every offset is held against the module's segments before it is followed.
 */
#include "preload/got.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>

#include "preload/arch_entry.h"
#include "preload/real.h"
#include "preload/real_own.h"
#include "preload/recorder.h"
#include "preload/sys.h"

#define PAGE 4096ull
#define MAX_RELOCATIONS (1u << 22) /* a module; the largest have some hundred thousand */

/* What is replaced. */
struct target {
	const char *name;
	uint64_t old; /* what the loader binds the name to */
	uint64_t hook;
};

static const char *const operators[] = {
	"_Znwm", "_ZnwmRKSt9nothrow_t", "_ZnwmSt11align_val_t", "_ZnwmSt11align_val_tRKSt9nothrow_t",
	"_Znam", "_ZnamRKSt9nothrow_t", "_ZnamSt11align_val_t", "_ZnamSt11align_val_tRKSt9nothrow_t",
	"_ZdlPv", "_ZdlPvm", "_ZdlPvRKSt9nothrow_t", "_ZdlPvSt11align_val_t", "_ZdlPvmSt11align_val_t",
	"_ZdlPvSt11align_val_tRKSt9nothrow_t", "_ZdaPv", "_ZdaPvm", "_ZdaPvRKSt9nothrow_t", "_ZdaPvSt11align_val_t",
	"_ZdaPvmSt11align_val_t", "_ZdaPvSt11align_val_tRKSt9nothrow_t",
};
#define OPERATORS (sizeof operators / sizeof *operators)

static struct target targets[64];
static uint32_t target_count; /* targets[0] is dlsym */
static _Atomic int looking;
static uint64_t adds_seen;    /* modules ever loaded, as of the last look that found them all complete */

/* Named by the jump below. */
extern void *(*got_dlsym_original)(void *, const char *);
void got_look(void);
void *got_dlsym(void *handle, const char *name);

void *(*got_dlsym_original)(void *, const char *);

/* A module as it is mapped. */
struct mapped {
	uint64_t bias;
	const Elf64_Phdr *segments;
	uint32_t segment_count;
	const Elf64_Sym *symbols;
	const char *strings;
	uint64_t strings_size;
	uint32_t patched; /* slots */
	int unfinished;   /* 1: its relocation was under way */
	int executable;
};

/* Whether [at, at + size) is of one segment. */
static int is_mapped(const struct mapped *m, uint64_t at, uint64_t size, uint32_t flags)
{
	for (uint32_t i = 0; i < m->segment_count; i++) {
		const Elf64_Phdr *p = &m->segments[i];
		uint64_t start = m->bias + p->p_vaddr;
		if (p->p_type == PT_LOAD && (p->p_flags & flags) == flags && at >= start && at - start <= p->p_memsz &&
		    size <= p->p_memsz - (at - start))
			return 1;
	}
	return 0;
}

/* Whether the loader makes it read-only once the module's relocation is complete. */
static int is_to_be_sealed(const struct mapped *m, uint64_t at)
{
	for (uint32_t i = 0; i < m->segment_count; i++) {
		const Elf64_Phdr *p = &m->segments[i];
		uint64_t start = m->bias + p->p_vaddr, end = start + p->p_memsz;
		if (p->p_type == PT_GNU_RELRO && at >= (start & ~(PAGE - 1)) && at < (end & ~(PAGE - 1)))
			return 1;
	}
	return 0;
}

/* Adds nothing to the word's value, where that may be written. */
static int is_writable(uint64_t *slot)
{
	uint32_t add_nothing = FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_LT, 0);
	return SYS6(SYS_futex, slot, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0, slot, add_nothing) >= 0;
}

/* One that is writable still but will not be is passed over for now: another thread may be loading the module. */
static void write_slot(struct mapped *m, uint64_t *slot, uint64_t value)
{
	uint64_t page = (uint64_t)slot & ~(PAGE - 1);
	int sealed = !is_writable(slot);
	if (!sealed && is_to_be_sealed(m, (uint64_t)slot)) {
		m->unfinished = 1;
		return;
	}
	if (sealed && SYS3(SYS_mprotect, page, PAGE, PROT_READ | PROT_WRITE) < 0)
		return;
	__atomic_store_n(slot, value, __ATOMIC_RELEASE);
	if (sealed)
		SYS3(SYS_mprotect, page, PAGE, PROT_READ);
	m->patched++;
}

static const struct target *target_of(const char *name)
{
	for (uint32_t i = 0; i < target_count; i++)
		if (strcmp(targets[i].name, name) == 0)
			return &targets[i];
	return NULL;
}

static void look_at_slot(struct mapped *m, const Elf64_Rela *r)
{
	uint64_t type = ELF64_R_TYPE(r->r_info), at = m->bias + r->r_offset;
	const Elf64_Sym *symbol = &m->symbols[ELF64_R_SYM(r->r_info)];
	if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) || at % 8 || !is_mapped(m, at, 8, PF_W) ||
	    !is_mapped(m, (uint64_t)symbol, sizeof *symbol, 0) || symbol->st_name >= m->strings_size)
		return;
	const struct target *t = target_of(m->strings + symbol->st_name); /* the table ends with a NUL, see read_tables */
	if (!t || (m->executable && t != &targets[0]))
		return;
	uint64_t *slot = (uint64_t *)at, value = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	int lazy = type == R_X86_64_JUMP_SLOT && is_mapped(m, value, 1, PF_X) &&
	           (symbol->st_shndx == SHN_UNDEF || value != m->bias + symbol->st_value);
	if (value == t->old || lazy)
		write_slot(m, slot, t->hook);
	else if (value < PAGE || (type == R_X86_64_JUMP_SLOT && is_mapped(m, value + m->bias, 1, PF_X)))
		m->unfinished = 1;
}

static void look_at_slots(struct mapped *m, uint64_t table, uint64_t size)
{
	uint64_t n = size / sizeof(Elf64_Rela);
	if (!table || n > MAX_RELOCATIONS || table % 8 || !is_mapped(m, table, size, 0))
		return;
	for (uint64_t i = 0; i < n; i++)
		look_at_slot(m, (const Elf64_Rela *)table + i);
}

struct tables {
	uint64_t symbols, strings, strings_size, rela, rela_size, plt, plt_size, plt_kind;
};

/* The loader adds the bias to what it keeps, but for modules it maps no writable dynamic section of. */
static uint64_t place(const struct mapped *m, uint64_t value)
{
	return is_mapped(m, value, 1, 0) ? value : m->bias + value;
}

static int read_tables(struct mapped *m, struct tables *t)
{
	const Elf64_Phdr *dynamic = NULL;
	for (uint32_t i = 0; i < m->segment_count; i++)
		if (m->segments[i].p_type == PT_DYNAMIC)
			dynamic = &m->segments[i];
	if (!dynamic || !is_mapped(m, m->bias + dynamic->p_vaddr, dynamic->p_memsz, 0))
		return 0;
	const Elf64_Dyn *d = (const void *)(m->bias + dynamic->p_vaddr), *end = d + dynamic->p_memsz / sizeof *d;
	for (; d < end && d->d_tag != DT_NULL; d++) {
		uint64_t v = d->d_un.d_val;
		switch (d->d_tag) {
		case DT_SYMTAB: t->symbols = place(m, v); break;
		case DT_STRTAB: t->strings = place(m, v); break;
		case DT_STRSZ: t->strings_size = v; break;
		case DT_RELA: t->rela = place(m, v); break;
		case DT_RELASZ: t->rela_size = v; break;
		case DT_JMPREL: t->plt = place(m, v); break;
		case DT_PLTRELSZ: t->plt_size = v; break;
		case DT_PLTREL: t->plt_kind = v; break;
		default: break;
		}
	}
	if (!t->strings_size || !is_mapped(m, t->strings, t->strings_size, 0) || t->symbols % 8)
		return 0;
	m->symbols = (const void *)t->symbols;
	m->strings = (const char *)t->strings;
	m->strings_size = t->strings_size;
	return m->strings[t->strings_size - 1] == 0;
}

struct look {
	uint64_t adds;
	uint32_t patched; /* libraries */
	int unfinished, first;
};

static int look_at_module(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct look *l = arg;
	struct mapped m = {.bias = info->dlpi_addr, .segments = info->dlpi_phdr, .segment_count = info->dlpi_phnum, .executable = l->first};
	struct tables t = {0};
	(void)size;
	l->first = 0;
	l->adds = info->dlpi_adds;
	if (l->adds == adds_seen)
		return 1; /* nothing new since */
	if (is_mapped(&m, (uint64_t)got_look, 1, PF_X) || !read_tables(&m, &t))
		return 0;
	look_at_slots(&m, t.rela, t.rela_size);
	if (t.plt_kind == DT_RELA)
		look_at_slots(&m, t.plt, t.plt_size);
	l->patched += m.patched && !m.executable;
	l->unfinished |= m.unfinished;
	return 0;
}

/* Looks at modules that have come. */
static uint32_t look(void)
{
	struct look l = {.first = 1};
	int free = 0;
	if (!atomic_compare_exchange_strong(&looking, &free, 1))
		return 0;
	dl_iterate_phdr(look_at_module, &l);
	if (!l.unfinished)
		adds_seen = l.adds;
	atomic_store(&looking, 0);
	return l.patched;
}

__attribute__((used)) void got_look(void)
{
	look();
}

__attribute__((naked, used)) void *got_dlsym(__attribute__((unused)) void *handle, __attribute__((unused)) const char *name)
{
	__asm__(ARCH_ENTRY_CALL("got_look") "	jmp *got_dlsym_original(%rip)\n");
}

static void add_target(void *self, const char *name)
{
	void *old = real_own(name), *hook = old ? dlsym(self, name) : NULL;
	if (hook && target_count < sizeof targets / sizeof *targets)
		targets[target_count++] = (struct target){name, (uint64_t)old, (uint64_t)hook};
}

void got_start(void)
{
	struct dl_find_object object;
	if (!real_own_adopt())
		return;
	void *asked = dlsym(RTLD_DEFAULT, "dlsym"), *self = NULL;
	if (_dl_find_object((void *)(uintptr_t)got_look, &object) == 0)
		self = dlopen(object.dlfo_link_map->l_name, RTLD_LAZY | RTLD_NOLOAD);
	if (!asked || !self)
		return;
	memcpy(&got_dlsym_original, &asked, sizeof asked);
	targets[target_count++] = (struct target){"dlsym", (uint64_t)asked, (uint64_t)got_dlsym};
	for (size_t i = 0; i < real_heap_entry_count; i++)
		add_target(self, real_heap_entries[i].name);
	for (size_t i = 0; i < OPERATORS; i++)
		add_target(self, operators[i]);
	real_clear_error();
	real.dlclose(self);
	uint32_t libraries = look();
	recorder_message(EVENT_COVERAGE, 0, libraries, process_epoch(), NULL, 0);
}
