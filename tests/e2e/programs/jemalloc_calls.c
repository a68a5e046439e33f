/* SPDX-License-Identifier: MIT
 *
 * jemalloc's own calls, where the program is linked with it; without, it does nothing. Declared weak here, so that it
 * builds without jemalloc's header.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void *mallocx(size_t size, int flags) __attribute__((weak));
extern void *rallocx(void *block, size_t size, int flags) __attribute__((weak));
extern size_t xallocx(void *block, size_t size, size_t extra, int flags) __attribute__((weak));
extern void dallocx(void *block, int flags) __attribute__((weak));
extern void sdallocx(void *block, size_t size, int flags) __attribute__((weak));

static __attribute__((noinline)) void calls(void)
{
	for (int i = 0; i < 100; i++) {
		char *a = mallocx(100, 0), *b = mallocx(64, 6); /* 6: aligned to 64 */

		memset(a, 1, 100);
		a = rallocx(a, 5000, 0);
		if (a[99] != 1)
			exit(1);
		xallocx(b, 64, 0, 0);
		sdallocx(b, 64, 6);
		dallocx(a, 0);
	}
}

int main(void)
{
	if (mallocx)
		calls();
	puts(mallocx ? "with jemalloc" : "without jemalloc");
	return 0;
}
