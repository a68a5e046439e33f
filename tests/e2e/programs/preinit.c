/* SPDX-License-Identifier: MIT
 *
 * Allocates before any library is initialised.
 */
#include <stdlib.h>

static void *volatile p;

static void early(void)
{
	p = malloc(7);
	free(p);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = early;

int main(void)
{
	p = malloc(3);
	free(p);
	return 0;
}
