/* SPDX-License-Identifier: MIT
 *
 * An executable's malloc may be a wrapper that finds the next one by dlsym, which is ours: such a program is recorded as any
 * other, and to lead the hook back to the wrapper would never end. So it is called once, and whether it comes to what is
 * behind the hooks is looked at.
 */
#include "preload/real_own.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "preload/real.h"

#define PROBE_SIZE 40u

static _Atomic int adopted;
static struct real behind; /* as found, while the executable's malloc is tried */
static _Atomic int came_by;

/* A non-PIC executable that takes malloc's address has an entry of that name and of that address, which it does not define. */
static int is_of_executable(void *p)
{
	Dl_info info;
	const Elf64_Sym *symbol = NULL;
	struct dl_find_object object;
	if (_dl_find_object(p, &object) != 0 || object.dlfo_link_map->l_prev || *object.dlfo_link_map->l_name)
		return 0;
	return dladdr1(p, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol && symbol->st_shndx != SHN_UNDEF;
}

static void *find(const char *name)
{
	void *p = dlsym(RTLD_DEFAULT, name);
	if (!p)
		real_clear_error();
	return p && is_of_executable(p) ? p : NULL;
}

void *real_own(const char *name)
{
	return atomic_load_explicit(&adopted, memory_order_relaxed) ? find(name) : NULL;
}

static void *probe_malloc(size_t size)
{
	atomic_store(&came_by, 1);
	return behind.malloc(size);
}

static void *probe_calloc(size_t n, size_t size)
{
	atomic_store(&came_by, 1);
	return behind.calloc(n, size);
}

static void *probe_memalign(size_t alignment, size_t size)
{
	atomic_store(&came_by, 1);
	return behind.memalign(alignment, size);
}

static int goes_on_to_ours(void *(*own_malloc)(size_t), void (*own_free)(void *))
{
	behind = real;
	real.malloc = probe_malloc;
	real.calloc = probe_calloc;
	real.memalign = probe_memalign;
	void *p = own_malloc(PROBE_SIZE);
	real.malloc = behind.malloc;
	real.calloc = behind.calloc;
	real.memalign = behind.memalign;
	own_free(p);
	return atomic_load(&came_by);
}

int real_own_adopt(void)
{
	void *(*own_malloc)(size_t);
	void (*own_free)(void *);
	void *m = find("malloc"), *f = find("free");
	memcpy(&own_malloc, &m, sizeof m);
	memcpy(&own_free, &f, sizeof f);
	if (!own_malloc || !own_free || goes_on_to_ours(own_malloc, own_free))
		return 0;
	struct real found = real;
	found.malloc_usable_size = NULL; /* another allocator's, unless it has one too */
	for (size_t i = 0; i < real_heap_entry_count; i++) {
		void *p = find(real_heap_entries[i].name);
		if (p)
			memcpy((char *)&found + real_heap_entries[i].offset, &p, sizeof p);
	}
	real = found;
	atomic_store(&adopted, 1);
	return 1;
}
