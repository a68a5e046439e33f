/* SPDX-License-Identifier: MIT
 *
 * The recording's course: slices, and each process in each of them, with its sizes and lifetimes. Counts are the replay's; memory
 * and faults are sampled, so a slice may have none.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"

static int write_slices(const struct output *o, struct err *err)
{
	struct inserter i;

	inserter_open(&i, o->store, "INSERT INTO slice VALUES (?1, ?2, ?3)", err);
	for (uint32_t s = 0; s < o->time->slices; s++) {
		uint64_t end = s + 1 < o->time->slices ? timebase_ns(o->time, timebase_slice_start(o->time, s + 1))
		                                       : o->time->duration_ns;

		inserter_number(&i, 1, s + 1);
		inserter_number(&i, 2, (int64_t)timebase_ns(o->time, timebase_slice_start(o->time, s)));
		inserter_number(&i, 3, (int64_t)end);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

/* The samples of one slice, and where the next slice's begin. */
struct sampled {
	size_t next;
	uint64_t rss_bytes;                /* largest */
	uint64_t minor_faults, major_faults; /* cumulative, by the last sample */
	int any;
};

static void take_samples(struct sampled *s, const struct output *o, const struct recorded_process *p, uint32_t slice)
{
	s->rss_bytes = 0;
	s->any = 0;
	while (s->next < p->sample_count && timebase_slice(o->time, p->samples[s->next].tick) <= slice) {
		const struct recorded_sample *sample = &p->samples[s->next++];

		if (sample->rss_bytes > s->rss_bytes)
			s->rss_bytes = sample->rss_bytes;
		if (sample->minor_faults > s->minor_faults)
			s->minor_faults = sample->minor_faults;
		if (sample->major_faults > s->major_faults)
			s->major_faults = sample->major_faults;
		s->any = 1;
	}
}

static void write_row(struct inserter *i, const struct timeline_row *row, const struct sampled *before,
                      const struct sampled *now)
{
	inserter_number(i, 1, row->process);
	inserter_number(i, 2, row->slice + 1);
	inserter_number(i, 3, (int64_t)row->live_bytes);
	inserter_number(i, 4, (int64_t)row->live_end_bytes);
	inserter_number(i, 5, (int64_t)row->counts.allocations);
	inserter_number(i, 6, (int64_t)row->counts.allocated_bytes);
	inserter_number(i, 7, (int64_t)row->counts.frees);
	if (now->any) {
		inserter_number(i, 8, (int64_t)now->rss_bytes);
		inserter_number(i, 9, (int64_t)(now->minor_faults - before->minor_faults));
		inserter_number(i, 10, (int64_t)(now->major_faults - before->major_faults));
	} else {
		for (int column = 8; column <= 10; column++)
			inserter_none(i, column);
	}
	inserter_run(i);
}

static int row_compare(const void *left, const void *right)
{
	const struct timeline_row *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return (a->slice > b->slice) - (a->slice < b->slice);
}

static void write_bucket(struct inserter *i, const struct span_bucket_row *row)
{
	uint64_t low = 0, high = 0;

	(row->lifetime ? distribution_lifetime_bounds : distribution_size_bounds)(row->bucket, &low, &high);
	inserter_text(i, 1, row->lifetime ? "lifetime" : "size");
	inserter_number(i, 2, row->process);
	inserter_number(i, 3, row->slice + 1);
	inserter_figure(i, 4, low);
	inserter_figure(i, 5, high);
	inserter_number(i, 6, (int64_t)row->sum.count);
	inserter_number(i, 7, (int64_t)row->sum.amount);
	inserter_run(i);
}

static int write_histogram(const struct output *o, struct err *err)
{
	struct span_bucket_rows *rows = &o->replay->histogram;
	struct inserter i;

	/* sizes beyond what a column holds come to have one bound */
	inserter_open(&i, o->store, "INSERT INTO span_histogram VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
	              " ON CONFLICT DO UPDATE SET count = count + excluded.count, amount = amount + excluded.amount", err);
	span_bucket_rows_sort(rows);
	for (size_t k = 0; k < rows->count; k++)
		write_bucket(&i, &rows->at[k]);
	return inserter_close(&i);
}

static int write_timeline(const struct output *o, struct err *err)
{
	struct inserter i;
	struct replay *r = o->replay;
	struct sampled sampled = { 0 };
	uint32_t process = 0;

	inserter_open(&i, o->store, "INSERT INTO timeline VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", err);
	if (r->timeline_count)
		qsort(r->timeline, r->timeline_count, sizeof(*r->timeline), row_compare);
	for (size_t k = 0; k < r->timeline_count; k++) {
		const struct timeline_row *row = &r->timeline[k];
		struct sampled before;

		if (row->process != process)
			sampled = (struct sampled){ 0 };
		process = row->process;
		before = sampled;
		take_samples(&sampled, o, &o->recording->processes[process], row->slice);
		write_row(&i, row, &before, &sampled);
	}
	return inserter_close(&i);
}

int output_course(const struct output *o, struct err *err)
{
	return write_timeline(o, err) || write_slices(o, err) || write_histogram(o, err) ? -1 : 0;
}
