/* SPDX-License-Identifier: MIT
 *
 * The text of a source file. The recording knows where the compiler saw it; it may have been moved, changed, or be on another
 * machine. What it may not do is harm: a path comes out of a database, so only regular files of bounded size are read.
 */
#ifndef REPORT_SOURCE_TEXT_H
#define REPORT_SOURCE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct source_text {
	char *path;         /* where it was found; NULL: nowhere, and there are no lines */
	const char **lines; /* [0] is line 1; tabs are blanks, and there is no newline */
	size_t count;
	char *bytes;
};

/* Looks for the file at `path`, then for the longest end of the path below `directory` (NULL or "": nowhere else). `said` becomes a
 * sentence about what has to be known: it is not there, or was changed after start_realtime_ns (0: not known), when the recording
 * began; "" if there is nothing to say. 1: it was found; 0: not. Release it either way. */
int source_text_read(const char *path, const char *directory, int64_t start_realtime_ns, struct source_text *text, char *said, size_t size);
void source_text_release(struct source_text *text);

#endif
