/* SPDX-License-Identifier: MIT
 *
 * Both recordings folded as they are folded alone, and the lines brought together. A folded line is in the order of the whole line,
 * with its figure; here it is that of the stack.
 */
#include "analyzer/export/diff_folded.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/export/exporter_list.h"

struct folded_line {
	const char *stack;
	int64_t value;
};

struct folded_side {
	char *text; /* the stacks point into it */
	struct folded_line *lines;
	size_t count, capacity;
};

static int compare_stacks(const void *a, const void *b)
{
	return strcmp(((const struct folded_line *)a)->stack, ((const struct folded_line *)b)->stack);
}

/* Cuts the text into its lines, and these at their last blank. */
static void cut_lines(struct folded_side *side)
{
	for (char *at = side->text, *end; *at; at = end + 1) {
		end = strchr(at, '\n');
		*end = 0;
		char *blank = strrchr(at, ' ');
		side->lines = memory_grown(side->lines, &side->capacity, side->count + 1, sizeof(*side->lines));
		side->lines[side->count++] = (struct folded_line){ at, strtoll(blank + 1, NULL, 10) };
		*blank = 0;
	}
	if (side->count)
		qsort(side->lines, side->count, sizeof(*side->lines), compare_stacks);
}

static int fold(struct folded_side *side, struct store *s, const struct export_query *q, struct err *err)
{
	size_t size = 0;
	FILE *out = open_memstream(&side->text, &size);

	if (!out)
		abort();
	int rc = export_folded.write(s, q, out, err);
	if (fclose(out) && !rc)
		rc = err_errno(err, "cannot keep the stacks in memory");
	if (!rc)
		cut_lines(side);
	return rc;
}

static int64_t times(int64_t value, double factor)
{
	double product = (double)value * factor;

	return factor == 1 ? value : product >= 9.2e18 ? INT64_MAX : product <= -9.2e18 ? -INT64_MAX : (int64_t)(product + 0.5);
}

static void merge(const struct folded_side *a, const struct folded_side *b, double factor, FILE *out)
{
	for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
		int order = i == a->count ? 1 : k == b->count ? -1 : compare_stacks(&a->lines[i], &b->lines[k]);
		const char *stack = order > 0 ? b->lines[k].stack : a->lines[i].stack;
		int64_t before = order <= 0 ? times(a->lines[i++].value, factor) : 0, after = order >= 0 ? b->lines[k++].value : 0;
		fprintf(out, "%s %" PRId64 " %" PRId64 "\n", stack, before, after);
	}
}

int diff_folded_write(struct store *base, struct store *now, const struct export_query *q, double factor, FILE *out, struct err *err)
{
	struct folded_side sides[2] = { { 0 } };
	int rc = fold(&sides[0], base, q, err) || fold(&sides[1], now, q, err) ? -1 : 0;

	if (!rc)
		merge(&sides[0], &sides[1], factor, out);
	for (int i = 0; i < 2; i++) {
		free(sides[i].lines);
		free(sides[i].text);
	}
	return rc;
}
