/* SPDX-License-Identifier: MIT
 *
 * Putting a lens on a store, taking it off, and saying what it shows and cannot show.
 */
#include "analyzer/store/lens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/units.h"
#include "analyzer/store/kept.h"
#include "analyzer/store/lens_private.h"

/* --- points of time ------------------------------------------------------------------------------------- */

/* Whole and decimal digits; nothing of the locale's. -1: no number. */
static double read_number(const char **at)
{
	double number = 0, step = 1;
	int digits = 0;

	for (; **at >= '0' && **at <= '9'; ++*at, digits++)
		number = number * 10 + (**at - '0');
	if (**at == '.')
		for (++*at; **at >= '0' && **at <= '9'; ++*at, digits++)
			number += (**at - '0') * (step /= 10);
	return digits ? number : -1;
}

/* The unit at *at in ns, which is moved behind it; 0: none that is known. */
static double read_unit(const char **at)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "min", 60e9 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t size = strlen(units[i].name);
		if (strncmp(*at, units[i].name, size) == 0) {
			*at += size;
			return units[i].ns;
		}
	}
	return **at ? 0 : 1e9;
}

int lens_parse_time(const char *text, int64_t *ns, struct err *err)
{
	const char *at = text;
	double sum = 0;

	do {
		double number = read_number(&at), unit = read_unit(&at);
		if (number < 0 || unit <= 0)
			return err_set(err, ERR_USAGE, "\"%.60s\" is no point of time; it can be 90, 90s, 1.5m, 2m30s, 200ms, counted from the recording's "
			               "start", text);
		sum += number * unit;
		at += strspn(at, " ");
	} while (*at);
	if (!(sum < 9.2e18))
		return err_set(err, ERR_USAGE, "\"%.60s\" is later than any recording lasts", text);
	*ns = (int64_t)(sum + 0.5);
	return 0;
}

/* --- the span ------------------------------------------------------------------------------------------- */

/* Slices are numbered from 1 without a gap, in the order of time. */
static int count_slices(struct store *s, struct lens_state *l, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT count(*), coalesce(min(id), 1), coalesce(max(id), 0), coalesce(max(end_ns), 0) "
	                                       "FROM main.slice", err);
	int got;

	if (!q)
		return -1;
	got = statement_step(q, err);
	if (got > 0) {
		l->slices = statement_number(q, 0);
		l->to_ns = statement_number(q, 3);
		if (statement_number(q, 1) != 1 || statement_number(q, 2) != l->slices || l->slices > 65536)
			got = err_set(err, ERR_FAILED, "the database is damaged: its slices of time are not numbered in order");
	}
	statement_finish(q);
	return got < 0 ? -1 : 0;
}

static int refuse_span(const struct lens_state *l, struct err *err)
{
	char from[UNIT_WIDTH], to[UNIT_WIDTH];

	if (!l->slices)
		return err_set(err, ERR_USAGE, "nothing was recorded, so there is no time to choose from");
	unit_format(from, UNIT_NS, l->lens.from_ns);
	if (l->lens.to_ns && l->lens.to_ns <= l->lens.from_ns)
		return err_set(err, ERR_USAGE, "a span of time ends after it begins: %s is not before %s", from,
		               unit_format(to, UNIT_NS, l->lens.to_ns));
	return err_set(err, ERR_USAGE, "the recording ends at %s, so nothing is from %s on", unit_format(to, UNIT_NS, l->to_ns), from);
}

/* All slices that the span touches. */
static int find_span(struct store *s, struct lens_state *l, struct err *err)
{
	int64_t from = l->lens.from_ns, to = l->lens.to_ns;
	struct statement *q;
	int got;

	if (count_slices(s, l, err))
		return -1;
	l->first = l->slices ? 1 : 0;
	l->last = l->slices;
	if (!from && !to)
		return 0;
	if (!l->slices || from < 0 || to < 0 || (to && to <= from) || from >= l->to_ns)
		return refuse_span(l, err);
	if (!(q = store_prepare(s, "SELECT coalesce(min(id), 0), coalesce(max(id), 0), min(start_ns), max(end_ns) FROM main.slice "
	                           "WHERE end_ns > ?1 AND (?2 = 0 OR start_ns < ?2)", err)))
		return -1;
	statement_bind_number(q, 1, from);
	statement_bind_number(q, 2, to);
	got = statement_step(q, err);
	if (got > 0) {
		l->first = statement_number(q, 0);
		l->last = statement_number(q, 1);
		l->from_ns = statement_number(q, 2);
		l->to_ns = statement_number(q, 3);
	}
	statement_finish(q);
	if (got < 0)
		return -1;
	if (!l->first)
		return refuse_span(l, err);
	if (l->first > 1 || l->last < l->slices)
		l->kinds |= LENS_BY_TIME;
	return 0;
}

/* --- on and off ----------------------------------------------------------------------------------------- */

void lens_state_release(struct lens_state *l)
{
	stack_tree_release(&l->tree);
	free(l->nodes);
	free(l->sites);
	free(l->threads);
	free(l->processes);
	lens_table_release(&l->total);
	lens_table_release(&l->site_total);
	free(l);
}

void lens_clear(struct store *s)
{
	int failed;

	if (!s->lens)
		return;
	atomic_store(&s->patient, 1); /* half a lens would be worse than a late answer */
	failed = lens_shadow_drop(s, NULL);
	atomic_store(&s->patient, 0);
	if (failed) /* a statement stands in it: what it reads has to stay */
		return;
	lens_state_release(s->lens);
	s->lens = NULL;
	kept_drop(s);
}

static int make_lens(struct store *s, struct lens_state *l, struct err *err)
{
	if (stack_tree_load(s, &l->tree, err) || find_span(s, l, err) || lens_pass_decide(s, l, err))
		return -1;
	if (!l->kinds)
		return 0;
	if (store_execute(s, "BEGIN", err))
		return -1;
	if (!lens_course_make(s, l, err) && !lens_sums_make(s, l, err) && !lens_shadow_make(s, l, err) && !store_execute(s, "COMMIT", err))
		return 0;
	atomic_store(&s->patient, 1);
	store_execute(s, "ROLLBACK", NULL);
	atomic_store(&s->patient, 0);
	return -1;
}

int lens_apply(struct store *s, const struct lens *lens, struct err *err)
{
	struct lens_state *l;
	int rc;

	lens_clear(s);
	if (s->lens)
		return err_set(err, ERR_FAILED, "what is looked at cannot change while it is read");
	if (!lens->from_ns && !lens->to_ns && !lens->filter.count)
		return 0;
	if (!s->reading)
		return err_set(err, ERR_FAILED, "a database that is being written cannot be looked at in part");
	l = memory_zeroed(1, sizeof(*l));
	l->lens = *lens;
	s->lens = l; /* the SQL functions ask it */
	rc = make_lens(s, l, err);
	if (rc || (!l->kinds && !lens->filter.count))
		lens_clear(s);
	kept_drop(s);
	return rc;
}

/* --- in words ------------------------------------------------------------------------------------------- */

void lens_describe(const struct store *s, char *out, size_t size)
{
	const struct lens_state *l = s->lens;
	char words[FILTER_WORDS], from[UNIT_WIDTH], to[UNIT_WIDTH];
	size_t used = 0;

	if (size)
		out[0] = 0;
	if (!l)
		return;
	if (l->kinds & LENS_BY_TIME)
		used = (size_t)snprintf(out, size, "from %s to %s", unit_format(from, UNIT_NS, l->from_ns), unit_format(to, UNIT_NS, l->to_ns));
	filter_words(&l->lens.filter, words, sizeof(words));
	if (words[0] && used < size)
		snprintf(out + used, size - used, "%s%s", used ? ", " : "", words);
}

void lens_slices(const struct store *s, int64_t *first, int64_t *last)
{
	*first = s->lens ? s->lens->first : 0;
	*last = s->lens ? s->lens->last : 0;
}

#define BY_TIME LENS_BY_TIME
#define BY_PART (LENS_BY_STACK | LENS_BY_THREAD)

static const struct limit {
	enum lens_part part;
	unsigned kinds;   /* said under one of these */
	unsigned except;  /* unless under one of these */
	int nothing;      /* 1: nothing is left of the part */
	const char *text;
} limits[] = {
	{ LENS_LEAKS, BY_TIME, 0, 0, "leaked is what was allocated in this time and not freed by its end; at peak is when most was live at the end of a slice "
	                             "of time" },
	{ LENS_PEAKS, BY_TIME, 0, 0, "own peaks are the most that was live at the end of a slice of time" },
	{ LENS_PEAKS, BY_PART, BY_TIME, 0, "own peaks are known of sites that pass the filter with all their blocks" },
	{ LENS_COURSE, BY_PART, 0, 0, "live bytes are those at the end of each slice of time" },
	{ LENS_FREES, BY_TIME, 0, 1, "who freed blocks is not kept by time" },
	{ LENS_MAPPINGS, BY_TIME, 0, 1, "what programs map themselves is not kept by time" },
	{ LENS_MAPPINGS, BY_PART, BY_TIME, 0, "own peaks of mappings are known of whole processes only" },
	{ LENS_ESCAPES, BY_TIME, 0, 0, "in whose calls blocks died and who freed them is not kept by time" },
	{ LENS_OWNERS, BY_TIME, 0, 1, "in whose calls blocks die is not kept by time" },
	{ LENS_OWNERS, BY_PART, BY_TIME, 1, "in whose calls blocks die is kept of whole processes only" },
	{ LENS_HISTOGRAMS, BY_TIME, 0, 1, "sizes and lifetimes of each site's blocks are not kept by time" },
	{ LENS_HISTOGRAMS, BY_PART, BY_TIME, 0, "sizes and lifetimes are known of sites that pass the filter with all their blocks" },
	{ LENS_KINDS, BY_PART, 0, 1, "which call allocated is kept of whole processes only" },
	{ LENS_SLACK, BY_TIME, 0, 1, "what the allocator gave beyond what was asked for is not kept by time" },
	{ LENS_SLACK, LENS_BY_THREAD, BY_TIME, 1, "what the allocator gave beyond what was asked for is not kept by thread" },
	{ LENS_GROWTH, BY_TIME, 0, 1, "how blocks grow is not kept by time" },
	{ LENS_GROWTH, LENS_BY_THREAD, BY_TIME, 1, "how blocks grow is not kept by thread" },
	{ LENS_LOCKS, BY_TIME, 0, 0, "how often locks were acquired and how long they were held is not kept by time" },
	{ LENS_LOCKS, BY_PART, BY_TIME, 0, "how often locks were acquired and how long they were held is kept of all threads together only" },
	{ LENS_ORDER, BY_TIME, 0, 1, "in which order locks are taken is not kept by time" },
	{ LENS_WHOLE, BY_TIME | BY_PART, 0, 1, "it judges whole processes, from their start to their end" },
};
#define LIMITS (sizeof(limits) / sizeof(limits[0]))

static int applies(const struct lens_state *l, const struct limit *limit)
{
	return l && (limit->kinds & l->kinds) && !(limit->except & l->kinds);
}

unsigned lens_missing(const struct store *s, unsigned parts)
{
	unsigned missing = 0;

	for (size_t i = 0; i < LIMITS; i++)
		if (limits[i].nothing && applies(s->lens, &limits[i]))
			missing |= limits[i].part & parts;
	return missing;
}

void lens_limits(const struct store *s, unsigned parts, char *out, size_t size)
{
	size_t used = 0;

	if (size)
		out[0] = 0;
	for (size_t i = 0; i < LIMITS && used < size; i++)
		if ((limits[i].part & parts) && applies(s->lens, &limits[i]))
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "; " : "", limits[i].text);
}
