/* SPDX-License-Identifier: MIT
 *
 * Peaks and distributions of sites, the course of time, escapes and owners: sums over the loads.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/distribution.h"
#include "analyzer/ingest/inserter.h"
#include "feel_load.h"

static const char *const kind_names[FEEL_KINDS] = { "malloc", "calloc", "new", "realloc" };

static void put(struct inserter *i, int first, const int64_t *values, int count)
{
	for (int c = 0; c < count; c++)
		inserter_number(i, first + c, values[c]);
	inserter_run(i);
}

/* --- distributions --------------------------------------------------------------------------- */

struct shape {
	struct bucket sizes[DISTRIBUTION_SIZES], lifetimes[DISTRIBUTION_LIFETIMES];
};

static void bucket_add(struct bucket *b, uint32_t blocks, uint32_t size)
{
	b->count += blocks;
	b->amount += (uint64_t)blocks * size;
}

/* Temporary blocks die at once, the others of a part about where its slices say. */
static void shape_add(struct shape *s, const struct feel_load *l, int part)
{
	const struct feel_part *p = &l->parts[part];
	uint32_t temporary = part ? 0 : l->temporary;
	uint64_t life = p->end > p->slice ? (uint64_t)(p->end - p->slice) * FEEL_SLICE_NS : 1000 + l->stack % 100000;

	bucket_add(&s->sizes[distribution_size_bucket(l->size)], p->blocks, l->size);
	if (!p->end)
		return;
	bucket_add(&s->lifetimes[distribution_lifetime_bucket(500 + l->stack % 3000)], temporary, l->size);
	bucket_add(&s->lifetimes[distribution_lifetime_bucket(life)], p->blocks - temporary, l->size);
}

/* Writes a shape's buckets of one kind; the inserter's columns from `column` on are low, high, count, amount. */
static void shape_write(struct inserter *i, int column, const struct bucket *buckets, unsigned count,
                        void (*bounds)(unsigned, uint64_t *, uint64_t *))
{
	uint64_t low, high;

	for (unsigned b = 0; b < count; b++) {
		if (!buckets[b].count)
			continue;
		bounds(b, &low, &high);
		put(i, column, (const int64_t[]){ (int64_t)low, (int64_t)high, (int64_t)buckets[b].count, (int64_t)buckets[b].amount }, 4);
	}
}

/* --- sites ----------------------------------------------------------------------------------- */

static int by_site(const void *left, const void *right)
{
	const struct feel_load *a = *(const struct feel_load *const *)left, *b = *(const struct feel_load *const *)right;

	if (a->site != b->site)
		return a->site < b->site ? -1 : 1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

/* Peaks are at least what was live at one time. */
static void write_peak(struct inserter *i, const struct feel_load *const *at, size_t count, uint32_t thread)
{
	int64_t bytes = 0, blocks = 0, left = 0, left_blocks = 0;

	for (size_t k = 0; k < count; k++) {
		bytes += (int64_t)at[k]->at_peak * at[k]->size;
		blocks += at[k]->at_peak;
		left += (int64_t)at[k]->live * at[k]->size;
		left_blocks += at[k]->live;
	}
	bytes = bytes > left ? bytes : left;
	blocks = blocks > left_blocks ? blocks : left_blocks;
	put(i, 1, (const int64_t[]){ at[0]->site, at[0]->process, thread, bytes ? bytes : 1, blocks ? blocks : 1 }, 5);
}

static void write_site(struct inserter *peaks, struct inserter *histogram, const struct feel_load *const *at, size_t count)
{
	struct shape shape = { 0 };

	write_peak(peaks, at, count, 0);
	for (size_t k = 0, begin = 0; k < count; k++) {
		if (k + 1 == count || at[k + 1]->thread != at[k]->thread) {
			write_peak(peaks, at + begin, k + 1 - begin, at[k]->thread);
			begin = k + 1;
		}
		for (int part = 0; part < 3; part++)
			shape_add(&shape, at[k], part);
	}
	inserter_number(histogram, 2, at[0]->site);
	inserter_number(histogram, 3, at[0]->process);
	inserter_text(histogram, 1, "lifetime");
	shape_write(histogram, 4, shape.lifetimes, DISTRIBUTION_LIFETIMES, distribution_lifetime_bounds);
	inserter_text(histogram, 1, "size");
	shape_write(histogram, 4, shape.sizes, DISTRIBUTION_SIZES, distribution_size_bounds);
}

static int write_sites(const struct feel_loads *l, struct store *s, struct err *err)
{
	const struct feel_load **at = memory_zeroed(l->count, sizeof(const struct feel_load *));
	struct inserter peaks, histogram;

	for (uint32_t k = 0; k < l->count; k++)
		at[k] = &l->at[k];
	qsort(at, l->count, sizeof(*at), by_site);
	inserter_open_numbers(&peaks, s, "site_peak", 5, "", err);
	inserter_open(&histogram, s, "INSERT INTO histogram VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", err);
	for (uint32_t k = 0, begin = 0; k < l->count; k++)
		if (k + 1 == l->count || at[k + 1]->site != at[k]->site || at[k + 1]->process != at[k]->process) {
			write_site(&peaks, &histogram, at + begin, k + 1 - begin);
			begin = k + 1;
		}
	free(at);
	return inserter_close(&peaks) | inserter_close(&histogram);
}

/* --- spans ----------------------------------------------------------------------------------- */

struct span {
	uint32_t class, slice, end, stack, thread, count;
	int64_t amount;
};

static int by_key(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->slice != b->slice)
		return a->slice < b->slice ? -1 : 1;
	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

static void add_span(struct span **at, const struct feel_load *l, uint32_t class, unsigned slice, unsigned end, uint32_t blocks)
{
	if (blocks)
		*(*at)++ = (struct span){ class, slice, end, l->stack, l->thread, blocks, (int64_t)blocks * l->size };
}

static void add_spans(struct span **at, const struct feel_load *l)
{
	add_span(at, l, 2, l->parts[0].slice, 0, l->temporary);
	for (int p = 0; p < 3; p++) {
		const struct feel_part *part = &l->parts[p];

		add_span(at, l, 1, part->slice, part->end, part->blocks);
		add_span(at, l, 3, part->slice, 0, l->kind == 3 ? part->blocks : 0);
		if (part->end && l->fate != FATE_CALLER)
			add_span(at, l, l->fate == FATE_THREAD ? 4 : 5, part->slice, 0, part->blocks);
	}
}

static int write_spans(const struct feel_loads *l, struct store *s, struct err *err)
{
	struct span *spans = memory_zeroed((size_t)l->count * 10 + 1, sizeof(*spans)), *end = spans;
	struct inserter i;

	for (uint32_t k = 0; k < l->count; k++)
		add_spans(&end, &l->at[k]);
	qsort(spans, (size_t)(end - spans), sizeof(*spans), by_key);
	inserter_open_numbers(&i, s, "span_sum", 7, "", err);
	for (struct span *at = spans; at < end; at++) {
		if (at + 1 < end && !by_key(at, at + 1)) {
			at[1].count += at->count;
			at[1].amount += at->amount;
			continue;
		}
		put(&i, 1, (const int64_t[]){ at->class, at->slice, at->end, at->stack, at->thread, at->count, at->amount }, 7);
	}
	free(spans);
	return inserter_close(&i);
}

/* --- processes in the course of time --------------------------------------------------------- */

static int write_course(const struct feel_loads *l, struct store *s, struct err *err)
{
	struct shape *shapes = memory_zeroed((FEEL_PROCESSES + 1) * (FEEL_SLICES + 1), sizeof(*shapes));
	struct bucket *kinds = memory_zeroed((FEEL_PROCESSES + 1) * (FEEL_SLICES + 1) * FEEL_KINDS, sizeof(*kinds));
	struct inserter h, i, t;

	for (uint32_t k = 0; k < l->count; k++)
		for (int p = 0; p < 3; p++) {
			size_t at = l->at[k].process * (FEEL_SLICES + 1u) + l->at[k].parts[p].slice;

			shape_add(&shapes[at], &l->at[k], p);
			bucket_add(&kinds[at * FEEL_KINDS + l->at[k].kind], l->at[k].parts[p].blocks, l->at[k].size);
		}
	inserter_open(&h, s, "INSERT INTO span_histogram VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", err);
	inserter_open(&i, s, "INSERT INTO span_kind VALUES (?1, ?2, ?3, ?4, ?5)", err);
	inserter_open_numbers(&t, s, "timeline", 10, "", err);
	for (int64_t p = 1; p <= FEEL_PROCESSES; p++)
		for (int64_t n = l->processes[p].first; n <= l->processes[p].last; n++) {
			const struct feel_course *now = &l->processes[p].course[n];
			size_t at = (size_t)(p * (FEEL_SLICES + 1) + n);
			int64_t live = now[-1].live_end > now->live_end ? now[-1].live_end : now->live_end;

			put(&t, 1, (const int64_t[]){ p, n, live, now->live_end, now->allocations, now->bytes, now->frees, live * 5 / 4, 100, 0 }, 10);
			inserter_number(&h, 2, p);
			inserter_number(&h, 3, n);
			inserter_text(&h, 1, "size");
			shape_write(&h, 4, shapes[at].sizes, DISTRIBUTION_SIZES, distribution_size_bounds);
			inserter_text(&h, 1, "lifetime");
			shape_write(&h, 4, shapes[at].lifetimes, DISTRIBUTION_LIFETIMES, distribution_lifetime_bounds);
			for (int k = 0; k < FEEL_KINDS; k++) {
				const struct bucket *kind = &kinds[at * FEEL_KINDS + (size_t)k];

				if (!kind->count)
					continue;
				inserter_text(&i, 3, kind_names[k]);
				inserter_number(&i, 4, (int64_t)kind->count);
				inserter_number(&i, 5, (int64_t)kind->amount);
				put(&i, 1, (const int64_t[]){ p, n }, 2);
			}
		}
	free(shapes);
	free(kinds);
	return inserter_close(&h) | inserter_close(&i) | inserter_close(&t);
}

static int write_processes(const struct feel_loads *l, struct store *s, struct err *err)
{
	struct inserter i;

	inserter_open(&i, s, "UPDATE process SET allocations = ?2, frees = ?3, reallocations = ?4, allocated_bytes = ?5, peak_bytes = ?6,"
	              " peak_ns = ?7, leaked_allocations = ?8, leaked_bytes = ?9, temporary_allocations = ?10, start_ns = ?11,"
	              " duration_ns = ?12 WHERE id = ?1", err);
	for (int64_t id = 1; id <= FEEL_PROCESSES; id++) {
		const struct feel_process *p = &l->processes[id];

		put(&i, 1, (const int64_t[]){ id, p->allocations, p->frees, p->reallocations, p->bytes, p->peak_bytes,
		                              (int64_t)p->peak * FEEL_SLICE_NS - 1, p->leaked, p->leaked_bytes, p->temporary,
		                              (int64_t)(p->first - 1) * FEEL_SLICE_NS, (int64_t)(p->last - p->first + 1) * FEEL_SLICE_NS }, 12);
	}
	return inserter_close(&i);
}

/* --- escapes --------------------------------------------------------------------------------- */

static int write_escapes(const struct feel_loads *l, struct store *s, struct err *err)
{
	struct bucket *owners = memory_zeroed(((size_t)l->tree->function_count + 1) * (FEEL_PROCESSES + 1), sizeof(*owners));
	struct inserter i, o;

	inserter_open_numbers(&i, s, "escaped", 10, "", err);
	for (uint32_t k = 0; k < l->count; k++) {
		const struct feel_load *load = &l->at[k];
		int64_t freed = (int64_t)load->blocks - load->live;

		if (freed)
			put(&i, 1, (const int64_t[]){ load->stack, load->thread, load->fate, load->owner, load->fate == FATE_CALLER ? load->level : 0,
			                              load->owner, load->fate == FATE_THREAD ? load->freed_in : 0, freed, freed * load->size, 0 }, 10);
		if (load->live)
			put(&i, 1, (const int64_t[]){ load->stack, load->thread, 4, 0, 0, 0, 0, load->live, (int64_t)load->live * load->size, 0 }, 10);
		if (freed && load->fate != FATE_THREAD)
			bucket_add(&owners[feel_function_of(l->tree, load->owner) * (FEEL_PROCESSES + 1u) + load->process], (uint32_t)freed, load->size);
	}
	inserter_open_numbers(&o, s, "owner", 7, "", err);
	for (int64_t f = 1; f <= l->tree->function_count; f++)
		for (int64_t p = 1; p <= FEEL_PROCESSES; p++) {
			const struct bucket *b = &owners[f * (FEEL_PROCESSES + 1) + p];
			int64_t blocks = (int64_t)b->count, bytes = (int64_t)b->amount, calls = blocks / (1 + f % 9) + 1;

			if (blocks)
				put(&o, 1, (const int64_t[]){ f, p, calls, blocks, bytes, blocks / calls + 1, bytes / calls + 1 }, 7);
		}
	free(owners);
	return inserter_close(&i) | inserter_close(&o);
}

int feel_sums_write(const struct feel_loads *l, struct store *s, struct err *err)
{
	return write_sites(l, s, err) || write_escapes(l, s, err) || write_spans(l, s, err) || write_course(l, s, err) ||
	               write_processes(l, s, err) ? -1 : 0;
}
