/* SPDX-License-Identifier: MIT
 *
 * A request is made of many blocks of several sites, and all of them die with it. `healthy`: they are parts of one region.
 *
 * culprit should say: arena, in request_handle. healthy: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct part {
	struct part *next;
	size_t size;
	char text[];
};

static int healthy;
static char *region;
static size_t used;

static __attribute__((noinline)) struct part *linked(struct part *p, size_t size, struct part *next)
{
	if (!p)
		exit(1);
	p->next = next;
	p->size = size;
	memset(p->text, 'x', size);
	return p;
}

static void *from_region(size_t size)
{
	void *block = region + used;

	used += (size + 15) & ~(size_t)15;
	return block;
}

/* Different, so that no compiler makes one of them. */
static __attribute__((noinline)) struct part *header_new(size_t size, struct part *next)
{
	size += sizeof(*next);
	return linked(healthy ? from_region(size) : malloc(size), size - sizeof(*next), next);
}

static __attribute__((noinline)) struct part *parameter_new(size_t size, struct part *next)
{
	size += sizeof(*next) + 2;
	return linked(healthy ? from_region(size) : malloc(size), size - sizeof(*next), next);
}

static __attribute__((noinline)) struct part *cookie_new(size_t size, struct part *next)
{
	size += sizeof(*next) + 5;
	return linked(healthy ? from_region(size) : malloc(size), size - sizeof(*next), next);
}

static __attribute__((noinline)) struct part *request_parse(int number)
{
	struct part *parts = NULL;

	for (size_t i = 0; i < 8; i++) {
		parts = header_new(16 + i * 9, parts);
		parts = parameter_new(8 + i * 30, parts);
		parts = cookie_new((size_t)(number % 50) + i, parts);
	}
	return parts;
}

static __attribute__((noinline)) size_t request_free(struct part *parts)
{
	size_t total = 0;

	for (struct part *p = parts, *next; p; p = next) {
		next = p->next;
		total += p->size;
		if (!healthy)
			free(p);
	}
	used = 0;
	return total;
}

static __attribute__((noinline)) size_t request_handle(int number)
{
	struct part *parts = request_parse(number);
	size_t total = request_free(parts);

	return total + (size_t)number;
}

int main(int argc, char **argv)
{
	size_t total = 0;

	healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	region = healthy ? malloc(16384) : NULL;
	for (int i = 0; i < 2000; i++)
		total += request_handle(i);
	free(region);
	printf("%zu\n", total);
	return 0;
}
