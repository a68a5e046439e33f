/* SPDX-License-Identifier: MIT
 *
 * What was made is handed out through parameters: two blocks a call, made by two functions, both owned by their caller.
 * A third, for work within the call, does not outlive it.
 *
 * truth:  site         class   owner         level  blocks  uncertain
 * truth:  split        caller  settings_read 1      200     0
 * truth:  split        local   split         0      200     0
 * truth:  value_copy   caller  settings_read 2      200     0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *checked(char *block)
{
	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static void value_copy(const char *from, char **to)
{
	*to = checked(malloc(strlen(from) + 1));
	strcpy(*to, from);
}

static int split(const char *text, char **key, char **value)
{
	char *work = checked(malloc(64));
	size_t size = strcspn(text, "=");

	snprintf(work, 64, "%s", text);
	work[size] = 0;
	*key = checked(malloc(size + 1));
	strcpy(*key, work);
	value_copy(work + size + 1, value);
	free(work);
	return text[size] == '=';
}

static size_t settings_read(const char *text)
{
	char *key, *value;
	size_t size = (size_t)split(text, &key, &value);

	size += strlen(key) + strlen(value);
	free(value);
	free(key);
	return size;
}

int main(void)
{
	static const char *const lines[] = { "port=6379", "save=900 1" };
	size_t total = 0;

	for (int i = 0; i < 200; i++)
		total += settings_read(lines[i & 1]);
	printf("%zu\n", total);
	return 0;
}
