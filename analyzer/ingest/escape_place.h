/* SPDX-License-Identifier: MIT
 *
 * What a thread's chain of activations asks of a stack again and again, close together: a row a stack of the naming.
 */
#ifndef INGEST_ESCAPE_PLACE_H
#define INGEST_ESCAPE_PLACE_H

#include <stdint.h>

#include "analyzer/ingest/naming.h"

struct escape_place {
	uint32_t parent, depth; /* as in the naming: inlined functions are frames */
	uint32_t physical;      /* frames that are real, `shared` of events counts these; 0: stands for frames cut off */
	uint32_t site_depth;    /* depth of the frame that is the site */
	uint32_t caller_depth;  /* depth of the innermost frame that does more than hand on a call for memory */
	uint32_t entry;         /* frames up to this depth never are doubtful: what starts programs and threads, main, entries */
	uint32_t instance;      /* which inlined call of its function it is; 0: a real frame */
	uint32_t file;          /* 0: unknown */
	int32_t line;
};

struct escape_places {
	struct escape_place *at; /* [stack]; [0]: nothing */
	uint32_t count;
	const struct naming *naming; /* borrowed */
};

void escape_places_init(struct escape_places *p, const struct naming *naming);
void escape_places_release(struct escape_places *p);

/* 1 if control that goes on from one call site of a frame comes by the other without going back: `to` lies behind `from` in
 * the source, or in the code where the source cannot tell. The same place is not behind itself. */
int escape_place_behind(const struct escape_places *p, uint32_t from, uint32_t to);
/* 1 if two real frames lie in different parts of one function, which the compiler moved apart. */
int escape_place_parts(const struct escape_places *p, uint32_t one, uint32_t other);

#endif
