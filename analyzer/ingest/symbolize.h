/* SPDX-License-Identifier: MIT
 *
 * From a place in a module to the names of the functions it lies in, inlined ones included. The only
 * part that reads executables and debug files; it knows nothing of traces, threads or stacks.
 *
 * Strings handed out belong to the symbolizer, stay until symbolizer_free, and are interned: equal
 * strings are equal pointers. One thread at a time.
 */
#ifndef INGEST_SYMBOLIZE_H
#define INGEST_SYMBOLIZE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/ingest/ingest.h"

struct symbolizer;

struct symbol_frame {
	const char *function; /* demangled; basename+0xOFFSET where there is no symbol */
	const char *linkage;  /* as in the symbol table; "" if none */
	const char *file;     /* source file; "" if unknown */
	int line;             /* 0: unknown */
	int inlined;          /* 1: inlined into the frame after it */
	uint32_t instance;    /* which inlined call of its physical function it is, from 1; 0: none */
	uint64_t part;        /* tells the pieces of the physical function's code apart; 0: unknown */
	uint64_t function_offset; /* start of the physical function, offset in the module */
	uint64_t offset;          /* the place itself, offset in the module */
};

/* NULL with err set when the options are wrong (a --wrapper that is no regular expression). The options are borrowed until
 * symbolizer_free. */
struct symbolizer *symbolizer_new(const struct ingest_options *options, struct err *err);
void symbolizer_free(struct symbolizer *s); /* NULL is allowed */

/* A module by its path and build id (raw bytes, may be empty); opened when first asked for. The same pair gives the same
 * handle. Handles start at 1. A module that cannot be read is no error: its frames are module+0xoffset. */
uint32_t symbolizer_add_module(struct symbolizer *s, const char *path, const unsigned char *build_id,
                               size_t build_id_size);

/* What lies at `offset_from_base` (lookup address - module base; the base is the start of the module's lowest mapping).
 * Innermost first; the last is the physical function, the ones before it are inlined into it. Always at least one.
 * *frames is valid until the next call. */
size_t symbolizer_resolve(struct symbolizer *s, uint32_t module, uint64_t offset_from_base,
                          const struct symbol_frame **frames);

/* The variable at `offset_from_base`, with the offset in it unless it is 0: server+0x40; basename+0xOFFSET where there is no
 * symbol. */
const char *symbolizer_data(struct symbolizer *s, uint32_t module, uint64_t offset_from_base);

/* The symbolizer's own copy of a text. */
const char *symbolizer_keep(struct symbolizer *s, const char *text);

/* Where the module's names came from, as in the database: 'debug info', 'symbol table', 'dynamic symbols', 'none'. */
const char *symbolizer_module_symbols(struct symbolizer *s, uint32_t module);

/* 1 if the function asks for memory on behalf of its caller: an allocator, strdup and the like, libstdc++'s allocator
 * frames, and what the options' wrappers match. */
int symbolizer_is_wrapper(struct symbolizer *s, const char *function);

#endif
