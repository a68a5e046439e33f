/* SPDX-License-Identifier: MIT
 *
 * The program: finds the subcommand in the table and runs it. A new subcommand is one line here and
 * one file. Nothing else is decided in this file.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help; /* NULL: internal, not listed */
};

static const struct command commands[] = {
	{ "record", cmd_record, "run a command and record it" },
	{ "collect", cmd_collect, NULL },
	{ "doctor", cmd_doctor, "say what a recording would miss, and why" },
	{ "analyze", cmd_analyze, "make the database of a trace" },
	{ "report", cmd_report, "print a report on a trace" },
	{ "check", cmd_check, "hold a trace to budgets, for CI" },
	{ "diff", cmd_diff, "compare two traces, site by site" },
	{ "export", cmd_export, "write a trace for another tool" },
	{ "sql", cmd_sql, "ask a trace's database a question in SQL" },
	{ "dump", cmd_dump, "print a trace record by record" },
	{ "ctl", cmd_ctl, "pause, resume, mark or flush a recording under way" },
	{ "tui", cmd_tui, "browse a trace in the terminal" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fputs("usage: culprit COMMAND [OPTION...] ...\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].help)
			fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].help);
	fputs("\n`culprit COMMAND --help` tells more. A first try:\n\n"
	      "  culprit record -o redis.trace -- redis-server --port 7777\n"
	      "  culprit tui redis.trace\n",
	      out);
}

static int unknown_command(const char *name)
{
	fprintf(stderr, "culprit: there is no command \"%s\"; there are", name);
	for (size_t i = 0, shown = 0; i < COMMANDS; i++)
		if (commands[i].help)
			fprintf(stderr, "%s %s", shown++ ? "," : "", commands[i].name);
	fputc('\n', stderr);
	return ERR_USAGE;
}

int command_fail(const struct err *err)
{
	fprintf(stderr, "culprit: %s\n", err->text);
	return err->kind == ERR_USAGE ? ERR_USAGE : ERR_FAILED;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* `culprit help`, and `culprit help COMMAND`. */
static int help(const char *name)
{
	char given[] = "--help", *arguments[] = { NULL, given, NULL };
	const struct command *c = name ? find(name) : NULL;
	if (c)
		return c->run(2, arguments);
	if (name)
		return unknown_command(name);
	print_help(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return ERR_USAGE;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		return help(strcmp(name, "help") == 0 ? argv[2] : NULL);
	if (strcmp(name, "--version") == 0) {
		puts("culprit " CULPRIT_VERSION);
		return 0;
	}
	const struct command *c = find(name);
	return c ? c->run(argc - 1, argv + 1) : unknown_command(name);
}
