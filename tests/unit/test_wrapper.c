/* SPDX-License-Identifier: MIT
 *
 * Which functions are wrappers: the built-in list by name, and the user's expressions.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "analyzer/ingest/function_name.h"
#include "analyzer/ingest/wrapper.h"

static const char *const wrappers[] = {
	"malloc", "calloc", "posix_memalign", "strdup", "__vasprintf_internal", "xmalloc", "zmalloc", "ztrymalloc_usable_internal",
	"g_malloc0", "g_malloc0_n", "g_slice_alloc", "safe_malloc", "ngx_palloc", "av_mallocz", "PyMem_RawMalloc",
	"_PyObject_Malloc", "sqlite3DbMallocRawNN", "sqlite3_malloc64", "CRYPTO_zalloc", "je_malloc", "tcmalloc::allocate_full_malloc_oom(unsigned long)",
	"operator new(unsigned long)", "operator new[](unsigned long, std::nothrow_t const&)",
	"net::Packet::operator new(unsigned long)",
	"std::allocator<int>::allocate(unsigned long)",
	"std::vector<int, std::allocator<int> >::push_back(int const&)",
	"std::operator<< <std::char_traits<char> >(std::ostream&, char const*)",
	"std::__new_allocator<std::pair<int const, std::vector<char> > >::allocate(unsigned long, void const*)",
	"__gnu_cxx::new_allocator<std::_Rb_tree_node<int> >::allocate(unsigned long, void const*)",
	"std::allocator_traits<std::allocator<char> >::allocate(std::allocator<char>&, unsigned long)",
	"std::_Vector_base<int, std::allocator<int> >::_M_allocate(unsigned long)",
	"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::_M_create(unsigned long&, unsigned long)",
	"std::_Rb_tree<int, int, std::_Identity<int>, std::less<int>, std::allocator<int> >::_M_get_node()",
	"std::__detail::_Hashtable_alloc<std::allocator<std::__detail::_Hash_node<int, false> > >::_M_allocate_node<int const&>(int const&)",
	"std::__allocate_guarded<std::allocator<(anonymous namespace)::Thing> >(std::allocator<(anonymous namespace)::Thing>&)",
	"__rust_alloc", "__rustc::__rust_alloc", "alloc::alloc::alloc", "alloc::alloc::Global::alloc_impl",
	"<alloc::alloc::Global>::alloc_impl", "<alloc::alloc::Global as core::alloc::Allocator>::allocate",
	"alloc::alloc::exchange_malloc", "alloc::raw_vec::RawVec<T,A>::grow_amortized", "<alloc::raw_vec::RawVecInner>::grow_one",
	"<alloc::boxed::Box<[u8; 400]>>::new", "alloc::boxed::Box<T>::new",
	"alloc::vec::Vec<T>::push", "<alloc::vec::Vec<T,A> as core::clone::Clone>::clone", "<T as alloc::slice::<impl [T]>::to_vec_in::ConvertVec>::to_vec",
	"<u32 as alloc::string::SpecToString>::spec_to_string", "<&mut alloc::string::String as core::fmt::Write::write_fmt::SpecWriteFmt>::spec_write_fmt",
	"core::iter::traits::iterator::Iterator::collect", "<core::iter::adapters::map::Map<I,F> as core::iter::traits::iterator::Iterator>::fold",
	"core::ptr::drop_in_place", "alloc::sync::Arc<T>::drop_slow", "<str>::repeat", "<u64 as core::fmt::Display>::fmt", "hashbrown::raw::RawTable<T,A>::reserve_rehash",
	"<app::Counting as core::alloc::global::GlobalAlloc>::alloc", "__rustc::__rust_realloc", "__rustc[5b1c8a4]::__rust_start_panic", "panic_unwind::imp::panic",
	"core::option::Option<T>::map_or_else", "__cxa_allocate_exception", "Perl_safesysmalloc", "__gthread_mutex_lock(pthread_mutex_t*)", "std::mutex::lock()", "std::unique_lock<std::mutex>::lock()",
	"std::lock_guard<std::mutex>::lock_guard(std::mutex&)", "std::condition_variable::wait(std::unique_lock<std::mutex>&)",
	"alloc::sync::Arc<T>::new", "<alloc::sync::Arc<std::thread::thread::Inner, std::alloc::System>>::new_uninit_in",
	"alloc::rc::Rc<T>::new_cyclic", "__cxa_guard_acquire", "<std::sys::sync::mutex::futex::Mutex>::lock_contended", "std::sys::sync::mutex::futex::Mutex::lock_contended",
	"std::sync::poison::mutex::Mutex<T>::lock", "<parking_lot::raw_mutex::RawMutex>::lock_slow",
	"lock_api::mutex::Mutex<R,T>::lock", "absl::lts_20220623::Mutex::Lock()", "absl::Mutex::LockSlow(absl::MuHowS const*, absl::Condition const*, int)",
	"absl::lts_20220623::MutexLock::MutexLock(absl::lts_20220623::Mutex*)", "boost::mutex::lock()",
	"boost::unique_lock<boost::mutex>::lock()", "g_mutex_lock_slowpath", "g_rw_lock_writer_lock", "QMutexLocker<QMutex>::QMutexLocker(QMutex*)",
	"inline_mysql_mutex_lock(mysql_mutex_t*, char const*, unsigned int)", "ssux_lock_impl<false>::rd_wait()",
};

static const char *const others[] = {
	"main", "", "mallocator", "my_mallocs", "do_malloc_things", "free", "stdlib_vector", "mystd::vector<int>::push_back(int const&)", "fill(std::vector<int>&)", "sdsnewlen", "operator delete(void*)", "operatornew",
	"run(std::allocator<int>::allocate)", "make<operator new>(int)", "Cache::allocate(unsigned long)", "g_free",
	"malloc(int)::{lambda(int)#1}::operator()(int) const", "alloc_things", "core::Engine::start(int)", "<app::Session as core::fmt::Display>::fmt",
	"<app::Session as core::iter::traits::iterator::Iterator>::next", "app::core::iter::next", "<app::Table<alloc::string::String>>::grow", "net::Packet::operator new_thing(int)", "g_mutex_unlock", "item_lock", "QMutexPool::get(void const*)", "lock_server", "app::main::{{closure}}",
	"absl::Cord::Append(absl::Cord const&)", "CRYPTO_THREAD_lock_new", "boost::asio::detail::scheduler::run()", "absl::MutexHolder::take()",
};

static struct wrapper_list *list(const char *const *expressions, size_t count)
{
	struct err err = {.kind = ERR_NONE};
	struct wrapper_list *w = wrapper_list_new(expressions, count, &err);

	assert_non_null(w);
	assert_int_equal(err.kind, ERR_NONE);
	return w;
}

static void allocators_are_wrappers_and_nothing_else_is(void **state)
{
	struct wrapper_list *w = list(NULL, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		if (!wrapper_list_has(w, wrappers[i]))
			fail_msg("%s is a wrapper", wrappers[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (wrapper_list_has(w, others[i]))
			fail_msg("%s is no wrapper", others[i]);
	}
	wrapper_list_free(w);
}

static void expressions_are_added(void **state)
{
	static const char *const expressions[] = {"^pool_(get|take)$", "::acquire\\("};
	struct wrapper_list *w = list(expressions, 2);

	(void)state;
	assert_true(wrapper_list_has(w, "pool_get"));
	assert_true(wrapper_list_has(w, "pool_take"));
	assert_true(wrapper_list_has(w, "Pool<int>::acquire(unsigned long)"));
	assert_true(wrapper_list_has(w, "malloc"));
	assert_false(wrapper_list_has(w, "pool_getter"));
	assert_false(wrapper_list_has(w, "acquire"));
	wrapper_list_free(w);
}

static void a_wrong_expression_is_a_usage_error_that_names_it(void **state)
{
	static const char *const expressions[] = {"fine", "pool_(get"};
	struct err err = {.kind = ERR_NONE};

	(void)state;
	assert_null(wrapper_list_new(expressions, 2, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_non_null(strstr(err.text, "--wrapper=pool_(get"));
}

static void skeleton(const char *function, const char *expected)
{
	char out[256];

	assert_int_equal(function_name_skeleton(function, out, sizeof(out)), 0);
	assert_string_equal(out, expected);
}

static void skeletons_lack_arguments(void **state)
{
	char small[8];

	(void)state;
	skeleton("main", "main");
	skeleton("outer(int)", "outer");
	skeleton("std::vector<int, std::allocator<int> >::at(unsigned long) const", "std::vector::at");
	skeleton("twice<double>(double)", "twice");
	skeleton("(anonymous namespace)::hidden(int)", "(anonymous namespace)::hidden");
	skeleton("f(int)::{lambda(int)#1}::operator()(int) const", "f::{lambda(int)#1}::operator()");
	skeleton("A::f() const::{lambda()#1}::operator()() const", "A::f::{lambda()#1}::operator()");
	skeleton("std::string::at[abi:cxx11](unsigned long)", "std::string::at");
	skeleton("operator new[](unsigned long)", "operator new[]");
	skeleton("bool operator< <int>(A<int> const&)", "bool operator< ");
	skeleton("A<int>::operator->() const", "A::operator->");
	skeleton("call<void (*)(int)>(void (*)(int))", "call");
	skeleton("broken<(", "broken");
	skeleton("broken)>", "broken)>");
	skeleton("operator", "operator");
	assert_int_equal(function_name_skeleton("too_long_for_it", small, sizeof(small)), -1);
	assert_int_equal(function_name_skeleton("fits_in", small, sizeof(small)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocators_are_wrappers_and_nothing_else_is),
		cmocka_unit_test(expressions_are_added),
		cmocka_unit_test(a_wrong_expression_is_a_usage_error_that_names_it),
		cmocka_unit_test(skeletons_lack_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
