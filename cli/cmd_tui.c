/* SPDX-License-Identifier: MIT
 *
 * `culprit tui`: browses a recording in the terminal.
 */
#include <locale.h>
#include <stddef.h>

#include "analyzer/store/store.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/options.h"
#include "tui/browser.h"
#include "tui/terminal.h"

struct values {
	struct database_options database;
};

static const struct option_spec options[] = {
	DATABASE_OPTIONS(struct values, database),
	{ 0 },
};

static const struct command_usage usage = {
	.name = "tui",
	.operands = "TRACE|DB",
	.summary = "Shows a trace in the terminal: where memory goes, what leaks, who asked for it.",
	.options = options,
	.more = "In it, ? lists the keys.\n",
};

/* The terminal is asked for before the analysis, which may take long. */
static int run(const char *path, const struct values *values, struct err *err)
{
	struct browser_options shown = { .name = path };

	if (terminal_check(err) < 0 || !(shown.store = database_open(path, &values->database, err)))
		return -1;
	return browser_run(&shown, err);
}

int cmd_tui(int argc, char **argv)
{
	struct values values = { 0 };
	struct err err = { 0 };
	int operands = options_parse(&usage, argc, argv, &values, &err);

	if (operands == OPTIONS_HELP)
		return 0;
	setlocale(LC_ALL, "");
	if (operands >= 0 && operands != 1)
		err_set(&err, ERR_USAGE, operands ? "tui shows one trace or database, not %d" : "tui needs a trace or a database to show", operands);
	if (operands != 1 || run(argv[0], &values, &err) < 0)
		return command_fail(&err);
	return 0;
}
