/* SPDX-License-Identifier: MIT
 *
 * Of a sample to all: how many blocks one that was recorded stands for, and how far sums of such can be from the truth.
 *
 * A block of n bytes was recorded with a chance p = 1 - exp(-n / B), whatever came before, so that counting each w = 1 / p times
 * is right on average, for every sum there is. w is rounded, up or down by a chance drawn from the block itself: whoever
 * asks is told the same, sums stay whole numbers, and what a block adds when it begins goes away when it ends.
 * The variance of a sum over blocks of x each is estimated by the sum of x^2 (w (w - 1) + f (1 - f)), where f, the fraction of
 * w, is of the rounding.
 */
#ifndef INGEST_WEIGHT_H
#define INGEST_WEIGHT_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/cell.h"

/* w, rounded. `bytes`: B, at least 1. No more than B + 1. */
uint64_t weight_of(uint64_t bytes, uint64_t size, uint64_t address, uint64_t tick);
/* What one block adds to the variance of a count. */
double weight_variance(uint64_t bytes, uint64_t size);

/* Variances of a count of blocks, and of their bytes. */
struct weight_sum {
	double count, bytes;
};

/* Those of a cell's figures. */
struct weight_error {
	struct weight_sum allocated, live, at_peak, freed, reallocated;
};

struct weight_errors {
	struct weight_error *at; /* [cell] */
	size_t room;
};

/* A block of the sample begins, or ends; called before the cell itself is told. `freeing` 0: nobody is counted as having freed it. */
void weight_errors_begin(struct weight_errors *e, const struct cells *cells, uint32_t cell, uint64_t epoch, double variance,
                         uint64_t size, int reallocated);
void weight_errors_end(struct weight_errors *e, const struct cells *cells, uint32_t cell, uint32_t freeing, uint64_t epoch,
                       double variance, uint64_t size);
/* Before cell_keep_peak, if it is called on its own. */
void weight_errors_keep_peak(struct weight_errors *e, const struct cells *cells, uint32_t cell, uint64_t epoch);
void weight_errors_release(struct weight_errors *e);

#endif
