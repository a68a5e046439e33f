/* SPDX-License-Identifier: MIT
 *
 * The process's module table: open addressed by base, entries claimed by compare-and-swap, never
 * removed. A module that is unloaded keeps its entry as dead; when the same module comes back to
 * the same place the entry is revived and its addresses mean what they meant. When a different one
 * comes to overlap a dead one, addresses change their meaning and a new epoch begins.
 *
 * What is in memory is read, never the file: build id from the mapped notes, path from the link map.
 */
#include "preload/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>

#include "preload/lock_use.h"
#include "preload/process.h"
#include "preload/recorder.h"

#define MODULES 4096u

enum module_state { MODULE_NEW = 0, MODULE_LOADED = 1, MODULE_DEAD = 2 };

struct module {
	_Atomic uint64_t base; /* 0: free */
	_Atomic uint32_t state;
	uint32_t epoch; /* last told in */
	uint64_t end;
	uint64_t identity; /* of path and build id */
	const void *link_map;
};

static struct module modules[MODULES];
_Atomic int module_unseen;

struct description {
	unsigned char build_id_size;
	const unsigned char *build_id;
	const char *path;
	uint64_t base, end, identity;
	const void *link_map;
};

static uint64_t mix(uint64_t h, const void *data, size_t size) /* FNV-1a */
{
	const unsigned char *p = data;
	while (size--)
		h = (h ^ *p++) * 0x100000001b3ull;
	return h;
}

/* The GNU build id among the notes of a mapped ELF image. */
static void find_build_id(struct description *d)
{
	const Elf64_Ehdr *ehdr = (const void *)d->base;
	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0)
		return;
	const Elf64_Phdr *phdr = (const void *)(d->base + ehdr->e_phoff);
	uint64_t bias = d->base;
	for (int i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_LOAD) {
			bias = d->base - (phdr[i].p_vaddr & ~4095ull);
			break;
		}
	for (int i = 0; i < ehdr->e_phnum; i++) {
		if (phdr[i].p_type != PT_NOTE)
			continue;
		const char *p = (const char *)(bias + phdr[i].p_vaddr), *end = p + phdr[i].p_memsz;
		while (p + sizeof(Elf64_Nhdr) <= end) {
			const Elf64_Nhdr *note = (const void *)p;
			const char *name = p + sizeof *note, *data = name + ((note->n_namesz + 3) & ~3u);
			if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
			    note->n_descsz <= 64) {
				d->build_id = (const unsigned char *)data;
				d->build_id_size = (unsigned char)note->n_descsz;
				return;
			}
			p = data + ((note->n_descsz + 3) & ~3u);
		}
	}
}

/* 0: the address lies in no module. */
static int describe(struct description *d, uint64_t address)
{
	struct dl_find_object object;
	if (_dl_find_object((void *)address, &object) != 0)
		return 0;
	*d = (struct description){
		.base = (uint64_t)object.dlfo_map_start,
		.end = (uint64_t)object.dlfo_map_end,
		.link_map = object.dlfo_link_map,
	};
	d->path = object.dlfo_link_map->l_name;
	if (!d->path || !*d->path) /* the executable */
		d->path = process_executable();
	find_build_id(d);
	d->identity = mix(mix(0xcbf29ce484222325ull, d->path, strlen(d->path)), d->build_id, d->build_id_size);
	return 1;
}

/* A module of another identity lay under the new one's addresses, in this epoch. */
static int overlaps_other(const struct description *d)
{
	for (uint32_t i = 0; i < MODULES; i++) {
		const struct module *m = &modules[i];
		uint64_t base = atomic_load_explicit(&m->base, memory_order_acquire);
		if (base && m->epoch == process_epoch() && base < d->end && m->end > d->base && m->identity != d->identity)
			return 1;
	}
	return 0;
}

/* In parts, from where they are: a hook may run on a signal stack of two kilobytes. */
static void tell(const struct description *d)
{
	size_t path_size = strlen(d->path), most = MESSAGE_MAX_PAYLOAD - 1 - d->build_id_size;
	struct message_part parts[] = {
		{&d->build_id_size, 1},
		{d->build_id, d->build_id_size},
		{d->path, (uint32_t)(path_size < most ? path_size : most)},
	};
	recorder_message(EVENT_MODULE, d->base, d->end - d->base, process_epoch(), parts, 3);
}

static struct module *entry_of(uint64_t base)
{
	for (uint32_t i = 0, at = (uint32_t)(base >> 12) * 0x9e3779b1u; i < MODULES; i++) {
		struct module *m = &modules[(at + i) % MODULES];
		uint64_t there = atomic_load_explicit(&m->base, memory_order_acquire);
		if (there == base)
			return m;
		if (there == 0 && atomic_compare_exchange_strong(&m->base, &there, base))
			return m;
		if (there == base)
			return m;
	}
	return NULL;
}

/* --- code in no module ------------------------------------------------------------------------ */

#define CODE_PARTS 4096u
#define CODE_PART (64ull << 10)

static _Atomic uint64_t code_parts[CODE_PARTS]; /* where there was such code, by hash; never removed */

/* The part's entry, or a free one; NULL: the table is full. */
static _Atomic uint64_t *part_of(uint64_t address)
{
	uint64_t part = address / CODE_PART, at = part * 0x9e3779b97f4a7c15ull >> 52;
	for (uint32_t i = 0; i < CODE_PARTS; i++) {
		_Atomic uint64_t *p = &code_parts[(at + i) % CODE_PARTS];
		uint64_t there = atomic_load_explicit(p, memory_order_relaxed);
		if (!there || there == part)
			return p;
	}
	return NULL;
}

static int overlaps_code(const struct description *d)
{
	for (uint64_t at = d->base; at < d->end; at += CODE_PART) {
		_Atomic uint64_t *p = part_of(at);
		if (p && atomic_load_explicit(p, memory_order_relaxed))
			return 1;
	}
	return 0;
}

static int lay_in_module(uint64_t address)
{
	for (uint32_t i = 0; i < MODULES; i++) {
		const struct module *m = &modules[i];
		uint64_t base = atomic_load_explicit(&m->base, memory_order_acquire);
		if (base && m->epoch == process_epoch() && address - base < m->end - base)
			return 1;
	}
	return 0;
}

/* Whoever made it may say what it is called (collector/code_names.h). A library that is gone may have lain there. */
static void code_seen(uint64_t address)
{
	_Atomic uint64_t *part = part_of(address);
	uint64_t none = 0;
	process_makes_code();
	if (lay_in_module(address))
		process_new_epoch();
	if (part)
		atomic_compare_exchange_strong(part, &none, address / CODE_PART);
	recorder_message(EVENT_NAME, address, NAME_OF_CODE, process_epoch(), NULL, 0);
}

void module_seen(uint64_t address)
{
	struct description d;
	if (!describe(&d, address)) {
		code_seen(address);
		return;
	}
	struct module *m = entry_of(d.base);
	if (!m)
		return;
	uint32_t state = atomic_load_explicit(&m->state, memory_order_acquire);
	int same = state != MODULE_NEW && m->identity == d.identity;
	if (same && state == MODULE_LOADED && m->link_map == d.link_map && m->epoch == process_epoch())
		return;
	if ((state != MODULE_NEW && !same && m->epoch == process_epoch()) || overlaps_other(&d) || (!same && overlaps_code(&d)))
		process_new_epoch();
	m->end = d.end;
	m->identity = d.identity;
	m->link_map = d.link_map;
	m->epoch = process_epoch();
	atomic_store_explicit(&m->state, MODULE_LOADED, memory_order_release);
	tell(&d);
}

void module_closed_unseen(void)
{
	process_new_generation();
	atomic_store(&module_unseen, 1);
}

void module_after_close(void)
{
	int gone = 0;
	for (uint32_t i = 0; i < MODULES; i++) {
		struct module *m = &modules[i];
		uint64_t base = atomic_load_explicit(&m->base, memory_order_acquire);
		struct dl_find_object object;
		if (!base || atomic_load_explicit(&m->state, memory_order_acquire) != MODULE_LOADED)
			continue;
		if (_dl_find_object((void *)base, &object) == 0 && object.dlfo_link_map == m->link_map &&
		    (uint64_t)object.dlfo_map_end == m->end)
			continue;
		atomic_store_explicit(&m->state, MODULE_DEAD, memory_order_release);
		recorder_message(EVENT_UNLOAD, base, 0, process_epoch(), NULL, 0);
		if (_dl_find_object((void *)base, &object) != 0)
			lock_module_gone(base, m->end - base);
		gone = 1;
	}
	if (gone)
		process_new_generation();
}
