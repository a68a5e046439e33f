/* SPDX-License-Identifier: MIT
 *
 * Whose code it is: the programs' own (the executables that were recorded, and what lies in no file), that of other
 * shared objects, or of the language's runtime: libc, libstdc++, the loader and their kin.
 */
#ifndef STORE_CODE_CLASS_H
#define STORE_CODE_CLASS_H

enum code_class { CODE_OWN, CODE_LIBRARY, CODE_RUNTIME };

/* The class of that name ("own", "library", "runtime"), letters' case aside; -1: none. */
int code_class_find(const char *name);
/* 1 if the module at this path belongs to the runtime. NULL: it does not. */
int code_class_is_runtime(const char *module);

#endif
