/* SPDX-License-Identifier: MIT
 *
 * Subcommands. Each is one function in a file of its own, cmd_NAME.c, and one line of the table in
 * main.c. argv[0] is the subcommand's name; the value returned is the exit status: 0, 1 for a
 * failure, 2 for a usage error, and for `record` the command's own.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "analyzer/base/err.h"

int cmd_record(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_collect(int argc, char **argv);
int cmd_analyze(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_sql(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_tui(int argc, char **argv);

/* Prints "culprit: <the sentence>" to stderr. Returns the exit status that goes with it (1 or 2). */
int command_fail(const struct err *err);

#endif
