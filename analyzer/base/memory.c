/* SPDX-License-Identifier: MIT
 *
 * Allocation that does not fail, and growth by doubling.
 */
#include "analyzer/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *memory_checked(void *p)
{
	static const char message[] = "culprit: out of memory\n";

	if (p)
		return p;
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(1);
	_exit(1);
}

void *memory_zeroed(size_t count, size_t size)
{
	return memory_checked(calloc(count ? count : 1, size ? size : 1));
}

void *memory_resized(void *old, size_t count, size_t size)
{
	return memory_checked(reallocarray(old, count ? count : 1, size ? size : 1));
}

void *memory_grown(void *array, size_t *capacity, size_t want, size_t size)
{
	size_t room = *capacity ? *capacity : 16;

	if (want <= *capacity)
		return array;
	while (room < want)
		room = room > SIZE_MAX / 2 ? want : room * 2;
	array = memory_resized(array, room, size);
	*capacity = room;
	return array;
}

char *memory_text(const char *text)
{
	size_t size = text ? strlen(text) + 1 : 1;

	return memcpy(memory_zeroed(size, 1), text ? text : "", size);
}
