/* SPDX-License-Identifier: MIT
 *
 * Finding and making site cells.
 */
#include "analyzer/ingest/site_cell.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

uint32_t site_cells_find(struct site_cells *s, uint32_t site, uint32_t process, uint32_t thread)
{
	uint32_t *id = thread ? map_at(&s->by_thread, map_pair(site, thread)) : map_at(&s->by_process, map_pair(site, process));

	if (*id != 0)
		return *id;
	*id = (uint32_t)++s->count;
	s->at = memory_grown(s->at, &s->room, s->count + 1, sizeof(*s->at));
	s->at[*id] = (struct site_cell){
		.site = site,
		.process = process,
		.thread = thread,
		.distribution = thread ? NULL : distribution_new(),
	};
	return *id;
}

void site_cells_release(struct site_cells *s)
{
	for (size_t i = 1; i <= s->count; i++)
		distribution_free(s->at[i].distribution);
	free(s->at);
	map_release(&s->by_process);
	map_release(&s->by_thread);
	*s = (struct site_cells){ 0 };
}
