/* SPDX-License-Identifier: MIT
 *
 * Calls led to the hooks where the loader has bound them elsewhere: the entries of libraries' global offset tables, by
 * name. Done for what the executable defines itself (real_own.h), in libraries alone; never undone.
 */
#ifndef PRELOAD_GOT_H
#define PRELOAD_GOT_H

/* If the executable brings its own allocator: leads the libraries' calls of it to the hooks, those loaded later too, and
 * tells the collector. From the constructor, inside the guard. */
void got_start(void);

#endif
