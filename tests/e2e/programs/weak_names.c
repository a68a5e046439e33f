/* SPDX-License-Identifier: MIT
 *
 * Looks for other allocators' names by weak references, as libraries do that run with and without them, and uses what it
 * finds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define WEAK __attribute__((weak))
void *mallocx(size_t size, int flags) WEAK;
void *rallocx(void *p, size_t size, int flags) WEAK;
size_t xallocx(void *p, size_t size, size_t extra, int flags) WEAK;
void dallocx(void *p, int flags) WEAK;
void sdallocx(void *p, size_t size, int flags) WEAK;
void *_Znwm(size_t size) WEAK;
void *_ZnwmSt11align_val_t(size_t size, size_t alignment) WEAK;
void _ZdlPv(void *p) WEAK;

static int bad;

static void use_jemalloc(void)
{
	unsigned char *p = mallocx(100, 8 | 64); /* aligned to 256, zeroed */
	bad += !p || (uintptr_t)p % 256 || p[0] || p[99];
	bad += xallocx(p, 100, 0, 0) < 100;
	p = rallocx(p, 5000, 0);
	bad += !p;
	dallocx(p, 0);
}

static void use_operators(void)
{
	void *p = _Znwm(10), *q = _ZnwmSt11align_val_t(10, 4096);
	bad += !p || !q || (uintptr_t)q % 4096;
	_ZdlPv(p);
	_ZdlPv(q);
}

int main(void)
{
	void *volatile p = malloc(10);
	if (sdallocx)
		sdallocx(p, 10, 0);
	else
		free(p);
	if (mallocx)
		use_jemalloc();
	if (_Znwm)
		use_operators();
	puts(bad ? "bad" : "good");
	return bad;
}
