/* SPDX-License-Identifier: MIT
 *
 * `culprit check`: holds a trace to budgets (columns of the summary) and to the absence of findings (rules of advice), for
 * use where a machine decides. Prints a line for each, and the exit status is 1 if one of them fails.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/advice.h"
#include "analyzer/report/report.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/options.h"

struct values {
	struct option_list budgets, rules, thresholds;
	long pid;
	struct database_options database;
};

static const struct option_spec options[] = {
	{ OPTION_LIST, 0, "max", "COLUMN=N", "fail if a column of the summary adds up to more than N,\nsuch as 0, 1e6, 64MiB, 20ms "
	  "(may be repeated)", offsetof(struct values, budgets), NULL, NULL },
	{ OPTION_LIST, 0, "no", "RULE", "fail if a rule of advice finds something; all: if any does\n(may be repeated)",
	  offsetof(struct values, rules), NULL, NULL },
	{ OPTION_NUMBER, 0, "pid", "PID", "look at this process alone, rather than at all together", offsetof(struct values, pid), NULL,
	  NULL },
	{ OPTION_LIST, 0, "threshold", "RULE.NAME=VALUE", "from when on a rule speaks (may be repeated), see below",
	  offsetof(struct values, thresholds), NULL, NULL },
	DATABASE_OPTIONS(struct values, database),
	{ 0 },
};

struct budget {
	size_t column; /* of the summary */
	int64_t most;
};

/* --- words of the command line --------------------------------------------------------------------------- */

/* A column that can be added up: no name, no number of a process. */
static int is_figure(const struct column *c)
{
	return c->unit == UNIT_COUNT || c->unit == UNIT_BYTES || c->unit == UNIT_NS;
}

static void list_figures(const struct report *summary, char *out, size_t size)
{
	size_t used = 0;

	out[0] = 0;
	for (size_t c = 0; c < summary->column_count - summary->key_count && used < size; c++)
		if (is_figure(&summary->columns[c]))
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", summary->columns[c].name);
}

static int read_budget(const struct report *summary, const char *text, struct budget *b, struct err *err)
{
	size_t size = strcspn(text, "=");
	char known[700];

	if (!text[size])
		return err_set(err, ERR_USAGE, "check: a budget reads --max COLUMN=N, not \"%s\"", text);
	for (size_t c = 0; c < summary->column_count - summary->key_count; c++) {
		const char *name = summary->columns[c].name;
		if (!is_figure(&summary->columns[c]) || strlen(name) != size || memcmp(name, text, size) != 0)
			continue;
		b->column = c;
		if (unit_parse(text + size + 1, &b->most))
			return err_set(err, ERR_USAGE, "check: --max %s needs a figure, such as 0, 1e6, 64MiB or 20ms, not \"%s\"", name,
			               text + size + 1);
		return 0;
	}
	list_figures(summary, known, sizeof(known));
	return err_set(err, ERR_USAGE, "check: there is no budget for \"%.*s\"; there is for %s", (int)(size < 100 ? size : 100), text, known);
}

static int is_any(const char *rule)
{
	return strcmp(rule, "all") == 0;
}

static char *describe(void)
{
	char *text = NULL, known[700];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	list_figures(report_find("summary"), known, sizeof(known));
	fprintf(out, "Budgets (COLUMN), summed over processes:\n  %s\n", known);
	fputs("\nRules (RULE), and their thresholds:\n", out);
	advice_describe(out);
	fputs("\nExit status: 0 all is well, 1 a budget is passed, a finding is there, or it could not be looked at, 2 wrong usage.\n", out);
	fclose(out);
	return text;
}

static int parse(int argc, char **argv, struct values *v, struct budget budgets[OPTION_LIST_MAX], struct err *err)
{
	char *more = describe();
	const struct command_usage usage = {
		.name = "check",
		.operands = "TRACE|DB",
		.summary = "Holds a trace to budgets and to the absence of findings.",
		.options = options,
		.more = more,
	};
	int operands = options_parse(&usage, argc, argv, v, err);
	struct report_query q = { .thresholds = v->thresholds.items, .threshold_count = v->thresholds.count };

	free(more);
	if (operands < 0)
		return operands;
	if (operands != 1)
		return err_set(err, ERR_USAGE, operands ? "check takes one trace or database, not %d" : "check needs a trace or database", operands);
	if (!v->budgets.count && !v->rules.count)
		return err_set(err, ERR_USAGE, "check needs something to check: --max COLUMN=N or --no RULE; see `culprit check --help`");
	for (size_t i = 0; i < v->budgets.count; i++)
		if (read_budget(report_find("summary"), v->budgets.items[i], &budgets[i], err))
			return -1;
	for (size_t i = 0; i < v->rules.count; i++)
		if (!is_any(v->rules.items[i]) && advice_check_rule(v->rules.items[i], err))
			return -1;
	return report_check(report_find("advice"), &q, err);
}

/* --- budgets --------------------------------------------------------------------------------------------- */

static int64_t column_sum(const struct table *t, size_t column)
{
	int64_t sum = 0;

	for (size_t row = 0; row < t->row_count; row++)
		if (__builtin_add_overflow(sum, table_at(t, row, column)->number, &sum))
			return INT64_MAX;
	return sum;
}

/* "24000 (23.4 KiB)"; without the second where it says nothing new. */
static const char *in_full(char *out, size_t size, enum unit unit, int64_t value)
{
	char figure[UNIT_WIDTH];

	if (value < 1000)
		snprintf(out, size, "%" PRId64, value);
	else
		snprintf(out, size, "%" PRId64 " (%s)", value, unit_format(figure, unit, value));
	return out;
}

static int check_budgets(struct store *s, const struct values *v, const struct budget *budgets, int *failed, struct err *err)
{
	struct report_query q = { .pid = v->pid };
	struct table t;

	if (report_run(report_find("summary"), s, &q, &t, err))
		return -1;
	for (size_t i = 0; i < v->budgets.count; i++) {
		const struct column *c = &t.columns[budgets[i].column];
		int64_t value = column_sum(&t, budgets[i].column);
		char is[80], most[80];
		*failed |= value > budgets[i].most;
		printf("%s  %s: %s, at most %s\n", value > budgets[i].most ? "FAIL" : "ok  ", c->name, in_full(is, sizeof(is), c->unit, value),
		       in_full(most, sizeof(most), c->unit, budgets[i].most));
	}
	table_release(&t);
	return 0;
}

/* --- findings -------------------------------------------------------------------------------------------- */

static void print_finding(const struct table *t, size_t row)
{
	const struct value *v = table_at(t, row, 0);
	static const struct report_page page = { 0 };
	char place[512];

	printf("FAIL  no %s: ", v[ADVICE_RULE].text);
	report_write_place(t, row, place, sizeof(place));
	if (!v[ADVICE_FUNCTION].none) {
		report_write_cell(v[ADVICE_FUNCTION].text, 0, 0, &page, stdout);
		printf("%s%s: ", place[0] ? " " : "", place);
	}
	report_write_cell(v[ADVICE_EVIDENCE].text, 0, 0, &page, stdout);
	putchar('\n');
}

static int check_rule(struct store *s, const struct report_query *q, const struct table *t, const char *rule, int *failed, struct err *err)
{
	char why[1024];
	int found = 0;

	for (size_t row = 0; row < t->row_count; row++) {
		if (!is_any(rule) && strcmp(table_at(t, row, ADVICE_RULE)->text, rule) != 0)
			continue;
		print_finding(t, row);
		found = 1;
	}
	*failed |= found;
	if (found)
		return 0;
	why[0] = 0;
	if (!is_any(rule) && advice_why_unable(s, q, rule, why, sizeof(why), err))
		return -1;
	printf("ok    no %s%s%s%s\n", is_any(rule) ? "findings" : rule, why[0] ? " (not checked: " : "", why, why[0] ? ")" : "");
	return 0;
}

static int check_rules(struct store *s, const struct values *v, int *failed, struct err *err)
{
	struct report_query q = { .pid = v->pid, .thresholds = v->thresholds.items, .threshold_count = v->thresholds.count };
	struct table t;
	int rc = 0;

	if (!v->rules.count)
		return 0;
	if (report_run(report_find("advice"), s, &q, &t, err))
		return -1;
	for (size_t i = 0; i < v->rules.count && !rc; i++)
		rc = check_rule(s, &q, &t, v->rules.items[i], failed, err);
	table_release(&t);
	return rc;
}

static int run(const struct values *v, const struct budget *budgets, const char *path, int *failed, struct err *err)
{
	char facts[1024], losses[4096];
	struct store *s = database_open(path, &v->database, err);
	int rc;

	if (!s)
		return -1;
	rc = report_facts(s, facts, sizeof(facts), losses, sizeof(losses), err);
	if (!rc && losses[0])
		fprintf(stderr, "culprit: %s\n", losses);
	if (!rc && !check_budgets(s, v, budgets, failed, err) && !check_rules(s, v, failed, err))
		rc = fflush(stdout) || ferror(stdout) ? err_errno(err, "cannot write") : 0;
	else
		rc = -1;
	store_close(s);
	return rc;
}

int cmd_check(int argc, char **argv)
{
	struct values values = { 0 };
	struct budget budgets[OPTION_LIST_MAX];
	struct err err = { 0 };
	int failed = 0, parsed = parse(argc, argv, &values, budgets, &err);

	if (parsed == OPTIONS_HELP)
		return 0;
	if (parsed < 0 || run(&values, budgets, argv[0], &failed, &err))
		return command_fail(&err);
	return failed ? ERR_FAILED : 0;
}
