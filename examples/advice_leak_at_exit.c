/* SPDX-License-Identifier: MIT
 *
 * Sessions that are closed, but whose names are not freed. `healthy`: they are.
 *
 * culprit should say: leak-at-exit, in session_open. healthy: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSIONS 2000

struct session {
	char *name;
};

static __attribute__((noinline)) void session_open(struct session *s, int n)
{
	char name[32];

	snprintf(name, sizeof(name), "session number %d", n);
	s->name = strdup(name);
	if (!s->name)
		exit(1);
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	struct session *sessions = calloc(SESSIONS, sizeof(*sessions));
	size_t total = 0;

	if (!sessions)
		return 1;
	for (int i = 0; i < SESSIONS; i++)
		session_open(&sessions[i], i);
	for (int i = 0; i < SESSIONS; i++) {
		total += strlen(sessions[i].name);
		if (healthy)
			free(sessions[i].name);
	}
	free(sessions);
	printf("%zu\n", total);
	return 0;
}
