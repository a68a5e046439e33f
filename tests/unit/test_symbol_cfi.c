/* SPDX-License-Identifier: MIT
 *
 * Function starts from .eh_frame, against readelf, on a program and on libc; and on damaged sections.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/ingest/symbol_cfi.h"
#include "analyzer/ingest/symbol_image.h"
#include "tests/unit/program_fixture.h"

/* What readelf lists as "FDE cie=... pc=LOW..HIGH" has to be there, and nothing else. */
static void compare(const char *path)
{
	struct symbol_image image;
	struct symbol_ranges functions = {0};
	const unsigned char *data;
	unsigned long long low, high;
	uint64_t address;
	size_t size, listed = 0;
	char line[512];
	FILE *in;

	assert_int_equal(symbol_image_open(&image, path), 0);
	data = symbol_image_section(&image, ".eh_frame", &size, &address);
	assert_non_null(data);
	symbol_cfi_read(&functions, data, size, address);
	/* two debug dumps mix .eh_frame and .debug_frame: the section comes first */
	program_run("readelf --debug-dump=frames '%s' | awk '/^Contents of the/ {on = /eh_frame/} on' > frames", path);
	in = fopen(program_path("frames"), "r");
	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		const char *pc = strstr(line, " pc=");
		size_t cursor = SYMBOL_RANGE_FIRST;
		const struct symbol_range *range;

		if (!pc || sscanf(pc, " pc=%llx..%llx", &low, &high) != 2 || high == low)
			continue;
		range = symbol_ranges_find(&functions, low, &cursor);
		assert_non_null(range);
		assert_int_equal(range->low, low);
		assert_int_equal(range->high, high);
		listed++;
	}
	fclose(in);
	assert_true(listed > 5);
	assert_int_equal(functions.count, listed);
	symbol_ranges_release(&functions);
	symbol_image_close(&image);
}

static void functions_are_those_of_readelf(void **state)
{
	(void)state;
	program_write("f.c", "int f(int n) { return n ? n * f(n - 1) : 1; }\nint g(int n) { return f(n) + 1; }\n"
	                     "int h(int n) { return g(n) + f(n); }\nint main(int c, char **v) { return v ? h(c) : 0; }\n");
	program_run("gcc -O0 -o built f.c");
	compare(program_path("built"));
	if (!access("/lib/x86_64-linux-gnu/libc.so.6", R_OK))
		compare("/lib/x86_64-linux-gnu/libc.so.6");
}

/* Cut anywhere, and with bytes changed: any answer will do, if it is one. */
static void damaged_sections_are_survived(void **state)
{
	struct symbol_image image;
	unsigned char *copy;
	const unsigned char *data;
	uint64_t address;
	unsigned int seed = 3;
	size_t size;

	(void)state;
	program_write("f.c", "int main(void) { return 0; }\n");
	program_run("gcc -o built f.c");
	assert_int_equal(symbol_image_open(&image, program_path("built")), 0);
	data = symbol_image_section(&image, ".eh_frame", &size, &address);
	assert_non_null(data);
	for (size_t cut = 0; cut <= size; cut++) {
		struct symbol_ranges functions = {0};

		copy = malloc(cut + 1); /* exact, so that the sanitizer sees a byte too far */
		copy = realloc(copy, cut ? cut : 1);
		memcpy(copy, data, cut);
		symbol_cfi_read(&functions, copy, cut, address);
		symbol_ranges_release(&functions);
		free(copy);
	}
	for (int round = 0; round < 20000; round++) {
		struct symbol_ranges functions = {0};

		copy = malloc(size);
		memcpy(copy, data, size);
		for (int i = 0; i <= round % 4; i++)
			copy[(unsigned int)rand_r(&seed) % size] = (unsigned char)rand_r(&seed);
		symbol_cfi_read(&functions, copy, size, address);
		for (size_t i = 1; i < functions.count; i++)
			assert_true(functions.items[i - 1].low <= functions.items[i].low);
		symbol_ranges_release(&functions);
		free(copy);
	}
	symbol_image_close(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_those_of_readelf),
		cmocka_unit_test(damaged_sections_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
