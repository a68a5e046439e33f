/* SPDX-License-Identifier: MIT
 *
 * `culprit export`: opens the database and writes one format of the table to stdout, or to a file
 * that bears its name only when it is whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/whole_file.h"
#include "analyzer/export/export.h"
#include "analyzer/report/report.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/lens_options.h"
#include "cli/options.h"

struct values {
	const char *cost, *output;
	long pid, tid;
	struct lens_options lens;
	struct database_options database;
};

static const struct option_spec options[] = {
	{ OPTION_TEXT, 0, "cost", "COST", "what to count: allocations, allocated_bytes (the default), at_peak_bytes,\nleaked_bytes, "
	  "temporary_allocations, wait_ns, ...", offsetof(struct values, cost), NULL, NULL },
	{ OPTION_TEXT, 'o', "output", "FILE", "write to FILE instead of stdout", offsetof(struct values, output), NULL, NULL },
	{ OPTION_NUMBER, 0, "pid", "PID", "stacks of this process", offsetof(struct values, pid), NULL, NULL },
	{ OPTION_NUMBER, 0, "thread", "TID", "stacks of this thread", offsetof(struct values, tid), NULL, NULL },
	LENS_OPTIONS(struct values, lens),
	DATABASE_OPTIONS(struct values, database),
	{ 0 },
};

static char *describe_formats(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("Formats (FORMAT):\n", out);
	for (size_t i = 0; export_all[i]; i++)
		fprintf(out, "  %-10s %s\n", export_all[i]->name, export_all[i]->help);
	fputs("\nA TRACE is analyzed into TRACE.db first, unless that was made from exactly this trace.\n", out);
	fclose(out);
	return text;
}

static void list_formats(char *out, size_t size)
{
	size_t used = 0;

	out[0] = 0;
	for (size_t i = 0; export_all[i] && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", export_all[i]->name);
}

static int parse(int argc, char **argv, struct values *v, const struct exporter **exporter, struct err *err)
{
	char *more = describe_formats(), known[256];
	const struct command_usage usage = {
		.name = "export",
		.operands = "FORMAT TRACE|DB",
		.summary = "Writes a cost of all stacks for another tool.",
		.options = options,
		.more = more,
	};
	int operands = options_parse(&usage, argc, argv, v, err);

	free(more);
	if (operands < 0)
		return operands;
	list_formats(known, sizeof(known));
	*exporter = operands ? export_find(argv[0]) : NULL;
	if (!operands)
		return err_set(err, ERR_USAGE, "export needs a FORMAT and a trace or database; formats are %s", known);
	if (!*exporter)
		return err_set(err, ERR_USAGE, "there is no format \"%s\"; there are %s", argv[0], known);
	if (operands != 2)
		return err_set(err, ERR_USAGE, operands < 2 ? "export %s needs a trace or database" : "export %s takes one trace or database",
		               argv[0]);
	return 0;
}

static int write_whole(struct store *s, const struct exporter *exporter, const struct export_query *q, const char *path,
                       struct err *err)
{
	struct whole_file file;

	if (whole_file_open(&file, path, err))
		return -1;
	if (exporter->write(s, q, file.out, err) == 0)
		return whole_file_publish(&file, err);
	whole_file_abandon(&file);
	return -1;
}

static int write_stream(struct store *s, const struct exporter *exporter, const struct export_query *q, FILE *out, const char *name,
                        struct err *err)
{
	if (exporter->write(s, q, out, err))
		return -1;
	return fflush(out) || ferror(out) ? err_errno(err, "cannot write %s", name) : 0;
}

/* A device or a pipe is written to as it is: renaming over it would replace it. */
static int write_file(struct store *s, const struct exporter *exporter, const struct export_query *q, const char *path,
                      struct err *err)
{
	struct stat status;

	if (stat(path, &status) || S_ISREG(status.st_mode))
		return write_whole(s, exporter, q, path, err);
	FILE *out = fopen(path, "w");
	if (!out)
		return err_errno(err, "cannot write %s", path);
	int rc = write_stream(s, exporter, q, out, path, err);
	if (fclose(out) && !rc)
		rc = err_errno(err, "cannot write %s", path);
	return rc;
}

static int run(const struct exporter *exporter, const struct values *v, const char *path, struct err *err)
{
	struct export_query q = { .cost = v->cost, .pid = v->pid, .tid = v->tid };
	char facts[1024], losses[4096];
	struct lens lens;
	struct store *s;
	int rc;

	if (lens_options_read(&v->lens, &lens, err)) /* before an analysis that may take long */
		return -1;
	s = database_open(path, &v->database, err);
	if (!s)
		return -1;
	rc = lens_apply(s, &lens, err) || report_facts(s, facts, sizeof(facts), losses, sizeof(losses), err);
	report_estimates(s, NULL, v->cost, losses, sizeof(losses));
	if (!rc && v->output)
		rc = write_file(s, exporter, &q, v->output, err);
	else if (!rc)
		rc = write_stream(s, exporter, &q, stdout, "standard output", err);
	if (!rc && losses[0])
		fprintf(stderr, "culprit: %s\n", losses);
	store_close(s);
	return rc;
}

int cmd_export(int argc, char **argv)
{
	struct values values = { 0 };
	const struct exporter *exporter;
	struct err err = { 0 };
	int parsed = parse(argc, argv, &values, &exporter, &err);

	if (parsed == OPTIONS_HELP)
		return 0;
	if (parsed < 0 || run(exporter, &values, argv[1], &err))
		return command_fail(&err);
	return 0;
}
