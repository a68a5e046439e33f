/* SPDX-License-Identifier: MIT
 *
 * `culprit dump`: prints a trace record by record, for those who work on the format.
 */
#include <stdio.h>

#include "analyzer/ingest/ingest.h"
#include "cli/command.h"
#include "cli/options.h"

struct values {
	int events;
};

static const struct option_spec options[] = {
	{ OPTION_FLAG, 0, "events", NULL, "print every event too", offsetof(struct values, events), NULL, NULL },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "dump",
	.operands = "TRACE",
	.summary = "Prints the records of a trace, one a line. trace/FORMAT.md says what they mean.",
	.options = options,
};

int cmd_dump(int argc, char **argv)
{
	struct values values = { 0 };
	struct err err = { 0 };
	int operands = options_parse(&usage, argc, argv, &values, &err);

	if (operands == OPTIONS_HELP)
		return 0;
	if (operands >= 0 && operands != 1)
		err_set(&err, ERR_USAGE, operands ? "dump takes one trace, not %d" : "dump needs a trace", operands);
	if (operands != 1)
		return command_fail(&err);
	struct ingest_dump_options dump = { .events = values.events };
	if (ingest_dump(argv[0], &dump, stdout, &err))
		return command_fail(&err);
	if (fflush(stdout) || ferror(stdout)) {
		err_errno(&err, "cannot write");
		return command_fail(&err);
	}
	return 0;
}
