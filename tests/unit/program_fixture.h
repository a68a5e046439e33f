/* SPDX-License-Identifier: MIT
 *
 * Small programs compiled while a test runs, for tests of what reads executables. They live in a directory of
 * their own, which goes away at exit.
 */
#ifndef UNIT_PROGRAM_FIXTURE_H
#define UNIT_PROGRAM_FIXTURE_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/ingest/symbolize.h"

static char program_directory[64];

static inline void program_clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", program_directory);
	if (system(command))
		fprintf(stderr, "%s stays behind\n", program_directory);
}

/* The directory, made with the first call. */
static inline const char *program_dir(void)
{
	if (!program_directory[0]) {
		strcpy(program_directory, "/tmp/culprit-unit-XXXXXX");
		assert_non_null(mkdtemp(program_directory));
		atexit(program_clean);
	}
	return program_directory;
}

/* Path of a file in the directory; a few of them stay valid at a time. */
static inline const char *program_path(const char *name)
{
	static char paths[8][256];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", program_dir(), name);
	return path;
}

static inline void program_write(const char *name, const char *text)
{
	FILE *f = fopen(program_path(name), "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Runs a shell command in the directory, silently. Its exit status. */
__attribute__((format(printf, 1, 2))) static inline int program_try(const char *format, ...)
{
	char command[4096];
	va_list arguments;
	int used = snprintf(command, sizeof(command), "cd '%s' && exec > log 2>&1; ", program_dir());

	va_start(arguments, format);
	vsnprintf(command + used, sizeof(command) - (size_t)used, format, arguments);
	va_end(arguments);
	return system(command);
}

#define program_run(...) \
	do { \
		if (program_try(__VA_ARGS__)) { \
			(void)!system("cat /tmp/culprit-unit-*/log >&2"); \
			fail_msg(__VA_ARGS__); \
		} \
	} while (0)

static inline int program_has(const char *tool)
{
	return program_try("command -v %s", tool) == 0;
}

/* What a command prints in the directory, as numbers in hex, one a line. */
static inline uint64_t program_hex(const char *format, const char *argument)
{
	char command[512], line[256] = "";
	int used = snprintf(command, sizeof(command), "cd '%s' && ", program_dir());
	FILE *f;

	snprintf(command + used, sizeof(command) - (size_t)used, format, argument);
	f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	pclose(f);
	return strtoull(line, NULL, 16);
}

/* Build id of a file of the directory. Its size, 0: none. */
static inline size_t program_build_id(const char *name, unsigned char *id)
{
	char command[512], hex[256] = "";
	size_t size = 0;
	unsigned int byte;
	FILE *f;

	snprintf(command, sizeof(command), "readelf -n '%s' 2> /dev/null | sed -n 's/.*Build ID: //p'", program_path(name));
	f = popen(command, "r");
	assert_non_null(f);
	if (!fgets(hex, sizeof(hex), f))
		hex[0] = 0;
	pclose(f);
	while (size < 64 && sscanf(hex + 2 * size, "%2x", &byte) == 1)
		id[size++] = (unsigned char)byte;
	return size;
}

/* A symbolizer's handle of a file of the directory, by its own build id. */
static inline uint32_t program_module(struct symbolizer *s, const char *name)
{
	unsigned char id[64];
	size_t size = program_build_id(name, id);

	return symbolizer_add_module(s, program_path(name), id, size);
}

#endif
