/* SPDX-License-Identifier: MIT
 *
 * sum() for databases that anybody may have made. SQLite's own ends the query where a sum exceeds 64 bits; a figure that is
 * nonsense in one place would so keep all others from being seen.
 */
#ifndef STORE_WIDE_SUM_H
#define STORE_WIDE_SUM_H

#include <sqlite3.h>

/* From now on sum() is exact in 128 bits and gives the nearest number that 64 bits hold. An SQLite result code. */
int wide_sum_register(sqlite3 *handle);

#endif
