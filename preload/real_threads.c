/* SPDX-License-Identifier: MIT
 *
 * Resolving the thread functions. Nothing can stand in for a lock until it is there; dlsym itself takes no lock
 * through these names.
 */
#include "preload/real_threads.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "preload/arch.h"
#include "preload/real.h"

struct real_threads real_threads;

static const struct {
	size_t offset;
	const char *name;
} entries[] = {
#define ENTRY(result, name, parameters) {offsetof(struct real_threads, name), #name},
	THREADS_REAL(ENTRY)
};

/* Those with an old form. Asked for by version alone: what is not there makes dlvsym allocate a message. */
static const char *const versioned[] = {
	"pthread_cond_init", "pthread_cond_destroy", "pthread_cond_wait", "pthread_cond_timedwait", "pthread_cond_signal",
	"pthread_cond_broadcast",
};

static void *find(const char *name)
{
	void *p = NULL;
	for (size_t i = 0; i < sizeof versioned / sizeof *versioned; i++)
		if (strcmp(name, versioned[i]) == 0)
			p = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
	return p ? p : dlsym(RTLD_NEXT, name);
}

/* Whoever comes while another is at it does the same: a signal handler would wait for itself. */
void real_threads_resolve(void)
{
	static _Atomic int done;
	if (atomic_load_explicit(&done, memory_order_acquire))
		return;
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		void *p = find(entries[i].name);
		memcpy((char *)&real_threads + entries[i].offset, &p, sizeof p);
	}
	real_clear_error();
	atomic_store_explicit(&done, 1, memory_order_release);
}
