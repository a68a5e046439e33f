/* SPDX-License-Identifier: MIT
 *
 * `culprit tui`: browses a recording in the terminal, alone or beside an earlier one. It is shown at once; what of it has to be
 * analyzed is analyzed meanwhile.
 */
#include <locale.h>
#include <stddef.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/database.h"
#include "cli/database_supply.h"
#include "cli/lens_options.h"
#include "cli/options.h"
#include "tui/browser.h"
#include "tui/terminal.h"

struct values {
	long every;
	const char *sources;
	struct lens_options lens;
	struct database_options database;
};

static const struct option_spec options[] = {
	LENS_OPTIONS(struct values, lens),
	{ OPTION_TEXT, 0, "source", "DIR", "look for source files there too", offsetof(struct values, sources), NULL, NULL },
	{ OPTION_NUMBER, 0, "every", "SECONDS", "a recording that goes on is analyzed anew, that often at the most;\nwithout: when R is pressed",
	  offsetof(struct values, every), NULL, NULL },
	DATABASE_OPTIONS(struct values, database),
	{ 0 },
};

static const struct command_usage usage = {
	.name = "tui",
	.operands = "TRACE|DB [TRACE|DB]",
	.summary = "Shows a trace in the terminal: where memory goes, what leaks, who asked for it.",
	.options = options,
	.more = "With two, the second is shown, and what changed since the first. In it, ? lists the keys.\n"
	        "A TRACE is analyzed into TRACE.db meanwhile, unless that was made from exactly this trace.\n",
};

/* What there was nothing of to show is a failure, though the terminal could be used. */
static int told_failure(struct supply *supply, struct err *err)
{
	struct supply_state state;

	supply->ops->look(supply, &state);
	return !state.path && *state.failure ? err_set(err, ERR_FAILED, "%s", state.failure) : 0;
}

static int show(const struct browser_options *shown, struct err *err)
{
	if (browser_run(shown, err) || told_failure(shown->supply, err))
		return -1;
	return shown->base_name ? told_failure(shown->base_supply, err) : 0;
}

static int is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return !stat(a, &first) && !stat(b, &second) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* The processes that analyze come first: they are copies of this one, which must not have a database open. A recording that is
 * compared with itself is analyzed once. */
static int run(const char *path, const char *base, const struct values *values, struct err *err)
{
	struct browser_options shown = { .name = path, .base_name = base, .sources = values->sources };
	struct database_supply *supply, *other = NULL;
	int result = -1;

	if ((base ? lens_options_read_two : lens_options_read)(&values->lens, &shown.lens, err) || terminal_check(err) < 0)
		return -1;
	supply = database_supply_open(path, &values->database, values->every, err);
	if (!supply)
		return -1;
	shown.supply = database_supply_supply(supply);
	if (base && is_same_file(path, base))
		shown.base_supply = shown.supply;
	else if (base && (other = database_supply_open(base, &values->database, values->every, err)))
		shown.base_supply = database_supply_supply(other);
	if (!base || shown.base_supply)
		result = show(&shown, err);
	database_supply_close(other);
	database_supply_close(supply);
	return result;
}

int cmd_tui(int argc, char **argv)
{
	struct values values = { 0 };
	struct err err = { 0 };
	int operands = options_parse(&usage, argc, argv, &values, &err);

	if (operands == OPTIONS_HELP)
		return 0;
	setlocale(LC_ALL, "");
	if (operands == 0)
		err_set(&err, ERR_USAGE, "tui needs a trace or a database to show");
	else if (operands > 2)
		err_set(&err, ERR_USAGE, "tui shows one trace or database, or two beside each other, not %d", operands);
	if (operands < 1 || operands > 2)
		return command_fail(&err);
	if (run(argv[operands - 1], operands == 2 ? argv[0] : NULL, &values, &err) < 0)
		return command_fail(&err);
	return 0;
}
