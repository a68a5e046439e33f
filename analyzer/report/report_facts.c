/* SPDX-License-Identifier: MIT
 *
 * The line of facts about a recording, and the line about what it lacks. Every report begins with
 * them, so that no figure is read without knowing what it leaves out.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/report.h"
#include "analyzer/report/sample_errors.h"
#include "analyzer/store/lens.h"

struct sums { /* over all processes */
	int64_t processes, allocations, allocated, peak, lost, implied, differences, checked;
};

static int read_sums(struct store *s, struct sums *sums, struct err *err)
{
	int64_t *const into[] = { &sums->processes, &sums->allocations, &sums->allocated, &sums->peak,
		                  &sums->lost, &sums->implied, &sums->differences, &sums->checked };
	struct statement *q = store_prepare(s, "SELECT count(*), coalesce(sum(allocations), 0), "
	                                       "coalesce(sum(allocated_bytes), 0), coalesce(sum(peak_bytes), 0), "
	                                       "coalesce(sum(lost_events), 0), coalesce(sum(implied_frees), 0), "
	                                       "coalesce(sum(stack_differences), 0), coalesce(sum(stacks_checked), 0) FROM process", err);
	if (!q)
		return -1;
	int got = statement_step(q, err);
	for (size_t i = 0; got > 0 && i < sizeof(into) / sizeof(into[0]); i++)
		*into[i] = statement_number(q, (int)i);
	statement_finish(q);
	return got < 0 ? -1 : 0;
}

static int write_who(struct store *s, int64_t processes, char *out, size_t size, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT command, pid FROM process ORDER BY id LIMIT 1", err);

	if (!q)
		return -1;
	int got = statement_step(q, err);
	if (got > 0) {
		int used = snprintf(out, size, "%s, pid %" PRId64, statement_text(q, 0), statement_number(q, 1));
		if (processes > 1 && used > 0 && (size_t)used < size)
			snprintf(out + used, size - (size_t)used, " and %" PRId64 " more process%s", processes - 1,
			         processes > 2 ? "es" : "");
	} else {
		snprintf(out, size, "no process");
	}
	statement_finish(q);
	return got < 0 ? -1 : 0;
}

/* Appends a sentence part, after "; " if there is one already. */
static void add(char *out, size_t size, const char *text)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s%s", used ? "; " : "", text);
}

/* Notes are lines; they are joined into the one. */
static void add_notes(struct store *s, char *out, size_t size)
{
	char notes[2048];

	store_meta_text(s, "notes", notes, sizeof(notes));
	for (char *line = notes, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		if (*line)
			add(out, size, line);
	}
}

static void write_losses(struct store *s, const struct sums *sums, char *out, size_t size)
{
	char text[384], figure[UNIT_WIDTH];
	int whole = !out[0]; /* no lens */
	int64_t analyzed = store_meta_number(s, "analyzed_percent", 100), sample = store_meta_number(s, "sample_bytes", 0);

	if (sample > 0) {
		snprintf(text, sizeof(text), "sampled, a block in every %s: figures of the heap are estimates%s", unit_format(figure, UNIT_BYTES, sample),
		         sample_errors_known(s) ? ", ± is their standard error" : "; how far they may be wrong is known of the whole recording only");
		add(out, size, text);
	}

	if (analyzed < 100) {
		unit_format(figure, UNIT_NS, store_meta_number(s, "analyzed_ns", 0));
		snprintf(text, sizeof(text), "the first %" PRId64 " %% of the trace are analyzed, up to %s: figures so far, and what was live then "
		         "counts as leaked", analyzed, figure);
		add(out, size, text);
	}
	if (sums->lost) {
		snprintf(text, sizeof(text), "%" PRId64 " events were lost and are in none of these figures", sums->lost);
		add(out, size, text);
	}
	if (!store_meta_number(s, "complete", 1)) {
		unit_format(figure, UNIT_NS, store_meta_number(s, "duration_ns", 0));
		snprintf(text, sizeof(text), store_meta_number(s, "growing", 0)
		         ? "the trace is still being written: figures are up to %s, and what some threads did shortly before may be missing"
		         : "the trace does not end in order, it was cut: figures are up to %s. How much came later is not known, what some threads did shortly "
		           "before may be missing, and who is to blame for that may be wrong",
		         figure);
		add(out, size, text);
	}
	if (sums->implied) {
		snprintf(text, sizeof(text), "%" PRId64 " frees were not seen but follow from the address being handed out again",
		         sums->implied);
		add(out, size, text);
	}
	if (sums->differences) {
		snprintf(text, sizeof(text), "%" PRId64 " of %" PRId64 " checked stacks differ from libunwind's", sums->differences,
		         sums->checked);
		add(out, size, text);
	}
	add_notes(s, out, size);
	if (!sums->allocations && whole && !out[0])
		add(out, size, "no allocation was recorded: the program made none, or does not use the libraries' allocator "
		               "(static binary, setuid, an allocator of its own)");
}

int report_facts(struct store *s, char *facts, size_t facts_size, char *losses, size_t losses_size, struct err *err)
{
	struct sums sums = { 0 };
	char who[512], allocations[UNIT_WIDTH], allocated[UNIT_WIDTH], peak[UNIT_WIDTH], lost[UNIT_WIDTH];

	facts[0] = 0;
	lens_describe(s, losses, losses_size);
	if (read_sums(s, &sums, err) || write_who(s, sums.processes, who, sizeof(who), err))
		return -1;
	snprintf(facts, facts_size, "%s: %s allocations, %s, peak%s %s, %s lost", who,
	         unit_format(allocations, UNIT_COUNT, sums.allocations), unit_format(allocated, UNIT_BYTES, sums.allocated),
	         sums.processes > 1 ? "s together" : "", unit_format(peak, UNIT_BYTES, sums.peak),
	         unit_format(lost, UNIT_COUNT, sums.lost));
	write_losses(s, &sums, losses, losses_size);
	utf8_tidy(facts); /* there are names in them, and they go to terminals as they are */
	utf8_tidy(losses);
	return 0;
}

/* --- estimates ------------------------------------------------------------------------------------------- */

static int64_t ask(struct store *s, const char *sql, int column)
{
	struct statement *q = store_prepare(s, sql, NULL);
	int64_t value = q && statement_step(q, NULL) > 0 ? statement_number(q, column) : 0;

	statement_finish(q);
	return value;
}

static void add_wait_shares(struct store *s, char *out, size_t size)
{
	char text[300];
	int64_t sampled = ask(s, "SELECT count(*) FROM lock WHERE sampled <> 0", 0);

	if (!sampled)
		return;
	snprintf(text, sizeof(text), "the waits for %" PRId64 " lock%s came too fast to keep them all: sums are exact, the shares of stacks "
	                             "and threads in them estimated", sampled, sampled == 1 ? "" : "s");
	add(out, size, text);
}

static void add_holds(struct store *s, char *out, size_t size)
{
	static const char sql[] = "SELECT coalesce(sum(hold_measured), 0), coalesce(sum(acquisitions), 0) FROM lock "
	                          "WHERE hold_ns IS NOT NULL AND hold_measured < acquisitions";
	char text[300], measured[UNIT_WIDTH], all[UNIT_WIDTH];
	int64_t holds = ask(s, sql, 1);

	if (!holds)
		return;
	snprintf(text, sizeof(text), "hold times are estimated: %s of %s holds were measured", unit_format(measured, UNIT_COUNT,
	         ask(s, sql, 0)), unit_format(all, UNIT_COUNT, holds));
	add(out, size, text);
}

/* The costs that waits and holds are counted in. */
static int is_of_waiting(const char *cost)
{
	static const char *const costs[] = { "wait_ns", "waits", "held_ns" };

	for (size_t i = 0; cost && i < sizeof(costs) / sizeof(costs[0]); i++)
		if (strcmp(cost, costs[i]) == 0)
			return 1;
	return 0;
}

/* The parts of the database that a cost without a report is of. */
static unsigned parts_of(const char *cost)
{
	return cost && (strstr(cost, "at_peak") || strstr(cost, "leaked")) ? LENS_LEAKS : 0;
}

static void add_limits(struct store *s, unsigned parts, char *losses, size_t losses_size)
{
	char text[2048];

	lens_limits(s, parts, text, sizeof(text));
	if (text[0])
		add(losses, losses_size, text);
}

void report_estimates(struct store *s, const struct report *r, const char *cost, char *losses, size_t losses_size)
{
	if (is_of_waiting(cost) || (r && r->estimates & REPORT_WAIT_SHARES))
		add_wait_shares(s, losses, losses_size);
	if (r && r->estimates & REPORT_HOLDS)
		add_holds(s, losses, losses_size);
	add_limits(s, (r ? r->needs | r->parts : 0) | parts_of(cost), losses, losses_size);
}
