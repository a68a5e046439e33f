/* SPDX-License-Identifier: MIT
 *
 * A list: there are as many as views.
 */
#include "tui/shelf.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report.h"

struct shelf_report {
	const struct report *report;
	struct table table;
	struct shelf_report *next;
};

const struct table *shelf_report(struct shelf *shelf, struct store *s, const char *name, struct err *err)
{
	const struct report *report = report_find(name);
	struct report_query query = { 0 };
	struct shelf_report *kept = shelf->reports;

	if (!report) {
		err_set(err, ERR_FAILED, "there is no report \"%s\"", name);
		return NULL;
	}
	while (kept && kept->report != report)
		kept = kept->next;
	if (kept)
		return &kept->table;
	kept = memory_zeroed(1, sizeof(*kept));
	if (report_run(report, s, &query, &kept->table, err) < 0) {
		free(kept);
		return NULL;
	}
	kept->report = report;
	kept->next = shelf->reports;
	shelf->reports = kept;
	return &kept->table;
}

void shelf_release(struct shelf *shelf)
{
	while (shelf->reports) {
		struct shelf_report *kept = shelf->reports;

		shelf->reports = kept->next;
		table_release(&kept->table);
		free(kept);
	}
}
