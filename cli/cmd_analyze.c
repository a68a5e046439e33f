/* SPDX-License-Identifier: MIT
 *
 * `culprit analyze`: makes the database of a trace, and says what it made.
 */
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/units.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/options.h"

struct values {
	const char *output;
	struct database_options database;
};

static const struct option_spec options[] = {
	{ OPTION_TEXT, 'o', "output", "DB", "write there instead of TRACE.db", offsetof(struct values, output), NULL, NULL },
	DATABASE_OPTIONS(struct values, database),
	{ 0 },
};

static const struct command_usage usage = {
	.name = "analyze",
	.operands = "TRACE",
	.summary = "Makes the SQLite database of a trace, which report, export and tui read.",
	.options = options,
	.more = "Its tables and columns are described in schema.sql; `sqlite3 TRACE.db 'select * from hotspots limit 10'`\n"
	        "is a first question.\n",
};

static void tell(const char *db_path, const struct ingest_result *result)
{
	char events[UNIT_WIDTH], duration[UNIT_WIDTH], rate[UNIT_WIDTH];
	double seconds = (double)result->duration_ns / 1e9;

	printf("%s: %s events in %s", db_path, unit_format(events, UNIT_COUNT, (int64_t)result->events),
	       unit_format(duration, UNIT_NS, (int64_t)result->duration_ns));
	if (seconds > 0.1)
		printf(" (%s/s)", unit_format(rate, UNIT_COUNT, (int64_t)((double)result->events / seconds)));
	puts(result->cut ? "; the trace does not end in order" : "");
}

int cmd_analyze(int argc, char **argv)
{
	struct values values = { 0 };
	struct ingest_result result = { 0 };
	struct err err = { 0 };
	int operands = options_parse(&usage, argc, argv, &values, &err);

	if (operands == OPTIONS_HELP)
		return 0;
	if (operands >= 0 && operands != 1)
		err_set(&err, ERR_USAGE, operands ? "analyze takes one trace, not %d" : "analyze needs a trace", operands);
	if (operands != 1)
		return command_fail(&err);
	if (store_is_database(argv[0]))
		err_set(&err, ERR_FAILED, "%s is a database already, not a trace", argv[0]);
	else if (!database_make(argv[0], values.output, &values.database, &result, &err)) {
		char *beside = database_path(argv[0]);
		tell(values.output ? values.output : beside, &result);
		free(beside);
		if (!fflush(stdout) && !ferror(stdout))
			return 0;
		err_errno(&err, "cannot write");
	}
	return command_fail(&err);
}
