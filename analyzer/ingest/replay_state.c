/* SPDX-License-Identifier: MIT
 *
 * What a replay begins with, and what it has to give back.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/replay.h"

/* Without some events (a sample is without most) it cannot be told which activations a block outlived. */
static void replay_init_chains(struct replay *r, const struct recording *recording)
{
	for (uint32_t i = 1; i <= r->thread_count; i++)
		r->threads[i].chain = (struct escape_chain){
			.process = r->threads[i].process->id,
			.unknown = recording->threads[i].dropped != 0 || recording->sample_bytes,
		};
	escape_places_init(&r->places, r->naming);
	escape_owners_init(&r->owners, r->process_count, r->naming->function_count);
}

static void replay_init_pauses(struct replay *r, const struct recording *recording)
{
	for (size_t i = 0; i < recording->mark_count; i++) {
		if (recording->marks[i].kind != MARK_PAUSED)
			continue;
		r->pauses = memory_grown(r->pauses, &r->pause_room, r->pause_count + 1, sizeof(*r->pauses));
		r->pauses[r->pause_count++] = r->last_pause = recording->marks[i].tick;
	}
}

int replay_was_paused(const struct replay *r, uint64_t since)
{
	size_t low = 0, high = r->pause_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (r->pauses[middle] > since)
			high = middle;
		else
			low = middle + 1;
	}
	return low < r->pause_count && r->pauses[low] <= r->now;
}

void replay_init(struct replay *r, const struct recording *recording, const struct timebase *time,
                 const struct naming *naming)
{
	*r = (struct replay){ .time = time, .naming = naming, .sample_bytes = recording->sample_bytes };
	replay_init_pauses(r, recording);
	r->process_count = recording->process_count;
	r->thread_count = recording->thread_count;
	r->processes = memory_zeroed(r->process_count + 1, sizeof(*r->processes));
	r->threads = memory_zeroed(r->thread_count + 1, sizeof(*r->threads));
	for (uint32_t i = 1; i <= r->process_count; i++) {
		const struct recorded_process *p = &recording->processes[i];

		r->processes[i].id = r->processes[i].growth.process = i;
		r->processes[i].first_slice = timebase_slice(time, p->start_tick);
		r->processes[i].last_slice = p->ended ? timebase_slice(time, p->end_tick) : time->slices - 1;
	}
	for (uint32_t i = 1; i <= r->thread_count; i++) {
		struct replay_process *p = &r->processes[recording->threads[i].process];

		r->threads[i] = (struct replay_thread){ .process = p, .id = i };
		p->threads += recording->threads[i].blocks > 0;
		p->open += recording->threads[i].blocks > 0;
	}
	for (uint32_t i = 1; i <= r->process_count; i++)
		if (r->processes[i].threads > 1)
			r->processes[i].recent = memory_zeroed(1, sizeof(*r->processes[i].recent));
	replay_init_chains(r, recording);
	locks_init(&r->locks, recording, time);
	growth_init(&r->growth);
	growth_containers_init(&r->containers, naming);
	slack_init(&r->slack);
	pools_init(&r->pools);
	mappings_init(&r->mappings);
	r->now = r->slice_began = time->first;
	r->stop = timebase_slice_start(time, 1);
}

void replay_release(struct replay *r)
{
	for (size_t i = 1; i <= r->process_count; i++) {
		live_release(&r->processes[i].live);
		growth_chains_release(&r->processes[i].growth);
		span_histogram_release(&r->processes[i].histogram);
		mapping_process_release(&r->processes[i].mapped);
		free(r->processes[i].recent);
	}
	for (size_t i = 1; i <= r->thread_count; i++) {
		cell_index_release(&r->threads[i].index);
		lock_user_free(r->threads[i].locks);
		escape_chain_release(&r->threads[i].chain);
		mapping_move_release(&r->threads[i].move);
	}
	locks_release(&r->locks);
	growth_release(&r->growth);
	growth_containers_release(&r->containers);
	slack_release(&r->slack);
	pools_release(&r->pools);
	mappings_release(&r->mappings);
	escape_places_release(&r->places);
	escape_owners_release(&r->owners);
	escape_sums_release(&r->escapes);
	weight_errors_release(&r->errors);
	cells_release(&r->cells);
	site_cells_release(&r->sites);
	spans_release(&r->spans);
	free(r->processes);
	free(r->threads);
	free(r->timeline);
	free(r->kinds);
	free(r->histogram.at);
	free(r->pauses);
	*r = (struct replay){ 0 };
}
