/* SPDX-License-Identifier: MIT
 *
 * Debug servers (debuginfod). Nothing here happens unless the user asked for it: libdebuginfod is loaded, and the servers
 * named by DEBUGINFOD_URLS are asked, only through a server made by symbol_server_new.
 */
#ifndef INGEST_SYMBOL_SERVER_H
#define INGEST_SYMBOL_SERVER_H

#include <stddef.h>

struct symbol_server;

enum symbol_server_what { SYMBOL_SERVER_EXECUTABLE, SYMBOL_SERVER_DEBUG };

/* NULL if libdebuginfod is not installed. */
struct symbol_server *symbol_server_new(void);
void symbol_server_free(struct symbol_server *s); /* NULL is allowed */
/* Path of the file in the local cache, to be freed, or NULL: nobody has it. May take as long as the network does. */
char *symbol_server_fetch(struct symbol_server *s, enum symbol_server_what what, const unsigned char *build_id,
                          size_t size);

#endif
