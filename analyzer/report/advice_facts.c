/* SPDX-License-Identifier: MIT
 *
 * Processes and sites for the rules of advice. What the database says is believed but for ids, which are looked up before
 * they are used.
 */
#include "analyzer/report/advice_facts.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/advice_doubt.h"
#include "analyzer/report/advice_stacks.h"
#include "analyzer/store/code_class.h"

#define BUCKETS_MOST 320

/* --- processes ------------------------------------------------------------------------------------------- */

/* Time that threads of a process were there, and not blocked, is theirs to be saved. */
static const char processes_sql[] =
	"SELECT id, pid, start_ns, duration_ns, allocations, peak_bytes, wait_ns, lost_events, "
	"(SELECT coalesce(sum(max(min(coalesce(t.end_ns, p.start_ns + p.duration_ns), p.start_ns + p.duration_ns) - t.start_ns, 0)), 0) "
	" FROM thread t WHERE t.process_id = p.id) - blocked_ns, "
	"(SELECT max(rss_bytes) FROM timeline WHERE process_id = p.id), memory_limit_bytes, "
	"(SELECT min(id) FROM slice WHERE end_ns > p.start_ns), (SELECT max(id) FROM slice WHERE start_ns < p.start_ns + p.duration_ns), "
	"(SELECT sum(blocks) FROM slack WHERE process_id = p.id), ended, memory_limit_by "
	"FROM process p WHERE (?1 = 0 OR pid = ?1) AND ?2 = 0 ORDER BY id";

static enum advice_end how_ended(const char *text)
{
	if (strcmp(text, "running") == 0)
		return ADVICE_RUNNING;
	if (strcmp(text, "exec") == 0)
		return ADVICE_REPLACED;
	return strncmp(text, "signal", 6) == 0 ? ADVICE_KILLED : ADVICE_EXITED;
}

static void read_process(struct advice_facts *f, struct advice_process *p, struct statement *q)
{
	int64_t *const figures[] = { &p->id, &p->pid, &p->start_ns, &p->duration_ns, &p->allocations, &p->peak_bytes, &p->wait_ns,
		                     &p->lost_events, &p->busy_ns, &p->resident_bytes, &p->limit_bytes, &p->first_slice,
		                     &p->last_slice, &p->samples };
	int count = (int)(sizeof(figures) / sizeof(figures[0]));

	*p = (struct advice_process){ 0 };
	for (int i = 0; i < count; i++)
		*figures[i] = statement_number(q, i);
	if (p->busy_ns < 1)
		p->busy_ns = 1;
	p->ended = how_ended(statement_text(q, count));
	p->limit_by = arena_text(&f->words, statement_text(q, count + 1), strlen(statement_text(q, count + 1)));
}

int advice_facts_open(struct advice_facts *f, struct store *s, const struct scope *scope, struct err *err)
{
	struct statement *q = store_prepare(s, processes_sql, err);
	char options[512];
	size_t room = 0;
	int got;

	*f = (struct advice_facts){ .store = s, .scope = *scope };
	if (!q)
		return -1;
	scope_bind(q, scope);
	while ((got = statement_step(q, err)) > 0) {
		f->processes = memory_grown(f->processes, &room, f->process_count + 1, sizeof(*f->processes));
		read_process(f, &f->processes[f->process_count++], q);
		*map_at(&f->process_index, (uint64_t)statement_number(q, 0)) = (uint32_t)f->process_count;
	}
	statement_finish(q);
	store_meta_text(s, "options", options, sizeof(options));
	f->no_free_stacks = strstr(options, "--no-free-stacks") != NULL;
	if (got < 0)
		advice_facts_release(f);
	return got;
}

void advice_facts_release(struct advice_facts *f)
{
	stack_tree_release(&f->tree);
	map_release(&f->process_index);
	map_release(&f->site_index);
	arena_release(&f->words);
	free(f->sites);
	free(f->site_nodes);
	free(f->processes);
	free(f->runtime);
	*f = (struct advice_facts){ 0 };
}

const struct advice_process *advice_facts_process(const struct advice_facts *f, int64_t id)
{
	uint32_t number = map_find(&f->process_index, (uint64_t)id);

	return number ? &f->processes[number - 1] : NULL;
}

/* --- what can be changed --------------------------------------------------------------------------------- */

int advice_facts_is_runtime(struct advice_facts *f, uint32_t function)
{
	static const char *const functions[] = { "_start", "_init", "__libc_csu_init", "frame_dummy" };

	if (!function || function > f->tree.last_function)
		return 1;
	if (f->runtime[function])
		return f->runtime[function] == 2;
	const char *module = stack_tree_module(&f->tree, function), *name = stack_tree_function(&f->tree, function);
	int runtime = code_class_is_runtime(module);

	for (size_t i = 0; name && i < sizeof(functions) / sizeof(functions[0]); i++)
		runtime |= strcmp(name, functions[i]) == 0;
	f->runtime[function] = runtime ? 2 : 1;
	return runtime;
}

uint32_t advice_facts_own_node(struct advice_facts *f, uint32_t stack)
{
	uint32_t node = stack ? f->site_nodes[stack] : 0;

	while (node && advice_facts_is_runtime(f, f->tree.frames[f->tree.nodes[node].frame].function))
		node = f->tree.nodes[node].parent;
	return node;
}

/* --- sites ----------------------------------------------------------------------------------------------- */

int advice_facts_check_stack(const struct advice_facts *f, int64_t stack, struct err *err)
{
	if (stack < 1 || stack > f->tree.last_node || !f->tree.nodes[stack].frame)
		return err_set(err, ERR_FAILED, "the database is damaged: it counts something for stack %lld, which is not there",
		               (long long)stack);
	return 0;
}

struct advice_site *advice_facts_site(struct advice_facts *f, uint32_t site, const struct advice_process *p)
{
	uint32_t number = map_find(&f->site_index, map_pair(site, (uint32_t)(p - f->processes)));

	return number ? &f->sites[number - 1] : NULL;
}

struct advice_site *advice_facts_site_of(struct advice_facts *f, int64_t site, int64_t process)
{
	const struct advice_process *p = advice_facts_process(f, process);

	return p && site > 0 && site <= f->tree.last_site ? advice_facts_site(f, (uint32_t)site, p) : NULL;
}

/* The same, made if it is new. */
static struct advice_site *site_made(struct advice_facts *f, uint32_t site, const struct advice_process *p)
{
	uint32_t *number = map_at(&f->site_index, map_pair(site, (uint32_t)(p - f->processes)));

	if (!*number) {
		f->sites = memory_grown(f->sites, &f->site_room, f->site_count + 1, sizeof(*f->sites));
		f->sites[f->site_count] = (struct advice_site){ .site = site, .process = p };
		*number = (uint32_t)++f->site_count;
	}
	return &f->sites[*number - 1];
}

struct best { /* of the stacks of a site, by one cost */
	int64_t allocations, leaked_bytes, at_peak_bytes;
};

/* Notes the stack if it has more of the cost than those before. */
static void compare(struct advice_site *s, struct best *best, int64_t cost, uint32_t stack, int64_t value)
{
	int64_t *most = cost == COST_ALLOCATIONS ? &best->allocations : cost == COST_AT_PEAK_BYTES ? &best->at_peak_bytes : &best->leaked_bytes;
	uint32_t *with = cost == COST_ALLOCATIONS ? &s->stack : cost == COST_AT_PEAK_BYTES ? &s->peak_stack : &s->leak_stack;

	if (value <= *most)
		return;
	*most = value;
	*with = stack;
}

static void count(struct advice_site *s, int64_t cost, int64_t value)
{
	int64_t *const sums[COST_LIMIT] = {
		[COST_ALLOCATIONS] = &s->allocations, [COST_ALLOCATED_BYTES] = &s->bytes, [COST_AT_PEAK_BYTES] = &s->at_peak_bytes,
		[COST_LEAKED_BYTES] = &s->leaked_bytes, [COST_LEAKED_ALLOCATIONS] = &s->leaked,
		[COST_TEMPORARY_ALLOCATIONS] = &s->temporary, [COST_AT_PEAK_ALLOCATIONS] = &s->at_peak,
	};

	if (cost > 0 && cost < COST_LIMIT && sums[cost])
		*sums[cost] += value;
}

/* The sites, and the best stack so far beside each. */
struct comparing {
	struct advice_facts *facts;
	struct best *best;
	size_t room, known;
};

static void compare_stack(void *to, const struct advice_stack *row)
{
	struct comparing *c = to;
	struct advice_site *s = site_made(c->facts, c->facts->tree.nodes[row->stack].site, row->process);

	c->best = memory_grown(c->best, &c->room, c->facts->site_count, sizeof(*c->best));
	for (; c->known < c->facts->site_count; c->known++)
		c->best[c->known] = (struct best){ 0 };
	compare(s, &c->best[s - c->facts->sites], row->key, row->stack, row->first);
}

static int read_stacks(struct advice_facts *f, struct err *err)
{
	struct comparing c = { .facts = f };
	int rc = advice_stacks_each(f, "SELECT cost_id, stack_id, thread_id, value, 0 FROM total WHERE cost_id IN (1, 3, 4) "
	                               "ORDER BY cost_id, stack_id", 0, compare_stack, &c, err);

	free(c.best);
	return rc;
}

static int read_totals(struct advice_facts *f, struct err *err)
{
	struct statement *q = store_prepare(f->store, "SELECT cost_id, site_id, process_id, sum(value) FROM site_total "
	                                              "JOIN thread ON thread.id = thread_id WHERE cost_id IN (1, 2, 3, 4, 5, 6, 9) AND "
	                                              SCOPE_PROCESSES " GROUP BY 1, 2, 3", err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, &f->scope);
	while ((got = statement_step(q, err)) > 0) {
		int64_t site = statement_number(q, 1);
		const struct advice_process *p = advice_facts_process(f, statement_number(q, 2));

		if (site < 1 || site > f->tree.last_site || !f->tree.sites[site].function) {
			got = err_set(err, ERR_FAILED, "the database is damaged: it counts something for site %lld, which is not there",
			              (long long)site);
			break;
		}
		if (p)
			count(site_made(f, (uint32_t)site, p), statement_number(q, 0), statement_number(q, 3));
	}
	statement_finish(q);
	return got;
}

static int read_alive(struct advice_facts *f, struct err *err)
{
	struct statement *q = store_prepare(f->store, "SELECT site_id, process_id, "
		"max(CASE WHEN thread_id = 0 THEN max_live ELSE 0 END), max(CASE WHEN thread_id = 0 THEN 0 ELSE max_live END) "
		"FROM site_peak WHERE " SCOPE_PROCESSES " GROUP BY 1, 2", err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, &f->scope);
	while ((got = statement_step(q, err)) > 0) {
		struct advice_site *s = advice_facts_site_of(f, statement_number(q, 0), statement_number(q, 1));
		if (!s)
			continue;
		s->max_live = statement_number(q, 2);
		s->max_live_thread = statement_number(q, 3) ? statement_number(q, 3) : s->max_live;
	}
	statement_finish(q);
	return got;
}

static void count_local(void *to, const struct advice_stack *row)
{
	struct advice_facts *f = to;
	struct advice_site *s = advice_facts_site(f, f->tree.nodes[row->stack].site, row->process);

	if (s)
		s->local += row->first;
}

static int read_local(struct advice_facts *f, struct err *err)
{
	return advice_stacks_each(f, "SELECT 0, stack_id, thread_id, blocks, 0 FROM escaped WHERE class = 1 ORDER BY stack_id", 0, count_local, f,
	                          err);
}

/* --- distributions --------------------------------------------------------------------------------------- */

struct buckets { /* of one site and kind, ascending */
	struct advice_site *site;
	int lifetimes;
	size_t count;
	struct bucket_row {
		int64_t low, high, count;
	} at[BUCKETS_MOST];
};

/* As far as a size class that begins with `low` may reach: twice that; the smallest sizes are one class with every allocator. */
static int64_t class_end(int64_t low)
{
	return low < 8 ? 16 : low > INT64_MAX / 2 ? INT64_MAX : 2 * low;
}

/* The class is the one with most blocks of all that could be: from each bucket on, as far as it goes. */
static void close_sizes(const struct buckets *b)
{
	struct advice_site *s = b->site;
	int64_t sum = 0;

	s->size_low = b->at[0].low;
	s->size_high = b->at[b->count - 1].high;
	for (size_t i = 0, end = 0; i < b->count; i++) {
		for (; end < b->count && (end <= i || b->at[end].high <= class_end(b->at[i].low)); end++)
			sum += b->at[end].count;
		if (sum > s->class_count) {
			s->class_count = sum;
			s->class_low = b->at[i].low;
			s->class_high = b->at[end - 1].high;
		}
		sum -= b->at[i].count;
	}
}

static void close_lifetimes(const struct buckets *b)
{
	struct advice_site *s = b->site;

	for (size_t i = 0; i < b->count; i++)
		s->freed += b->at[i].count;
	for (size_t i = 0; i < b->count && s->life_count < s->freed - s->freed / 10; i++) {
		s->life_count += b->at[i].count;
		s->life_ns = b->at[i].high;
	}
}

static void close_buckets(struct buckets *b)
{
	if (b->site && b->count)
		(b->lifetimes ? close_lifetimes : close_sizes)(b);
	b->count = 0;
}

static int read_histograms(struct advice_facts *f, struct err *err)
{
	struct statement *q = store_prepare(f->store, "SELECT kind = 'lifetime', site_id, process_id, low, high, count FROM histogram "
	                                              "WHERE kind IN ('size', 'lifetime') AND " SCOPE_PROCESSES " ORDER BY 1, 2, 3, 4", err);
	struct buckets b = { 0 };
	int got;

	if (!q)
		return -1;
	scope_bind(q, &f->scope);
	while ((got = statement_step(q, err)) > 0) {
		struct advice_site *s = advice_facts_site_of(f, statement_number(q, 1), statement_number(q, 2));
		int lifetimes = statement_number(q, 0) != 0;
		if (s != b.site || lifetimes != b.lifetimes)
			close_buckets(&b);
		b.site = s;
		b.lifetimes = lifetimes;
		if (b.count < BUCKETS_MOST)
			b.at[b.count++] = (struct bucket_row){ statement_number(q, 3), statement_number(q, 4), statement_number(q, 5) };
	}
	close_buckets(&b);
	statement_finish(q);
	return got;
}

int advice_facts_read(struct advice_facts *f, struct err *err)
{
	if (stack_tree_load(f->store, &f->tree, err))
		return -1;
	f->site_nodes = stack_tree_site_nodes(&f->tree);
	f->runtime = memory_zeroed((size_t)f->tree.last_function + 1, 1);
	if (read_stacks(f, err) || read_totals(f, err) || advice_doubt(f, err) || read_alive(f, err) || read_local(f, err) || read_histograms(f, err))
		return -1;
	return 0;
}
