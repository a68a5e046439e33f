/* SPDX-License-Identifier: MIT
 *
 * Maps memory before any library is initialised, in the resolver of a function, in a constructor, at exit and after it: twice as
 * much each time.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *volatile last;

static __attribute__((noinline)) void map(unsigned n)
{
	last = mmap(NULL, n * 4096ul, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (last == MAP_FAILED)
		_exit(1);
}

static void before_all(void) { map(1); }
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = before_all;

static int plain(void) { return 0; }
static int (*resolve(void))(void)
{
	map(2);
	return plain;
}
int chosen(void) __attribute__((ifunc("resolve")));

static __attribute__((constructor)) void construct(void) { map(4); }
static __attribute__((destructor)) void destroy(void) { map(8); }
static void at_exit(void) { map(16); }

int main(void)
{
	atexit(at_exit);
	syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return chosen();
}
