/* SPDX-License-Identifier: MIT
 *
 * Names as people read them: C++, both Rust manglings, clones and versions, and symbols made to explode.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/ingest/demangle.h"

struct pair {
	const char *linkage, *plain; /* NULL: it reads as it stands */
};

static void check(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *plain = demangle(pairs[i].linkage);

		if (pairs[i].plain)
			assert_non_null(plain);
		else
			assert_null(plain);
		if (plain)
			assert_string_equal(plain, pairs[i].plain);
		free(plain);
	}
}

#define CHECK(pairs) check(pairs, sizeof(pairs) / sizeof(pairs[0]))

static void cplusplus_keeps_parameters_and_drops_return_types(void **state)
{
	static const struct pair pairs[] = {
		{"_Z5outeri", "outer(int)"},
		{"_Z5outerd", "outer(double)"},
		{"_ZN3net6Client4sendEPKcm", "net::Client::send(char const*, unsigned long)"},
		{"_ZNK3net6Client4sizeEv", "net::Client::size() const"},
		{"_Z5twiceIdET_S0_", "twice<double>(double)"},
		{"_ZN12_GLOBAL__N_16hiddenEi", "(anonymous namespace)::hidden(int)"},
		{"_Znwm", "operator new(unsigned long)"},
		{"_ZnamSt11align_val_t", "operator new[](unsigned long, std::align_val_t)"},
		{"_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const"},
	};

	(void)state;
	CHECK(pairs);
}

static void rust_drops_the_hash(void **state)
{
	static const struct pair pairs[] = {
		{"_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$14grow_amortized17h0123456789abcdefE",
	         "alloc::raw_vec::RawVec<T,A>::grow_amortized"},
		{"_ZN4core3ptr13drop_in_place17h0123456789abcdefE.llvm.6024078633948580619", "core::ptr::drop_in_place"},
		{"_RNvMs4_NtCslNYArtu3iFV_5alloc7raw_vecNtB5_11RawVecInner8grow_one", "<alloc::raw_vec::RawVecInner>::grow_one"},
		{"_RNvCs6GmmlP4bgsG_1r4grow", "r::grow"},
	};

	(void)state;
	CHECK(pairs);
}

static void parts_of_a_function_have_its_name(void **state)
{
	static const struct pair pairs[] = {
		{"walk.cold", "walk"},
		{"walk.part.0", "walk"},
		{"walk.constprop.0.isra.0.cold", "walk"},
		{"walk.lto_priv.12", "walk"},
		{"_Z5outeri.cold", "outer(int)"},
		{"_Z5outeri.isra.0", "outer(int)"},
		{"shm_open@@GLIBC_2.34", "shm_open"},
		{"pmap_getmaps@GLIBC_2.2.5", "pmap_getmaps"},
		{"_Znwm@@GLIBCXX_3.4", "operator new(unsigned long)"},
	};

	(void)state;
	CHECK(pairs);
}

static void plain_names_stay(void **state)
{
	static const struct pair pairs[] = {
		{"main", NULL}, {"_start", NULL}, {"", NULL},          {".cold", NULL},   {"a.b", NULL}, {"file.1.2", NULL},
		{"_Z", NULL},   {"_R", NULL},     {"_ZN3fooE*", NULL}, {"__cold", NULL},  {".0", NULL},  {"@VERSION", NULL},
		{"coldx.colder", NULL},
	};

	(void)state;
	CHECK(pairs);
}

/* f(A<int, int>, B<A, A>, B<B, B>, ...), each parameter by substitution twice the one before. */
static void nested_linkage(char *out, int levels)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	out += sprintf(out, "_Z1f1AIiiE");
	for (int i = 0; i < levels; i++) {
		int id = 2 * i;
		char s[8];

		if (id < 36)
			sprintf(s, "S%c_", digits[id]);
		else
			sprintf(s, "S%c%c_", digits[id / 36], digits[id % 36]);
		out += sprintf(out, "1BI%s%sE", s, s);
	}
}

static void exploding_symbols_stay_mangled(void **state)
{
	char linkage[4000];
	char *plain;

	(void)state;
	nested_linkage(linkage, 8);
	plain = demangle(linkage);
	assert_non_null(plain);
	assert_true(strlen(plain) > 2000);
	free(plain);
	nested_linkage(linkage, 90); /* 2^90 characters */
	assert_null(demangle(linkage));
}

static void long_symbols_stay_mangled(void **state)
{
	char *name = malloc(200000);

	(void)state;
	memset(name, 'x', 199999);
	name[199999] = 0;
	assert_null(demangle(name));
	memcpy(name, "_Z199990", 8);
	assert_null(demangle(name));
	free(name);
}

static void any_bytes_are_survived(void **state)
{
	static const char letters[] = "_ZRNSIKEC0123456789abvsBtT$LT.@mn";
	unsigned int seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char name[64];
		size_t size = 2 + (unsigned int)rand_r(&seed) % 60;

		memcpy(name, i & 1 ? "_Z" : "_R", 2);
		for (size_t j = 2; j < size; j++)
			name[j] = letters[(unsigned int)rand_r(&seed) % (sizeof(letters) - 1)];
		name[size] = 0;
		free(demangle(name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cplusplus_keeps_parameters_and_drops_return_types),
		cmocka_unit_test(rust_drops_the_hash),
		cmocka_unit_test(parts_of_a_function_have_its_name),
		cmocka_unit_test(plain_names_stay),
		cmocka_unit_test(exploding_symbols_stay_mangled),
		cmocka_unit_test(long_symbols_stay_mangled),
		cmocka_unit_test(any_bytes_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
