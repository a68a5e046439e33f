/* SPDX-License-Identifier: MIT
 *
 * Writing a report's table: text for people, CSV and JSON for programs. One format a file and a
 * line in report_formats.
 */
#ifndef REPORT_REPORT_WRITE_H
#define REPORT_REPORT_WRITE_H

#include <stdio.h>

#include "analyzer/report/report.h"

/* How text is to look. */
struct report_page {
	const char *facts, *losses; /* of report_facts; text only */
	const char *remarks;        /* of the report's; NULL or "": none; text only */
	size_t width;               /* columns to cut lines to; 0: do not cut */
	int colour;                 /* 1: bold and dim */
	int unicode;                /* 1: box drawing characters and dots; 0: ASCII */
	const char *sources;        /* lines: a directory to look for source files in, or NULL */
	int64_t start_realtime_ns;  /* lines: when the recording began; 0: not known */
};

struct report_format {
	const char *name;
	long limit;        /* rows when the query does not say; 0: all */
	int losses_apart;  /* 1: losses are not written here, tell them elsewhere */
	/* Errors of the stream are the caller's to look for (ferror). */
	void (*write)(const struct report *r, const struct table *t, const struct report_query *q, const struct report_page *page,
	              FILE *out);
};

extern const struct report_format report_formats[];     /* ends with a NULL name */
extern const char *const report_format_names[];         /* the same ones' names, ends with NULL */

void report_write_text(const struct report *r, const struct table *t, const struct report_query *q,
                       const struct report_page *page, FILE *out);
void report_write_csv(const struct report *r, const struct table *t, const struct report_query *q,
                      const struct report_page *page, FILE *out);
void report_write_json(const struct report *r, const struct table *t, const struct report_query *q,
                       const struct report_page *page, FILE *out);

/* Pieces for a report's own write_text. */

/* The whole of it: the columns as they are, in their order, under their names. */
void report_write_plain(const struct report *r, const struct table *t, const struct report_query *q,
                        const struct report_page *page, FILE *out);

/* Text with what would move the cursor as '?', cut to `columns` (0: not) with an ellipsis, padded to `pad`. */
void report_write_cell(const char *text, size_t columns, size_t pad, const struct report_page *page, FILE *out);
/* "file:line" (the file's last part), or the module's last part, or "". Columns file, line, module are found by name. */
void report_write_place(const struct table *t, size_t row, char *out, size_t size);
/* A line with `lead`, then a stack (root first, joined by ';') as "main > ... > d > e > f", its middle left out as far as it is
 * long or does not fit; behind the frame named `site` ("": none) one frame is shown, not the inside of an allocator. */
void report_write_stack(const char *lead, const char *stack, const char *site, const struct report_page *page, FILE *out);
/* " ±1.20 KiB", or "" where the value is no estimate, or none of the sample's blocks is in it. */
#define ERROR_WIDTH (UNIT_WIDTH + 4)
const char *report_write_error(const struct table *t, size_t row, size_t column, const struct report_page *page, char out[ERROR_WIDTH]);
/* "N more sites: --limit=0", if there are. */
void report_write_more(const struct report *r, const struct table *t, FILE *out);

#endif
