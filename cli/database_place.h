/* SPDX-License-Identifier: MIT
 *
 * Where the databases of a trace lie: TRACE.db, which is kept; and temporary ones, of the beginning of a trace that is still being
 * analyzed, or of a trace beside which nothing can be written. Temporary ones are beside TRACE.db or in $TMPDIR, bear the id of the
 * process that uses them ("TRACE.db.part-PID-N"), and are removed by it; what one left that was killed, the next one removes.
 */
#ifndef CLI_DATABASE_PLACE_H
#define CLI_DATABASE_PLACE_H

#include <limits.h>

#include "analyzer/base/err.h"

struct database_place {
	char *final; /* TRACE.db */
	char *base;  /* names of temporary ones begin with it */
	int refused; /* errno of writing TRACE.db; 0: it can be written */
};

/* Finds out, and removes what processes that are no more left there. Release it. */
void database_place_find(struct database_place *p, const char *trace_path);
void database_place_release(struct database_place *p);
/* The name of a temporary one of process pid. */
void database_place_part(const struct database_place *p, long pid, unsigned number, char out[PATH_MAX]);
/* Says, on stderr, that TRACE.db cannot be written and the analysis will not be kept. */
void database_place_tell(const struct database_place *p);

#endif
