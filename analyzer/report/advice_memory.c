/* SPDX-License-Identifier: MIT
 *
 * Advice on memory that is kept: for ever and more of it, until the exit, or near to a limit.
 */
#include "analyzer/base/keyed.h"
#include "analyzer/report/advice_rule.h"

/* --- unbounded growth ------------------------------------------------------------------------------------ */

enum { PARTS = 4 }; /* quarters of a process's life */

/* What a site made in each quarter and never freed. What a cache fills up with is of the first; what lives for a while is of the
 * last; what is there of each, and as much of each, had no end. */
struct kept {
	struct kept_key {
		uint32_t site, process;
	} key;
	int64_t blocks[PARTS], bytes[PARTS];
};

static int read_kept(struct advice *a, struct keyed *kept, struct err *err)
{
	struct statement *q = store_prepare(a->facts.store, "SELECT process_id, stack_id, slice, sum(count), sum(amount) FROM span_sum "
		"JOIN thread ON thread.id = thread_id WHERE class = 1 AND end_slice = 0 AND " SCOPE_PROCESSES " GROUP BY 1, 2, 3", err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, &a->facts.scope);
	while ((got = statement_step(q, err)) > 0) {
		const struct advice_process *p = advice_facts_process(&a->facts, statement_number(q, 0));
		int64_t stack = statement_number(q, 1), slice = statement_number(q, 2);
		if ((got = advice_facts_check_stack(&a->facts, stack, err)))
			break;
		if (!p || advice_short_for_growth(a, p) || slice < p->first_slice || slice > p->last_slice)
			continue;
		struct kept_key key = { a->facts.tree.nodes[stack].site, (uint32_t)(p - a->facts.processes) };
		struct kept *k = keyed_at(kept, &key);
		int64_t part = (slice - p->first_slice) * PARTS / (p->last_slice - p->first_slice + 1);
		k->blocks[part] += statement_number(q, 3);
		k->bytes[part] += statement_number(q, 4);
	}
	statement_finish(q);
	return got;
}

static int64_t behind_first(const int64_t *parts)
{
	return parts[1] + parts[2] + parts[3];
}

/* The first quarter may hold what was made to start with, so it counts for being there only. */
static int grows(const struct advice *a, const struct kept *k)
{
	int64_t most = 0;

	for (int i = 1; i < PARTS; i++)
		most = k->bytes[i] > most ? k->bytes[i] : most;
	for (int i = 0; i < PARTS; i++)
		if (100.0 * (double)k->bytes[i] < (double)advice_limit(a, "even") * (double)most)
			return 0;
	return behind_first(k->blocks) >= advice_limit(a, "blocks") && behind_first(k->bytes) >= advice_limit(a, "bytes");
}

static void growth_found(struct advice *a, struct advice_site *s, const struct kept *k, uint32_t node)
{
	struct advice_finding *f = advice_found(a, s->process, s->leak_stack, node);
	double seconds = (double)s->process->duration_ns / 1e9;
	int64_t rate = advice_whole((double)behind_first(k->bytes) / (seconds * (PARTS - 1) / PARTS));

	s->claimed |= ADVICE_KEPT;
	f->bytes = behind_first(k->bytes);
	f->evidence = advice_words(a, "%s, %s, %s and %s blocks made in the quarters of %s were never freed: %s altogether, %s a second",
	                           advice_count(a, k->blocks[0]), advice_count(a, k->blocks[1]), advice_count(a, k->blocks[2]),
	                           advice_count(a, k->blocks[3]), advice_time(a, s->process->duration_ns),
	                           advice_bytes(a, k->bytes[0] + behind_first(k->bytes)), advice_bytes(a, rate));
	f->cure = "Free them when what they belong to ends; if they are a cache, give it a limit and throw out the oldest.";
}

int advice_unbounded_growth(struct advice *a, struct err *err)
{
	struct keyed kept;

	keyed_init(&kept, sizeof(struct kept), sizeof(struct kept_key));
	int rc = read_kept(a, &kept, err);
	for (size_t i = 0; !rc && i < kept.count; i++) {
		const struct kept *k = keyed_item(&kept, i);
		struct advice_site *s = advice_facts_site(&a->facts, k->key.site, &a->facts.processes[k->key.process]);
		uint32_t node = s ? advice_facts_own_node(&a->facts, s->leak_stack) : 0;
		if (node && !(s->claimed & ADVICE_KEPT) && grows(a, k))
			growth_found(a, s, k, node);
	}
	keyed_release(&kept);
	return rc;
}

/* --- leak at exit ---------------------------------------------------------------------------------------- */

int advice_leak_at_exit(struct advice *a, struct err *err)
{
	int64_t blocks = advice_limit(a, "blocks"), bytes = advice_limit(a, "bytes"), share = advice_limit(a, "share");

	(void)err;
	for (size_t i = 0; i < a->facts.site_count; i++) {
		struct advice_site *s = &a->facts.sites[i];
		uint32_t node = s->leak_stack ? advice_facts_own_node(&a->facts, s->leak_stack) : 0;
		if (!node || s->claimed & ADVICE_KEPT || advice_still_there(a, s->process) || s->leaked < blocks || s->leaked_bytes < bytes ||
		    100.0 * (double)s->leaked_bytes < (double)share * (double)s->process->peak_bytes)
			continue;
		struct advice_finding *f = advice_found(a, s->process, s->leak_stack, node);
		s->claimed |= ADVICE_KEPT;
		f->bytes = s->leaked_bytes;
		f->evidence = advice_words(a, "%s of %s blocks of %s, %s, were never freed", advice_count(a, s->leaked),
		                           advice_count(a, s->allocations), advice_sizes(a, s->size_low, s->size_high),
		                           advice_bytes(a, s->leaked_bytes));
		f->cure = "Free them with what they belong to. If they are meant to last until the exit, nothing is wrong.";
	}
	return 0;
}

/* --- memory limit ---------------------------------------------------------------------------------------- */

static const struct advice_site *largest_at_peak(const struct advice *a, const struct advice_process *p)
{
	const struct advice_site *largest = NULL;

	for (size_t i = 0; i < a->facts.site_count; i++) {
		const struct advice_site *s = &a->facts.sites[i];
		if (s->process == p && s->peak_stack && (!largest || s->at_peak_bytes > largest->at_peak_bytes))
			largest = s;
	}
	return largest;
}

static void limit_found(struct advice *a, const struct advice_process *p, int64_t peak, const char *what)
{
	const struct advice_site *s = largest_at_peak(a, p);
	struct advice_finding *f = advice_found(a, p, s ? s->peak_stack : 0, s ? advice_facts_own_node(&a->facts, s->peak_stack) : 0);
	int64_t keep = advice_limit(a, "keep"), allowed = advice_whole((double)p->limit_bytes * (double)keep / 100);

	f->bytes = peak > allowed ? peak - allowed : 0;
	f->evidence = advice_words(a, "%s of %s at the peak is %d %% of the %s that %.40s allows; the site with most of the heap then had %s",
	                           what, advice_bytes(a, peak), advice_percent(peak, p->limit_bytes), advice_bytes(a, p->limit_bytes),
	                           p->limit_by, advice_bytes(a, s ? s->at_peak_bytes : 0));
	f->cure = advice_words(a, "Leave %lld %% free: raise the limit to %s, or bound what fills the heap to %s at the peak.",
	                       (long long)(100 - keep), advice_bytes(a, advice_whole((double)peak * 100 / (double)(keep ? keep : 1))),
	                       advice_bytes(a, allowed));
}

/* A cgroup counts pages, an address space the heap and more: what of it is known is the least there was. */
int advice_memory_limit(struct advice *a, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < a->facts.process_count; i++) {
		const struct advice_process *p = &a->facts.processes[i];
		int resident = p->resident_bytes > p->peak_bytes;
		int64_t peak = resident ? p->resident_bytes : p->peak_bytes;
		if (p->limit_bytes > 0 && 100.0 * (double)peak >= (double)advice_limit(a, "percent") * (double)p->limit_bytes)
			limit_found(a, p, peak, resident ? "resident memory" : "a heap");
	}
	return 0;
}
