/* SPDX-License-Identifier: MIT
 *
 * Many objects one byte larger than the allocator has a size for. `healthy`: one byte smaller.
 *
 * culprit should say: slack, in point_new. healthy: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 50000

static __attribute__((noinline)) char *point_new(size_t size)
{
	char *point = malloc(size);

	if (!point)
		exit(1);
	memset(point, 0, size);
	return point;
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	char **points = calloc(POINTS, sizeof(*points));

	if (!points)
		return 1;
	for (int i = 0; i < POINTS; i++)
		points[i] = point_new(healthy ? 24 : 25);
	for (int i = 0; i < POINTS; i++)
		free(points[i]);
	free(points);
	printf("%d\n", POINTS);
	return 0;
}
