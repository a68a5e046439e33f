/* SPDX-License-Identifier: MIT
 *
 * Which functions only pass a request for memory, or for a lock, on. The site of an allocation is the innermost frame
 * that is none of these, so that hot spots name the code that wanted memory and not `xmalloc`; and so for waits.
 *
 * Built in (wrapper.c has the list):
 * - libc: malloc, calloc, realloc, the aligned kinds, strdup and asprintf and their relatives
 * - C++: operator new and new[], also a class's own; everything in std:: and __gnu_cxx::: who fills a container is the
 *   site, not the container's inside
 * - Rust: the allocation shims, Global, RawVec, Box::new, exchange_malloc
 * - allocators: jemalloc, tcmalloc and mimalloc entry points
 * - projects: the x*, z*, g_*, s* and safe_* families of malloc, and those of nginx, FFmpeg, CPython, SQLite, OpenSSL,
 *   PostgreSQL, Lua and git
 * - locks: the calls of threading libraries, and what those of C++, Rust, abseil, folly, boost, GLib, Qt, the databases
 *   are made of
 * The user adds regular expressions.
 */
#ifndef INGEST_WRAPPER_H
#define INGEST_WRAPPER_H

#include <stddef.h>

#include "analyzer/base/err.h"

struct wrapper_list;

/* Expressions are POSIX extended ones, found anywhere in the demangled name. NULL with err set (usage) when one
 * does not compile. */
struct wrapper_list *wrapper_list_new(const char *const *expressions, size_t count, struct err *err);
void wrapper_list_free(struct wrapper_list *w); /* NULL is allowed */
/* 1 if the function, by its demangled name, is a wrapper. */
int wrapper_list_has(const struct wrapper_list *w, const char *function);

#endif
