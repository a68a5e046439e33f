/* SPDX-License-Identifier: MIT
 *
 * The options by which a command looks at a part of a recording: --from, --to, --filter. Each command that has them puts
 * LENS_OPTIONS in its table, and applies the lens to the database it opens.
 */
#ifndef CLI_LENS_OPTIONS_H
#define CLI_LENS_OPTIONS_H

#include <stddef.h>

#include "analyzer/base/err.h"
#include "analyzer/store/lens.h"
#include "cli/options.h"

struct lens_options { /* zeroed: the whole recording */
	const char *from, *to, *filter;
};

/* Entries of an option table for a values structure that has `struct lens_options member`. */
#define LENS_OPTIONS(type, member) \
	{ OPTION_TEXT, 0, "from", "TIME", "only what happened from then on, counted from the recording's start:\n90, 90s, 1.5m, 200ms", \
	  offsetof(type, member.from), NULL, NULL }, \
	{ OPTION_TEXT, 0, "to", "TIME", "only what happened up to then", offsetof(type, member.to), NULL, NULL }, \
	{ OPTION_TEXT, 0, "filter", "TERMS", "only stacks, threads and processes of which all terms hold: function=TEXT,\n" \
	  "module=TEXT, thread=TEXT|TID, process=TEXT|PID, class=own|library|runtime;\n-TERM: of which it does not", \
	  offsetof(type, member.filter), NULL, NULL }

/* Reads the options. 0; or -1 with ERR_USAGE. */
int lens_options_read(const struct lens_options *o, struct lens *lens, struct err *err);
/* The same for two recordings, which share no ids. */
int lens_options_read_two(const struct lens_options *o, struct lens *lens, struct err *err);

#endif
