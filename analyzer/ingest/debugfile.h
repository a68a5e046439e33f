/* SPDX-License-Identifier: MIT
 *
 * Finding the file that holds a module's debug information when the module itself does not, as Debian,
 * Fedora and `objcopy --only-keep-debug` leave it.
 */
#ifndef INGEST_DEBUGFILE_H
#define INGEST_DEBUGFILE_H

#include <stddef.h>

#include "analyzer/ingest/symbol_image.h"

struct debugfile_places {
	const char *const *dirs; /* asked before /usr/lib/debug */
	size_t dir_count;
	const char *sysroot;     /* prefix of the module's path and of /usr/lib/debug; NULL: none */
	struct symbol_server *server; /* NULL: the network is not asked */
};

/* What is looked for. */
struct debugfile_wanted {
	const char *path; /* of the module, as the traced process had it */
	const unsigned char *build_id;
	size_t build_id_size;   /* 0: the module has none */
	const char *debuglink;  /* name of the debug file, or NULL */
	uint32_t debuglink_crc; /* CRC32 it must have if there is no build id to compare */
};

/* Opens the debug file of a module. Only a file that proves to belong to it is taken: by the build id, or where there is
 * none by the debuglink's checksum; a module with neither gets the file of its path in one of `dirs`. 0, or -1: none. */
int debugfile_open(const struct debugfile_places *places, const struct debugfile_wanted *wanted,
                   struct symbol_image *image);
/* Opens the file shared by several debug files that `referrer` names, relative to itself or by build id. 0 or -1. */
int debugfile_open_alt(const struct debugfile_places *places, const char *referrer, const char *name,
                       const unsigned char *build_id, size_t size, struct symbol_image *image);

/* The checksum of a .gnu_debuglink: CRC32 over the whole file. 0, or -1 if it cannot be read. */
int debugfile_crc(const char *path, uint32_t *crc);

#endif
