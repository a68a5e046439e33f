/* SPDX-License-Identifier: MIT
 *
 * Names of programs that were stripped, replaced, deleted, moved to another host, or were never there: where separate debug
 * files are found, which are refused, and what remains without one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>

#include "analyzer/ingest/debugfile.h"
#include "tests/unit/program_fixture.h"

static const char source[] =
	"#include <stdio.h>\n#include <stdlib.h>\n"
	"static inline __attribute__((always_inline)) void *inner(int n) { return malloc(n); }\n"
	"__attribute__((noinline)) void *outer(int n) { puts(\"outer\"); void *p = inner(n); puts(\"x\"); return p; }\n"
	"static __attribute__((noinline)) void hidden(int n) { for (; n; n--) puts(\"hidden\"); }\n"
	"int main(int c, char **v) { (void)v; hidden(c); free(outer(c)); return 0; }\n";

/* full: with everything; plain: stripped; apart.debug: what was stripped. Also without build ids, as full0 and so on. */
static uint64_t outer_at, hidden_at, outer0_at;
static unsigned char id[64];
static size_t id_size;

static int prepare(void **state)
{
	(void)state;
	program_write("a.c", source);
	program_run("gcc -O2 -g -rdynamic -Wl,--build-id=sha1 -o full a.c && strip -o plain full && "
	            "objcopy --only-keep-debug full apart.debug");
	program_run("gcc -O2 -g -Wl,--build-id=none -o full0 a.c && objcopy --only-keep-debug full0 apart0.debug && "
	            "strip -o plain0 full0 && mkdir linked && cp plain0 linked/prog && "
	            "objcopy --add-gnu-debuglink=apart0.debug linked/prog");
	outer_at = program_hex("nm %s | awk '$3 == \"outer\" {print $1}'", "full") + 8;
	hidden_at = program_hex("nm %s | awk '$3 == \"hidden\" {print $1}'", "full");
	outer0_at = program_hex("nm %s | awk '$3 == \"outer\" {print $1}'", "full0") + 8;
	id_size = program_build_id("full", id);
	assert_int_equal(id_size, 20);
	return 0;
}

/* The names of an address of `outer` in a module: "outer" from where it says. */
static void names_are(const struct ingest_options *options, const char *path, const unsigned char *build_id, size_t size,
                      uint64_t at, const char *function, const char *from)
{
	struct err err = {.kind = ERR_NONE};
	struct symbolizer *s = symbolizer_new(options, &err);
	const struct symbol_frame *frames;
	uint32_t module = symbolizer_add_module(s, path, build_id, size);
	size_t count = symbolizer_resolve(s, module, at, &frames);

	assert_string_equal(symbolizer_module_symbols(s, module), from);
	assert_string_equal(frames[count - 1].function, function);
	assert_int_equal(frames[count - 1].line > 0, !strcmp(from, "debug info"));
	assert_int_equal(frames[count - 1].inlined, 0);
	symbolizer_free(s);
}

static const struct ingest_options no_options;

static void a_file_with_everything_needs_no_other(void **state)
{
	(void)state;
	names_are(&no_options, program_path("full"), id, id_size, outer_at, "outer", "debug info");
	names_are(&no_options, program_path("full0"), NULL, 0, outer0_at, "outer", "debug info");
}

static void stripped_files_have_dynamic_symbols(void **state)
{
	char label[64];

	(void)state;
	names_are(&no_options, program_path("plain"), id, id_size, outer_at, "outer", "dynamic symbols");
	snprintf(label, sizeof(label), "plain+0x%llx", (unsigned long long)hidden_at);
	names_are(&no_options, program_path("plain"), id, id_size, hidden_at, label, "dynamic symbols");
	names_are(&no_options, program_path("plain"), id, id_size, hidden_at + 5, label, "dynamic symbols");
}

static void by_build_id(void **state)
{
	const char *dirs[] = {program_path("nowhere"), program_path("debug")};
	const struct ingest_options options = {.debug_dirs = dirs, .debug_dir_count = 2};
	char hex[65];

	(void)state;
	for (size_t i = 0; i < id_size; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	program_run("mkdir -p debug/.build-id/%.2s && cp apart.debug debug/.build-id/%.2s/%s.debug", hex, hex, hex + 2);
	names_are(&options, program_path("plain"), id, id_size, outer_at, "outer", "debug info");
	/* the debug file alone: the program is gone, or is on another host */
	names_are(&options, "/not/on/this/host/plain", id, id_size, outer_at, "outer", "debug info");
	/* compressed, and with a file of another program under that name */
	program_run("objcopy --compress-debug-sections=zlib debug/.build-id/%.2s/%s.debug", hex, hex + 2);
	names_are(&options, program_path("plain"), id, id_size, outer_at, "outer", "debug info");
	program_run("cp apart0.debug debug/.build-id/%.2s/%s.debug", hex, hex + 2);
	names_are(&options, program_path("plain"), id, id_size, outer_at, "outer", "dynamic symbols");
	program_run("rm -r debug");
}

static void by_path(void **state)
{
	const char *dirs[] = {program_path("debug")};
	const struct ingest_options options = {.debug_dirs = dirs, .debug_dir_count = 1};

	(void)state;
	program_run("mkdir -p debug/\"$PWD\" && cp apart.debug debug/\"$PWD\"/plain.debug");
	names_are(&options, program_path("plain"), id, id_size, outer_at, "outer", "debug info");
	program_run("rm -r debug && mkdir debug && cp apart.debug debug/plain.debug");
	names_are(&options, program_path("plain"), id, id_size, outer_at, "outer", "debug info");
	program_run("cp apart0.debug debug/plain.debug");
	names_are(&options, program_path("plain"), id, id_size, outer_at, "outer", "dynamic symbols");
	program_run("rm -r debug");
}

static void by_debuglink(void **state)
{
	const char *dirs[] = {program_path("debug")};
	const struct ingest_options options = {.debug_dirs = dirs, .debug_dir_count = 1};
	char label[64];

	(void)state;
	snprintf(label, sizeof(label), "prog+0x%llx", (unsigned long long)outer0_at - 8);
	names_are(&no_options, program_path("linked/prog"), NULL, 0, outer0_at, label, "none");
	program_run("cp apart0.debug linked/");
	names_are(&no_options, program_path("linked/prog"), NULL, 0, outer0_at, "outer", "debug info");
	program_run("mkdir linked/.debug && mv linked/apart0.debug linked/.debug/");
	names_are(&no_options, program_path("linked/prog"), NULL, 0, outer0_at, "outer", "debug info");
	program_run("mkdir debug && mv linked/.debug/apart0.debug debug/");
	names_are(&options, program_path("linked/prog"), NULL, 0, outer0_at, "outer", "debug info");
	/* one byte more, and the checksum is another */
	program_run("cp debug/apart0.debug linked/ && echo >> linked/apart0.debug");
	names_are(&no_options, program_path("linked/prog"), NULL, 0, outer0_at, label, "none");
	program_run("rm -r debug linked/apart0.debug");
}

static void checksums_are_binutils(void **state)
{
	uint32_t crc;

	(void)state;
	program_write("check", "123456789");
	assert_int_equal(debugfile_crc(program_path("check"), &crc), 0);
	assert_int_equal(crc, 0xcbf43926);
	assert_int_equal(debugfile_crc(program_path("missing"), &crc), -1);
}

/* Two programs whose common debug information dwz has moved to a third file. */
static void shared_debug_files(void **state)
{
	const char *dirs[] = {program_path("debug")};
	const struct ingest_options options = {.debug_dirs = dirs, .debug_dir_count = 1};

	(void)state;
	if (!program_has("dwz"))
		skip();
	program_run("cp a.c b.c && sed -i 's/hidden/covered/' b.c && gcc -O2 -g -rdynamic -o dwz1 a.c && "
	            "gcc -O2 -g -rdynamic -o dwz2 b.c && dwz -m shared.debug -M shared.debug dwz1 dwz2 && "
	            "readelf -S dwz1 | grep -q gnu_debugaltlink");
	uint64_t at = program_hex("nm %s | awk '$3 == \"outer\" {print $1}'", "dwz1") + 8;
	unsigned char dwz_id[64];
	size_t size = program_build_id("dwz1", dwz_id);

	names_are(&no_options, program_path("dwz1"), dwz_id, size, at, "outer", "debug info");
	program_run("set -- $(readelf -n shared.debug | sed -n 's/.*Build ID: \\(..\\)/\\1 /p'); "
	            "mkdir -p debug/.build-id/$1 && mv shared.debug debug/.build-id/$1/$2.debug");
	names_are(&options, program_path("dwz1"), dwz_id, size, at, "outer", "debug info");
	program_run("rm -r debug"); /* what is not there is left out, and the symbol table helps */
	names_are(&no_options, program_path("dwz1"), dwz_id, size, at, "outer", "debug info");
}

/* The symbol table that Fedora leaves in stripped files. */
static void mini_debug_information(void **state)
{
	(void)state;
	if (!program_has("xz"))
		skip();
	program_run("objcopy -S --remove-section .gnu_debugdata --keep-symbol=hidden full mini && xz -k mini && cp plain lean && "
	            "objcopy --add-section .gnu_debugdata=mini.xz lean");
	names_are(&no_options, program_path("lean"), id, id_size, hidden_at + 1, "hidden", "symbol table");
}

static void a_replaced_file_lends_no_names(void **state)
{
	unsigned char other[20] = {1, 2, 3};
	char label[64];

	(void)state;
	snprintf(label, sizeof(label), "full+0x%llx", (unsigned long long)outer_at);
	names_are(&no_options, program_path("full"), other, sizeof(other), outer_at, label, "none");
	names_are(&no_options, program_path("full"), id, 19, outer_at, label, "none");
	names_are(&no_options, program_path("full"), NULL, 0, outer_at, label, "none");
	snprintf(label, sizeof(label), "full0+0x%llx", (unsigned long long)outer_at);
	names_are(&no_options, program_path("full0"), id, id_size, outer_at, label, "none");
}

static void another_hosts_files_are_under_the_sysroot(void **state)
{
	const struct ingest_options options = {.sysroot = program_path("root")};
	const char *dirs[] = {program_path("root")};
	const struct ingest_options as_dir = {.debug_dirs = dirs, .debug_dir_count = 1};

	(void)state;
	program_run("mkdir -p root/opt/bin root/usr/lib/debug/.build-id && cp full root/opt/bin/server && cp full0 root/opt/bin/old");
	names_are(&options, "/opt/bin/server", id, id_size, outer_at, "outer", "debug info");
	names_are(&as_dir, "/opt/bin/server", id, id_size, outer_at, "outer", "debug info");
	names_are(&options, "/opt/bin/old", NULL, 0, outer0_at, "outer", "debug info");
	names_are(&no_options, "/opt/bin/server", id, id_size, 0x1234, "server+0x1234", "none");
	/* this host's file is taken only where the build id vouches for it */
	names_are(&options, program_path("full"), id, id_size, outer_at, "outer", "debug info");
	names_are(&options, program_path("full0"), NULL, 0, 0x1234, "full0+0x1234", "none");
}

static void what_is_no_file_has_a_label(void **state)
{
	static const struct {
		const char *path, *label;
	} cases[] = {
		{"linux-vdso.so.1", "[vdso]+0x9f0"}, {"[vdso]", "[vdso]+0x9f0"}, {"", "[unknown]+0x9f0"},
		{"/missing/prog", "prog+0x9f0"}, {"/missing/prog (deleted)", "prog+0x9f0"}, {"/dev/zero", "zero+0x9f0"},
		{"/memfd:jit (deleted)", "memfd:jit+0x9f0"}, {"/", "/+0x9f0"}, {" (deleted)", " (deleted)+0x9f0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		names_are(&no_options, cases[i].path, NULL, 0, 0x9f0, cases[i].label, "none");
	program_run("mkfifo pipe");
	names_are(&no_options, program_path("pipe"), NULL, 0, 1, "pipe+0x1", "none");
	names_are(&no_options, program_path("a.c"), NULL, 0, 1, "a.c+0x1", "none");
}

static void an_unlinked_file_is_used_when_it_is_there_again(void **state)
{
	char path[300];

	(void)state;
	snprintf(path, sizeof(path), "%s (deleted)", program_path("full"));
	names_are(&no_options, path, id, id_size, outer_at, "outer", "debug info");
}

static void handles_that_are_none_have_a_name_too(void **state)
{
	struct err err = {.kind = ERR_NONE};
	struct symbolizer *s = symbolizer_new(&no_options, &err);
	const struct symbol_frame *frames;

	(void)state;
	assert_int_equal(symbolizer_resolve(s, 0, 0x10, &frames), 1);
	assert_string_equal(frames[0].function, "[unknown]+0x10");
	assert_int_equal(symbolizer_resolve(s, 77, UINT64_MAX, &frames), 1);
	assert_string_equal(symbolizer_module_symbols(s, 77), "none");
	symbolizer_free(s);
}

/* A "server" of files: what would be fetched over the network if it were asked, is not unless it is asked for. */
static void servers_are_asked_only_when_wanted(void **state)
{
	struct ingest_options options = {.debuginfod = 0};
	char hex[65], url[128];

	(void)state;
	if (!dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_NODELETE))
		skip();
	for (size_t i = 0; i < id_size; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	program_run("mkdir -p server/buildid/%s cache && cp apart.debug server/buildid/%s/debuginfo", hex, hex);
	snprintf(url, sizeof(url), "file://%s/", program_path("server"));
	setenv("DEBUGINFOD_URLS", url, 1);
	setenv("DEBUGINFOD_CACHE_PATH", program_path("cache"), 1);
	names_are(&options, program_path("plain"), id, id_size, outer_at, "outer", "dynamic symbols");
	program_run("test -z \"$(ls cache)\"");
	options.debuginfod = 1;
	names_are(&options, program_path("plain"), id, id_size, outer_at, "outer", "debug info");
	program_run("cp full server/buildid/%s/executable && rm -r cache", hex);
	names_are(&options, "/not/on/this/host/plain", id, id_size, outer_at, "outer", "debug info");
	unsetenv("DEBUGINFOD_URLS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_with_everything_needs_no_other),
		cmocka_unit_test(stripped_files_have_dynamic_symbols),
		cmocka_unit_test(by_build_id),
		cmocka_unit_test(by_path),
		cmocka_unit_test(by_debuglink),
		cmocka_unit_test(checksums_are_binutils),
		cmocka_unit_test(shared_debug_files),
		cmocka_unit_test(mini_debug_information),
		cmocka_unit_test(a_replaced_file_lends_no_names),
		cmocka_unit_test(another_hosts_files_are_under_the_sysroot),
		cmocka_unit_test(what_is_no_file_has_a_label),
		cmocka_unit_test(an_unlinked_file_is_used_when_it_is_there_again),
		cmocka_unit_test(handles_that_are_none_have_a_name_too),
		cmocka_unit_test(servers_are_asked_only_when_wanted),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
