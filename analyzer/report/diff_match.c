/* SPDX-License-Identifier: MIT
 *
 * Rows are found by a hash of their names, which are compared as well; two names of the same hash go to the next number.
 */
#include "analyzer/report/diff_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

int64_t diff_change(int64_t a, int64_t b)
{
	int64_t change;

	return __builtin_sub_overflow(b, a, &change) ? (b < a ? INT64_MIN + 1 : INT64_MAX) : change;
}

static int64_t add(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? INT64_MIN + 1 : INT64_MAX) : sum;
}

static struct diff_row *row_of(struct diff_match *m, const char *function, const char *file)
{
	for (uint64_t hash = diff_hash(function, file);; hash++) {
		uint32_t *number = map_at(&m->by_name, hash);
		if (!*number) {
			m->rows = memory_grown(m->rows, &m->capacity, m->count + 1, sizeof(*m->rows));
			m->rows[m->count++] = (struct diff_row){ .function = function, .file = file };
			*number = (uint32_t)m->count;
			return &m->rows[m->count - 1];
		}
		struct diff_row *row = &m->rows[*number - 1];
		if (strcmp(row->function, function) == 0 && strcmp(row->file, file) == 0)
			return row;
	}
}

/* What all functions of a module without names are called together. */
static const char *name_together(struct diff_match *m, const struct diff_site *site)
{
	const char *module = site->module[0] ? diff_last_part(site->module) : "unknown code";
	size_t size = strlen(module) + sizeof(" (without names)");
	char *name = arena_text(&m->texts, NULL, size);

	snprintf(name, size, "%s (without names)", module);
	return name;
}

static void add_sums(int64_t sums[DIFF_MEASURES], size_t sites, const int64_t more[DIFF_MEASURES], size_t more_sites)
{
	int64_t peak = sums[DIFF_PEAK_BYTES] > more[DIFF_PEAK_BYTES] ? sums[DIFF_PEAK_BYTES] : more[DIFF_PEAK_BYTES];

	for (size_t i = 0; i < DIFF_MEASURES; i++)
		sums[i] = add(sums[i], more[i]);
	/* Own peaks need not have been at the same time: at least the largest, and what they had together at the process's. */
	if (sites && more_sites)
		sums[DIFF_PEAK_BYTES] = peak > sums[DIFF_AT_PEAK_BYTES] ? peak : sums[DIFF_AT_PEAK_BYTES];
}

static int asks_for_more(const struct diff_site *a, const struct diff_site *b)
{
	static const int by[] = { DIFF_ALLOCATED_BYTES, DIFF_ALLOCATIONS, DIFF_WAIT_NS, DIFF_HELD_NS, DIFF_BLOCKED_NS };

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		if (a->values[by[i]] != b->values[by[i]])
			return a->values[by[i]] > b->values[by[i]];
	return 0;
}

static void add_site(struct diff_row *row, int side, const struct diff_site *site)
{
	add_sums(row->values[side], row->sites[side], site->values, 1);
	row->sites[side]++;
	if (!row->main[side] || asks_for_more(site, row->main[side]))
		row->main[side] = site;
}

static int costs_anything(const struct diff_site *site)
{
	for (size_t i = 0; i < DIFF_MEASURES; i++)
		if (site->values[i])
			return 1;
	return 0;
}

static void add_side(struct diff_match *m, const struct diff_side *sides, int side)
{
	for (size_t i = 0; i < sides[side].count; i++) {
		const struct diff_site *site = &sides[side].sites[i];
		if (!costs_anything(site))
			continue;
		if (site->nameless && !diff_side_knows_offsets(&sides[!side], site))
			add_site(row_of(m, name_together(m, site), ""), side, site);
		else
			add_site(row_of(m, site->function, diff_last_part(site->file)), side, site);
	}
}

/* --- files that one side does not know ------------------------------------------------------------------- */

/* Rows of a name that are in one recording alone: there is something to join if there is one in each. */
struct lonely {
	uint32_t rows[DIFF_SIDES]; /* the row's number, from 1 */
	uint32_t count[DIFF_SIDES];
};

static int side_of(const struct diff_row *row)
{
	return row->main[DIFF_SIDE_BASE] ? DIFF_SIDE_BASE : DIFF_SIDE_NOW;
}

static int is_lonely(const struct diff_row *row)
{
	return !row->main[DIFF_SIDE_BASE] != !row->main[DIFF_SIDE_NOW];
}

static void join(struct diff_row *base, struct diff_row *now)
{
	if (base->file[0])
		now->file = base->file;
	memcpy(now->values[DIFF_SIDE_BASE], base->values[DIFF_SIDE_BASE], sizeof(now->values[DIFF_SIDE_BASE]));
	now->main[DIFF_SIDE_BASE] = base->main[DIFF_SIDE_BASE];
	now->sites[DIFF_SIDE_BASE] = base->sites[DIFF_SIDE_BASE];
	base->main[DIFF_SIDE_BASE] = NULL;
}

static void join_unknown_files(struct diff_match *m)
{
	struct lonely *lonely = memory_zeroed(m->count + 1, sizeof(*lonely));
	struct map by_function = MAP_INIT;
	uint32_t count = 0;
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (!is_lonely(&m->rows[i]))
			continue;
		uint32_t *number = map_at(&by_function, diff_hash(m->rows[i].function, ""));
		if (!*number)
			*number = ++count;
		lonely[*number].rows[side_of(&m->rows[i])] = (uint32_t)i + 1;
		lonely[*number].count[side_of(&m->rows[i])]++;
	}
	for (uint32_t i = 1; i <= count; i++) {
		if (lonely[i].count[DIFF_SIDE_BASE] != 1 || lonely[i].count[DIFF_SIDE_NOW] != 1)
			continue;
		struct diff_row *base = &m->rows[lonely[i].rows[DIFF_SIDE_BASE] - 1], *now = &m->rows[lonely[i].rows[DIFF_SIDE_NOW] - 1];
		if (!strcmp(base->function, now->function) && (!base->file[0] || !now->file[0]))
			join(base, now);
	}
	for (size_t i = 0; i < m->count; i++)
		if (m->rows[i].main[DIFF_SIDE_BASE] || m->rows[i].main[DIFF_SIDE_NOW])
			m->rows[kept++] = m->rows[i];
	m->count = kept;
	map_release(&by_function);
	free(lonely);
}

void diff_match_make(struct diff_match *m, const struct diff_side sides[DIFF_SIDES])
{
	*m = (struct diff_match){ 0 };
	add_side(m, sides, DIFF_SIDE_BASE);
	add_side(m, sides, DIFF_SIDE_NOW);
	join_unknown_files(m);
	for (size_t i = 0; i < m->count; i++) {
		const struct diff_row *row = &m->rows[i];
		const struct diff_site *site = row->main[side_of(row)];
		m->peaks += (row->sites[DIFF_SIDE_BASE] > 1 || row->sites[DIFF_SIDE_NOW] > 1) &&
		            row->values[DIFF_SIDE_BASE][DIFF_PEAK_BYTES] != row->values[DIFF_SIDE_NOW][DIFF_PEAK_BYTES];
		m->nameless += site->nameless && strcmp(site->function, row->function) != 0;
	}
}

void diff_match_release(struct diff_match *m)
{
	free(m->rows);
	map_release(&m->by_name);
	arena_release(&m->texts);
}
