/* SPDX-License-Identifier: MIT
 *
 * `culprit sql`: asks the database a question of one's own and prints the answer as the reports print theirs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report_write.h"
#include "analyzer/store/store_query.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/lens_options.h"
#include "cli/options.h"
#include "cli/report_output.h"

enum { QUERY_BYTES = 1 << 20 };

struct values {
	int format;
	long limit;
	struct lens_options lens;
	struct database_options database;
};

static const struct option_spec options[] = {
	{ OPTION_CHOICE, 0, "format", NULL, "how to write it; csv and json have raw numbers (bytes, ns, counts)",
	  offsetof(struct values, format), report_format_names, NULL },
	{ OPTION_NUMBER, 0, "limit", "N", "rows at the most; 0 is all\n(30 for text, all for csv and json)", offsetof(struct values, limit),
	  NULL, NULL },
	LENS_OPTIONS(struct values, lens),
	DATABASE_OPTIONS(struct values, database),
	{ 0 },
};

static const struct command_usage usage = {
	.name = "sql",
	.operands = "TRACE|DB [QUERY]",
	.summary = "Runs one SQL query that reads on a trace's database, and prints what it gives.",
	.options = options,
	.more = "Without a QUERY, or with -, it is read from stdin. `report NAME --sql` prints the query of a report to start from;\n"
	        "schema.sql beside the manual says what is in the database. Some views there: summary, hotspots, leaks, temporary,\n"
	        "escapes, owners, locks, waits, holders, blocked, lock_orders, sites, frames, stacks. For example:\n\n"
	        "  culprit sql redis.trace \"SELECT function, leaked_bytes FROM leaks WHERE file LIKE '%/dict.c'\"\n\n"
	        "A TRACE is analyzed into TRACE.db first, unless that was made from exactly this trace.\n",
};

/* All of stdin, terminated; the caller frees it. NULL with err set. */
static char *read_query(struct err *err)
{
	char *text = memory_resized(NULL, QUERY_BYTES, 1);
	size_t size = fread(text, 1, QUERY_BYTES, stdin);

	if (ferror(stdin))
		err_errno(err, "cannot read the query from stdin");
	else if (size == QUERY_BYTES || memchr(text, 0, size))
		err_set(err, ERR_USAGE, "what stdin has is no query: it is %s", size == QUERY_BYTES ? "too long" : "no text");
	else {
		text[size] = 0;
		return text;
	}
	free(text);
	return NULL;
}

static int print(struct store *s, struct table *t, const struct values *v, long limit, struct err *err)
{
	char facts[1024], losses[4096], remarks[128] = "";
	const struct report shown = {
		.name = "sql", .title = "SQL", .rows = "rows", .columns = t->columns, .column_count = t->column_count, .sort_column = REPORT_IN_ORDER,
		.write_text = report_write_plain,
	};
	struct report_query query = { 0 };
	struct report_page page = { .facts = facts, .losses = losses, .remarks = remarks };

	if (report_facts(s, facts, sizeof(facts), losses, sizeof(losses), err))
		return -1;
	if (t->total_rows > t->row_count)
		snprintf(remarks, sizeof(remarks), limit == (long)t->row_count ? "there are more rows: --limit=0\n" : "there are more rows than fit into memory\n");
	t->total_rows = t->row_count;
	return report_output(&shown, t, &query, &report_formats[v->format], &page, err);
}

static int run(const struct values *v, const char *path, const char *sql, struct err *err)
{
	long limit = v->limit >= 0 ? v->limit : report_formats[v->format].limit;
	struct store *s;
	struct table t;
	struct lens lens;
	int rc = -1;

	if (lens_options_read(&v->lens, &lens, err) || !(s = database_open(path, &v->database, err)))
		return -1;
	if (!lens_apply(s, &lens, err) && !store_query(s, sql, limit, &t, err)) {
		rc = print(s, &t, v, limit, err);
		table_release(&t);
	}
	store_close(s);
	return rc;
}

int cmd_sql(int argc, char **argv)
{
	struct values values = { .limit = -1 };
	struct err err = { 0 };
	char *typed = NULL;
	int rc = -1, operands = options_parse(&usage, argc, argv, &values, &err);

	if (operands == OPTIONS_HELP)
		return 0;
	if (operands >= 0 && (operands < 1 || operands > 2))
		err_set(&err, ERR_USAGE, "sql takes a trace or database and one query (in quotes)");
	else if (operands == 2 && strcmp(argv[1], "-") != 0)
		rc = run(&values, argv[0], argv[1], &err);
	else if (operands > 0 && (typed = read_query(&err)))
		rc = run(&values, argv[0], typed, &err);
	free(typed);
	return rc ? command_fail(&err) : 0;
}
