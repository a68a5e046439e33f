/* SPDX-License-Identifier: MIT
 *
 * Advice: every rule looks at the database, what they found is put in order and numbered. Which rules there are, and from when on
 * they speak, is the table in advice_rules.c.
 */
#include "analyzer/report/advice.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/advice_rule.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/lens.h"

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
	[ADVICE_FUNCTION_ID] = { "function_id", NULL, UNIT_ID, "key of the function" },
};

/* --- running the rules ----------------------------------------------------------------------------------- */

static void advice_release(struct advice *a)
{
	advice_facts_release(&a->facts);
	map_release(&a->claimed_locks);
	free(a->findings);
}

static int advice_open(struct advice *a, struct store *s, const struct report_query *q, struct err *err)
{
	struct scope scope = { .pid = q->pid };

	*a = (struct advice){ .query = q };
	return advice_facts_open(&a->facts, s, &scope, err);
}

static int run_rules(struct advice *a, struct err *err)
{
	if (advice_facts_read(&a->facts, err))
		return -1;
	for (const struct advice_rule *r = advice_rules; r->name; r++) {
		a->rule = r;
		if (r->run(a, err))
			return -1;
	}
	return 0;
}

static double share_of(int64_t part, int64_t whole)
{
	return whole > 0 && part > 0 ? 100.0 * (double)part / (double)whole : 0;
}

/* The one measure by which findings of all rules are compared: the largest share of what the process has of it. */
static void measure(struct advice_finding *f)
{
	const struct advice_process *p = f->process;
	double shares[] = { share_of(f->allocations, p->allocations), share_of(f->bytes, p->peak_bytes), share_of(f->ns, p->busy_ns) };

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		f->share = shares[i] > f->share ? shares[i] : f->share;
	f->share = f->share > 100 ? 100 : f->share;
}

/* Failures first, hints last, the largest share first; then as they were found. */
static int compare(const void *left, const void *right)
{
	const struct advice_finding *const *a = left, *const *b = right;

	if ((*a)->rule->kind != (*b)->rule->kind)
		return (*a)->rule->kind < (*b)->rule->kind ? -1 : 1;
	if ((*a)->share != (*b)->share)
		return (*a)->share > (*b)->share ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* "4.10 M allocations (43 % of the process's), ..." */
static const char *saving(struct advice *a, const struct advice_finding *f)
{
	const struct {
		int64_t value, whole;
		enum unit unit;
		const char *of;
	} parts[] = {
		{ f->allocations, f->process->allocations, UNIT_COUNT, "%s%s allocation%s (%d %% of the process's)" },
		{ f->bytes, f->process->peak_bytes, UNIT_BYTES, "%s%s%s (%d %% of the heap at its peak)" },
		{ f->ns, f->process->busy_ns, UNIT_NS, "%s%s%s of its threads' time (%d %%)" },
	};
	char text[400] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].value <= 0)
			continue;
		int percent = advice_percent(parts[i].value, parts[i].whole);
		used += (size_t)snprintf(text + used, sizeof(text) - used, parts[i].of, used ? ", " : "", advice_figure(a, parts[i].unit, parts[i].value),
		                         i == 0 ? advice_s(parts[i].value) : "", percent > 100 ? 100 : percent);
	}
	return used ? advice_words(a, "%s", text) : NULL;
}

/* --- rows ------------------------------------------------------------------------------------------------ */

static void set_place(struct advice *a, const struct advice_finding *f, struct table *t, struct value *row)
{
	const struct stack_tree *tree = &a->facts.tree;
	struct value four[4] = { { .none = 1 }, { .none = 1 }, { .none = 1 }, { .none = 1 } };

	if (f->stack) {
		site_rows_stack(tree, f->stack, t, &row[ADVICE_STACK]);
		table_set_number(&row[ADVICE_STACK_ID], f->stack);
		table_set_number(&row[ADVICE_SITE_ID], tree->nodes[f->stack].site);
	}
	if (!f->node)
		return;
	site_rows_place(tree, &tree->frames[tree->nodes[f->node].frame], t, four);
	row[ADVICE_FUNCTION] = four[0];
	row[ADVICE_FILE] = four[1];
	row[ADVICE_LINE] = four[2];
	row[ADVICE_MODULE] = four[3];
	table_set_number(&row[ADVICE_FUNCTION_ID], tree->frames[tree->nodes[f->node].frame].function);
}

static void add_row(struct advice *a, const struct advice_finding *f, int64_t rank, struct table *t)
{
	static const char *const kinds[] = { [ADVICE_FAILURE] = "failure", [ADVICE_COST] = "cost", [ADVICE_HINT] = "hint" };
	struct value *row = table_add_row(t);

	table_set_number(&row[ADVICE_RANK], rank);
	table_set_text(t, &row[ADVICE_RULE], f->rule->name);
	table_set_text(t, &row[ADVICE_KIND], kinds[f->rule->kind]);
	set_place(a, f, t, row);
	if (f->share > 0)
		table_set_number(&row[ADVICE_SHARE], (int64_t)(f->share + 0.5));
	table_set_text(t, &row[ADVICE_EVIDENCE], f->evidence);
	table_set_text(t, &row[ADVICE_SAVING], saving(a, f));
	if (f->allocations > 0)
		table_set_number(&row[ADVICE_SAVING_ALLOCATIONS], f->allocations);
	if (f->bytes > 0)
		table_set_number(&row[ADVICE_SAVING_BYTES], f->bytes);
	if (f->ns > 0)
		table_set_number(&row[ADVICE_SAVING_NS], f->ns);
	table_set_text(t, &row[ADVICE_CURE], f->cure);
	table_set_number(&row[ADVICE_PID], f->process->pid);
	if (f->lock)
		table_set_number(&row[ADVICE_LOCK_ID], f->lock);
}

static void add_rows(struct advice *a, struct table *t)
{
	const struct advice_finding **order = memory_zeroed(a->finding_count + 1, sizeof(*order));

	for (size_t i = 0; i < a->finding_count; i++) {
		measure(&a->findings[i]);
		order[i] = &a->findings[i];
	}
	qsort(order, a->finding_count, sizeof(*order), compare);
	for (size_t i = 0; i < a->finding_count; i++)
		add_row(a, order[i], (int64_t)i + 1, t);
	free(order);
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	static const size_t names[] = { ADVICE_FUNCTION, ADVICE_RULE };
	struct advice a;
	int rc;

	if (advice_open(&a, s, q, err))
		return -1;
	rc = run_rules(&a, err);
	if (!rc)
		add_rows(&a, t);
	advice_release(&a);
	if (!rc && q->match)
		site_rows_keep_matching(q, t, names, sizeof(names) / sizeof(names[0]));
	return rc;
}

/* --- what was checked ------------------------------------------------------------------------------------ */

#define REASONS_MOST 8
#define WRAPPER_SHARE 10 /* percent of the allocations that make it worth a line */

/* Why a rule could say nothing of some processes, or all: "frees were recorded without their stacks; ...". "" if it could. */
static void write_unable(const struct advice *a, const struct advice_rule *r, char *out, size_t size)
{
	const char *reasons[REASONS_MOST];
	size_t counts[REASONS_MOST], known = 0, used = 0;

	out[0] = 0;
	for (size_t i = 0; r->unable && i < a->facts.process_count; i++) {
		const char *why = r->unable(a, &a->facts.processes[i]);
		size_t k = 0;
		while (why && k < known && reasons[k] != why)
			k++;
		if (!why || k == REASONS_MOST)
			continue;
		if (k == known) {
			reasons[known] = why;
			counts[known++] = 0;
		}
		counts[k]++;
	}
	for (size_t k = 0; k < known && used < size; k++) {
		used += (size_t)snprintf(out + used, size - used, "%s%s", k ? "; " : "", reasons[k]);
		if (counts[k] < a->facts.process_count && used < size)
			used += (size_t)snprintf(out + used, size - used, " (%zu of %zu processes)", counts[k], a->facts.process_count);
	}
}

int advice_why_unable(struct store *s, const struct report_query *q, const char *rule, char *why, size_t size, struct err *err)
{
	struct advice a;

	why[0] = 0;
	if (advice_check_rule(rule, err) || advice_open(&a, s, q, err))
		return -1;
	write_unable(&a, advice_rule_find(rule, strlen(rule)), why, size);
	advice_release(&a);
	return 0;
}

static int64_t count_of(const struct advice *a, const char *table)
{
	char sql[400];
	struct scope scope = a->facts.scope;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE " SCOPE_PROCESSES, table);
	struct statement *q = store_prepare(a->facts.store, sql, NULL);
	int64_t count = 0;
	if (q) {
		scope_bind(q, &scope);
		count = statement_step(q, NULL) > 0 ? statement_number(q, 0) : 0;
		statement_finish(q);
	}
	return count;
}

/* Rules that share a reason share a line. */
static void write_reasons(const struct advice *a, FILE *out)
{
	char whys[32][300];
	size_t rules = 0, lines = 0;

	for (const struct advice_rule *r = advice_rules; r->name && rules < 32; r++)
		write_unable(a, r, whys[rules++], sizeof(whys[0]));
	for (size_t i = 0; i < rules; i++) {
		if (!whys[i][0])
			continue;
		fprintf(out, "%s  %s", lines++ ? "" : "What could not be checked:\n", advice_rules[i].name);
		for (size_t k = i + 1; k < rules; k++) {
			if (strcmp(whys[k], whys[i]) != 0)
				continue;
			fprintf(out, ", %s", advice_rules[k].name);
			whys[k][0] = 0;
		}
		fprintf(out, ": %s\n", whys[i]);
	}
}

/* A wrapper that is not known as one hides all the sites behind it. */
static int write_wrapper(struct store *s, const struct report_query *q, int64_t allocations, FILE *out, struct err *err)
{
	static const struct report_page page = { 0 };
	struct report_query query = { .pid = q->pid, .limit = 1 };
	struct table t;

	if (report_run(&report_wrappers, s, &query, &t, err))
		return -1;
	int function = table_column(&t, "function"), count = table_column(&t, "allocations"), look = table_column(&t, "suggestion");
	if (t.row_count && function >= 0 && count >= 0 && look >= 0) {
		int share = advice_percent(table_at(&t, 0, (size_t)count)->number, allocations);
		if (share >= WRAPPER_SHARE) {
			report_write_cell(table_at(&t, 0, (size_t)function)->text, 0, 0, &page, out);
			fprintf(out, " looks like a wrapper and hides who wants %d %% of all blocks; to look through it add ", share);
			report_write_cell(table_at(&t, 0, (size_t)look)->text, 0, 0, &page, out);
			fputc('\n', out);
		}
	}
	table_release(&t);
	return 0;
}

static char *remarks(struct store *s, const struct report_query *q, struct err *err)
{
	struct advice a;
	char *text = NULL;
	size_t size = 0, rules = 0;
	int64_t allocations = 0;

	if (advice_open(&a, s, q, err))
		return NULL;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		abort();
	while (advice_rules[rules].name)
		rules++;
	for (size_t i = 0; i < a.facts.process_count; i++)
		allocations += a.facts.processes[i].allocations;
	int64_t locks = count_of(&a, "lock"), threads = count_of(&a, "thread");
	fprintf(out, "%zu rules looked at %s allocation%s, %s lock%s and %s thread%s of %zu process%s.\n", rules, advice_count(&a, allocations),
	        advice_s(allocations), advice_count(&a, locks), advice_s(locks), advice_count(&a, threads), advice_s(threads),
	        a.facts.process_count, a.facts.process_count == 1 ? "" : "es");
	write_reasons(&a, out);
	int rc = write_wrapper(s, q, allocations, out, err);
	fclose(out);
	advice_release(&a);
	if (rc) {
		free(text);
		text = NULL;
	}
	return text;
}

const struct report report_advice = {
	.name = "advice",
	.title = "Advice",
	.help = "what to change, and what that promises",
	.rows = "findings",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 4,
	.sort_column = REPORT_IN_ORDER,
	.filters = REPORT_PID | REPORT_MATCH | REPORT_THRESHOLDS,
	.needs = LENS_WHOLE,
	.fill = fill,
	.check = advice_limits_check,
	.remarks = remarks,
	.write_text = advice_write_text,
};
