/* SPDX-License-Identifier: MIT
 *
 * Weights and variances.
 */
#include "analyzer/ingest/weight.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/map.h"
#include "analyzer/base/memory.h"

/* Blocks of no bytes were counted as one byte when points were drawn. */
static double exact(uint64_t bytes, uint64_t size)
{
	return -1.0 / expm1(-(double)(size ? size : 1) / (double)bytes);
}

/* From 0 up to 1. */
static double chance(uint64_t address, uint64_t tick)
{
	return (double)(map_mix(map_mix(address) + tick) >> 11) * 0x1p-53;
}

uint64_t weight_of(uint64_t bytes, uint64_t size, uint64_t address, uint64_t tick)
{
	double w = exact(bytes, size), whole = floor(w);

	return (uint64_t)whole + (chance(address, tick) < w - whole);
}

double weight_variance(uint64_t bytes, uint64_t size)
{
	double w = exact(bytes, size), f = w - floor(w);

	return w * (w - 1) + f * (1 - f);
}

/* --- of cells -------------------------------------------------------------------------------- */

static void add(struct weight_sum *s, double variance, uint64_t size)
{
	s->count += variance;
	s->bytes += variance * (double)size * (double)size;
}

static void take(struct weight_sum *s, double variance, uint64_t size)
{
	add(s, -variance, size);
	s->count = s->count < 0 ? 0 : s->count; /* of rounding */
	s->bytes = s->bytes < 0 ? 0 : s->bytes;
}

static struct weight_error *error_of(struct weight_errors *e, uint32_t cell)
{
	size_t old = e->room;

	if (cell >= e->room) {
		e->at = memory_grown(e->at, &e->room, (size_t)cell + 1, sizeof(*e->at));
		memset(e->at + old, 0, (e->room - old) * sizeof(*e->at));
	}
	return &e->at[cell];
}

void weight_errors_keep_peak(struct weight_errors *e, const struct cells *cells, uint32_t cell, uint64_t epoch)
{
	struct weight_error *error = error_of(e, cell);

	if (!cells->at[cell].live) /* what is left is of rounding */
		error->live = (struct weight_sum){ 0 };
	if (cells->at[cell].epoch != epoch)
		error->at_peak = error->live;
}

void weight_errors_begin(struct weight_errors *e, const struct cells *cells, uint32_t cell, uint64_t epoch, double variance,
                         uint64_t size, int reallocated)
{
	struct weight_error *error = error_of(e, cell);

	weight_errors_keep_peak(e, cells, cell, epoch);
	add(&error->allocated, variance, size);
	add(&error->live, variance, size);
	if (reallocated)
		add(&error->reallocated, variance, size);
}

void weight_errors_end(struct weight_errors *e, const struct cells *cells, uint32_t cell, uint32_t freeing, uint64_t epoch,
                       double variance, uint64_t size)
{
	struct weight_error *error = error_of(e, cell);

	weight_errors_keep_peak(e, cells, cell, epoch);
	take(&error->live, variance, size);
	if (freeing)
		add(&error_of(e, freeing)->freed, variance, size);
}

void weight_errors_release(struct weight_errors *e)
{
	free(e->at);
	*e = (struct weight_errors){ 0 };
}
