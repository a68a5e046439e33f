/* SPDX-License-Identifier: MIT
 *
 * Nobody asks malloc itself: names come by xmalloc, which is known to be a wrapper, and buffers by buffer_take, which
 * is not, but can be told with --wrapper='^buffer_'. A level is counted from who asked for the memory.
 *
 * truth:            site         class   owner      level  blocks  uncertain
 * truth:            name_make    caller  use_names  1      100     0
 * truth:            use_names    local   use_names  0      100     0
 * truth:            buffer_take  caller  copy       1      100     0
 * truth:            buffer_take  caller  use_names  2      100     0
 * truth-wrapper:    name_make    caller  use_names  1      100     0
 * truth-wrapper:    use_names    local   use_names  0      100     0
 * truth-wrapper:    copy         local   copy       0      100     0
 * truth-wrapper:    copy         caller  use_names  1      100     0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *xmalloc(size_t size)
{
	void *block = malloc(size);

	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static void *buffer_take(size_t size)
{
	void *block = xmalloc(size);

	memset(block, 0, size);
	return block;
}

static char *name_make(int number)
{
	char *name = xmalloc(16);

	snprintf(name, 16, "%d", number);
	return name;
}

static char *copy(const char *text)
{
	char *work = buffer_take(64);
	char *result = buffer_take(64);

	strncpy(work, text, 63);
	memcpy(result, work, 64);
	free(work);
	return result;
}

static size_t use_names(int number)
{
	char *pair = xmalloc(32);
	char *name = name_make(number);
	char *other = copy(name);
	size_t size = (size_t)snprintf(pair, 32, "%s %s", name, other);

	free(other);
	free(name);
	free(pair);
	return size;
}

int main(void)
{
	size_t total = 0;

	for (int i = 0; i < 100; i++)
		total += use_names(i);
	printf("%zu\n", total);
	return 0;
}
