/* SPDX-License-Identifier: MIT
 *
 * The file a command stands for, and whether it can be recorded: found as the shell would find it,
 * followed through `#!` lines to the binary that will run.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include <limits.h>

#include "analyzer/base/err.h"

/* Finds the file of `command` (through PATH where it has no slash). 0, or -1 when there is none: then *exit_status is what
 * env(1) would return, 126 or 127, and err says which file and why. */
int program_find(const char *command, char path[PATH_MAX], int *exit_status, struct err *err);

/* 0, or -1 with the reason why the program at `path` would run unrecorded: static, privileged, of another machine. A file
 * that cannot be read or understood passes: the kernel will say what is wrong with it. */
int program_check(const char *path, struct err *err);

/* The file the kernel runs for the program at `path`: its interpreter where it is a script, else itself. */
void program_image(const char *path, char image[PATH_MAX]);

/* 1: it is a script whose first line has env(1) find its interpreter, by this name. */
int program_env_name(const char *path, char name[PATH_MAX]);

#endif
