/* SPDX-License-Identifier: MIT
 *
 * `culprit report`: opens the database, runs one report of the table and writes it in one format.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/report/advice.h"
#include "analyzer/report/report_write.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/lens_options.h"
#include "cli/options.h"
#include "cli/report_output.h"

struct values {
	int format;
	const char *sort, *cost, *match, *sources;
	long limit, pid, tid;
	int top_down, bottom_up, sql;
	struct option_list thresholds;
	struct lens_options lens;
	struct database_options database;
};

static const struct option_spec options[] = {
	{ OPTION_CHOICE, 0, "format", NULL, "how to write it; csv and json have raw numbers (bytes, ns, counts)",
	  offsetof(struct values, format), report_format_names, NULL },
	{ OPTION_TEXT, 0, "sort", "COLUMN", "sort by it, figures from the largest, names from A; -COLUMN turns that round",
	  offsetof(struct values, sort), NULL, NULL },
	{ OPTION_NUMBER, 0, "limit", "N", "rows at the most; 0 is all\n(30 for text, all for csv and json)", offsetof(struct values, limit),
	  NULL, NULL },
	{ OPTION_NUMBER, 0, "pid", "PID", "figures of this process", offsetof(struct values, pid), NULL, NULL },
	{ OPTION_NUMBER, 0, "thread", "TID", "figures of this thread", offsetof(struct values, tid), NULL, NULL },
	{ OPTION_TEXT, 0, "match", "TEXT", "only rows with TEXT in a name: the function's, the lock's, the thread's,\nthe file's (lines); callers: only stacks with such a function",
	  offsetof(struct values, match), NULL, NULL },
	{ OPTION_TEXT, 0, "cost", "COST", "callers, functions, lines: what to count (allocated_bytes)", offsetof(struct values, cost), NULL,
	  NULL },
	{ OPTION_TEXT, 0, "source", "DIR", "lines: look for source files there, if they are not where the compiler saw them",
	  offsetof(struct values, sources), NULL, NULL },
	{ OPTION_FLAG, 0, "top-down", NULL, "callers: from main inwards (so it is without)", offsetof(struct values, top_down), NULL, NULL },
	{ OPTION_FLAG, 0, "bottom-up", NULL, "callers: from the sites outwards", offsetof(struct values, bottom_up), NULL, NULL },
	{ OPTION_LIST, 0, "threshold", "RULE.NAME=VALUE", "advice: from when on a rule speaks (may be repeated), see below",
	  offsetof(struct values, thresholds), NULL, NULL },
	{ OPTION_FLAG, 0, "sql", NULL, "print the query that asks the database the same, to start one's own from", offsetof(struct values, sql),
	  NULL, NULL },
	LENS_OPTIONS(struct values, lens),
	DATABASE_OPTIONS(struct values, database),
	{ 0 },
};

/* The reports with their help, for the end of --help. The caller frees it. */
static char *describe_reports(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("Reports (NAME):\n", out);
	for (size_t i = 0; report_all[i]; i++)
		fprintf(out, "  %-12s %s\n", report_all[i]->name, report_all[i]->help);
	fputs("\nRules of advice, and their thresholds:\n", out);
	advice_describe(out);
	fputs("\nA TRACE is analyzed into TRACE.db first, unless that was made from exactly this trace.\n", out);
	fclose(out);
	return text;
}

static void list_reports(char *out, size_t size)
{
	size_t used = 0;

	out[0] = 0;
	for (size_t i = 0; report_all[i] && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", report_all[i]->name);
}

static int parse(int argc, char **argv, struct values *v, struct report_query *q, const struct report **r, struct err *err)
{
	char *more = describe_reports(), known[512];
	const struct command_usage usage = {
		.name = "report",
		.operands = "NAME TRACE|DB",
		.summary = "Prints a report on a trace.",
		.options = options,
		.more = more,
	};
	int operands = options_parse(&usage, argc, argv, v, err);

	free(more);
	if (operands < 0)
		return operands;
	list_reports(known, sizeof(known));
	*r = operands ? report_find(argv[0]) : NULL;
	if (!operands)
		return err_set(err, ERR_USAGE, "report needs a NAME and a trace or database; names are %s", known);
	if (!*r && operands == 2 && report_find(argv[1]))
		return err_set(err, ERR_USAGE, "the report's name comes first: culprit report %s %s", argv[1], argv[0]);
	if (!*r && access(argv[0], R_OK) == 0)
		return err_set(err, ERR_USAGE, "which report of %s? There are %s", argv[0], known);
	if (!*r)
		return err_set(err, ERR_USAGE, "there is no report \"%s\"; there are %s", argv[0], known);
	if (operands != 2 && !(v->sql && operands == 1))
		return err_set(err, ERR_USAGE, operands < 2 ? "report %s needs a trace or database" : "report %s takes one trace or database",
		               (*r)->name);
	if (v->top_down && v->bottom_up)
		return err_set(err, ERR_USAGE, "report: --top-down and --bottom-up exclude each other");
	*q = (struct report_query){ .sort = v->sort, .pid = v->pid, .tid = v->tid, .cost = v->cost, .bottom_up = v->bottom_up,
		                    .match = v->match, .thresholds = v->thresholds.items, .threshold_count = v->thresholds.count };
	q->limit = v->limit >= 0 ? v->limit : report_formats[v->format].limit;
	return report_check(*r, q, err);
}

static int run(const struct report *r, const struct values *v, const struct report_query *q, const char *path, struct err *err)
{
	char facts[1024], losses[4096];
	struct report_page page = { .facts = facts, .losses = losses, .sources = v->sources };
	struct store *s;
	struct lens lens;
	char *remarks = NULL;
	struct table t;
	int rc = -1;

	if (lens_options_read(&v->lens, &lens, err)) /* before an analysis that may take long */
		return -1;
	s = database_open(path, &v->database, err);
	if (!s)
		return -1;
	if (!lens_apply(s, &lens, err) && !report_facts(s, facts, sizeof(facts), losses, sizeof(losses), err) && !report_run(r, s, q, &t, err)) {
		page.start_realtime_ns = store_meta_number(s, "start_realtime_ns", 0);
		report_estimates(s, r, q->cost, losses, sizeof(losses));
		if (!r->remarks || (page.remarks = remarks = r->remarks(s, q, err)))
			rc = report_output(r, &t, q, &report_formats[v->format], &page, err);
		table_release(&t);
	}
	free(remarks);
	store_close(s);
	return rc;
}

static int print_sql(const struct report *r, struct err *err)
{
	if (!r->sql)
		return err_set(err, ERR_FAILED, "report %s is more than a query can say", r->name);
	printf("%s;\n", r->sql);
	return 0;
}

int cmd_report(int argc, char **argv)
{
	struct values values = { .limit = -1 };
	struct report_query query;
	const struct report *report;
	struct err err = { 0 };
	int parsed = parse(argc, argv, &values, &query, &report, &err);

	if (parsed == OPTIONS_HELP)
		return 0;
	if (parsed >= 0 && values.sql ? print_sql(report, &err) : parsed < 0 || run(report, &values, &query, argv[1], &err))
		return command_fail(&err);
	return 0;
}
