/* SPDX-License-Identifier: MIT
 *
 * `culprit ctl`: tells a recording that is under way to stop and go on, to leave a mark, to write down what it has; and asks how it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/units.h"
#include "analyzer/base/utf8.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/running.h"

static const struct option_spec options[] = { { 0 } };

static const struct command_usage usage = {
	.name = "ctl",
	.operands = "PID|TRACE on|off|flush|status|mark NAME",
	.summary = "Tells the recording of a process, or into a trace, what to do while it runs.",
	.options = options,
	.more = "  off         nothing is recorded from here on, in none of its processes\n"
	        "  on          ... until here\n"
	        "  mark NAME   leaves a mark in the trace: `culprit report marks`\n"
	        "  flush       what has happened until now is in the trace when this returns\n"
	        "  status      what is recorded, whether it is on, how much there is\n",
};

static unsigned long long number_of(const char *text) { return strtoull(text, NULL, 10); }

/* A line of the status, for people. */
static void print_line(const char *name, const char *value)
{
	char figure[UNIT_WIDTH];
	if (strcmp(name, "age_ns") == 0)
		printf("recording for  %s\n", unit_format(figure, UNIT_NS, (int64_t)number_of(value)));
	else if (strcmp(name, "turned_ns") == 0)
		printf("so since       %s\n", unit_format(figure, UNIT_NS, (int64_t)number_of(value)));
	else if (strcmp(name, "rate") == 0)
		printf("events a s     %s\n", unit_format(figure, UNIT_COUNT, (int64_t)number_of(value)));
	else if (strcmp(name, "bytes") == 0)
		printf("bytes          %s\n", unit_format(figure, UNIT_BYTES, (int64_t)number_of(value)));
	else
		printf("%-14s %s\n", name, value);
}

static void print_status(char *status)
{
	for (char *line; (line = strsep(&status, "\n")) && *line;) {
		char *value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = 0;
		utf8_tidy(line);
		utf8_tidy(value); /* a process may call itself anything */
		print_line(line, value);
	}
}

/* A mark's name is one line, and not too long. */
static int check_name(const char *name, struct err *err)
{
	if (!*name || strlen(name) > 400)
		return err_set(err, ERR_USAGE, "ctl: the name of a mark has 1 to 400 bytes");
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < 32)
			return err_set(err, ERR_USAGE, "ctl: the name of a mark has no control characters");
	return 0;
}

static int make_request(char **words, int count, char out[512], struct err *err)
{
	static const char *const plain[] = { "on", "off", "flush", "status", NULL };
	int is_mark = count > 1 && strcmp(words[1], "mark") == 0;
	if (count < 2 || (is_mark && count < 3))
		return err_set(err, ERR_USAGE, is_mark ? "ctl: which NAME is the mark to have?"
		                                       : "ctl: needs a PID or TRACE, and on, off, flush, status or mark NAME");
	if (count > (is_mark ? 3 : 2))
		return err_set(err, ERR_USAGE, "ctl: \"%s\" is one word too many", words[is_mark ? 3 : 2]);
	if (is_mark && check_name(words[2], err) < 0)
		return -1;
	for (int i = 0; !is_mark && strcmp(plain[i], words[1]) != 0;)
		if (!plain[++i])
			return err_set(err, ERR_USAGE, "ctl: \"%s\" is not on, off, flush, status or mark", words[1]);
	snprintf(out, 512, "%s%s%s", words[1], is_mark ? " " : "", is_mark ? words[2] : "");
	return 0;
}

int cmd_ctl(int argc, char **argv)
{
	struct running r;
	struct err err = { 0 };
	char request[512];
	struct {
		int none;
	} settings;
	int count = options_parse(&usage, argc, argv, &settings, &err);
	if (count == OPTIONS_HELP)
		return 0;
	if (count < 0 || make_request(argv, count, request, &err) < 0 || running_find(argv[0], &r, &err) < 0)
		return command_fail(&err);
	int failed = 0;
	if (strcmp(request, "status") == 0)
		print_status(r.status);
	else
		failed = running_tell(&r, request, NULL, &err) < 0;
	free(r.status);
	return failed ? command_fail(&err) : 0;
}
