/* SPDX-License-Identifier: MIT
 *
 * From a trace to a database, with known answers: one thread, several, forks, losses, damage.
 */
#include <glob.h>

#include "tests/unit/ingest_fixture.h"

static size_t files_left(void)
{
	char pattern[300];
	glob_t found = { 0 };
	size_t n;

	snprintf(pattern, sizeof(pattern), "%s*", db_path);
	glob(pattern, 0, NULL, &found);
	n = found.gl_pathc;
	globfree(&found);
	return n;
}

/* --- one thread ------------------------------------------------------------------------------ */

static void test_one_thread(void **state)
{
	const struct event events[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 100, 2),
		ev(MS(2), EVENT_CALLOC, 0x2000, 50, 3),
		ev(MS(3), EVENT_MALLOC, 0x3000, 30, 4),
		ev(MS(4), EVENT_FREE, 0x3000, 0, 4), /* temporary */
		ev(MS(5), EVENT_REALLOC_FREE, 0x1000, 0, 2),
		ev(MS(5), EVENT_REALLOC_ALLOC, 0x1000, 200, 2), /* peak: 250 */
		ev(MS(6), EVENT_FREE, 0x2000, 0, 3),
		ev(MS(7), EVENT_NEW, 0x2000, 40, 4),
		ev(MS(8), EVENT_FREE, 0x9000, 0, 4), /* never seen before */
	};
	struct trace_writer w;
	struct ingest_result result;
	struct store *s;

	(void)state;
	begin(&w, 1);
	writer_events(&w, 1, events, LENGTH(events));
	finish(&w, MS(10));
	s = analyze(&w, &result);
	assert_int_equal(result.events, LENGTH(events));
	assert_int_equal(result.cut, 0);
	check_sums(s);
	assert_answer(s, "SELECT allocations FROM process", 5);
	assert_answer(s, "SELECT frees FROM process", 3);
	assert_answer(s, "SELECT reallocations FROM process", 1);
	assert_answer(s, "SELECT allocated_bytes FROM process", 420);
	assert_answer(s, "SELECT peak_bytes FROM process", 250);
	assert_answer(s, "SELECT peak_ns FROM process", 5000000 - WRITER_TICK_NS);
	assert_answer(s, "SELECT leaked_bytes FROM process", 240);
	assert_answer(s, "SELECT leaked_allocations FROM process", 2);
	assert_answer(s, "SELECT temporary_allocations FROM process", 1);
	assert_answer(s, "SELECT unmatched_frees FROM process", 1);
	assert_answer(s, "SELECT implied_frees FROM process", 0);
	assert_text(s, "SELECT ended FROM process", "exit 3");
	assert_text(s, "SELECT command_line FROM process", "prog -x");
	/* the site of the stack at node 2 has the resized block at the peak; node 4's own peak is its largest */
	assert_answer(s, "SELECT value FROM total WHERE cost_id = 3 AND stack_id = 1", 200);
	assert_answer(s, "SELECT value FROM total WHERE cost_id = 9 AND stack_id = 2", 1);
	assert_answer(s, "SELECT peak_bytes FROM site_peak JOIN stack USING (site_id) WHERE stack.id = 3 AND thread_id = 0", 40);
	assert_answer(s, "SELECT max_live FROM site_peak JOIN stack USING (site_id) WHERE stack.id = 1 AND thread_id = 1", 1);
	assert_answer(s, "SELECT count FROM histogram WHERE kind = 'lifetime' AND low <= 1000000 AND high >= 1000000", 1);
	assert_answer(s, "SELECT count(*) FROM slice", 9);
	assert_answer(s, "SELECT end_ns FROM slice WHERE id = 9", 10000000 - WRITER_TICK_NS);
	assert_answer(s, "SELECT depth FROM stack WHERE id = 3", 2);
	assert_answer(s, "SELECT count(*) FROM stack", 3); /* nobody needed "[unknown]" */
	assert_answer(s, "SELECT allocations FROM kind_total WHERE kind = 'new'", 1);
	assert_int_equal(store_meta_number(s, "complete", -1), 1);
	assert_int_equal(store_meta_number(s, "trace_bytes", -1), w.size);
	store_close(s);
	writer_release(&w);
}

/* The peak is the first instant of the largest; a cell untouched since has what it has now. */
static void test_at_peak(void **state)
{
	const struct event events[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2), /* lives on, untouched after the peak */
		ev(MS(2), EVENT_MALLOC, 0x2000, 90, 3), /* first peak: 100 */
		ev(MS(3), EVENT_FREE, 0x2000, 0, 3),
		ev(MS(4), EVENT_MALLOC, 0x2000, 90, 4), /* 100 again: no new peak */
		ev(MS(5), EVENT_FREE, 0x2000, 0, 4),
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 1);
	writer_events(&w, 1, events, LENGTH(events));
	finish(&w, MS(6));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT value FROM total WHERE cost_id = 3 AND stack_id = 1", 10);
	assert_answer(s, "SELECT value FROM total WHERE cost_id = 3 AND stack_id = 2", 90);
	assert_answer(s, "SELECT count(*) FROM total WHERE cost_id = 3 AND stack_id = 3", 0);
	assert_answer(s, "SELECT peak_ns FROM process", 2000000 - WRITER_TICK_NS);
	store_close(s);
	writer_release(&w);
}

/* In one thread the order is certain: an address that comes twice has lost its free. */
static void test_lost_free(void **state)
{
	const struct event events[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2),
		ev(MS(1), EVENT_MALLOC, 0x1000, 20, 3),
		ev(MS(1), EVENT_FREE, 0x1000, 0, 3),
	};
	struct meta loss = { .kind = META_LOSS, .tick = MS(2), .process = 1, .thread = 1 };
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 1);
	writer_events(&w, 1, events, LENGTH(events));
	loss.u.loss.dropped = 5;
	writer_meta(&w, &loss);
	loss.u.loss.dropped = 7;
	writer_meta(&w, &loss);
	finish(&w, MS(3));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT implied_frees FROM process", 1);
	assert_answer(s, "SELECT leaked_allocations FROM process", 0);
	assert_answer(s, "SELECT peak_bytes FROM process", 20);
	assert_answer(s, "SELECT lost_events FROM process", 7);
	assert_answer(s, "SELECT lost_events FROM thread", 7);
	store_close(s);
	writer_release(&w);
}

/* --- several threads ------------------------------------------------------------------------- */

/* The other thread's free has the same stamp, or a later one: it ended the block before. */
static void reuse(uint64_t free_tick)
{
	const struct event one[] = { ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2), ev(free_tick, EVENT_FREE, 0x1000, 0, 2) };
	const struct event two[] = { ev(MS(2), EVENT_MALLOC, 0x1000, 20, 3), ev(MS(3), EVENT_FREE, 0x1000, 0, 3) };
	struct trace_writer w;
	struct store *s;

	begin(&w, 2);
	writer_events(&w, 1, one, LENGTH(one));
	writer_events(&w, 2, two, LENGTH(two));
	finish(&w, MS(4));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT frees FROM process", 2);
	assert_answer(s, "SELECT implied_frees + unmatched_frees + leaked_allocations FROM process", 0);
	assert_answer(s, "SELECT peak_bytes FROM process", 20);
	assert_answer(s, "SELECT temporary_allocations FROM process", 2);
	store_close(s);
	writer_release(&w);
}

static void test_reuse_by_another_thread(void **state)
{
	(void)state;
	reuse(MS(2) - 1);
	reuse(MS(2));
	reuse(MS(2) + 1);
}

/* One thread allocates, the other frees, and the stamps say so, are equal, or say the contrary. */
static void hand_over(uint64_t free_tick)
{
	const struct event one[] = { ev(MS(2), EVENT_MALLOC, 0x1000, 10, 2) };
	const struct event two[] = { ev(MS(1), EVENT_MALLOC, 0x5000, 1, 3), ev(free_tick, EVENT_FREE, 0x1000, 0, 3) };
	struct trace_writer w;
	struct store *s;

	begin(&w, 2);
	writer_events(&w, 1, one, LENGTH(one));
	writer_events(&w, 2, two, LENGTH(two));
	finish(&w, MS(4));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT frees FROM process", 1);
	assert_answer(s, "SELECT unmatched_frees FROM process", 0);
	assert_answer(s, "SELECT leaked_bytes FROM process", 1);
	assert_answer(s, "SELECT temporary_allocations FROM process", 0); /* not its own thread */
	assert_answer(s, "SELECT value FROM total WHERE cost_id = 10", 1);
	assert_answer(s, "SELECT thread_id FROM total WHERE cost_id = 10", 2);
	store_close(s);
	writer_release(&w);
}

static void test_hand_over(void **state)
{
	(void)state;
	hand_over(MS(2) + 1);
	hand_over(MS(2));
	hand_over(MS(2) - 1);
}

/* All at one tick, and the thread whose event came last is merged first: the other's two count as a pair. */
static void pair(const struct event *first, size_t count, int block_before, uint64_t live_bytes)
{
	const struct event one[] = { ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2), first[0] };
	struct trace_writer w;
	struct store *s;

	begin(&w, 2);
	writer_events(&w, 1, one + !block_before, LENGTH(one) - !block_before);
	writer_events(&w, 2, first + 1, count - 1);
	finish(&w, MS(4));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT allocations FROM process", 2);
	assert_answer(s, "SELECT implied_frees + unmatched_frees FROM process", 0);
	assert_answer(s, "SELECT leaked_bytes FROM process", (int64_t)live_bytes);
	store_close(s);
	writer_release(&w);
}

static void test_pairs(void **state)
{
	/* truly: the block is freed and had again by two, then freed by one */
	const struct event freed[] = {
		ev(MS(2), EVENT_FREE, 0x1000, 0, 2),
		ev(MS(2), EVENT_FREE, 0x1000, 0, 3), ev(MS(2), EVENT_MALLOC, 0x1000, 20, 3),
	};
	/* truly: two has it first and frees it, then one has it */
	const struct event had[] = {
		ev(MS(2), EVENT_MALLOC, 0x2000, 30, 2),
		ev(MS(2), EVENT_MALLOC, 0x2000, 20, 3), ev(MS(2), EVENT_FREE, 0x2000, 0, 3),
	};

	(void)state;
	pair(freed, LENGTH(freed), 1, 0);
	pair(had, LENGTH(had), 0, 30);
}

/* A free of what was never seen, then the address is handed out: the free is not the new block's. */
static void test_unknown_free_is_not_taken_for_a_later_block(void **state)
{
	const struct event one[] = { ev(MS(2), EVENT_FREE, 0x1000, 0, 2), ev(MS(2), EVENT_MALLOC, 0x1000, 10, 2) };
	const struct event two[] = { ev(MS(1), EVENT_FREE, 0x2000, 0, 3) };
	const struct event later[] = { ev(MS(3), EVENT_MALLOC, 0x2000, 20, 3) };
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 2);
	writer_events(&w, 1, one, LENGTH(one));
	writer_events(&w, 2, two, LENGTH(two));
	writer_events(&w, 2, later, LENGTH(later));
	finish(&w, MS(4));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT unmatched_frees FROM process", 2);
	assert_answer(s, "SELECT leaked_bytes FROM process", 30);
	store_close(s);
	writer_release(&w);
}

/* The free was lost, and the thread that got the address next frees it again before that is certain. */
static void test_lost_free_between_threads(void **state)
{
	const struct event one[] = { ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2), ev(MS(9), EVENT_MALLOC, 0x7000, 1, 2) };
	const struct event two[] = {
		ev(MS(2), EVENT_MALLOC, 0x1000, 20, 3), ev(MS(2), EVENT_FREE, 0x1000, 0, 3),
		ev(MS(5), EVENT_MALLOC, 0x1000, 40, 3), ev(MS(6), EVENT_MALLOC, 0x1000, 80, 3),
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 2);
	writer_events(&w, 1, one, LENGTH(one));
	writer_events(&w, 2, two, LENGTH(two));
	finish(&w, MS(10));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT allocations FROM process", 5);
	assert_answer(s, "SELECT frees FROM process", 1);
	assert_answer(s, "SELECT implied_frees FROM process", 2);
	assert_answer(s, "SELECT leaked_bytes FROM process", 81);
	store_close(s);
	writer_release(&w);
}

/* --- a model of many threads ----------------------------------------------------------------- */

#define MODEL_THREADS 5u
#define MODEL_SLOTS 300u
#define MODEL_STEPS 60000u

struct model {
	uint64_t seed;
	struct event *events[MODEL_THREADS];
	size_t counts[MODEL_THREADS];
	uint64_t sizes[MODEL_SLOTS]; /* 0: free */
	uint64_t allocations, bytes, frees, live, live_bytes, peak_bytes;
};

static uint64_t model_random(struct model *m, uint64_t below)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return m->seed % below;
}

/* One event, as it truly happened at `now`; its stamp is good to a tick. */
static void model_step(struct model *m, uint64_t now)
{
	unsigned t = (unsigned)model_random(m, MODEL_THREADS), slot = (unsigned)model_random(m, MODEL_SLOTS);
	uint64_t stamp = now + model_random(m, 2), size = 1 + model_random(m, 5000);
	struct event *e = &m->events[t][m->counts[t]++];

	if (e != m->events[t] && stamp < e[-1].stamp)
		stamp = e[-1].stamp;
	if (m->sizes[slot]) {
		*e = ev(stamp, EVENT_FREE, 0x1000 + slot * 16, 0, 2);
		m->frees++;
		m->live--;
		m->live_bytes -= m->sizes[slot];
		m->sizes[slot] = 0;
		return;
	}
	*e = ev(stamp, EVENT_MALLOC, 0x1000 + slot * 16, size, 2 + (uint32_t)model_random(m, 3));
	m->sizes[slot] = size;
	m->allocations++;
	m->bytes += size;
	m->live++;
	m->live_bytes += size;
	if (m->live_bytes > m->peak_bytes)
		m->peak_bytes = m->live_bytes;
}

static void model_write(const struct model *m, struct trace_writer *w)
{
	const size_t step = 1000;

	begin(w, MODEL_THREADS);
	for (unsigned t = 0; t < MODEL_THREADS; t++)
		for (size_t i = 0; i < m->counts[t]; i += step)
			writer_events(w, t + 1, m->events[t] + i, m->counts[t] - i < step ? m->counts[t] - i : step);
}

/* gap: eighths of a tick between events. Whatever the order they are put in: each free has its block, and what is left
 * is what is left. Only the peak can differ, by the blocks in doubt at one time. */
static void run_model(uint64_t seed, uint64_t gap)
{
	struct model m = { .seed = seed };
	struct trace_writer w;
	struct store *s;

	for (unsigned t = 0; t < MODEL_THREADS; t++)
		m.events[t] = calloc(MODEL_STEPS, sizeof(struct event));
	for (uint64_t i = 0; i < MODEL_STEPS; i++)
		model_step(&m, 100 + i * gap / 8);
	model_write(&m, &w);
	finish(&w, 100 + (MODEL_STEPS + 8) * gap / 8);
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT allocations FROM process", (int64_t)m.allocations);
	assert_answer(s, "SELECT frees FROM process", (int64_t)m.frees);
	assert_answer(s, "SELECT allocated_bytes FROM process", (int64_t)m.bytes);
	assert_answer(s, "SELECT leaked_allocations FROM process", (int64_t)m.live);
	assert_answer(s, "SELECT implied_frees + unmatched_frees FROM process", 0);
	assert_answer(s, "SELECT leaked_bytes FROM process", (int64_t)m.live_bytes);
	assert_true(llabs(ask(s, "SELECT peak_bytes FROM process") - (int64_t)m.peak_bytes) <= 5000 * (int64_t)(1 + 40 / gap));
	store_close(s);
	writer_release(&w);
	for (unsigned t = 0; t < MODEL_THREADS; t++)
		free(m.events[t]);
}

static void test_model(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		run_model(seed * 7919, 24);
		run_model(seed * 104729, 4);
	}
}

/* --- a model of one thread: everything exact ------------------------------------------------- */

#define EXACT_STACKS 3u /* nodes 2, 3, 4: stacks 1, 2, 3 of the database, each a site of its own */

struct exact {
	struct model m;
	struct {
		unsigned stack;
		uint64_t size, order;
	} blocks[MODEL_SLOTS];
	uint64_t order, live[EXACT_STACKS], at_peak[EXACT_STACKS], own_peak[EXACT_STACKS], temporary[EXACT_STACKS];
	uint64_t count[EXACT_STACKS], most[EXACT_STACKS];
};

static void exact_free(struct exact *x, unsigned slot, unsigned kind, uint64_t now)
{
	unsigned stack = x->blocks[slot].stack;

	x->m.events[0][x->m.counts[0]++] = ev(now, kind, 0x1000 + slot * 16, 0, 2);
	x->live[stack] -= x->blocks[slot].size;
	x->count[stack]--;
	x->m.live_bytes -= x->blocks[slot].size;
	x->temporary[stack] += x->blocks[slot].order == x->order;
	x->blocks[slot].size = 0;
}

static void exact_allocate(struct exact *x, unsigned slot, unsigned kind, uint64_t now)
{
	unsigned stack = (unsigned)model_random(&x->m, EXACT_STACKS);
	uint64_t size = 1 + model_random(&x->m, 3000);

	x->m.events[0][x->m.counts[0]++] = ev(now, kind, 0x1000 + slot * 16, size, 2 + stack);
	x->blocks[slot].stack = stack;
	x->blocks[slot].size = size;
	x->blocks[slot].order = ++x->order;
	x->live[stack] += size;
	x->m.live_bytes += size;
	if (x->live[stack] > x->own_peak[stack])
		x->own_peak[stack] = x->live[stack];
	if (++x->count[stack] > x->most[stack])
		x->most[stack] = x->count[stack];
	if (x->m.live_bytes > x->m.peak_bytes) {
		x->m.peak_bytes = x->m.live_bytes;
		memcpy(x->at_peak, x->live, sizeof(x->live));
	}
}

#define PEAKS(column) "SELECT " column " FROM site_peak JOIN stack USING (site_id) WHERE thread_id = 0 AND stack.id = "

static void exact(struct store *s, const char *sql, unsigned stack, uint64_t expected)
{
	char whole[200];

	snprintf(whole, sizeof(whole), "%s%u", sql, stack);
	assert_answer(s, whole, (int64_t)expected);
}

static void test_model_of_one_thread(void **state)
{
	struct exact x = { .m = { .seed = 4711 } };
	struct trace_writer w;
	struct store *s;

	(void)state;
	x.m.events[0] = calloc(MODEL_STEPS * 2, sizeof(struct event));
	for (uint64_t i = 0; i < MODEL_STEPS; i++) {
		unsigned slot = (unsigned)model_random(&x.m, MODEL_SLOTS);

		if (!x.blocks[slot].size) {
			exact_allocate(&x, slot, EVENT_MALLOC, 10 + i);
		} else if (model_random(&x.m, 4)) {
			exact_free(&x, slot, EVENT_FREE, 10 + i);
		} else {
			exact_free(&x, slot, EVENT_REALLOC_FREE, 10 + i);
			exact_allocate(&x, slot, EVENT_REALLOC_ALLOC, 10 + i);
		}
	}
	model_write(&x.m, &w);
	finish(&w, MODEL_STEPS + 20);
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT peak_bytes FROM process", (int64_t)x.m.peak_bytes);
	assert_answer(s, "SELECT leaked_bytes FROM process", (int64_t)x.m.live_bytes);
	for (unsigned i = 0; i < EXACT_STACKS; i++) {
		exact(s, "SELECT sum(value) FROM total WHERE cost_id = 3 AND stack_id = ", i + 1, x.at_peak[i]);
		exact(s, "SELECT sum(value) FROM total WHERE cost_id = 4 AND stack_id = ", i + 1, x.live[i]);
		exact(s, "SELECT sum(value) FROM total WHERE cost_id = 6 AND stack_id = ", i + 1, x.temporary[i]);
		exact(s, PEAKS("peak_bytes"), i + 1, x.own_peak[i]);
		exact(s, PEAKS("max_live"), i + 1, x.most[i]);
	}
	store_close(s);
	writer_release(&w);
	free(x.m.events[0]);
}

/* --- processes ------------------------------------------------------------------------------- */

static void test_fork(void **state)
{
	const struct event parent[] = { ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2) };
	const struct event child[] = {
		ev(MS(2), EVENT_FREE, 0x1000, 0, 2), /* the inherited block */
		ev(MS(2), EVENT_MALLOC, 0x1000, 30, 3),
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 1);
	writer_process(&w, MS(2), 4800, 1);
	writer_thread(&w, MS(2), 2, 4800);
	writer_events(&w, 1, parent, LENGTH(parent));
	writer_events(&w, 2, child, LENGTH(child));
	writer_process_end(&w, MS(3), 2, ENDED_SIGNAL, 9);
	finish(&w, MS(4));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT leaked_bytes FROM process WHERE id = 1", 10);
	assert_answer(s, "SELECT leaked_bytes FROM process WHERE id = 2", 30);
	assert_answer(s, "SELECT unmatched_frees FROM process WHERE id = 2", 1);
	assert_answer(s, "SELECT parent_id FROM process WHERE id = 2", 1);
	assert_text(s, "SELECT ended FROM process WHERE id = 2", "signal 9");
	assert_answer(s, "SELECT count(*) FROM timeline WHERE process_id = 2", 2);
	store_close(s);
	writer_release(&w);
}

static void test_samples(void **state)
{
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 1);
	for (uint64_t i = 0; i < 4; i++) {
		struct meta m = { .kind = META_SAMPLE, .tick = 100 + MS(1) + i * MS(1) / 2, .process = 1 };

		m.u.sample.rss_bytes = 1000 * (4 - i);
		m.u.sample.minor_faults = 10 + i * 5;
		writer_meta(&w, &m);
	}
	finish(&w, MS(8) + 1);
	s = analyze(&w, NULL);
	assert_answer(s, "SELECT rss_bytes FROM timeline WHERE slice = 2", 4000);
	assert_answer(s, "SELECT minor_faults FROM timeline WHERE slice = 2", 15);
	assert_answer(s, "SELECT minor_faults FROM timeline WHERE slice = 3", 10);
	assert_answer(s, "SELECT rss_bytes IS NULL FROM timeline WHERE slice = 5", 1);
	store_close(s);
	writer_release(&w);
}

/* --- names ----------------------------------------------------------------------------------- */

static void test_names(void **state)
{
	struct event events[6];
	struct trace_writer w;
	struct store *s;
	uint32_t root;

	(void)state;
	begin(&w, 1);
	writer_module(&w, 2, 0x50000, 0x10000, "/nowhere/libx.so"); /* the same one elsewhere */
	root = writer_node(&w, 0, 2);
	events[0] = ev(1, EVENT_MALLOC, 0x1000, 1, 2);
	events[1] = ev(2, EVENT_MALLOC, 0x2000, 1, writer_node(&w, root, 0x51000)); /* is node 2 */
	events[2] = ev(3, EVENT_MALLOC, 0x3000, 1, writer_node(&w, root, 0x99000)); /* in no module */
	events[3] = ev(4, EVENT_MALLOC, 0x4000, 1, writer_node(&w, writer_node(&w, root, 1), 0x51000)); /* under a cut-off stack */
	events[4] = ev(5, EVENT_MALLOC, 0x5000, 1, 0);
	events[5] = ev(6, EVENT_MALLOC, 0x6000, 1, 4000); /* a node that is not in the trace */
	writer_events(&w, 1, events, LENGTH(events));
	finish(&w, MS(1));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT value FROM total WHERE cost_id = 1 AND stack_id = 1", 2);
	assert_answer(s, "SELECT count(*) FROM module", 2);
	assert_text(s, "SELECT build_id FROM module WHERE id = 1", "0102");
	assert_answer(s, "SELECT count(*) FROM function WHERE name = '[unknown]+0x99000'", 1);
	assert_answer(s, "SELECT count(*) FROM function WHERE name = '[truncated]'", 1);
	assert_answer(s, "SELECT allocations FROM hotspots WHERE function = '[unknown]'", 2);
	assert_answer(s, "SELECT address FROM frame WHERE id = 1", 0x1000);
	assert_answer(s, "SELECT count(*) FROM stack s WHERE parent_id >= id", 0);
	store_close(s);
	writer_release(&w);
}

/* --- bad input ------------------------------------------------------------------------------- */

static void test_header_only(void **state)
{
	struct trace_writer w;
	struct ingest_result result;
	struct store *s;
	char notes[256];

	(void)state;
	writer_begin(&w);
	s = analyze(&w, &result);
	assert_int_equal(result.cut, 1);
	assert_answer(s, "SELECT count(*) FROM process", 0);
	store_meta_text(s, "notes", notes, sizeof(notes));
	assert_non_null(strstr(notes, "no event arrived"));
	assert_int_equal(store_meta_number(s, "complete", -1), 0);
	store_close(s);
	writer_release(&w);
}

static void small_trace(struct trace_writer *w)
{
	struct event events[40];

	for (unsigned i = 0; i < LENGTH(events); i++)
		events[i] = ev(MS(1) + i, i % 2 ? EVENT_FREE : EVENT_MALLOC, 0x1000 + (i / 2) * 64, i % 2 ? 0 : 10 + i, 2 + i % 3);
	begin(w, 2);
	writer_events(w, 1, events, LENGTH(events));
	writer_events(w, 2, events, LENGTH(events) - 1);
	finish(w, MS(2));
}

/* A sentence, no database, no temporary file; or a database that holds together. */
static void try_bytes(const struct trace_writer *w, size_t size, int may_succeed)
{
	struct err err = { 0 };
	struct ingest_result result;

	unlink(db_path);
	writer_save(w, trace_path, size);
	if (ingest_run(trace_path, db_path, NULL, &result, &err)) {
		assert_true(err.kind == ERR_FAILED && strlen(err.text) > 20);
		assert_int_equal(files_left(), 0);
		return;
	}
	if (!may_succeed)
		fail_msg("analyzed in spite of damage at size %zu", size);
	assert_int_equal(result.cut, size < w->size);
}

static void test_every_cut(void **state)
{
	struct trace_writer w;

	(void)state;
	small_trace(&w);
	for (size_t size = 0; size <= w.size; size++)
		try_bytes(&w, size, size >= FILE_HEADER_SIZE);
	writer_release(&w);
}

static void test_every_byte_changed(void **state)
{
	struct trace_writer w;

	(void)state;
	small_trace(&w);
	for (size_t i = 0; i < w.size; i++) {
		w.bytes[i] ^= (unsigned char)(1u << i % 8);
		try_bytes(&w, w.size, 0);
		w.bytes[i] ^= (unsigned char)(1u << i % 8);
	}
	writer_append(&w, "x", 1);
	try_bytes(&w, w.size, 0);
	writer_release(&w);
}

static void refuse(const char *why)
{
	struct err err = { 0 };

	assert_int_equal(ingest_run(trace_path, db_path, NULL, NULL, &err), -1);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	assert_int_equal(files_left(), 0);
}

static void test_refusals(void **state)
{
	struct file_header h = { .version = TRACE_VERSION + 1 };
	struct trace_writer w = { 0 };
	unsigned char bytes[FILE_HEADER_SIZE];

	(void)state;
	writer_save(&w, trace_path, 0);
	refuse("is empty");
	writer_append(&w, "SQLite format 3", 16);
	writer_save(&w, trace_path, w.size);
	refuse("is not a culprit trace");
	w.size = 0;
	file_header_encode(bytes, &h);
	writer_append(&w, bytes, sizeof(bytes));
	writer_save(&w, trace_path, w.size);
	refuse("made by a newer culprit (trace format 2; this one reads up to 1)");
	unlink(trace_path);
	refuse("No such file");
	writer_release(&w);
}

/* Facts that contradict each other are damage, whatever their checksums say. */
static void test_contradictions(void **state)
{
	struct event backwards[] = { ev(50, EVENT_MALLOC, 0x1000, 1, 2), ev(60, EVENT_MALLOC, 0x2000, 1, 2) };
	unsigned char *raw = malloc(BLOCK_MAX_RAW);
	void *scratch = malloc(events_scratch_size());
	struct trace_writer w;
	long size;

	(void)state;
	begin(&w, 1);
	w.threads = 7;
	writer_thread(&w, 1, 1, 1);
	try_bytes(&w, w.size, 0);
	writer_release(&w);

	begin(&w, 1);
	w.nodes = 99;
	writer_node(&w, 1, 0x1234);
	try_bytes(&w, w.size, 0);
	writer_release(&w);

	begin(&w, 1);
	size = events_encode(scratch, backwards, 2, raw, BLOCK_MAX_RAW);
	writer_block(&w, (struct block_header){ .kind = BLOCK_EVENTS, .count = 2, .thread = 1, .first_tick = 50, .last_tick = 55 },
	             raw, (size_t)size);
	try_bytes(&w, w.size, 0);
	writer_release(&w);
	free(raw);
	free(scratch);
}

/* A thread that nobody described: its events are left out, and that is said. */
static void test_orphans(void **state)
{
	const struct event events[] = { ev(5, EVENT_MALLOC, 0x1000, 10, 2) };
	struct trace_writer w;
	struct store *s;
	char notes[256];

	(void)state;
	begin(&w, 1);
	writer_events(&w, 1, events, 1);
	writer_events(&w, 2, events, 1);
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT allocations FROM process", 1);
	assert_text(s, "SELECT ended FROM process", "cut");
	store_meta_text(s, "notes", notes, sizeof(notes));
	assert_non_null(strstr(notes, "1 events of threads that the trace does not describe"));
	store_close(s);
	writer_release(&w);
}

static void test_identify(void **state)
{
	struct trace_writer w;
	struct err err = { 0 };
	uint64_t bytes;
	char id[33];

	(void)state;
	small_trace(&w);
	writer_save(&w, trace_path, w.size);
	assert_int_equal(ingest_identify(trace_path, id, &bytes, &err), 0);
	assert_string_equal(id, "00112233445566778899aabbccddeeff");
	assert_int_equal(bytes, w.size);
	writer_release(&w);
}

static void test_dump(void **state)
{
	struct ingest_dump_options options = { .events = 1 };
	struct trace_writer w;
	struct err err = { 0 };
	char *text;
	size_t size, events = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	small_trace(&w);
	writer_save(&w, trace_path, w.size);
	assert_int_equal(ingest_dump(trace_path, &options, out, &err), 0);
	fclose(out);
	for (const char *at = text; (at = strstr(at, "\nevent thread=")); at++)
		events++;
	assert_int_equal(events, 79);
	assert_non_null(strstr(text, "trace version=1 id=00112233445566778899aabbccddeeff "));
	assert_non_null(strstr(text, "\nprocess id=1 pid=4711 ppid=1 parent=0 comm=\"prog\""));
	assert_non_null(strstr(text, "command_line=\"prog\\x00-x\\x00\""));
	assert_non_null(strstr(text, "kind=malloc address=0x1000 size=10 stack=2 shared=0\n"));
	assert_non_null(strstr(text, "\nnode id=2 parent=1 address=0x11000\n"));
	assert_non_null(strstr(text, "\nend offset="));
	free(text);
	writer_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_thread, setup),
		cmocka_unit_test_setup(test_at_peak, setup),
		cmocka_unit_test_setup(test_lost_free, setup),
		cmocka_unit_test_setup(test_reuse_by_another_thread, setup),
		cmocka_unit_test_setup(test_hand_over, setup),
		cmocka_unit_test_setup(test_pairs, setup),
		cmocka_unit_test_setup(test_unknown_free_is_not_taken_for_a_later_block, setup),
		cmocka_unit_test_setup(test_lost_free_between_threads, setup),
		cmocka_unit_test_setup(test_model, setup),
		cmocka_unit_test_setup(test_model_of_one_thread, setup),
		cmocka_unit_test_setup(test_fork, setup),
		cmocka_unit_test_setup(test_samples, setup),
		cmocka_unit_test_setup(test_names, setup),
		cmocka_unit_test_setup(test_header_only, setup),
		cmocka_unit_test_setup(test_every_cut, setup),
		cmocka_unit_test_setup(test_every_byte_changed, setup),
		cmocka_unit_test_setup(test_refusals, setup),
		cmocka_unit_test_setup(test_contradictions, setup),
		cmocka_unit_test_setup(test_orphans, setup),
		cmocka_unit_test_setup(test_identify, setup),
		cmocka_unit_test_setup(test_dump, setup),
	};

	return cmocka_run_group_tests(tests, setup, cleanup);
}
