/* SPDX-License-Identifier: MIT
 *
 * The symbolizer on programs compiled here: chains of inlined calls by hand, and every address of every function as
 * binutils' addr2line has it, for the ways in which compilers and linkers write debug information.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/ingest/demangle.h"
#include "tests/unit/program_fixture.h"

static const char c_source[] =
	"#include <stdio.h>\n"
	"#include <stdlib.h>\n"
	"static inline __attribute__((always_inline)) void *inner(int n)\n"
	"{\n"
	"	return malloc(n);\n" /* 5 */
	"}\n"
	"static inline __attribute__((always_inline)) void *middle(int n)\n"
	"{\n"
	"	puts(\"middle\");\n"
	"	return inner(n + 1);\n" /* 10 */
	"}\n"
	"__attribute__((noinline)) void *outer(int n)\n"
	"{\n"
	"	void *p = middle(n);\n" /* 14 */
	"	puts(\"outer\");\n"
	"	return p;\n"
	"}\n"
	"int unused(int n) { return n * rand(); }\n"
	"static __attribute__((noinline)) void hidden(int n) { for (; n; n--) puts(\"hidden\"); }\n"
	"int main(int c, char **v) { (void)v; hidden(c); free(outer(c)); return 0; }\n";

static const char cc_source[] =
	"#include <map>\n#include <memory>\n#include <string>\n#include <vector>\n#include <cstdio>\n"
	"namespace {\n"
	"struct Thing { std::string s; explicit Thing(int n) : s(std::to_string(n)) {} };\n"
	"__attribute__((noinline)) int quiet(int n) { return n * 3 + (int)std::string(n, 'a').size(); }\n"
	"}\n"
	"template<class T> __attribute__((noinline)) T twice(T x) { return x + x; }\n"
	"struct Base { virtual ~Base() {} virtual int run() = 0; };\n"
	"struct Derived : Base { std::vector<int> v; int run() override { v.push_back(3); return (int)v.size(); } };\n"
	"int main(int c, char **v)\n{\n"
	"	std::map<int, std::string> m;\n"
	"	for (int i = 0; i < c + 3; i++)\n		m[i] = v[0];\n"
	"	auto run = [&](int x) { std::unique_ptr<Base> b(new Derived); return b->run() + x; };\n"
	"	auto shared = std::make_shared<Thing>(3);\n"
	"	struct Local { static int inner(int x) { static char b[30]; return snprintf(b, sizeof b, \"%d\", x); } };\n"
	"	printf(\"%d %d %d %g %d\\n\", quiet(c), (int)shared->s.size(), run(c), twice(2.5 * c), Local::inner(c));\n"
	"	return 0;\n}\n";

static const struct ingest_options no_options;

static struct symbolizer *symbolizer(const struct ingest_options *options)
{
	struct err err = {.kind = ERR_NONE};
	struct symbolizer *s = symbolizer_new(options, &err);

	assert_non_null(s);
	return s;
}

static int prepare(void **state)
{
	(void)state;
	program_write("c.c", c_source);
	program_write("cc.cc", cc_source);
	return 0;
}

/* --- the whole of a program against addr2line --- */

struct reference {
	uint64_t address;
	size_t count;
	char function[64][1024], place[64][1024];
};

/* The compiler's own start-up code has no debug information, for which addr2line makes up a file. */
static int is_startup(const char *name)
{
	static const char *const names[] = {"_start", "deregister_tm_clones", "register_tm_clones", "__do_global_dtors_aux",
	                                    "frame_dummy", "_init", "_fini", "_dl_relocate_static_pie"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return 1;
	}
	return 0;
}

/* Every address of every function with a size, to the file `addresses`. Their number. */
static size_t list_addresses(const char *name)
{
	char line[4096], symbol[2048], type;
	FILE *out = fopen(program_path("addresses"), "w"), *in;
	unsigned long long low, size;
	size_t count = 0;

	assert_non_null(out);
	program_run("nm -S --defined-only %s > symbols", name);
	in = fopen(program_path("symbols"), "r");
	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%llx %llx %c %2047s", &low, &size, &type, symbol) != 4 || !strchr("tTwW", type) || is_startup(symbol))
			continue;
		for (unsigned long long i = 0; i < size; i++, count++)
			fprintf(out, "%llx\n", low + i);
	}
	fclose(in);
	fclose(out);
	return count;
}

static void strip_newline(char *text)
{
	text[strcspn(text, "\n")] = 0;
}

/* The next address in addr2line's output, with its frames. `ahead` is the line that begins it, then the next one's. */
static int reference_read(FILE *in, struct reference *r, char *ahead, size_t size)
{
	r->count = 0;
	if (strncmp(ahead, "0x", 2) && !fgets(ahead, (int)size, in))
		return 0;
	r->address = strtoull(ahead, NULL, 16);
	ahead[0] = 0;
	while (fgets(r->function[r->count], sizeof(r->function[0]), in)) {
		if (!strncmp(r->function[r->count], "0x", 2)) {
			snprintf(ahead, size, "%s", r->function[r->count]);
			return 1;
		}
		assert_non_null(fgets(r->place[r->count], sizeof(r->place[0]), in));
		strip_newline(r->function[r->count]);
		strip_newline(r->place[r->count]);
		r->count++;
	}
	return 1;
}

/* addr2line prints the linkage name. For a function that has none in DWARF it prints the bare name, or the symbol's of the
 * physical function, that also in place of the innermost inlined one's, which is left out here. */
static int name_agrees(const struct symbol_frame *frame, int innermost, const char *function)
{
	char *plain = demangle(function);
	const char *wanted = plain ? plain : function;
	size_t have = strlen(frame->function), bare = strlen(wanted);
	int agrees = !strcmp(frame->linkage, function);

	if (!frame->linkage[0] && innermost && frame->inlined)
		agrees = 1;
	else if (!frame->linkage[0])
		agrees = !strncmp(wanted, frame->function, have) ||
		         (have >= bare && !strcmp(frame->function + have - bare, wanted));
	free(plain);
	return agrees;
}

#define SOURCE_LINES 40 /* none of the sources here has as many */

/* A place is "file:line (discriminator 2)" or "file:?". binutils 2.40 at times gives the unit's own file with a line
 * of a header; then the line alone is compared. */
static int frame_agrees(const struct symbol_frame *frame, int innermost, const char *function, const char *place)
{
	const char *colon = strrchr(place, ':');

	if (!colon || atoi(colon + 1) != frame->line || !name_agrees(frame, innermost, function))
		return 0;
	if (frame->line > SOURCE_LINES && !strncmp(place, program_dir(), strlen(program_dir())))
		return strncmp(frame->file, program_dir(), strlen(program_dir())) != 0;
	return strlen(frame->file) == (size_t)(colon - place) && !strncmp(frame->file, place, strlen(frame->file));
}

static void compare(const char *name)
{
	static struct reference r;
	struct symbolizer *s = symbolizer(&no_options);
	uint32_t module = program_module(s, name);
	uint64_t low = program_hex("readelf -lW %s | awk '$1 == \"LOAD\" {print $3; exit}'", name) & ~(uint64_t)4095;
	size_t listed = list_addresses(name), compared = 0, inlined = 0;
	char ahead[1024] = "";
	FILE *in;

	program_run("addr2line -afie %s < addresses > reference", name);
	in = fopen(program_path("reference"), "r");
	assert_non_null(in);
	while (reference_read(in, &r, ahead, sizeof(ahead))) {
		const struct symbol_frame *frames;
		size_t count = symbolizer_resolve(s, module, r.address - low, &frames);
		int agrees = count == r.count;

		for (size_t i = 0; agrees && i < count; i++) {
			agrees = frame_agrees(&frames[i], i == 0, r.function[i], r.place[i]) && frames[i].inlined == (i + 1 < count) &&
			         frames[i].offset == r.address - low && frames[i].function_offset <= frames[i].offset + 65536;
		}
		if (!agrees) {
			for (size_t i = 0; i < count; i++)
				print_error("have %s %s %s:%d\n", frames[i].function, frames[i].linkage, frames[i].file, frames[i].line);
			for (size_t i = 0; i < r.count; i++)
				print_error("want %s %s\n", r.function[i], r.place[i]);
			fail_msg("%s at 0x%llx", name, (unsigned long long)r.address);
		}
		inlined += count > 1;
		compared++;
	}
	fclose(in);
	assert_string_equal(symbolizer_module_symbols(s, module), "debug info");
	assert_int_equal(compared, listed);
	assert_true(compared > 100);
	assert_true(inlined > 0);
	symbolizer_free(s);
}

static void every_address_is_where_addr2line_has_it(void **state)
{
	static const char *const c_flags[] = {
		"-O2 -g",
		"-O2 -g -gdwarf-4",
		"-Os -g -gdwarf-4 -gz=zlib-gnu",
		"-O2 -g -gz=zlib",
		"-O2 -g -no-pie",
		"-O2 -g1",
		"-O2 -g -ffunction-sections -Wl,--gc-sections",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c_flags) / sizeof(c_flags[0]); i++) {
		program_run("gcc %s -o built \"$PWD\"/c.c", c_flags[i]);
		compare("built");
	}
}

static void cplusplus_too(void **state)
{
	static const char *const flags[] = {"-O2 -g", "-O3 -g -gdwarf-4", "-O1 -g -gz=zlib"};

	(void)state;
	if (!program_has("g++"))
		skip();
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		program_run("g++ %s -o built \"$PWD\"/cc.cc", flags[i]);
		compare("built");
	}
}

/* clang writes no .debug_aranges; of its DWARF 5 older binutils do not read inlined calls, so that is compared by hand. */
static void clang_too(void **state)
{
	(void)state;
	if (!program_has("clang"))
		skip();
	program_run("clang -O2 -g -gdwarf-4 -o built \"$PWD\"/c.c");
	compare("built");
}

/* --- by hand --- */

/* Offset of the return address of the first call of `callee` in `function`, minus one. */
static uint64_t call_in(const char *name, const char *function, const char *callee)
{
	char command[1024];

	snprintf(command, sizeof(command),
	         "objdump -d --no-show-raw-insn --disassemble=%s %%s | awk '/(call|jmp).*<%s[@>]/ {gsub(\":\", \"\", $1); print $1; exit}'",
	         function, callee);
	return program_hex(command, name);
}

static void chain_is(struct symbolizer *s, uint32_t module, uint64_t offset)
{
	static const struct {
		const char *function;
		int line, inlined;
	} expected[] = {{"inner", 5, 1}, {"middle", 10, 1}, {"outer", 14, 0}};
	const struct symbol_frame *frames;

	assert_int_equal(symbolizer_resolve(s, module, offset, &frames), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(frames[i].function, expected[i].function);
		assert_string_equal(frames[i].linkage, expected[i].function);
		assert_int_equal(frames[i].line, expected[i].line);
		assert_int_equal(frames[i].inlined, expected[i].inlined);
		assert_string_equal(frames[i].file, program_path("c.c"));
		assert_int_equal(frames[i].offset, offset);
		assert_true(frames[i].function_offset > 0 && frames[i].function_offset <= offset);
	}
}

static void outer_frames_stand_at_the_inlined_call(void **state)
{
	static const char *const builds[] = {
		"gcc -O2 -g", "gcc -O2 -gdwarf-4", "gcc -O2 -gdwarf-5 -gsplit-dwarf", "clang -O2 -gdwarf-5", "clang -O2 -gdwarf-4",
	};
	size_t built = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
		struct symbolizer *s;

		if (!strncmp(builds[i], "clang", 5) && !program_has("clang"))
			continue;
		program_run("%s -fno-optimize-sibling-calls -o built \"$PWD\"/c.c", builds[i]);
		s = symbolizer(&no_options);
		chain_is(s, program_module(s, "built"), call_in("built", "outer", "malloc"));
		symbolizer_free(s);
		built++;
	}
	assert_true(built >= 3);
}

static void relative_sources_are_put_under_their_directory(void **state)
{
	struct symbolizer *s = symbolizer(&no_options);

	(void)state;
	program_run("mkdir -p sub && cp c.c sub && gcc -O2 -g -fno-optimize-sibling-calls -o built sub/.././c.c");
	const struct symbol_frame *frames;

	symbolizer_resolve(s, program_module(s, "built"), call_in("built", "outer", "malloc"), &frames);
	assert_string_equal(frames[0].file, program_path("sub/../c.c"));
	symbolizer_free(s);
}

static void functions_within_functions_are_found(void **state)
{
	struct symbolizer *s = symbolizer(&no_options);
	const struct symbol_frame *frames;

	(void)state;
	program_write("nested.c", "#include <stdio.h>\n#include <stdlib.h>\n"
	                          "int main(int c, char **v)\n{\n"
	                          "	int __attribute__((noinline)) within(int n) { puts(v[n]); return n + rand(); }\n"
	                          "	return within(c - 1) + within(c);\n}\n");
	program_run("gcc -O1 -g -o built nested.c");
	uint64_t at = program_hex("nm %s | awk '$3 ~ /^within/ {print $1}'", "built");

	assert_int_equal(symbolizer_resolve(s, program_module(s, "built"), at + 8, &frames), 1);
	assert_string_equal(frames[0].function, "within");
	assert_int_equal(frames[0].function_offset, at);
	assert_int_equal(frames[0].line, 5);
	symbolizer_free(s);
}

/* The symbols that rustc would make, with debug information and with the symbol table alone. */
static void rust_is_demangled(void **state)
{
	static const char *const flags[] = {"-g", "-g0"}, *const sources[] = {"debug info", "symbol table"};

	(void)state;
	program_write("r.c", "int grow(int) __asm__(\"_RNvCs6GmmlP4bgsG_1r4grow\");\nint grow(int n) { return n; }\n"
	                     "int old(int) __asm__(\"_ZN1r3old17h0123456789abcdefE\");\nint old(int n) { return n; }\n"
	                     "int main(int c, char **v) { return v && grow(c) + old(c); }\n");
	for (size_t i = 0; i < 2; i++) {
		struct symbolizer *s = symbolizer(&no_options);
		const struct symbol_frame *frames;
		uint32_t module;

		program_run("gcc %s -o built r.c", flags[i]);
		module = program_module(s, "built");
		symbolizer_resolve(s, module, program_hex("nm %s | awk '$3 ~ /4grow/ {print $1; exit}'", "built"), &frames);
		assert_string_equal(frames[0].function, "r::grow");
		assert_string_equal(frames[0].linkage, "_RNvCs6GmmlP4bgsG_1r4grow");
		symbolizer_resolve(s, module, program_hex("nm %s | awk '$3 ~ /3old/ {print $1; exit}'", "built"), &frames);
		assert_string_equal(frames[0].function, "r::old");
		assert_string_equal(symbolizer_module_symbols(s, module), sources[i]);
		symbolizer_free(s);
	}
}

static void strings_are_interned(void **state)
{
	struct symbolizer *s = symbolizer(&no_options);
	const struct symbol_frame *frames;
	const char *function, *file;

	(void)state;
	program_run("gcc -O2 -g -fno-optimize-sibling-calls -o built \"$PWD\"/c.c");
	uint32_t module = program_module(s, "built");
	uint64_t at = call_in("built", "outer", "malloc");

	symbolizer_resolve(s, module, at, &frames);
	function = frames[2].function;
	file = frames[0].file;
	assert_ptr_equal(frames[1].file, file);
	symbolizer_resolve(s, module, frames[2].function_offset, &frames);
	assert_ptr_equal(frames[0].inlined ? function : frames[0].function, function);
	assert_ptr_equal(frames[0].file, file);
	assert_int_equal(program_module(s, "built"), module);
	assert_int_equal(symbolizer_add_module(s, "/elsewhere", NULL, 0), module + 1);
	symbolizer_free(s);
}

static void wrappers_are_known_by_the_options(void **state)
{
	static const char *const expressions[] = {"^pool_"}, *const wrong[] = {"a("};
	const struct ingest_options options = {.wrappers = expressions, .wrapper_count = 1};
	const struct ingest_options wrong_options = {.wrappers = wrong, .wrapper_count = 1};
	struct symbolizer *s = symbolizer(&options);
	struct err err = {.kind = ERR_NONE};

	(void)state;
	for (int again = 0; again < 2; again++) {
		assert_int_equal(symbolizer_is_wrapper(s, "pool_get"), 1);
		assert_int_equal(symbolizer_is_wrapper(s, "xmalloc"), 1);
		assert_int_equal(symbolizer_is_wrapper(s, "main"), 0);
	}
	symbolizer_free(s);
	assert_null(symbolizer_new(&wrong_options, &err));
	assert_int_equal(err.kind, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_address_is_where_addr2line_has_it),
		cmocka_unit_test(cplusplus_too),
		cmocka_unit_test(clang_too),
		cmocka_unit_test(outer_frames_stand_at_the_inlined_call),
		cmocka_unit_test(relative_sources_are_put_under_their_directory),
		cmocka_unit_test(functions_within_functions_are_found),
		cmocka_unit_test(rust_is_demangled),
		cmocka_unit_test(strings_are_interned),
		cmocka_unit_test(wrappers_are_known_by_the_options),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
