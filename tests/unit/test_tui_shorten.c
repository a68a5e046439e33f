/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/shorten.h"

static void shortens_to(const char *name, int columns, const char *want)
{
	char out[1024];

	assert_string_equal(shorten_function(name, columns, "~", out, sizeof(out)), want);
}

static void test_fits(void **state)
{
	(void)state;
	shortens_to("row_new", 10, "row_new");
	shortens_to("f(int)", 6, "f(int)");
	shortens_to("", 4, "");
}

static void test_parameters_go_first(void **state)
{
	(void)state;
	shortens_to("f(int)", 5, "f(~)");
	shortens_to("tree::insert(std::pair<int, long> const&)", 20, "tree::insert(~)");
	shortens_to("tree<int>::scan(range) const", 24, "tree<int>::scan(~) const");
	shortens_to("index::(anonymous namespace)::key_of(char const*)", 40, "index::(anonymous namespace)::key_of(~)");
	shortens_to("functor::operator()(int, long)", 25, "functor::operator()(~)");
}

static void test_template_arguments_go_next(void **state)
{
	(void)state;
	shortens_to("tree<std::string, unsigned long>::split(node*)", 17, "tree<~>::split(~)");
	shortens_to("a<b<c>, d<e> >::f", 8, "a<~>::f");
	shortens_to("stream<char>::operator<<(int)", 24, "stream<~>::operator<<(~)");
	shortens_to("<[u8; 32] as hash::Digest>::finish", 34, "<[u8; 32] as hash::Digest>::finish");
}

static void test_scopes_go_last(void **state)
{
	(void)state;
	shortens_to("index::(anonymous namespace)::key_of(char const*)", 14, "~::key_of(~)");
	shortens_to("one::two::three::four", 14, "~::three::four");
	shortens_to("one::two::three::four", 13, "~::four");
	shortens_to("one::two::a_very_long_name", 8, "~::a_very_long_name");
}

static void test_offsets_stay(void **state)
{
	(void)state;
	shortens_to("libcrypto.so.3+0x22f820", 23, "libcrypto.so.3+0x22f820");
	shortens_to("libcrypto.so.3+0x22f820", 16, "libcry~+0x22f820");
	shortens_to("libcrypto.so.3+0x22f820", 4, "~+0x22f820");
	shortens_to("operator+0xyz", 4, "operator+0xyz");
}

/* Brackets that do not match are no brackets: nothing of the name is lost to them. */
static void test_broken_names(void **state)
{
	(void)state;
	shortens_to("operator<", 4, "operator<");
	shortens_to("what<is this", 4, "what<is this");
	shortens_to("what)is this(", 4, "what)is this(");
	shortens_to("a->b->c", 3, "a->b->c");
}

static void test_long_names_stay_inside(void **state)
{
	char name[4000], out[64];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	shorten_function(name, 10, "~", out, sizeof(out));
	assert_int_equal(strlen(out), sizeof(out) - 1);
}

static void test_place(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(shorten_place("/src/row.c", 25, "/usr/bin/x", out, sizeof(out)), "row.c:25");
	assert_string_equal(shorten_place("/src/row.c", 0, "/usr/bin/x", out, sizeof(out)), "row.c");
	assert_string_equal(shorten_place("", 0, "/usr/lib/libc.so.6", out, sizeof(out)), "libc.so.6");
	assert_string_equal(shorten_place(NULL, 0, NULL, out, sizeof(out)), "");
	assert_string_equal(shorten_path("/a/b/"), "/a/b/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_parameters_go_first),
		cmocka_unit_test(test_template_arguments_go_next),
		cmocka_unit_test(test_scopes_go_last),
		cmocka_unit_test(test_offsets_stay),
		cmocka_unit_test(test_broken_names),
		cmocka_unit_test(test_long_names_stay_inside),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
