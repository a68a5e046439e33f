/* SPDX-License-Identifier: MIT
 *
 * Executables that are cut, changed or made up: the symbolizer reads what it can, always has a name, and ends.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/program_fixture.h"

static const char source[] =
	"#include <stdio.h>\n#include <stdlib.h>\n"
	"static inline __attribute__((always_inline)) void *inner(int n) { return malloc(n); }\n"
	"__attribute__((noinline)) void *outer(int n) { puts(\"outer\"); return inner(n); }\n"
	"int main(int c, char **v) { (void)v; free(outer(c)); return 0; }\n";

struct content {
	unsigned char *data;
	size_t size;
};

static struct content content_read(const char *path)
{
	struct content c = {NULL, 0};
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	c.size = (size_t)ftell(f);
	rewind(f);
	c.data = malloc(c.size);
	assert_non_null(c.data);
	assert_int_equal(fread(c.data, 1, c.size, f), c.size);
	fclose(f);
	return c;
}

/* Asks a file of these contents for the names of addresses in and around its code. */
static size_t ask(const unsigned char *data, size_t size, const unsigned char *id, size_t id_size)
{
	static const struct ingest_options options;
	struct err err = {.kind = ERR_NONE};
	struct symbolizer *s = symbolizer_new(&options, &err);
	FILE *f = fopen(program_path("hostile"), "wb");
	size_t inlined = 0;
	uint32_t module;

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
	module = symbolizer_add_module(s, program_path("hostile"), id, id_size);
	for (uint64_t at = 0x1000; at < 0x1300; at += 5) {
		const struct symbol_frame *frames;
		size_t count = symbolizer_resolve(s, module, at, &frames);

		assert_true(count >= 1);
		for (size_t i = 0; i < count; i++) {
			assert_true(frames[i].function && frames[i].function[0] && frames[i].linkage && frames[i].file);
			assert_int_equal(frames[i].inlined, i + 1 < count);
		}
		inlined += count > 1;
	}
	assert_non_null(symbolizer_module_symbols(s, module));
	symbolizer_free(s);
	return inlined;
}

static void build(const char *flags)
{
	program_write("a.c", source);
	program_run("gcc -O2 %s -o built a.c", flags);
}

static const char *const builds[] = {"-g -gdwarf-5", "-g -gdwarf-4 -gz", "-g -no-pie"};

static void cut_files_are_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
		unsigned char id[64];
		struct content c;
		size_t id_size;

		build(builds[i]);
		c = content_read(program_path("built"));
		id_size = program_build_id("built", id);
		assert_true(ask(c.data, c.size, id, id_size) > 0);
		for (size_t size = 0; size < c.size; size += size < 1024 ? 13 : 199)
			ask(c.data, size, id, id_size);
		free(c.data);
	}
}

/* One to many bytes anywhere; every third time in the headers, where one byte does most. */
static void changed_files_are_survived(void **state)
{
	int rounds = getenv("CULPRIT_LONG") ? 20000 : 2000;
	unsigned int seed = 11;

	(void)state;
	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
		unsigned char id[64], *copy;
		struct content c;
		size_t id_size, inlined = 0;

		build(builds[i]);
		c = content_read(program_path("built"));
		id_size = program_build_id("built", id);
		copy = malloc(c.size);
		for (int round = 0; round < rounds; round++) {
			int changes = 1 + rand_r(&seed) % (round % 2 ? 4 : 60);

			memcpy(copy, c.data, c.size);
			for (int k = 0; k < changes; k++) {
				size_t range = round % 3 ? c.size : 1024, at = (unsigned int)rand_r(&seed) % range;

				copy[round % 6 == 3 ? c.size - 1 - at : at] = (unsigned char)(rand_r(&seed) >> 8);
			}
			inlined += ask(copy, c.size, id, id_size);
		}
		assert_true(inlined > 0); /* some still give all there is */
		free(copy);
		free(c.data);
	}
}

static void files_that_are_no_elf_are_survived(void **state)
{
	unsigned char data[4096] = "\177ELF";

	(void)state;
	ask(data, 0, NULL, 0);
	ask(data, 4, NULL, 0);
	ask(data, sizeof(data), NULL, 0);
	memcpy(data, "#!/bin/sh\n", 10);
	ask(data, 10, NULL, 0);
	memcpy(data, "!<arch>\n", 8);
	ask(data, sizeof(data), NULL, 0);
}

/* Blocks nested 300000 deep, as no compiler makes them, in a function that is found all the same. */
static void deep_trees_are_cut(void **state)
{
	static const struct ingest_options options;
	struct err err = {.kind = ERR_NONE};
	struct symbolizer *s = symbolizer_new(&options, &err);
	const struct symbol_frame *frames;

	(void)state;
	program_write("deep.s",
	              ".text\n.globl main\nmain: xor %eax, %eax\nret\nmain_end:\n"
	              ".section .debug_abbrev\n"
	              ".uleb128 1, 0x11\n.byte 1\n.uleb128 0x11, 1, 0x12, 7, 0, 0\n" /* unit: low_pc, high_pc */
	              ".uleb128 2, 0x2e\n.byte 1\n.uleb128 3, 8, 0x11, 1, 0x12, 7, 0, 0\n" /* function: name too */
	              ".uleb128 3, 0x0b\n.byte 1\n.uleb128 0, 0\n" /* block */
	              ".byte 0\n"
	              ".section .debug_info\n.long info_end - info_start\ninfo_start: .short 4\n.long 0\n.byte 8\n"
	              ".byte 1\n.quad main\n.quad main_end - main\n"
	              ".byte 2\n.asciz \"deep\"\n.quad main\n.quad main_end - main\n"
	              ".rept 300000\n.byte 3\n.endr\n.rept 300002\n.byte 0\n.endr\ninfo_end:\n");
	program_run("gcc -no-pie -o built deep.s");
	uint32_t module = program_module(s, "built");
	uint64_t at = program_hex("nm %s | awk '$3 == \"main\" {print $1}'", "built") - 0x400000;

	assert_int_equal(symbolizer_resolve(s, module, at, &frames), 1);
	assert_string_equal(frames[0].function, "deep");
	assert_int_equal(frames[0].function_offset, at);
	symbolizer_resolve(s, module, at + 3, &frames); /* in none of its functions: the whole tree is walked */
	symbolizer_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_files_are_survived),
		cmocka_unit_test(changed_files_are_survived),
		cmocka_unit_test(files_that_are_no_elf_are_survived),
		cmocka_unit_test(deep_trees_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
