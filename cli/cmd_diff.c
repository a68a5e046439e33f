/* SPDX-License-Identifier: MIT
 *
 * `culprit diff`: two recordings beside each other, a row a site. With --max-growth a machine decides by the exit status.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/export/diff_folded.h"
#include "analyzer/report/diff.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/lens_options.h"
#include "cli/options.h"
#include "cli/report_output.h"

struct values {
	int format, scale;
	const char *sort, *cost, *match;
	long limit;
	struct option_list growths;
	struct lens_options lens;
	struct database_options database;
};

enum { FORMAT_FOLDED = 3 };
static const char *const formats[] = { "text", "csv", "json", "folded", NULL }; /* as report_formats, and one that is no table */
static const char *const scales[] = { "none", "time", "allocations", NULL }; /* enum diff_scale */

static const struct option_spec options[] = {
	{ OPTION_CHOICE, 0, "format", NULL, "how to write it; csv and json have raw numbers (bytes, ns, counts);\nfolded: stacks of --cost with "
	  "the figures of A and B, for flamegraph.pl", offsetof(struct values, format), formats, NULL },
	{ OPTION_TEXT, 0, "cost", "COST", "sites by the size of their change of it (allocated_bytes), see below", offsetof(struct values, cost),
	  NULL, NULL },
	{ OPTION_TEXT, 0, "sort", "COLUMN", "sort by a column of the csv instead; -COLUMN turns the order round", offsetof(struct values, sort),
	  NULL, NULL },
	{ OPTION_NUMBER, 0, "limit", "N", "rows at the most; 0 is all\n(30 for text, all for csv and json)", offsetof(struct values, limit),
	  NULL, NULL },
	{ OPTION_TEXT, 0, "match", "TEXT", "only sites with TEXT in the function's name", offsetof(struct values, match), NULL, NULL },
	{ OPTION_CHOICE, 0, "scale", NULL, "multiply what A adds up to, as if it had lasted as long, or made as many\nallocations, as B",
	  offsetof(struct values, scale), scales, NULL },
	{ OPTION_LIST, 0, "max-growth", "COST=PERCENT", "fail if a cost of all sites together grew by more (may be repeated)",
	  offsetof(struct values, growths), NULL, NULL },
	LENS_OPTIONS(struct values, lens),
	DATABASE_OPTIONS(struct values, database),
	{ 0 },
};

struct growth {
	size_t measure;
	double percent; /* at most */
};

/* A diff and what its text is made with; the report is first, so that the writer finds it. */
struct printed {
	struct report report;
	const struct diff *diff;
	const struct diff_query *query;
	struct diff_names names;
};

/* A recording in words. */
struct words {
	char facts[2048], losses[4096];
};

/* --- words of the command line --------------------------------------------------------------------------- */

static char *describe(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("A is the earlier recording, B the later one. A site is the same in both if its function's name and its file's are: a\n"
	      "rebuild still compares. `new` is in B alone, `gone` in A alone.\n\nCosts (COST):\n", out);
	for (size_t m = 0; m < DIFF_MEASURES; m++)
		fprintf(out, "  %-22s %s\n", diff_measures[m].name, diff_measures[m].help);
	fputs("In csv and json each is three columns: COST (of B), COST_base (of A), COST_change.\n"
	      "\nExit status: 0, 1 where --max-growth is passed or something could not be looked at, 2 wrong usage.\n"
	      "\nA TRACE is analyzed into TRACE.db first, unless that was made from exactly this trace.\n", out);
	fclose(out);
	return text;
}

static int read_growth(const char *text, struct growth *g, struct err *err)
{
	size_t size = strcspn(text, "=");
	const char *figure = text[size] ? text + size + 1 : "";
	char cost[64], *end;
	struct diff_query q = { .cost = cost };

	snprintf(cost, sizeof(cost), "%.*s", (int)(size < sizeof(cost) ? size : sizeof(cost) - 1), text);
	if (diff_check(&q, err))
		return -1;
	g->measure = diff_measure_of(&q);
	g->percent = strtod(figure, &end);
	if (end == figure || (strcmp(end, "") != 0 && strcmp(end, "%") != 0) || !(g->percent >= 0 && g->percent < 1e12))
		return err_set(err, ERR_USAGE, "diff: --max-growth %s needs a figure in percent, such as 0, 10%% or 2.5, not \"%s\"", cost, figure);
	return 0;
}

/* Folded stacks are all there are, of any cost that can be exported. */
static int check_folded(const struct values *v, struct err *err)
{
	const char *not_for_it = v->sort ? "--sort" : v->match ? "--match" : v->limit >= 0 ? "--limit" : v->growths.count ? "--max-growth" : NULL;

	return !not_for_it ? 0 : err_set(err, ERR_USAGE, "diff: --format=folded writes all stacks; %s is for the other formats", not_for_it);
}

static int parse(int argc, char **argv, struct values *v, struct diff_query *q, struct growth growths[OPTION_LIST_MAX], struct err *err)
{
	char *more = describe();
	const struct command_usage usage = {
		.name = "diff",
		.operands = "A B",
		.summary = "Compares two recordings (traces or databases), site by site.",
		.options = options,
		.more = more,
	};
	int operands = options_parse(&usage, argc, argv, v, err);

	free(more);
	if (operands < 0)
		return operands;
	if (operands != 2)
		return err_set(err, ERR_USAGE, "diff takes two traces or databases, the earlier one first, not %d", operands);
	*q = (struct diff_query){ .cost = v->cost, .sort = v->sort, .match = v->match, .scale = (enum diff_scale)v->scale };
	if (v->format == FORMAT_FOLDED)
		return check_folded(v, err);
	q->limit = v->limit >= 0 ? v->limit : report_formats[v->format].limit;
	q->rows = report_formats[v->format].write == report_write_text ? DIFF_CHANGED : DIFF_ALL;
	for (size_t i = 0; i < v->growths.count; i++)
		if (read_growth(v->growths.items[i], &growths[i], err))
			return -1;
	return diff_check(q, err);
}

/* --- writing --------------------------------------------------------------------------------------------- */

static int describe_recording(struct store *s, const char *path, struct words *w, struct err *err)
{
	char facts[1024], duration[UNIT_WIDTH];

	if (report_facts(s, facts, sizeof(facts), w->losses, sizeof(w->losses), err))
		return -1;
	report_estimates(s, &diff_report, NULL, w->losses, sizeof(w->losses));
	snprintf(w->facts, sizeof(w->facts), "%s: %s, in %s", path, facts,
	         unit_format(duration, UNIT_NS, diff_duration(s)));
	return 0;
}

static void write_text(const struct report *r, const struct table *t, const struct report_query *q, const struct report_page *page, FILE *out)
{
	const struct printed *p = (const struct printed *)r;

	(void)t;
	(void)q;
	diff_write_text(p->diff, p->query, &p->names, page, out);
}

static int print(const struct diff *d, const struct diff_query *q, const struct words words[2], int format, struct err *err)
{
	static const struct report_format text = { "text", 30, 0, write_text };
	const struct report_query plain = { 0 };
	const struct printed p = { .report = diff_report, .diff = d, .query = q,
		                   .names = { { words[0].facts, words[1].facts }, { words[0].losses, words[1].losses } } };
	int by_people = report_formats[format].write == report_write_text;
	char losses[sizeof(words[0].losses) * 2 + 16];
	struct report_page page = { .losses = losses, .remarks = d->remarks };

	snprintf(losses, sizeof(losses), "%s%s%s%s%s", words[0].losses[0] ? "A: " : "", words[0].losses,
	         words[0].losses[0] && words[1].losses[0] ? "; " : "", words[1].losses[0] ? "B: " : "", words[1].losses);
	return report_output(&p.report, &d->sites, &plain, by_people ? &text : &report_formats[format], &page, err);
}

static int write_folded(struct store *const stores[2], const struct words words[2], const struct values *v, struct err *err)
{
	const struct export_query q = { .cost = v->cost };
	int is_level = v->cost && strncmp(v->cost, "at_peak", strlen("at_peak")) == 0;
	double factor = 1;

	for (int i = 0; i < 2; i++)
		if (words[i].losses[0])
			fprintf(stderr, "culprit: %c: %s\n", "AB"[i], words[i].losses);
	if (!is_level && diff_factor(stores[0], stores[1], (enum diff_scale)v->scale, &factor, err))
		return -1;
	if (diff_folded_write(stores[0], stores[1], &q, factor, stdout, err))
		return -1;
	return fflush(stdout) || ferror(stdout) ? err_errno(err, "cannot write to stdout") : 0;
}

/* 1 if one of them is passed, which is said on stderr. */
static int check_growths(const struct diff *d, const struct growth *growths, size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count; i++) {
		const struct diff_measure *m = &diff_measures[growths[i].measure];
		const struct value *v = table_at(&d->wholes, growths[i].measure, 0);
		double before = (double)v[DIFF_WHOLE_BASE].number, after = (double)v[DIFF_WHOLE_NOW].number;
		char a[UNIT_WIDTH], b[UNIT_WIDTH], percent[UNIT_WIDTH];
		if (v[DIFF_WHOLE_CHANGE].none) {
			failed = 1;
			fprintf(stderr, "culprit: whether %s grew is not known: a sample does not tell\n", m->name);
			continue;
		}
		if (after <= before * (1 + growths[i].percent / 100))
			continue;
		failed = 1;
		diff_percent(percent, v[DIFF_WHOLE_BASE].number, v[DIFF_WHOLE_NOW].number);
		fprintf(stderr, "culprit: %s grew from %s to %s (%s), at most +%g %% is allowed\n", m->name,
		        unit_format(a, m->unit, v[DIFF_WHOLE_BASE].number), unit_format(b, m->unit, v[DIFF_WHOLE_NOW].number), percent,
		        growths[i].percent);
	}
	return failed;
}

static int compare(struct store *const stores[2], char **paths, const struct values *v, const struct diff_query *q,
                   const struct growth *growths, int *failed, struct err *err)
{
	struct words words[2];
	struct diff d;

	for (int i = 0; i < 2; i++)
		if (describe_recording(stores[i], paths[i], &words[i], err))
			return -1;
	if (v->format == FORMAT_FOLDED)
		return write_folded(stores, words, v, err);
	if (diff_read(stores[0], stores[1], q, &d, err))
		return -1;
	int rc = print(&d, q, words, v->format, err);
	*failed = check_growths(&d, growths, v->growths.count);
	diff_release(&d);
	return rc;
}

static struct store *open_one(const char *path, const struct values *v, const struct lens *lens, struct err *err)
{
	struct store *s = database_open(path, &v->database, err);

	if (!s || !lens_apply(s, lens, err))
		return s;
	err_prefix(err, "%s", path);
	store_close(s);
	return NULL;
}

static int run(const struct values *v, const struct diff_query *q, const struct growth *growths, char **paths, int *failed,
               struct err *err)
{
	struct store *stores[2] = { NULL, NULL };
	struct lens lens;
	int rc = -1;

	if (lens_options_read_two(&v->lens, &lens, err))
		return -1;
	if ((stores[0] = open_one(paths[0], v, &lens, err)) && (stores[1] = open_one(paths[1], v, &lens, err)))
		rc = compare(stores, paths, v, q, growths, failed, err);
	store_close(stores[1]);
	store_close(stores[0]);
	return rc;
}

int cmd_diff(int argc, char **argv)
{
	struct values values = { .limit = -1 };
	struct growth growths[OPTION_LIST_MAX];
	struct diff_query query;
	struct err err = { 0 };
	int failed = 0, parsed = parse(argc, argv, &values, &query, growths, &err);

	if (parsed == OPTIONS_HELP)
		return 0;
	if (parsed < 0 || run(&values, &query, growths, argv, &failed, &err))
		return command_fail(&err);
	return failed;
}
