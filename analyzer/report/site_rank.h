/* SPDX-License-Identifier: MIT
 *
 * The first of many sites by a figure, without sorting them all.
 */
#ifndef REPORT_SITE_RANK_H
#define REPORT_SITE_RANK_H

#include <stddef.h>
#include <stdint.h>

/* Keeps of `sites` (ascending) the `most` with the largest values[site], or smallest if `up`; of equal ones those with the smaller
 * ids. Returns how many there are; still ascending. */
size_t site_rank_first(uint32_t *sites, size_t count, const int64_t *values, int up, size_t most);

#endif
