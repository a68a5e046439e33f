/* SPDX-License-Identifier: MIT
 *
 * The rows of a naming while it is built: each function gives the id of a row with these contents,
 * a new one if there is none yet. Strings are told apart by their pointers.
 */
#ifndef INGEST_NAMING_ROWS_H
#define INGEST_NAMING_ROWS_H

#include "analyzer/ingest/naming.h"

struct naming_rows {
	struct naming *n;
	struct symbolizer *s;
	struct map strings, function_pairs, functions, files, site_pairs, sites, stacks, handles;
	uint32_t string_count, function_pair_count, site_pair_count;
};

/* The number of a key, ++*count if it is new. */
static inline uint32_t rows_intern(struct map *m, uint64_t key, uint32_t *count)
{
	uint32_t *id = map_at(m, key);

	if (!*id)
		*id = ++*count;
	return *id;
}

/* The module of a symbolizer's handle; the pseudo modules, 0 and NAMED_CODE, have no `m`. */
uint32_t rows_module(struct naming_rows *w, uint32_t handle, const struct recorded_module *m);
uint32_t rows_function(struct naming_rows *w, const char *name, const char *linkage, uint32_t module);
uint32_t rows_file(struct naming_rows *w, const char *path); /* 0 for "" */
uint32_t rows_frame(struct naming_rows *w, struct named_frame frame); /* always a new one */
/* Its site is that of the innermost frame that is no wrapper; where all are, of the outermost. */
uint32_t rows_stack(struct naming_rows *w, uint32_t parent, uint32_t frame);
void rows_release(struct naming_rows *w);

#endif
