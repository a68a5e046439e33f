/* SPDX-License-Identifier: MIT
 *
 * One module of a trace: its file, its debug file, and all that can be known from them of an address.
 */
#ifndef INGEST_SYMBOL_MODULE_H
#define INGEST_SYMBOL_MODULE_H

#include "analyzer/ingest/debugfile.h"
#include "analyzer/ingest/symbol_inline.h"

struct symbol_module;

/* Opens nothing yet. path and build id are copied; places and strings borrowed until symbol_module_free. Never NULL. */
struct symbol_module *symbol_module_new(const char *path, const unsigned char *build_id, size_t size,
                                        const struct debugfile_places *places, struct symbol_strings *strings);
void symbol_module_free(struct symbol_module *m); /* NULL is allowed */
int symbol_module_is(const struct symbol_module *m, const char *path, const unsigned char *build_id, size_t size);
/* Adds the frames at an offset from the module's base: at least one, with every field set. */
void symbol_module_frames(struct symbol_module *m, uint64_t offset, struct symbol_frames *frames);
/* The variable at an offset from the module's base: its name, with the offset in it (server+0x40); else basename+0xOFFSET. */
const char *symbol_module_data(struct symbol_module *m, uint64_t offset);
/* 'debug info', 'symbol table', 'dynamic symbols' or 'none'. */
const char *symbol_module_source(struct symbol_module *m);

#endif
