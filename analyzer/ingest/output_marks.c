/* SPDX-License-Identifier: MIT
 *
 * When the recording was on: marks, and what is not known because of the times when it was not.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/base/units.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"

int output_marks(const struct output *o, struct err *err)
{
	static const char *const kinds[] = {
		[MARK_PAUSED] = "paused", [MARK_RESUMED] = "resumed", [MARK_NAMED] = "mark", [MARK_ENDED] = "ended",
	};
	struct inserter i;

	inserter_open(&i, o->store, "INSERT INTO mark (time_ns, kind, name) VALUES (?1, ?2, ?3)", err);
	for (size_t m = 0; m < o->recording->mark_count; m++) {
		const struct recorded_mark *mark = &o->recording->marks[m];

		if (mark->kind >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[mark->kind])
			continue;
		inserter_number(&i, 1, (int64_t)timebase_ns(o->time, mark->tick));
		inserter_text(&i, 2, kinds[mark->kind]);
		inserter_text(&i, 3, mark->text);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

/* --- what is uncertain ----------------------------------------------------------------------- */

struct pauses {
	uint64_t spans, ns;
};

static struct pauses find_pauses(const struct output *o)
{
	const struct recording *r = o->recording;
	struct pauses p = { 0 };
	uint64_t since = 0, end = o->time->duration_ns;

	for (size_t m = 0; m < r->mark_count; m++) {
		const struct recorded_mark *mark = &r->marks[m];

		if (mark->kind == MARK_PAUSED && !since) {
			since = mark->tick ? mark->tick : 1;
			p.spans++;
		} else if ((mark->kind == MARK_RESUMED || mark->kind == MARK_ENDED) && since) {
			p.ns += timebase_ns(o->time, mark->tick) - timebase_ns(o->time, since);
			since = 0;
		}
	}
	if (since && end > timebase_ns(o->time, since))
		p.ns += end - timebase_ns(o->time, since);
	return p;
}

int output_never_on(const struct output *o)
{
	const struct recording *r = o->recording;
	int paused = 0;

	for (size_t m = 0; m < r->mark_count; m++) {
		if (r->marks[m].kind == MARK_RESUMED)
			return 0;
		paused |= r->marks[m].kind == MARK_PAUSED;
	}
	return paused && !r->events;
}

static uint64_t count_uncertain(const struct output *o)
{
	uint64_t count = 0;

	for (size_t id = 1; id <= o->recording->process_count; id++)
		count += o->replay->processes[id].uncertain;
	return count;
}

static uint64_t count_mapped(const struct output *o)
{
	uint64_t bytes = 0;

	for (size_t id = 1; id <= o->recording->process_count && o->replay->last_pause; id++)
		bytes += mapping_live_since(&o->replay->processes[id].mapped, o->replay->last_pause);
	return bytes;
}

static size_t write_pauses(const struct output *o, char *out, size_t size)
{
	struct pauses p = find_pauses(o);
	char span[UNIT_WIDTH];
	uint64_t uncertain, mapped;
	int used;

	if (!p.spans)
		return 0;
	uncertain = count_uncertain(o);
	mapped = count_mapped(o);
	used = snprintf(out, size, "the recording was off for %s in %" PRIu64 " span%s: what happened then is in none of these figures",
	                unit_format(span, UNIT_NS, (int64_t)p.ns), p.spans, p.spans == 1 ? "" : "s");
	if (uncertain && (size_t)used < size)
		used += snprintf(out + used, size - (size_t)used, ", and %" PRIu64 " block%s from before that count%s as leaked may have been freed",
		                 uncertain, uncertain == 1 ? "" : "s", uncertain == 1 ? "s" : "");
	if (mapped && (size_t)used < size)
		used += snprintf(out + used, size - (size_t)used, ", and %s from before that count as mapped may have been unmapped",
		                 unit_format(span, UNIT_BYTES, (int64_t)(mapped & INT64_MAX)));
	return (size_t)used < size ? (size_t)used : size - 1;
}

static size_t write_forgotten(const struct output *o, char *out, size_t size)
{
	char span[UNIT_WIDTH];
	int used;

	if (!o->recording->forgotten)
		return 0;
	used = snprintf(out, size, "the first %s are not kept: what was allocated then is in none of these figures, and locks "
	                "count from the beginning", unit_format(span, UNIT_NS, (int64_t)timebase_ns(o->time, o->recording->forgotten)));
	return (size_t)used < size ? (size_t)used : size - 1;
}

static size_t write_end(const struct output *o, char *out, size_t size)
{
	const struct recording *r = o->recording;
	const struct recorded_mark *last = r->mark_count ? &r->marks[r->mark_count - 1] : NULL;
	int used;

	if (!last || last->kind != MARK_ENDED)
		return 0;
	used = snprintf(out, size, "the recording ended before its processes: %.120s", last->text);
	return (size_t)used < size ? (size_t)used : size - 1;
}

void output_marks_note(const struct output *o, char *out, size_t size)
{
	static size_t (*const parts[])(const struct output *o, char *out, size_t size) = { write_pauses, write_forgotten, write_end };
	size_t used = 0;

	out[0] = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t gap = used ? 1 : 0, more;

		if (used + gap + 1 >= size)
			return;
		more = parts[i](o, out + used + gap, size - used - gap);
		if (more && gap)
			out[used] = '\n';
		else if (gap)
			out[used] = 0;
		used += more ? more + gap : 0;
	}
}
