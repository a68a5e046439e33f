/* SPDX-License-Identifier: MIT
 *
 * What rules make findings of: the list, words, and the questions that several of them ask.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/advice_rule.h"

struct advice_finding *advice_found(struct advice *a, const struct advice_process *p, uint32_t stack, uint32_t node)
{
	a->findings = memory_grown(a->findings, &a->finding_room, a->finding_count + 1, sizeof(*a->findings));
	struct advice_finding *f = &a->findings[a->finding_count++];
	*f = (struct advice_finding){ .rule = a->rule, .process = p, .stack = stack, .node = node, .evidence = "", .cure = "" };
	return f;
}

int advice_is_worth(struct advice *a, const struct advice_site *s, int64_t count)
{
	const struct stack_tree *tree = &a->facts.tree;

	return !(s->claimed & ADVICE_CHURN) && count >= advice_limit(a, "blocks") &&
	       100.0 * (double)count >= (double)advice_limit(a, "share") * (double)s->process->allocations &&
	       !advice_facts_is_runtime(&a->facts, tree->sites[s->site].function);
}

const char *advice_words(struct advice *a, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return arena_text(&a->facts.words, text, strlen(text));
}

const char *advice_figure(struct advice *a, enum unit unit, int64_t value)
{
	char figure[UNIT_WIDTH];

	unit_format(figure, unit, value);
	return arena_text(&a->facts.words, figure, strlen(figure));
}

const char *advice_sizes(struct advice *a, int64_t low, int64_t high)
{
	if (low == high)
		return advice_bytes(a, low);
	return advice_words(a, "%s to %s", advice_bytes(a, low), advice_bytes(a, high));
}

int advice_percent(int64_t part, int64_t whole)
{
	double percent = whole > 0 && part > 0 ? 100.0 * (double)part / (double)whole : 0;

	return percent < 1e6 ? (int)percent : 1000000;
}

int64_t advice_whole(double number)
{
	if (!(number > 0))
		return 0;
	return number < 9e18 ? (int64_t)number : INT64_MAX;
}

/* --- why a rule can say nothing of a process ------------------------------------------------------------- */

const char *advice_without_frees(const struct advice *a, const struct advice_process *p)
{
	if (a->facts.no_free_stacks)
		return "frees were recorded without their stacks";
	return p->lost_events ? "events were lost" : NULL;
}

const char *advice_too_short(const struct advice *a, const struct advice_rule *rule, const struct advice_process *p)
{
	int64_t seconds = advice_limit_of(a, rule, "seconds");

	if ((double)p->duration_ns < 1e9 * (double)seconds)
		return "too short a time to tell, see its threshold `seconds`";
	return p->last_slice - p->first_slice < 15 ? "too small a part of the recording to tell" : NULL;
}

const char *advice_short_for_growth(const struct advice *a, const struct advice_process *p)
{
	return advice_too_short(a, advice_rule_find("unbounded-growth", strlen("unbounded-growth")), p);
}

const char *advice_short_for_threads(const struct advice *a, const struct advice_process *p)
{
	return advice_too_short(a, advice_rule_find("thread-leak", strlen("thread-leak")), p);
}

const char *advice_still_there(const struct advice *a, const struct advice_process *p)
{
	static const char *const why[] = { [ADVICE_KILLED] = "was killed by a signal", [ADVICE_REPLACED] = "became another program",
		                           [ADVICE_RUNNING] = "was still running at the end" };

	(void)a;
	return why[p->ended];
}

const char *advice_no_limit(const struct advice *a, const struct advice_process *p)
{
	(void)a;
	return p->limit_bytes > 0 ? NULL : "no limit was seen";
}

const char *advice_no_sample(const struct advice *a, const struct advice_process *p)
{
	(void)a;
	return p->samples > 0 ? NULL : "no sample of what the allocator gave";
}
