/* SPDX-License-Identifier: MIT
 *
 * A leak with an honest cause: session_close forgets the name it was given a copy of.
 *
 * culprit should say: session_open leaked 1000 allocations, 24 bytes each, by way of strdup (24000 bytes); the
 * sessions themselves are freed; the cache of cache_fill is freed too, and is the peak.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session {
	char *name;
	int user;
};

static __attribute__((noinline)) struct session *session_open(int user)
{
	struct session *s = malloc(sizeof(*s));
	char name[24];

	if (!s)
		exit(1);
	snprintf(name, sizeof(name), "session of user %07d", user);
	s->name = strdup(name);
	s->user = user;
	return s;
}

static __attribute__((noinline)) void session_close(struct session *s)
{
	free(s);
}

static __attribute__((noinline)) char *cache_fill(void)
{
	char *cache = malloc(1 << 20);

	if (!cache)
		exit(1);
	memset(cache, 1, 1 << 20);
	return cache;
}

int main(void)
{
	char *cache = cache_fill();

	for (int user = 0; user < 1000; user++)
		session_close(session_open(user));
	free(cache);
	puts("1000 sessions");
	return 0;
}
