/* SPDX-License-Identifier: MIT
 *
 * The formats a report can be written in.
 */
#include "analyzer/report/report_write.h"

const struct report_format report_formats[] = {
	{ "text", 30, 0, report_write_text },
	{ "csv", 0, 1, report_write_csv },
	{ "json", 0, 1, report_write_json },
	{ NULL, 0, 0, NULL },
};

const char *const report_format_names[] = { "text", "csv", "json", NULL };
