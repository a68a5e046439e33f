/* SPDX-License-Identifier: MIT
 *
 * A line a remark.
 */
#include "analyzer/report/diff_remark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int diff_remark_sampled(struct store *base, struct store *now)
{
	return store_meta_number(base, "sample_bytes", 0) > 0 || store_meta_number(now, "sample_bytes", 0) > 0;
}

/* The program that was launched. */
static void program_of(struct store *s, char out[64])
{
	struct statement *q = store_prepare(s, "SELECT command FROM main.process ORDER BY id LIMIT 1", NULL);

	snprintf(out, 64, "%s", q && statement_step(q, NULL) > 0 ? statement_text(q, 0) : "");
	statement_finish(q);
}

static void remark_programs(struct store *base, struct store *now, FILE *out)
{
	char before[64], after[64];

	program_of(base, before);
	program_of(now, after);
	if (strcmp(before, after) != 0)
		fprintf(out, "A is a recording of %s, B of %s: they have in common what bears the same names\n", before, after);
}

static void write_remarks(const struct diff *d, const struct diff_match *m, enum diff_scale scale, FILE *out)
{
	static const char *const lengths[] = { NULL, "lasted as long", "made as many allocations" };

	if (d->factor != 1)
		fprintf(out, "figures of A are multiplied with %.4g, as if it had %s as B; peaks are not\n", d->factor, lengths[scale]);
	if (m->nameless)
		fprintf(out, "%zu row%s for all functions of a module that has no symbols: their addresses cannot be compared between "
		             "different builds\n", m->nameless, m->nameless == 1 ? " stands" : "s stand");
	if (m->peaks)
		fprintf(out, "peak_bytes of %zu row%s of several lines is the least it can have been: own peaks of lines do not add up\n", m->peaks,
		        m->peaks == 1 ? "" : "s");
}

char *diff_remark_make(const struct diff *d, const struct diff_match *m, enum diff_scale scale, struct store *base, struct store *now)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	remark_programs(base, now, out);
	write_remarks(d, m, scale, out);
	if (diff_remark_sampled(base, now))
		fputs("a sample does not tell which allocations were temporary: they are not compared\n", out);
	fclose(out);
	return text;
}
