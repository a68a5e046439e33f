/* SPDX-License-Identifier: MIT
 *
 * Command line options as tables. A subcommand describes its options once; parsing, messages about
 * wrong words and `--help` come from that table. Values land in a structure of the subcommand's
 * own, at the offsets the table names: there are no option variables outside it.
 *
 *	struct values { const char *output; long limit; int quiet; int format; };
 *	static const char *const formats[] = { "text", "csv", "json", NULL };
 *	static const struct option_spec options[] = {
 *		{ OPTION_TEXT, 'o', "output", "FILE", "write there", .offset = offsetof(struct values, output) },
 *		{ OPTION_CHOICE, 0, "format", NULL, "how to print", .offset = offsetof(struct values, format),
 *		  .choices = formats },
 *		{ 0 },
 *	};
 *	static const struct command_usage usage = { "report", "NAME TRACE|DB", "Prints a report.", options };
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stddef.h>

#include "analyzer/base/err.h"

enum option_kind {
	OPTION_END = 0,
	OPTION_FLAG,   /* int: 1 when given */
	OPTION_TEXT,   /* const char *: the argument, borrowed from argv */
	OPTION_NUMBER, /* long, not negative */
	OPTION_BYTES,  /* long, not negative: 524288, 512KiB, 1M */
	OPTION_CHOICE, /* int: index into choices */
	OPTION_LIST,   /* struct option_list: may be given several times */
};

#define OPTION_LIST_MAX 64

struct option_list {
	const char *items[OPTION_LIST_MAX];
	size_t count;
};

struct option_spec {
	enum option_kind kind;
	char letter;          /* short name; 0: none */
	const char *name;     /* long name, without the dashes */
	const char *argument; /* what help calls the argument: "FILE"; not used for flags and choices */
	const char *help;     /* one line, or lines separated by newline; NULL: not shown */
	size_t offset;        /* of the value in the values structure */
	const char *const *choices; /* of a number, of bytes: NULL, or one text, the value if none is attached by "="; the next word is none then */
	const char *environment; /* variable that stands in when the option is not given; NULL: none */
};

struct command_usage {
	const char *name;      /* "report" */
	const char *operands;  /* "NAME TRACE|DB" */
	const char *summary;   /* one sentence */
	const struct option_spec *options; /* ends with a zeroed one */
	int stop_at_operand;   /* 1: everything from the first operand on belongs to it (record) */
	const char *more;      /* text at the end of --help; NULL: none */
};

enum { OPTIONS_ERROR = -1, OPTIONS_HELP = -2 };

/* Reads argv[1..]: "--name=value", "--name value", "-x value", "-xvalue", bundled flags, "--". Moves the
 * operands to argv[0..] and returns how many there are; OPTIONS_HELP after printing help to stdout (exit 0
 * then); OPTIONS_ERROR with a usage error in err. `values` keeps what it held where nothing was given. */
int options_parse(const struct command_usage *usage, int argc, char **argv, void *values, struct err *err);

#endif
