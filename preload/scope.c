/* SPDX-License-Identifier: MIT
 *
 * Which operator new a caller would get without us. The next one in the global scope serves everybody and stays; it
 * is the hook's to keep. One that a plugin brings serves the plugin alone, and is gone when the plugin is: those are
 * kept here by the caller's module, and forgotten whenever a module may have been unloaded.
 */
#include "preload/scope.h"

#include <dlfcn.h>
#include <link.h>

#include "preload/real.h"
#include "preload/real_own.h"

static _Atomic uint64_t closes;   /* times a module may have been unloaded */
static __thread const void *last; /* what this thread got from a plugin's scope last */

void scope_forget(void)
{
	atomic_fetch_add(&closes, 1);
}

static const struct link_map *module_of(const void *p)
{
	struct dl_find_object object;
	return _dl_find_object((void *)p, &object) == 0 ? object.dlfo_link_map : NULL;
}

/* `name` in the scope of a module that was loaded by dlopen or for one that was. Takes the loader's lock. */
static void *search(const char *name, const struct link_map *module)
{
	void *handle = dlopen(module->l_name, RTLD_LAZY | RTLD_NOLOAD), *p;
	if (!handle)
		return NULL;
	p = dlsym(handle, name);
	real.dlclose(handle);
	return p && module_of(p) != module_of(scope_find) ? p : NULL;
}

/* An entry is written under a claim (key 1) like those of rules.c. */
static void *find_for(const char *name, const struct link_map *module, struct scope_entry *e)
{
	uint64_t key = (uint64_t)module | atomic_load(&closes) << 48, old = atomic_load_explicit(&e->key, memory_order_acquire);
	if (old == key) {
		void *p = atomic_load_explicit(&e->function, memory_order_acquire);
		if (atomic_load_explicit(&e->key, memory_order_relaxed) == key)
			return p;
	}
	void *p = search(name, module);
	real_clear_error(); /* what is missing is no error of the program's */
	if (p && old != 1 && atomic_compare_exchange_strong(&e->key, &old, 1)) {
		atomic_store_explicit(&e->function, p, memory_order_release);
		atomic_store_explicit(&e->key, key, memory_order_release);
	}
	return p;
}

void *scope_find(struct scope *s, const char *name, const void *from)
{
	const struct link_map *module = module_of(from);
	if (!atomic_load_explicit(&s->not_global, memory_order_relaxed)) { /* that scope does not change */
		void *p = real_own(name);
		if (!p)
			p = dlsym(RTLD_NEXT, name);
		real_clear_error();
		atomic_store_explicit(&s->global, p, memory_order_relaxed);
		if (p)
			return p;
		atomic_store_explicit(&s->not_global, 1, memory_order_relaxed);
	}
	if (module == module_of(scope_find)) /* libstdc++'s sized delete jumps to its plain one: the caller seems to be a hook */
		module = module_of(last);
	void *p = module ? find_for(name, module, &s->entries[(uint64_t)module / 64 % SCOPE_ENTRIES]) : NULL;
	if (p)
		last = p;
	return p;
}
