/* SPDX-License-Identifier: MIT
 *
 * The rules, and from when on they speak. Their order is that of claims: what can be done about a site is said once, by the
 * first rule that knows. docs/advice.md tells why each threshold is what it is.
 */
#include <string.h>

#include "analyzer/report/advice.h"
#include "analyzer/report/advice_rule.h"

#define SHARE { "share", 1, UNIT_PERCENT, "of the process's allocations" }
#define WAITED { "share", 1, UNIT_PERCENT, "of its threads' time, waited for the lock" }

const struct advice_rule advice_rules[] = {
	{ "lock-order", ADVICE_FAILURE, "locks acquired in an order that can block their threads for ever", { { 0 } }, advice_lock_order, NULL },
	{ "memory-limit", ADVICE_FAILURE, "memory near the limit that the cgroup or RLIMIT_AS sets",
	  { { "percent", 80, UNIT_PERCENT, "of the limit at the peak" },
	    { "keep", 85, UNIT_PERCENT, "of the limit that may be used, by the cure" } },
	  advice_memory_limit, advice_no_limit },
	{ "unbounded-growth", ADVICE_FAILURE, "blocks that are kept for ever, as many in every quarter of the run",
	  { { "seconds", 10, UNIT_COUNT, "that the process ran" },
	    { "blocks", 100, UNIT_COUNT, "kept, since the first quarter" },
	    { "bytes", 65536, UNIT_BYTES, "of those" },
	    { "even", 25, UNIT_PERCENT, "of the worst of the last three quarters, kept in each other" } },
	  advice_unbounded_growth, advice_short_for_growth },
	{ "thread-leak", ADVICE_FAILURE, "threads that pile up: they never end, or end and are neither joined nor detached",
	  { { "seconds", 10, UNIT_COUNT, "that the process ran (of threads that never end)" },
	    { "threads", 16, UNIT_COUNT, "that never end" },
	    { "even", 25, UNIT_PERCENT, "of the worst of the last three quarters, created in each other" },
	    { "unjoined", 64, UNIT_COUNT, "that ended and that nobody joined nor detached" } },
	  advice_thread_leak, advice_short_for_threads },
	{ "stack", ADVICE_COST, "small blocks that die before the call that asked for them returns",
	  { { "blocks", 1000, UNIT_COUNT, "of the site" }, SHARE,
	    { "local", 95, UNIT_PERCENT, "of them die there" },
	    { "size", 1024, UNIT_BYTES, "at the most, each" },
	    { "alive", 4, UNIT_COUNT, "at once at the most, of a thread" } },
	  advice_stack, advice_without_frees },
	{ "cross-thread", ADVICE_COST, "blocks made by one thread and freed by another, at a high rate",
	  { { "blocks", 10000, UNIT_COUNT, "of the site, freed by other threads" }, SHARE,
	    { "part", 50, UNIT_PERCENT, "of the site's blocks" },
	    { "rate", 1000, UNIT_COUNT, "a second" } },
	  advice_cross_thread, advice_without_frees },
	{ "arena", ADVICE_COST, "blocks of many sites that die within one call of a function",
	  { { "calls", 10, UNIT_COUNT, "of the function" }, SHARE,
	    { "sites", 3, UNIT_COUNT, "whose blocks die there" },
	    { "part", 90, UNIT_PERCENT, "of each site's blocks" },
	    { "blocks", 8, UNIT_COUNT, "a call" },
	    { "bytes", 16777216, UNIT_BYTES, "at the most that die in one call" } },
	  advice_arena, advice_without_frees },
	{ "pre-size", ADVICE_COST, "blocks that are resized again and again",
	  { { "resizes", 1000, UNIT_COUNT, "of the site" }, { "share", 1, UNIT_PERCENT, "of the process's allocations, or of its bytes copied" },
	    { "steps", 4, UNIT_COUNT, "of a block, on average" } },
	  advice_pre_size, NULL },
	{ "pool", ADVICE_COST, "blocks of one size class that are made and freed over and over",
	  { { "blocks", 10000, UNIT_COUNT, "of the site" }, SHARE,
	    { "class", 90, UNIT_PERCENT, "of them of one size, up to its double" },
	    { "life_ns", 100000000, UNIT_NS, "that nine of ten live at the most" },
	    { "reuse", 20, UNIT_COUNT, "blocks for each that is alive at once" } },
	  advice_pool, NULL },
	{ "temporary", ADVICE_COST, "blocks of any size that are freed before their thread's next allocation",
	  { { "blocks", 10000, UNIT_COUNT, "of the site, freed at once" }, SHARE,
	    { "part", 50, UNIT_PERCENT, "of the site's blocks" },
	    { "rate", 1000, UNIT_COUNT, "a second" } },
	  advice_temporary, NULL },
	{ "atomic", ADVICE_COST, "a lock that is held for a moment, very often",
	  { { "acquisitions", 100000, UNIT_COUNT, "of the lock" }, WAITED,
	    { "hold_ns", 250, UNIT_NS, "at the most, on average" },
	    { "changes", 2, UNIT_COUNT, "from one thread to another, of the acquisitions that were looked at" },
	    { "lock_ns", 20, UNIT_NS, "that locking and unlocking costs, counted as saved" } },
	  advice_atomic, NULL },
	{ "critical-section", ADVICE_COST, "a lock that is held for long while others wait",
	  { { "holds", 20, UNIT_COUNT, "that others waited for" }, WAITED,
	    { "hold_ns", 50000, UNIT_NS, "of these on average, but for the longest" },
	    { "part", 50, UNIT_PERCENT, "of the hold spent waiting: then that is what to move out" } },
	  advice_critical_section, NULL },
	{ "shard", ADVICE_COST, "a lock that many threads want and hold but shortly",
	  { { "waits", 50, UNIT_COUNT, "for the lock" }, WAITED,
	    { "threads", 4, UNIT_COUNT, "that waited" },
	    { "hold_ns", 50000, UNIT_NS, "at the most, on average" },
	    { "locks", 16, UNIT_COUNT, "to make of it" } },
	  advice_shard, NULL },
	{ "broadcast", ADVICE_COST, "threads woken by broadcasts that find nothing to do",
	  { { "broadcasts", 100, UNIT_COUNT, "of the condition variable" },
	    { "vain", 1000, UNIT_COUNT, "waits that went on at once" },
	    { "part", 50, UNIT_PERCENT, "of all waits" },
	    { "wake_ns", 5000, UNIT_NS, "that waking a thread costs, counted as saved" } },
	  advice_broadcast, NULL },
	{ "bound-the-threads", ADVICE_COST, "a place that creates one short-lived thread after the other",
	  { { "threads", 100, UNIT_COUNT, "created there that ended" },
	    { "life_ns", 100000000, UNIT_NS, "that half of them lived at the most" },
	    { "rate", 10, UNIT_COUNT, "a second" },
	    { "create_ns", 30000, UNIT_NS, "that a thread costs, counted as saved" } },
	  advice_bound_the_threads, NULL },
	{ "slack", ADVICE_HINT, "sizes that the allocator rounds up by much",
	  { { "sample", 50, UNIT_COUNT, "blocks of the site" },
	    { "percent", 20, UNIT_PERCENT, "of what the allocator gave was not asked for" },
	    { "bytes", 65536, UNIT_BYTES, "of that at the peak" }, { "share", 1, UNIT_PERCENT, "of the process's peak" } },
	  advice_slack, advice_no_sample },
	{ "leak-at-exit", ADVICE_HINT, "blocks that are there when the process exits",
	  { { "blocks", 100, UNIT_COUNT, "of the site" }, { "bytes", 16384, UNIT_BYTES, "of those" },
	    { "share", 1, UNIT_PERCENT, "of the process's peak" } },
	  advice_leak_at_exit, advice_still_there },
	{ 0 },
};

const struct advice_rule *advice_rule_find(const char *name, size_t size)
{
	for (const struct advice_rule *r = advice_rules; r->name; r++)
		if (strlen(r->name) == size && memcmp(r->name, name, size) == 0)
			return r;
	return NULL;
}

static void list_rules(char *out, size_t size)
{
	size_t used = 0;

	out[0] = 0;
	for (const struct advice_rule *r = advice_rules; r->name && used < size; r++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", r == advice_rules ? "" : ", ", r->name);
}

int advice_check_rule(const char *name, struct err *err)
{
	char known[512];

	if (advice_rule_find(name, strlen(name)))
		return 0;
	list_rules(known, sizeof(known));
	return err_set(err, ERR_USAGE, "there is no rule \"%s\"; there are %s", name, known);
}

/* The value as it may stand on the command line. */
static void describe_threshold(const struct advice_rule *r, const struct advice_threshold *t, FILE *out)
{
	char figure[UNIT_WIDTH], name[80];
	int plain = t->unit == UNIT_PERCENT || t->unit == UNIT_COUNT;

	unit_format(figure, plain ? UNIT_ID : t->unit, t->value);
	char *blank = strchr(figure, ' ');
	if (blank)
		memmove(blank, blank + 1, strlen(blank));
	snprintf(name, sizeof(name), "%s.%s=%s", r->name, t->name, figure);
	fprintf(out, "    %-36s %s%s\n", name, t->unit == UNIT_PERCENT ? "percent " : "", t->help);
}

void advice_describe(FILE *out)
{
	for (const struct advice_rule *r = advice_rules; r->name; r++) {
		fprintf(out, "  %-18s%s\n", r->name, r->help);
		for (const struct advice_threshold *t = r->thresholds; t->name; t++)
			describe_threshold(r, t, out);
	}
}

/* --- thresholds ------------------------------------------------------------------------------------------ */

/* The rule and threshold of "RULE.NAME=VALUE", with the value. 0 or -1. */
static int read_threshold(const char *text, const struct advice_rule **rule, const struct advice_threshold **threshold, int64_t *value,
                          struct err *err)
{
	size_t all = strcspn(text, "="), size = strcspn(text, ".=");
	const struct advice_rule *r = advice_rule_find(text, size);
	char known[512], name[64];

	if (!text[all] || text[size] != '.')
		return err_set(err, ERR_USAGE, "a threshold reads RULE.NAME=VALUE, not \"%s\"", text);
	if (!r) {
		snprintf(name, sizeof(name), "%.*s", (int)(size < 60 ? size : 60), text);
		return advice_check_rule(name, err);
	}
	known[0] = 0;
	for (const struct advice_threshold *t = r->thresholds; t->name; t++) {
		size_t used = strlen(known);
		snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "", t->name);
		if (strlen(t->name) != all - size - 1 || memcmp(t->name, text + size + 1, all - size - 1) != 0)
			continue;
		*rule = r;
		*threshold = t;
		if (unit_parse(text + all + 1, value))
			return err_set(err, ERR_USAGE, "%s.%s needs a figure, such as 1000, 1e6, 64KiB or 20ms, not \"%s\"", r->name, t->name,
			               text + all + 1);
		return 0;
	}
	return err_set(err, ERR_USAGE, "rule %s has no such threshold as in \"%s\"; it has %s", r->name, text, known[0] ? known : "none");
}

int advice_limits_check(const struct report_query *q, struct err *err)
{
	const struct advice_threshold *t;
	const struct advice_rule *r;
	int64_t value;

	for (size_t i = 0; i < q->threshold_count; i++)
		if (read_threshold(q->thresholds[i], &r, &t, &value, err))
			return -1;
	return 0;
}

int64_t advice_limit_of(const struct advice *a, const struct advice_rule *rule, const char *name)
{
	const struct advice_threshold *t = rule->thresholds, *set;
	const struct advice_rule *of;
	int64_t limit, value;

	while (t->name && strcmp(t->name, name) != 0)
		t++;
	limit = t->value;
	for (size_t i = 0; i < a->query->threshold_count; i++)
		if (!read_threshold(a->query->thresholds[i], &of, &set, &value, NULL) && set == t)
			limit = value;
	return limit;
}

int64_t advice_limit(const struct advice *a, const char *name)
{
	return advice_limit_of(a, a->rule, name);
}
