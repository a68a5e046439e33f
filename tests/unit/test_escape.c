/* SPDX-License-Identifier: MIT
 *
 * Escapes: which activations two events share, who owned a block when it died, how ends are summed, and what comes of it in
 * the database. Stacks are made by hand: functions with lines, some inlined.
 */
#include "tests/unit/ingest_fixture.h"

#include "analyzer/base/memory.h"
#include "analyzer/ingest/escape_chain.h"
#include "analyzer/ingest/escape_meet.h"
#include "analyzer/ingest/escape_sum.h"

/* --- a program ------------------------------------------------------------------------------- */

#define ROOM 64

struct program {
	struct naming naming;
	struct named_function functions[ROOM];
	struct named_frame *frames;
	struct named_stack *stacks;
	struct escape_places places;
	struct escape_owners owners;
	struct escape_meet last;
	struct escape_chain chain;
};

static void program_begin(struct program *p)
{
	*p = (struct program){ 0 };
	p->frames = memory_zeroed(70000, sizeof(*p->frames));
	p->stacks = memory_zeroed(70000, sizeof(*p->stacks));
	p->naming = (struct naming){ .functions = p->functions, .frames = p->frames, .stacks = p->stacks };
}

static uint32_t function(struct program *p, const char *name)
{
	for (uint32_t i = 1; i <= p->naming.function_count; i++)
		if (!strcmp(p->functions[i].name, name))
			return i;
	p->functions[++p->naming.function_count] = (struct named_function){ .name = name };
	return (uint32_t)p->naming.function_count;
}

/* A stack: a call of `name` under `parent`, stopped at a line of file 1 (0: unknown), its code being at `address`. */
static uint32_t at(struct program *p, uint32_t parent, const char *name, int line, uint64_t address)
{
	uint32_t id = (uint32_t)++p->naming.stack_count;

	p->frames[++p->naming.frame_count] = (struct named_frame){
		.function = function(p, name), .file = line != 0, .line = line, .address = address, .part = 1,
	};
	p->stacks[id] = (struct named_stack){ .parent = parent, .frame = (uint32_t)p->naming.frame_count,
	                                      .depth = parent ? p->stacks[parent].depth + 1 : 1 };
	return id;
}

static uint32_t inlined(struct program *p, uint32_t parent, const char *name, int line, uint64_t address, uint32_t instance)
{
	uint32_t id = at(p, parent, name, line, address);

	p->frames[p->stacks[id].frame].inlined = 1;
	p->frames[p->stacks[id].frame].instance = instance;
	return id;
}

static void program_run(struct program *p)
{
	escape_places_init(&p->places, &p->naming);
	escape_owners_init(&p->owners, 1, p->naming.function_count);
	p->chain.process = 1;
}

static void program_end(struct program *p)
{
	escape_chain_finish(&p->chain, &p->places, &p->owners);
	escape_chain_release(&p->chain);
	escape_places_release(&p->places);
	escape_owners_release(&p->owners);
	free(p->frames);
	free(p->stacks);
}

/* An event; its number. */
static uint32_t happens(struct program *p, unsigned kind, uint32_t stack, uint16_t shared)
{
	struct event e = { .kind = kind, .stack = stack, .shared = shared };

	escape_meet_event(&p->last, &p->places, &e);
	escape_chain_step(&p->chain, &p->places, &p->owners, &e);
	return p->chain.number;
}

/* The block that event `number` allocated with a stack dies now: owned by the frame at `depth`. */
#define assert_owner(p, stack, number, expected_depth, expected_uncertain) \
	do { \
		struct escape_end end_ = escape_chain_end(&(p)->chain, (p)->places.at[stack].site_depth, number, 8); \
		assert_int_equal(end_.depth, expected_depth); \
		assert_int_equal(end_.uncertain, expected_uncertain); \
	} while (0)

/* --- activations ----------------------------------------------------------------------------- */

/* main calls work: an allocation in a line, a free in one behind it; then again, from the same place. */
static void test_local(void **state)
{
	struct program p;
	uint32_t main_, make, drop, first;

	(void)state;
	program_begin(&p);
	main_ = at(&p, at(&p, 0, "_start", 0, 0x10), "main", 50, 0x500);
	make = at(&p, main_, "work", 10, 0x100);
	drop = at(&p, main_, "work", 20, 0x90); /* the code lies before, but the source behind */
	program_run(&p);
	first = happens(&p, EVENT_MALLOC, make, 0);
	happens(&p, EVENT_FREE, drop, 3);
	assert_owner(&p, make, first, 3, 0);
	for (int i = 0; i < 3; i++) {
		uint32_t number = happens(&p, EVENT_MALLOC, make, 3);

		assert_owner(&p, make, first, 2, 1); /* it may be another call by now: main's, and uncertain */
		happens(&p, EVENT_FREE, drop, 3);
		assert_owner(&p, make, number, 3, 0);
	}
	happens(&p, EVENT_FREE, main_, 2);
	assert_owner(&p, make, first, 2, 0); /* work has returned: nothing to be unsure of */
	program_end(&p);
}

/* What happens inside a call says nothing of the frames that only stay where they are. */
static void test_inner_loop(void **state)
{
	struct program p;
	uint32_t main_, outer, leaf, drop, numbers[3];

	(void)state;
	program_begin(&p);
	main_ = at(&p, 0, "main", 50, 0x500);
	outer = at(&p, main_, "outer", 10, 0x100);
	leaf = at(&p, outer, "leaf", 5, 0x50);
	drop = at(&p, main_, "outer", 11, 0x110);
	program_run(&p);
	numbers[0] = happens(&p, EVENT_MALLOC, leaf, 0);
	numbers[1] = happens(&p, EVENT_MALLOC, leaf, 3);
	numbers[2] = happens(&p, EVENT_MALLOC, leaf, 3);
	assert_owner(&p, leaf, numbers[0], 2, 1);
	happens(&p, EVENT_FREE, drop, 2);
	assert_owner(&p, leaf, numbers[0], 2, 0);
	assert_owner(&p, leaf, numbers[2], 2, 0);
	happens(&p, EVENT_FREE, drop, 2); /* a loop of frees, or outer again */
	assert_owner(&p, leaf, numbers[1], 1, 1);
	program_end(&p);
	assert_int_equal(p.chain.room, 0);
}

/* A frame that is not shared is another activation, though it looks the same. */
static void test_refuted(void **state)
{
	struct program p;
	uint32_t main_, work, number;

	(void)state;
	program_begin(&p);
	main_ = at(&p, 0, "main", 50, 0x500);
	work = at(&p, main_, "work", 10, 0x100);
	program_run(&p);
	number = happens(&p, EVENT_MALLOC, work, 0);
	happens(&p, EVENT_FREE, work, 1);
	assert_owner(&p, work, number, 1, 0);
	happens(&p, EVENT_FREE, work, 0); /* nothing shared: a coroutine's stack, perhaps */
	assert_owner(&p, work, number, 0, 1);
	program_end(&p);
}

static void test_lines_and_addresses(void **state)
{
	struct program p;
	uint32_t main_, one, other, unknown, number;

	(void)state;
	program_begin(&p);
	main_ = at(&p, 0, "main", 50, 0x500);
	one = at(&p, main_, "work", 10, 0x100);
	other = at(&p, main_, "work", 10, 0x120); /* the same line: by address */
	unknown = at(&p, main_, "work", 0, 0x110); /* no line: by address */
	program_run(&p);
	assert_true(escape_place_behind(&p.places, one, other));
	assert_false(escape_place_behind(&p.places, other, one));
	assert_true(escape_place_behind(&p.places, one, unknown));
	assert_false(escape_place_behind(&p.places, other, unknown));
	assert_false(escape_place_behind(&p.places, one, one));
	number = happens(&p, EVENT_MALLOC, one, 0);
	happens(&p, EVENT_FREE, other, 2);
	assert_owner(&p, one, number, 2, 0);
	happens(&p, EVENT_FREE, unknown, 2);
	assert_owner(&p, one, number, 1, 1);
	program_end(&p);
}

/* Inlined calls are activations: the same one, another one of the same function, one inside the other. */
static void test_inlined(void **state)
{
	struct program p;
	uint32_t main_, work, work2, make, make_later, twin, drop, number;

	(void)state;
	program_begin(&p);
	main_ = at(&p, 0, "main", 50, 0x500);
	work = at(&p, main_, "work", 10, 0x100);
	make = inlined(&p, work, "make", 5, 0x100, 1);
	work2 = at(&p, main_, "work", 10, 0x108);
	make_later = inlined(&p, work2, "make", 7, 0x108, 1);
	twin = inlined(&p, at(&p, main_, "work", 10, 0x118), "make", 5, 0x118, 2);
	drop = at(&p, main_, "work", 12, 0x140);
	program_run(&p);
	assert_int_equal(p.places.at[make].physical, 2);
	number = happens(&p, EVENT_MALLOC, make, 0);
	happens(&p, EVENT_FREE, make_later, 2);
	assert_owner(&p, make, number, 3, 0); /* local to the inlined call */
	happens(&p, EVENT_MALLOC, make, 2);
	assert_owner(&p, make, number, 2, 1); /* it goes back: its call, or the caller, whose loop it may be; not main's business */
	happens(&p, EVENT_FREE, twin, 2);
	assert_owner(&p, make, number, 2, 0); /* the twin is another call, in the same line */
	happens(&p, EVENT_FREE, drop, 2);
	assert_owner(&p, make, number, 2, 0);
	program_end(&p);
}

/* The compiler moved a part of the function away, and the recorder took it for another function. */
static void test_parts(void **state)
{
	struct program p;
	uint32_t main_, work, cold, other, number;

	(void)state;
	program_begin(&p);
	main_ = at(&p, 0, "main", 50, 0x500);
	work = at(&p, main_, "work", 10, 0x100);
	cold = at(&p, main_, "work", 20, 0x30);
	p.frames[p.stacks[cold].frame].part = 2;
	other = at(&p, main_, "other", 20, 0x200);
	p.frames[p.stacks[other].frame].part = 3;
	program_run(&p);
	number = happens(&p, EVENT_MALLOC, work, 0);
	happens(&p, EVENT_FREE, cold, 1);
	assert_owner(&p, work, number, 2, 0);
	happens(&p, EVENT_FREE, other, 1);
	assert_owner(&p, work, number, 1, 0);
	program_end(&p);
}

/* A realloc is one call: its second half does not make the caller look as if it had come again. */
static void test_resized(void **state)
{
	struct program p;
	uint32_t work, drop, number;

	(void)state;
	program_begin(&p);
	work = at(&p, at(&p, 0, "main", 50, 0x500), "work", 10, 0x100);
	drop = at(&p, 1, "work", 20, 0x120);
	program_run(&p);
	number = happens(&p, EVENT_MALLOC, work, 0);
	happens(&p, EVENT_REALLOC_FREE, drop, 2);
	assert_owner(&p, work, number, 2, 0);
	number = happens(&p, EVENT_REALLOC_ALLOC, drop, 2);
	happens(&p, EVENT_FREE, drop, 2);
	assert_owner(&p, drop, number, 1, 1);
	program_end(&p);
}

/* What starts a program, main, and where threads begin are entered once. */
static void test_entries(void **state)
{
	static const char *const outside[][6] = {
		{ "_start", "__libc_start_main_impl", "__libc_start_call_main", "main" },
		{ "clone3", "start_thread", "work_of_thread" },
		{ "clone3", "start_thread", "execute_native_thread_routine", "std::thread::_State_impl<x>::_M_run", "std::__invoke<y>", "task" },
		{ "main", "std::rt::lang_start", "std::rt::lang_start_internal", "core::ops::function::FnOnce::call_once", "prog::main" },
		{ "libc.so.6+0x1234", "libc.so.6+0x99", "routine" },
		{ "__start_context", "coroutine" },
		{ "unknown_outermost" },
		{ "main", "std::sort", "compare" }, /* not these: main may call them again and again */
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(outside); i++) {
		struct program p;
		uint32_t stack = 0, depth = 0;

		program_begin(&p);
		for (size_t k = 0; k < 6 && outside[i][k]; k++)
			stack = at(&p, stack, outside[i][k], 5, 0x100 * k), depth++;
		stack = at(&p, stack, "inner", 5, 0x900);
		program_run(&p);
		assert_int_equal(p.places.at[stack].entry, i == 7 ? 1 : depth);
		program_end(&p);
	}
}

/* Stacks that are too deep for what an event can say, and those cut off at their outer end. */
static void test_deep(void **state)
{
	struct program p;
	uint32_t stack = 0, shallow = 0, deep, cut, inner, number;

	(void)state;
	program_begin(&p);
	for (uint32_t i = 0; i < 33000; i++) {
		stack = at(&p, stack, "down", 1, 1);
		if (i == 10)
			shallow = stack;
	}
	deep = stack;
	cut = at(&p, 0, "[truncated]", 0, 0);
	p.frames[p.stacks[cut].frame].cut = 1;
	inner = at(&p, cut, "work", 5, 5);
	program_run(&p);
	number = happens(&p, EVENT_MALLOC, deep, 0);
	happens(&p, EVENT_FREE, deep, 0xffff);
	assert_owner(&p, deep, number, 0, 1);
	number = happens(&p, EVENT_MALLOC, shallow, 0xffff);
	assert_owner(&p, shallow, number, 11, 0);
	number = happens(&p, EVENT_MALLOC, inner, 0);
	happens(&p, EVENT_FREE, inner, 1);
	assert_int_equal(p.places.at[cut].physical, 0);
	assert_owner(&p, inner, number, 1, 1);
	program_end(&p);
}

/* Numbers begin anew: what was there before is nobody's, what comes after as ever. */
static void test_renumber(void **state)
{
	struct program p;
	uint32_t make, drop, number;

	(void)state;
	program_begin(&p);
	make = at(&p, at(&p, 0, "main", 50, 0x500), "work", 10, 0x100);
	drop = at(&p, 1, "work", 20, 0x120);
	program_run(&p);
	p.chain.number = ESCAPE_LAST_NUMBER;
	happens(&p, EVENT_MALLOC, make, 0);
	escape_chain_renumber(&p.chain);
	happens(&p, EVENT_FREE, drop, 2);
	assert_owner(&p, make, 0, 0, 1);
	assert_owner(&p, make, 1, 0, 1);
	number = happens(&p, EVENT_MALLOC, make, 2);
	happens(&p, EVENT_FREE, drop, 2);
	assert_owner(&p, make, number, 2, 0);
	program_end(&p);
}

/* Each call, and each that cannot be told from one, is an activation of its own. */
static void test_owners(void **state)
{
	struct program p;
	uint32_t main_, make, drop, number;

	(void)state;
	program_begin(&p);
	main_ = at(&p, 0, "main", 50, 0x500);
	make = at(&p, main_, "work", 10, 0x100);
	drop = at(&p, main_, "work", 20, 0x120);
	program_run(&p);
	for (int i = 0; i < 4; i++) {
		number = happens(&p, EVENT_MALLOC, make, i == 2 ? 1 : 2);
		happens(&p, EVENT_FREE, drop, 2);
		assert_owner(&p, make, number, 2, 0);
		if (i == 3)
			assert_owner(&p, make, number, 2, 0);
	}
	assert_int_equal(p.owners.count, 1);
	assert_int_equal(p.owners.at[1].activations, 3);
	escape_chain_finish(&p.chain, &p.places, &p.owners);
	assert_int_equal(p.owners.at[1].function, function(&p, "work"));
	assert_int_equal(p.owners.at[1].activations, 4);
	assert_int_equal(p.owners.at[1].blocks, 5);
	assert_int_equal(p.owners.at[1].bytes, 40);
	assert_int_equal(p.owners.at[1].max_blocks, 2);
	assert_int_equal(p.owners.at[1].max_bytes, 16);
	program_end(&p);
}

/* --- sums ------------------------------------------------------------------------------------ */

/* Past the limit a cell's further ends are kept by thread; nothing is lost. */
static void test_sums(void **state)
{
	struct escape_sums s = { 0 };
	struct cells cells = { 0 };
	uint64_t blocks = 0, bytes = 0, many = 0;
	uint32_t few = cells_add(&cells), lots, freed[600];

	(void)state;
	lots = cells_add(&cells);
	for (int i = 0; i < 600; i++) {
		freed[i] = cells_add(&cells);
		cells.at[freed[i]].thread = 1 + (uint32_t)i % 2;
	}
	for (int round = 0; round < 2; round++)
		for (uint32_t owner = 0; owner < 40; owner++)
			for (int i = 0; i < 600; i++)
				escape_sums_end(&s, &cells, lots, freed[i], (struct escape_end){ owner, owner % 2 }, 1, 3);
	for (int i = 0; i < 5; i++)
		escape_sums_end(&s, &cells, few, freed[i], (struct escape_end){ 2, 0 }, 1, 100);
	escape_sums_end(&s, &cells, few, 0, (struct escape_end){ 0, 1 }, 1, 100);
	escape_sums_finish(&s, &cells);
	for (size_t i = 0; i < s.capacity; i++) {
		const struct escape_sum *sum = &s.sums[i];

		if (!sum->blocks)
			continue;
		blocks += sum->blocks;
		bytes += sum->bytes;
		if (sum->freed & ESCAPE_MANY) {
			assert_int_equal(sum->made, lots);
			assert_in_range(escape_sum_thread(&cells, sum->freed), 1, 2);
			many++;
		}
	}
	assert_int_equal(blocks, 2 * 40 * 600 + 6);
	assert_int_equal(bytes, 2 * 40 * 600 * 3 + 600);
	assert_int_equal(many, 40 * 2); /* by owner and thread */
	assert_in_range(s.count, ESCAPE_EXACT + 80, ESCAPE_EXACT + 80 + 6);
	escape_sums_release(&s);
	cells_release(&cells);
}

/* --- in the database -------------------------------------------------------------------------- */

static struct event shares(struct event e, uint16_t shared)
{
	e.shared = shared;
	return e;
}

/* Frames without lines: nodes 3 and 4 are a frame and another inside it, 5 is further on in the outer one. */
static void test_database(void **state)
{
	const struct event events[] = {
		shares(ev(MS(1), EVENT_MALLOC, 0x1000, 10, 4), 0),
		shares(ev(MS(1), EVENT_MALLOC, 0x2000, 20, 3), 1),
		shares(ev(MS(2), EVENT_FREE, 0x1000, 0, 5), 1),
		shares(ev(MS(2), EVENT_FREE, 0x2000, 0, 5), 1),
		shares(ev(MS(3), EVENT_MALLOC, 0x3000, 40, 4), 1),
		shares(ev(MS(3), EVENT_MALLOC, 0x4000, 80, 3), 1),
		shares(ev(MS(4), EVENT_MALLOC, 0x4000, 160, 3), 1), /* the free of the one before was not seen */
	};
	const struct event others[] = { shares(ev(MS(5), EVENT_FREE, 0x3000, 0, 3), 0) };
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 2);
	writer_node(&w, 1, 0x12800);
	writer_events(&w, 1, events, LENGTH(events));
	writer_events(&w, 2, others, LENGTH(others));
	finish(&w, MS(6));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT count(*) FROM escaped", 5);
	assert_answer(s, "SELECT blocks FROM escaped JOIN stack ON stack.id = owner_id WHERE class = 2 AND level = 1 AND depth = 1 AND bytes = 10", 1);
	assert_answer(s, "SELECT blocks FROM escaped WHERE class = 1 AND level = 0 AND owner_id = stack_id AND bytes = 20", 1);
	assert_answer(s, "SELECT uncertain FROM escaped WHERE class = 2 AND owner_id = 0 AND free_stack_id = 0 AND bytes = 80", 1);
	assert_answer(s, "SELECT free_thread_id FROM escaped WHERE class = 3 AND owner_id = free_stack_id AND bytes = 40", 2);
	assert_answer(s, "SELECT blocks FROM escaped WHERE class = 4 AND bytes = 160", 1);
	assert_answer(s, "SELECT sum(value) FROM total WHERE cost_id = 12", 20);
	assert_answer(s, "SELECT sum(value) FROM total WHERE cost_id = 13", 130);
	assert_answer(s, "SELECT sum(value) FROM total WHERE cost_id = 14", 160);
	assert_answer(s, "SELECT blocks * 1000 + bytes FROM owner", 2030);
	store_close(s);
	writer_release(&w);
}

/* Where events are missing, nobody owns anything. */
static void test_lost(void **state)
{
	const struct event events[] = {
		shares(ev(MS(1), EVENT_MALLOC, 0x1000, 10, 3), 0),
		shares(ev(MS(2), EVENT_FREE, 0x1000, 0, 3), 1),
		shares(ev(MS(3), EVENT_MALLOC, 0x1000, 20, 3), 1),
	};
	struct meta loss = { .kind = META_LOSS, .tick = MS(2), .process = 1, .thread = 1 };
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 1);
	loss.u.loss.dropped = 7;
	writer_events(&w, 1, events, LENGTH(events));
	writer_meta(&w, &loss);
	finish(&w, MS(4));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT uncertain FROM escaped WHERE class = 2 AND owner_id = 0 AND free_stack_id > 0", 1);
	assert_answer(s, "SELECT blocks FROM escaped WHERE class = 4", 1);
	assert_answer(s, "SELECT count(*) FROM owner", 0);
	assert_text(s, "SELECT value FROM meta WHERE key = 'notes'",
	            "1 thread lost events: whose calls the blocks freed there outlived is not known");
	store_close(s);
	writer_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_inner_loop),
		cmocka_unit_test(test_refuted),
		cmocka_unit_test(test_lines_and_addresses),
		cmocka_unit_test(test_inlined),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_resized),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_renumber),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_sums),
		cmocka_unit_test_setup(test_database, setup),
		cmocka_unit_test_setup_teardown(test_lost, setup, cleanup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
