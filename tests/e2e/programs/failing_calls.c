/* SPDX-License-Identifier: MIT
 *
 * Calls that fail, and what valgrind counts in its own way: they must fail as they do without culprit. With "big" in
 * the arguments there is no memory to be had.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	volatile size_t huge = SIZE_MAX / 2 + 1, half = SIZE_MAX / 3;
	char *block = malloc(16), *paged;
	void *unchanged = (void *)&huge;

	strcpy(block, "still there");
	errno = 0;
	printf("malloc %d", malloc(huge) == NULL);
	printf(" errno %d\n", errno);
	errno = 0;
	printf("calloc %d", calloc(half, 5) == NULL);
	printf(" errno %d\n", errno);
	errno = 0;
	printf("realloc %d", realloc(block, huge) == NULL);
	printf(" errno %d, %s\n", errno, block);
	printf("posix_memalign %d %d\n", posix_memalign(&unchanged, 64, huge), unchanged == &huge);
	printf("aligned_alloc %d\n", aligned_alloc(64, huge) == NULL);
	paged = pvalloc(100);
	printf("pvalloc %d\n", ((uintptr_t)paged & 4095) == 0);
	free(paged);
	printf("realloc to 0 %d\n", realloc(malloc(20), 0) == NULL);
	free(block);
	return 7;
}
