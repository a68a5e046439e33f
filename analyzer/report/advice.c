/* SPDX-License-Identifier: MIT
 *
 * Advice: every rule looks at the database, what they found is put in order and numbered. Which rules there are, and from when on
 * they speak, is the table in advice_rules.c.
 */
#include "analyzer/report/advice.h"

#include "analyzer/report/report_list.h"

static const struct column columns[] = {
	[ADVICE_RANK] = { "rank", "RANK", UNIT_ID, "1 promises most" },
	[ADVICE_RULE] = { "rule", "RULE", UNIT_TEXT, "what was found; docs/advice.md has more on each" },
	[ADVICE_KIND] = { "kind", NULL, UNIT_TEXT, "failure: it may end in one; cost: time or memory to be saved; hint: worth a look" },
	[ADVICE_FUNCTION] = { "function", "FUNCTION", UNIT_TEXT, "where to look" },
	[ADVICE_FILE] = { "file", NULL, UNIT_TEXT, "its source file" },
	[ADVICE_LINE] = { "line", NULL, UNIT_ID, "line in the file" },
	[ADVICE_MODULE] = { "module", NULL, UNIT_TEXT, "executable or shared object it lies in" },
	[ADVICE_SHARE] = { "share", "SHARE", UNIT_PERCENT, "the saving, in percent of what the process has of it" },
	[ADVICE_EVIDENCE] = { "evidence", NULL, UNIT_TEXT, "what was seen" },
	[ADVICE_SAVING] = { "saving", NULL, UNIT_TEXT, "what the cure is good for" },
	[ADVICE_SAVING_ALLOCATIONS] = { "saving_allocations", "CALLS", UNIT_COUNT, "allocations it saves" },
	[ADVICE_SAVING_BYTES] = { "saving_bytes", "BYTES", UNIT_BYTES, "bytes it saves where memory is scarcest: at the peak, or in the end" },
	[ADVICE_SAVING_NS] = { "saving_ns", "TIME", UNIT_NS, "threads' time it saves" },
	[ADVICE_CURE] = { "cure", NULL, UNIT_TEXT, "what to do" },
	[ADVICE_STACK] = { "stack", NULL, UNIT_TEXT, "functions from the root inwards, joined by ;" },
	[ADVICE_PID] = { "pid", "PID", UNIT_ID, "process" },
	[ADVICE_SITE_ID] = { "site_id", NULL, UNIT_ID, "key of the site" },
	[ADVICE_STACK_ID] = { "stack_id", NULL, UNIT_ID, "key of the stack" },
	[ADVICE_LOCK_ID] = { "lock_id", NULL, UNIT_ID, "key of the lock" },
};

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	(void)s, (void)q, (void)t, (void)err;
	return 0;
}

const struct report report_advice = {
	.name = "advice",
	.title = "Advice",
	.help = "what to change, and what that promises",
	.rows = "findings",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 3,
	.sort_column = REPORT_IN_ORDER,
	.filters = REPORT_PID | REPORT_MATCH | REPORT_THRESHOLDS,
	.fill = fill,
};
