/* SPDX-License-Identifier: MIT
 *
 * libdebuginfod, loaded at run time: it brings a whole HTTP client along, which those who never ask a server need not
 * have. Once loaded it stays, as that client does not clean up after itself.
 */
#include "analyzer/ingest/symbol_server.h"
#include "analyzer/base/memory.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

typedef int (*find_function)(void *client, const unsigned char *build_id, int size, char **path);

struct symbol_server {
	void *client;

	void (*end)(void *client);
	find_function find[2]; /* by enum symbol_server_what */
};

struct symbol_server *symbol_server_new(void)
{
	struct symbol_server *s = memory_zeroed(1, sizeof(*s));
	void *(*begin)(void), *library;

	library = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (library) {
		*(void **)&begin = dlsym(library, "debuginfod_begin");
		*(void **)&s->end = dlsym(library, "debuginfod_end");
		*(void **)&s->find[SYMBOL_SERVER_EXECUTABLE] = dlsym(library, "debuginfod_find_executable");
		*(void **)&s->find[SYMBOL_SERVER_DEBUG] = dlsym(library, "debuginfod_find_debuginfo");
		if (begin && s->end && s->find[0] && s->find[1])
			s->client = begin();
	}
	if (!s->client) {
		symbol_server_free(s);
		return NULL;
	}
	return s;
}

void symbol_server_free(struct symbol_server *s)
{
	if (!s)
		return;
	if (s->client)
		s->end(s->client);
	free(s);
}

char *symbol_server_fetch(struct symbol_server *s, enum symbol_server_what what, const unsigned char *build_id,
                          size_t size)
{
	char *path = NULL;
	int fd;

	if (!size || size > INT_MAX)
		return NULL;
	fd = s->find[what](s->client, build_id, (int)size, &path);
	if (fd < 0)
		return NULL;
	close(fd);
	return path;
}
