/* SPDX-License-Identifier: MIT
 *
 * A server loop whose handler keeps an object for a later request: "open" makes a session, requests in between use
 * it, "close" ends it. The handler is the same call from the same place each time, but no session may be charged to
 * it; each request's buffer may.
 *
 * truth:  site         class   owner           level  blocks  uncertain
 * truth:  session_new  caller  serve           2      100     100
 * truth:  buffer_new   caller  request_handle  1      1000    0
 */
#include <stdio.h>
#include <stdlib.h>

enum verb { OPEN, USE, CLOSE };

static char *session;

static void *checked(void *block)
{
	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static char *buffer_new(enum verb verb)
{
	char *buffer = checked(malloc(128));

	snprintf(buffer, 128, "verb %d", verb);
	return buffer;
}

static char *session_new(const char *name)
{
	char *s = checked(malloc(256));

	snprintf(s, 256, "session of %s", name);
	return s;
}

static int request_handle(enum verb verb)
{
	char *buffer = buffer_new(verb);
	int size = buffer[5];

	switch (verb) {
	case OPEN:
		session = session_new(buffer);
		break;
	case USE:
		size += session[3];
		break;
	case CLOSE:
		free(session);
		session = NULL;
		break;
	}
	free(buffer);
	return size;
}

static int serve(int requests)
{
	int total = 0;

	for (int i = 0; i < requests; i++)
		total += request_handle(i % 10 == 0 ? OPEN : i % 10 == 9 ? CLOSE : USE);
	return total;
}

int main(void)
{
	printf("%d\n", serve(1000));
	return 0;
}
