/* SPDX-License-Identifier: MIT
 *
 * Names of variables: every kind of them, in every kind of file that still tells them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/program_fixture.h"

static const char c_source[] =
	"#include <stddef.h>\n"
	"struct server { char pad[64]; long lock[5]; } server = { \"x\" };\n"
	"long big[100000];\n"
	"static long quiet[4];\nlong *hush(void) { return quiet; }\n"
	"__thread long mine[8] = { 1 };\n"
	"long __inner_name = 3;\nextern long plain_name __attribute__((alias(\"__inner_name\")));\n"
	"__asm__(\".data\\n.balign 8\\n.type written, @object\\nwritten: .quad 1, 2, 3\\n.size after, 8\\n.type after, @object\\nafter: .quad 4\\n\");\n"
	"static int chosen(void) { return 1; }\n"
	"static void *choose(void) { return chosen; }\n"
	"int picked(void) __attribute__((ifunc(\"choose\")));\n"
	"long *once(void) { static long counter[2] = { 1 }; counter[0]++; return counter; }\n"
	"long *twice(void) { static long counter[2]; counter[1]++; return counter; }\n"
	"int main(void) { return (int)(quiet[1] + big[2] + *once() + *twice() + mine[1] + picked()); }\n";

static const char cc_source[] =
	"#include <mutex>\n"
	"namespace app { struct Cache { static std::mutex guard; std::mutex own[2]; }; std::mutex Cache::guard; Cache cache; }\n"
	"namespace { std::mutex hidden; }\n"
	"template<class T> struct Pool { static inline std::mutex lock; };\n"
	"std::mutex &local() { static std::mutex inside; return inside; }\n"
	"int main() { local().lock(); hidden.lock(); app::cache.own[1].lock(); Pool<int>::lock.lock(); app::Cache::guard.lock(); }\n";

static const struct ingest_options no_options;

static int prepare(void **state)
{
	(void)state;
	program_write("d.c", c_source);
	program_write("d.cc", cc_source);
	program_run("gcc -O1 -g -w -fPIE -pie -Wl,--build-id=sha1 -o pie d.c && gcc -O1 -w -fno-pie -no-pie -Wl,--build-id=sha1 -o fixed d.c");
	program_run("g++ -O1 -std=c++17 -o cxx d.cc && gcc -O1 -w -fPIC -shared -Wl,--build-id=sha1 -o lib.so d.c");
	return 0;
}

/* The address of a symbol of a file, as nm has it; `nth` of those with this name. */
static uint64_t address_of(const char *file, const char *symbol, int nth)
{
	char command[256];

	snprintf(command, sizeof(command), "nm %s %%s | sed -n 's/ [a-zA-Z] %s$//p' | sort | sed -n %dp",
	         strstr(file, ".so") ? "-D" : "", symbol, nth);
	return program_hex(command, file);
}

/* What the symbolizer says of an offset in a file of the directory. */
static void is_called(const struct ingest_options *options, const char *file, uint64_t offset, const char *expected)
{
	struct err err = {.kind = ERR_NONE};
	struct symbolizer *s = symbolizer_new(options, &err);
	const char *name = symbolizer_data(s, program_module(s, file), offset);

	assert_string_equal(name, expected);
	assert_ptr_equal(symbolizer_data(s, program_module(s, file), offset), name);
	assert_ptr_equal(symbolizer_keep(s, expected), name);
	symbolizer_free(s);
}

static void check_c(const char *file, uint64_t low)
{
	uint64_t server = address_of(file, "server", 1) - low, big = address_of(file, "big", 1) - low;
	char label[64];

	is_called(&no_options, file, server, "server");
	is_called(&no_options, file, server + 0x40, "server+0x40");
	is_called(&no_options, file, server + 103, "server+0x67");
	is_called(&no_options, file, big + 799992, "big+0xc34f8"); /* far behind the end of the file */
	is_called(&no_options, file, address_of(file, "quiet", 1) - low + 8, "quiet+0x8");
	is_called(&no_options, file, address_of(file, "plain_name", 1) - low, "plain_name");
	is_called(&no_options, file, address_of(file, "counter\\.[0-9]*", 1) - low + 8, "counter+0x8");
	is_called(&no_options, file, address_of(file, "counter\\.[0-9]*", 2) - low, "counter");
	is_called(&no_options, file, address_of(file, "written", 1) - low + 16, "written+0x10"); /* has no size */
	is_called(&no_options, file, address_of(file, "written", 1) - low + 24, "after");
	snprintf(label, sizeof(label), "%s+0x1000000", file);
	is_called(&no_options, file, 0x1000000, label);
	/* not a variable: code, also where it is chosen at run time, and what lies at the offset of a thread's variable */
	snprintf(label, sizeof(label), "%s+0x%llx", file, (unsigned long long)(address_of(file, "picked", 1) - low));
	is_called(&no_options, file, address_of(file, "picked", 1) - low, label);
	snprintf(label, sizeof(label), "%s+0x%llx", file, (unsigned long long)address_of(file, "mine", 1) + 8);
	is_called(&no_options, file, address_of(file, "mine", 1) + 8, label);
	/* behind the linker's marks lies nothing of theirs */
	snprintf(label, sizeof(label), "%s+0x%llx", file, (unsigned long long)(address_of(file, "__dso_handle", 1) - low + 8));
	is_called(&no_options, file, address_of(file, "__dso_handle", 1) - low + 8, label);
}

static void variables_of_c(void **state)
{
	(void)state;
	check_c("pie", 0);
	check_c("fixed", 0x400000);
}

static void variables_of_cplusplus(void **state)
{
	(void)state;
	is_called(&no_options, "cxx", address_of("cxx", "_ZN3app5cacheE", 1) + 40, "app::cache+0x28");
	is_called(&no_options, "cxx", address_of("cxx", "_ZN3app5Cache5guardE", 1), "app::Cache::guard");
	is_called(&no_options, "cxx", address_of("cxx", "_ZN12_GLOBAL__N_16hiddenE", 1), "(anonymous namespace)::hidden");
	is_called(&no_options, "cxx", address_of("cxx", "_ZZ5localvE6inside", 1), "local()::inside");
	is_called(&no_options, "cxx", address_of("cxx", "_ZN4PoolIiE4lockE", 1) + 8, "Pool<int>::lock+0x8");
}

/* A stripped library exports; a stripped program with a debug file elsewhere has all. */
static void variables_of_stripped_files(void **state)
{
	const char *dirs[] = {program_dir()};
	const struct ingest_options options = {.debug_dirs = dirs, .debug_dir_count = 1};
	uint64_t server = address_of("pie", "server", 1), quiet = address_of("pie", "quiet", 1);
	char label[64];

	(void)state;
	program_run("objcopy --only-keep-debug pie pie.debug && strip -o bare pie && objcopy --add-gnu-debuglink=pie.debug bare");
	program_run("strip -o bare.so lib.so && mkdir -p else && mv pie.debug else/ && cp else/pie.debug pie.debug");
	is_called(&options, "bare", quiet + 8, "quiet+0x8");
	is_called(&options, "bare", server + 64, "server+0x40");
	program_run("rm pie.debug else/pie.debug");
	snprintf(label, sizeof(label), "bare+0x%llx", (unsigned long long)server + 64);
	is_called(&options, "bare", server + 64, label);
	is_called(&no_options, "bare.so", address_of("bare.so", "server", 1) + 64, "server+0x40");
	is_called(&no_options, "bare.so", address_of("bare.so", "plain_name", 1), "plain_name");
}

static void variables_in_mini_debug_information(void **state)
{
	uint64_t quiet = address_of("pie", "quiet", 1), server = address_of("pie", "server", 1);

	(void)state;
	if (!program_has("xz"))
		skip();
	program_run("objcopy -S --keep-symbol=quiet --keep-symbol=server pie mini && xz -k mini && strip -o lean pie && "
	            "objcopy --add-section .gnu_debugdata=mini.xz lean");
	is_called(&no_options, "lean", quiet + 24, "quiet+0x18");
	is_called(&no_options, "lean", server, "server");
}

static void a_file_that_is_gone_or_replaced_names_nothing(void **state)
{
	struct err err = {.kind = ERR_NONE};
	struct symbolizer *s = symbolizer_new(&no_options, &err);
	const unsigned char other[20] = {1};
	uint64_t server = address_of("pie", "server", 1);
	char label[64];

	(void)state;
	snprintf(label, sizeof(label), "pie+0x%llx", (unsigned long long)server);
	assert_string_equal(symbolizer_data(s, symbolizer_add_module(s, program_path("pie"), other, 20), server), label);
	assert_string_equal(symbolizer_data(s, symbolizer_add_module(s, "/gone/libx.so", NULL, 0), 16), "libx.so+0x10");
	assert_string_equal(symbolizer_data(s, symbolizer_add_module(s, program_path("d.c"), NULL, 0), 16), "d.c+0x10");
	assert_string_equal(symbolizer_data(s, 0, UINT64_MAX), "[unknown]+0xffffffffffffffff");
	assert_string_equal(symbolizer_data(s, 77, 1), "[unknown]+0x1");
	symbolizer_free(s);
}

/* Cut off anywhere, and with bytes that are not what they were: some name, no fault. */
static void damaged_files_are_safe(void **state)
{
	uint64_t server = address_of("fixed", "server", 1) - 0x400000;

	(void)state;
	for (int i = 1; i <= 60; i++) {
		struct err err = {.kind = ERR_NONE};
		struct symbolizer *s = symbolizer_new(&no_options, &err);
		char name[32];

		snprintf(name, sizeof(name), "broken%d", i);
		program_run("strip --strip-debug -R .note.gnu.build-id -o %s fixed && s=$(stat -c %%s %s) && if [ $((%d %% 2)) = 0 ]; then "
		            "truncate -s $((s * %d / 60)) %s; else dd if=/dev/urandom of=%s bs=1 count=64 seek=$((s * %d / 60)) "
		            "conv=notrunc; fi", name, name, i, i, name, name, i - 1);
		assert_true(symbolizer_data(s, symbolizer_add_module(s, program_path(name), NULL, 0), server + 8)[0] != 0);
		symbolizer_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_of_c),
		cmocka_unit_test(variables_of_cplusplus),
		cmocka_unit_test(variables_of_stripped_files),
		cmocka_unit_test(variables_in_mini_debug_information),
		cmocka_unit_test(a_file_that_is_gone_or_replaced_names_nothing),
		cmocka_unit_test(damaged_files_are_safe),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
