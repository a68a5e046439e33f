/* SPDX-License-Identifier: MIT
 *
 * From a name in a symbol table to the name in the source.
 */
#ifndef INGEST_DEMANGLE_H
#define INGEST_DEMANGLE_H

/* C++ with its parameters but without the return type, Rust (both manglings) without its hash. What the compiler or linker
 * hung on is dropped, so that all parts of a function have its name: clone suffixes (.cold, .part.0, .isra.0, .constprop.0,
 * .lto_priv.0, .llvm.123) and symbol versions (@@GLIBC_2.34). The caller frees it. NULL: it reads as it stands already. */
char *demangle(const char *linkage);

#endif
