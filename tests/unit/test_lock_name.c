/* SPDX-License-Identifier: MIT
 *
 * What a lock is called: each way, their order, and what no trace should contain.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/ingest/lock_name.h"
#include "tests/unit/naming_fixture.h"
#include "tests/unit/program_fixture.h"
#include "trace/waits.h"
#include "trace/segment.h"

static const char source[] =
	"#include <stdlib.h>\n"
	"struct { char pad[64]; long lock; } server;\n"
	"static inline __attribute__((always_inline)) void *grab(int n) { return malloc(n + 3); }\n"
	"__attribute__((noinline)) void *create_pool(int n) { void *p = grab(n); __asm__ volatile(\"\"); return p; }\n"
	"__attribute__((noinline)) void xmalloc(int n) { __asm__ volatile(\"nop;nop;nop\" :: \"r\"(n)); }\n"
	"__attribute__((noinline)) void worker(int n) { __asm__ volatile(\"nop;nop;nop\" :: \"r\"(n)); }\n"
	"int main(int c, char **v) { (void)v; xmalloc(c); worker(c); free(create_pool(c)); return server.lock; }\n";

#define BASE 0x555500000000ull
#define OTHER 0x7f0000000000ull /* where the same program lies in another process */

static struct naming_fixture f;
static uint64_t server_at, pool_at, wrapper_at, worker_at, main_at;
static uint32_t in_main, in_pool, in_worker, in_wrapper, in_jit, in_truncated, other_worker;

static uint64_t symbol(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "nm %%s | sed -n 's/ [a-zA-Z] %s$//p'", name);
	return program_hex(command, "prog");
}

/* Some place in a function that has the inlined call in it. */
static uint64_t place_in_pool(void)
{
	return program_hex("objdump -d %s --disassemble=create_pool | sed -n 's/^ *\\([0-9a-f]*\\):.*call.*/\\1/p'", "prog");
}

static int prepare(void **state)
{
	uint32_t root, other;

	(void)state;
	program_write("prog.c", source);
	program_run("gcc -O1 -g -fPIE -pie -Wl,--build-id=none -o prog prog.c");
	server_at = symbol("server");
	wrapper_at = symbol("xmalloc");
	worker_at = symbol("worker");
	main_at = symbol("main");
	pool_at = place_in_pool();
	fixture_module(&f, 7, BASE, 0x10000, program_path("prog"));
	fixture_module(&f, 9, OTHER, 0x10000, program_path("prog"));
	root = fixture_node(&f, 0, 7);
	other = fixture_node(&f, 0, 9);
	in_main = fixture_node(&f, root, BASE + main_at + 4);
	in_pool = fixture_node(&f, in_main, BASE + pool_at);
	in_wrapper = fixture_node(&f, fixture_node(&f, in_main, BASE + worker_at + 1), BASE + wrapper_at + 1);
	in_worker = f.recording.nodes[in_wrapper].parent;
	in_jit = fixture_node(&f, in_worker, 0x123456789000ull);
	in_truncated = fixture_node(&f, fixture_node(&f, root, NODE_TRUNCATED), 0x123456789000ull);
	other_worker = fixture_node(&f, other, OTHER + worker_at + 1);
	fixture_build(&f);
	return 0;
}

static int cleanup(void **state)
{
	(void)state;
	fixture_release(&f);
	return 0;
}

static void is_called(struct lock_about about, const char *expected)
{
	const char *name = lock_name(&f.naming, &about);

	assert_string_equal(name, expected);
	assert_ptr_equal(lock_name(&f.naming, &about), name);
}

static void a_variable_first(void **state)
{
	uint32_t block = naming_stack(&f.naming, in_pool);

	(void)state;
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = BASE + server_at, .node = in_worker }, "server");
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = BASE + server_at + 64, .node = in_worker, .frame = 1,
	                               .block_stack = block, .block_offset = 8 }, "server+0x40");
	/* the same address means something else where other modules lay */
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = BASE + server_at, .node = other_worker },
	          "first used in worker");
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = OTHER + server_at + 64, .node = other_worker }, "server+0x40");
	is_called((struct lock_about){ .kind = LOCK_SPIN, .address = BASE + 0x9000, .node = in_main }, "prog+0x9000");
}

static void then_the_block_around_it(void **state)
{
	uint32_t block = naming_stack(&f.naming, in_pool);

	(void)state;
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_worker, .frame = 1, .block_stack = block,
	                               .block_offset = 0x18 }, "grab+0x18 (heap)");
	is_called((struct lock_about){ .kind = LOCK_RWLOCK, .address = 16, .block_stack = block }, "grab (heap)");
	/* allocated by a wrapper: by its caller */
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_main, .block_offset = 0x20,
	                               .block_stack = naming_stack(&f.naming, in_wrapper) }, "worker+0x20 (heap)");
	/* by nobody known */
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_main, .block_stack = f.naming.unknown },
	          "first used in main");
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_main, .block_stack = UINT32_MAX },
	          "first used in main");
}

static void then_the_frame(void **state)
{
	(void)state;
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_wrapper, .frame = 1 }, "main (stack)");
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_wrapper, .frame = 2 }, "worker (stack)");
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_wrapper, .frame = 3 }, "xmalloc (stack)");
	/* the frame is the physical function's, whatever was inlined into it */
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_pool, .frame = 2 }, "create_pool (stack)");
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_wrapper, .frame = 4 }, "first used in worker");
	is_called((struct lock_about){ .kind = LOCK_MUTEX, .address = 16, .node = in_truncated, .frame = 1 }, "[unknown]");
}

static void then_its_first_use(void **state)
{
	(void)state;
	is_called((struct lock_about){ .kind = LOCK_COND, .address = 16, .node = in_worker }, "first used in worker");
	is_called((struct lock_about){ .kind = LOCK_COND, .address = 16, .node = in_wrapper }, "first used in worker");
	is_called((struct lock_about){ .kind = LOCK_COND, .address = 16, .node = in_pool }, "first used in grab");
	is_called((struct lock_about){ .kind = LOCK_COND, .address = 16, .node = in_jit, .frame = 3 }, "first used in worker");
	is_called((struct lock_about){ .kind = LOCK_COND, .address = 16, .node = in_truncated }, "[unknown]");
	is_called((struct lock_about){ .kind = LOCK_COND, .address = 16 }, "[unknown]");
}

static void joins_have_one_name(void **state)
{
	(void)state;
	is_called((struct lock_about){ .kind = LOCK_JOIN, .address = BASE + server_at, .node = in_main }, "pthread_join");
}

/* A root is a node too, and so may be anything. */
static void nothing_is_too_strange(void **state)
{
	static const uint32_t odd[] = { 0, 1, 2, 3, 77, 1u << 31, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < 7; k++)
			for (size_t j = 0; j < 7; j++) {
				struct lock_about about = { .kind = odd[6 - i], .node = odd[i], .frame = odd[k], .block_stack = odd[j],
				                            .address = odd[k] * 0x100000001ull, .block_offset = UINT64_MAX };

				assert_true(lock_name(&f.naming, &about)[0] != 0);
				naming_function_at(&f.naming, odd[i], about.address);
			}
	assert_string_equal(naming_function_at(&f.naming, in_main, BASE + worker_at), "worker");
	assert_null(naming_function_at(&f.naming, in_main, BASE - 1));
	assert_null(naming_function_at(&f.naming, in_main, BASE + 0x10000));
	assert_null(naming_data_at(&f.naming, 0, BASE + server_at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_variable_first),
		cmocka_unit_test(then_the_block_around_it),
		cmocka_unit_test(then_the_frame),
		cmocka_unit_test(then_its_first_use),
		cmocka_unit_test(joins_have_one_name),
		cmocka_unit_test(nothing_is_too_strange),
	};

	return cmocka_run_group_tests(tests, prepare, cleanup);
}
