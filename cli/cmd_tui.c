/* SPDX-License-Identifier: MIT
 *
 * `culprit tui`: browses a recording in the terminal.
 */
#include <locale.h>
#include <unistd.h>

#include "analyzer/store/store.h"
#include "cli/command.h"
#include "cli/options.h"
#include "tui/browser.h"

static const struct option_spec options[] = { { 0 } };

static const struct command_usage usage = {
	.name = "tui",
	.operands = "TRACE|DB",
	.summary = "Shows a trace in the terminal: where memory goes, what leaks, who asked for it.",
	.options = options,
	.more = "In it, ? lists the keys.\n",
};

int cmd_tui(int argc, char **argv)
{
	struct err err = { 0 };
	int operands = options_parse(&usage, argc, argv, NULL, &err);

	if (operands == OPTIONS_HELP)
		return 0;
	if (operands >= 0 && operands != 1)
		err_set(&err, ERR_USAGE, operands ? "tui shows one trace or database, not %d" : "tui needs a trace or a database to show", operands);
	if (operands != 1)
		return command_fail(&err);
	setlocale(LC_ALL, "");

	struct store *store = store_open(argv[0], &err);

	if (!store)
		return command_fail(&err);
	int result = browser_run(store, argv[0], &err);

	store_close(store);
	return result < 0 ? command_fail(&err) : 0;
}
