/* SPDX-License-Identifier: MIT
 *
 * `culprit doctor`: what a recording of a command would miss, and why, before it is made. A line for each check; the exit
 * status is 1 if something would be missed. A new check is one function (doctor.h) and one line of the table.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/options.h"
#include "cli/program.h"

#define MAX_SCRIPTS 5 /* that lead to each other */

struct values {
	const char *output;
};

static const struct option_spec options[] = {
	{ OPTION_TEXT, 'o', "output", "FILE", "where the trace is to be written", offsetof(struct values, output),
	  .environment = "CULPRIT_OUTPUT" },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "doctor",
	.operands = "[--] COMMAND [ARGUMENT...]",
	.summary = "Says what a recording of COMMAND would miss, and why; COMMAND is not run.",
	.options = options,
	.stop_at_operand = 1,
	.more = "Exit status: 0 if the recording would be whole, 1 if something would be missed, 2 wrong usage.\n",
};

static const struct {
	const char *name;
	doctor_look look;
} checks[] = {
	{ "program", doctor_program },
	{ "loading", doctor_loading },
	{ "allocator", doctor_allocator },
	{ "libraries", doctor_libraries },
	{ "sanitizer", doctor_sanitizer },
	{ "library", doctor_library },
	{ "collector", doctor_collector },
	{ "preloads", doctor_preloads },
	{ "kernel", doctor_kernel },
	{ "proc", doctor_proc },
	{ "limits", doctor_limits },
	{ "output", doctor_output },
};

void doctor_say(struct doctor_finding *f, enum doctor_verdict verdict, const char *format, ...)
{
	size_t used = strlen(f->text);
	va_list arguments;
	if (verdict > f->verdict)
		f->verdict = verdict;
	if (used && used + 2 < sizeof(f->text)) {
		memcpy(f->text + used, ". ", 3);
		used += 2;
	}
	va_start(arguments, format);
	vsnprintf(f->text + used, sizeof(f->text) - used, format, arguments);
	va_end(arguments);
}

/* Of a script that begins with `#!/usr/bin/env NAME` it is NAME that counts, which may be such a script itself. */
static int find_image(struct doctor *d, struct err *err)
{
	char name[PATH_MAX], script[PATH_MAX];
	int status;
	if (program_find(d->command, d->program, &status, err) < 0)
		return -1;
	memcpy(script, d->program, sizeof(script));
	for (int i = 0; i < MAX_SCRIPTS && program_env_name(script, name); i++) {
		if (program_find(name, script, &status, err) < 0) {
			err_prefix(err, "%s", d->program);
			return -1;
		}
	}
	program_image(script, d->image);
	return 0;
}

static void examine(struct doctor *d)
{
	struct err err = { 0 };
	if (find_image(d, &err) < 0) {
		d->program[0] = 0;
		snprintf(d->why_not, sizeof(d->why_not), "%s", err.text);
		return;
	}
	d->is_elf = elf_file_open(&d->elf, d->image) == 0;
	doctor_list(d);
}

/* Control characters of hostile names stay out of the terminal. */
static void print_finding(const char *name, const struct doctor_finding *f)
{
	static const char *const words[] = { [DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_FAILURE] = "FAILURE" };
	if (!f->text[0])
		return;
	printf("%-8s %s: ", words[f->verdict], name);
	for (const char *c = f->text; *c; c++)
		putchar((unsigned char)*c < ' ' || *c == 127 ? '?' : *c);
	putchar('\n');
}

int cmd_doctor(int argc, char **argv)
{
	static struct doctor d;
	struct values values = { 0 };
	struct err err = { 0 };
	int worst = DOCTOR_OK, operands = options_parse(&usage, argc, argv, &values, &err);
	if (operands == OPTIONS_HELP)
		return 0;
	if (operands == 0)
		err_set(&err, ERR_USAGE, "doctor: which command? Try `culprit doctor -- COMMAND ...`");
	if (operands <= 0)
		return command_fail(&err);
	d.command = argv[0];
	d.output = values.output;
	examine(&d);
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		struct doctor_finding f = { .verdict = DOCTOR_OK };
		checks[i].look(&d, &f);
		print_finding(checks[i].name, &f);
		worst = (int)f.verdict > worst ? (int)f.verdict : worst;
	}
	doctor_list_release(&d);
	if (d.is_elf)
		elf_file_close(&d.elf);
	if (fflush(stdout) || ferror(stdout)) {
		err_errno(&err, "cannot write");
		return command_fail(&err);
	}
	return worst == DOCTOR_OK ? 0 : ERR_FAILED;
}
