/* SPDX-License-Identifier: MIT
 *
 * Futex waits by the names around them: stacks as programs of Rust 1.95 and libstdc++ 12 had them, and as the sources of
 * the others say.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/futex.h"
#include "analyzer/ingest/wrapper.h"

#include <stdlib.h>

#define DEPTH 20

struct wait {
	enum futex_class class;
	const char *frames[DEPTH]; /* innermost first */
};

static const struct wait waits[] = {
	/* Rust, std */
	{ FUTEX_LOCK, { "std::sys::pal::unix::futex::futex_wait", "std::sys::sync::mutex::futex::Mutex::lock_contended",
	                "std::sys::sync::mutex::futex::Mutex::lock", "std::sync::poison::mutex::Mutex<T>::lock", "a::lock_it" } },
	{ FUTEX_LOCK, { "<std::sys::sync::mutex::futex::Mutex>::lock_contended", "a::lock_it", "a::main::{{closure}}" } },
	{ FUTEX_LOCK, { "std::sys::unix::locks::futex_mutex::Mutex::lock_contended", "core::ops::function::FnOnce::call_once" } },
	{ FUTEX_LOCK, { "<std::sys::sync::rwlock::futex::RwLock>::read_contended", "a::read_it" } },
	{ FUTEX_LOCK, { "std::sys::unix::locks::futex_rwlock::RwLock::write_contended", "a::write_it" } },
	{ FUTEX_LOCK, { "std::sys::pal::unix::futex::futex_wait", "<std::sys::sync::once::futex::Once>::call",
	                "std::sync::once::Once::call_once_force", "std::sync::once_lock::OnceLock<T>::initialize", "a::once_it" } },
	{ FUTEX_WORK, { "std::sys::pal::unix::futex::futex_wait", "std::sys::sync::condvar::futex::Condvar::wait_optional_timeout",
	                "<std::sys::sync::condvar::futex::Condvar>::wait", "std::sync::poison::condvar::Condvar::wait", "a::main" } },
	{ FUTEX_WORK, { "<std::sys::sync::condvar::futex::Condvar>::wait", "<std::sync::barrier::Barrier>::wait", "a::main" } },
	{ FUTEX_LOCK, { "std::sys::pal::unix::futex::futex_wait", "std::sys::sync::mutex::futex::Mutex::lock_contended",
	                "std::sys::sync::mutex::futex::Mutex::lock", "std::sys::sync::condvar::futex::Condvar::wait_optional_timeout",
	                "std::sys::sync::condvar::futex::Condvar::wait", "std::sync::barrier::Barrier::wait", "a::main" } },
	{ FUTEX_WORK, { "std::sys::pal::unix::futex::futex_wait", "std::sys::sync::thread_parking::futex::Parker::park",
	                "<std::thread::thread::Thread>::park", "std::sync::mpmc::context::Context::wait_until", "a::main" } },
	{ FUTEX_WORK, { "std::thread::functions::park_timeout", "a::main" } },
	{ FUTEX_WORK, { "std::thread::park", "a::init", "a::caller", "std::sys::sync::once::futex::Once::call" } },
	/* parking_lot */
	{ FUTEX_LOCK, { "<parking_lot_core::thread_parker::imp::ThreadParker as parking_lot_core::thread_parker::ThreadParkerT>::park",
	                "parking_lot_core::parking_lot::park::{{closure}}", "parking_lot_core::parking_lot::with_thread_data",
	                "parking_lot_core::parking_lot::park", "parking_lot::raw_mutex::RawMutex::lock_slow",
	                "<parking_lot::raw_mutex::RawMutex as lock_api::mutex::RawMutex>::lock", "lock_api::mutex::Mutex<R,T>::lock", "b" } },
	{ FUTEX_LOCK, { "parking_lot_core::parking_lot::park", "<parking_lot::raw_rwlock::RawRwLock>::lock_exclusive_slow", "b" } },
	{ FUTEX_LOCK, { "parking_lot_core::parking_lot::park", "parking_lot::raw_rwlock::RawRwLock::lock_shared_slow", "b" } },
	{ FUTEX_WORK, { "parking_lot_core::parking_lot::park", "<parking_lot::condvar::Condvar>::wait_until_internal", "b" } },
	{ FUTEX_LOCK, { "parking_lot_core::parking_lot::park", "parking_lot::raw_mutex::RawMutex::lock_slow",
	                "parking_lot::condvar::Condvar::wait_until_internal", "b" } },
	{ FUTEX_WORK, { "parking_lot_core::parking_lot::park", "mine::Event::wait" } },
	/* libstdc++, libc++ */
	{ FUTEX_WORK, { "std::__detail::__platform_wait<int>(int const*, int)",
	                "std::__atomic_wait_address_bare<std::__atomic_semaphore::_M_acquire()::{lambda()#1}>(int const*, std::__atomic_semaphore::_M_acquire()::{lambda()#1})",
	                "std::__atomic_semaphore::_M_acquire()", "std::counting_semaphore<8l>::acquire()", "worker()" } },
	{ FUTEX_WORK, { "std::__detail::__platform_wait_until_impl<std::chrono::duration<long, std::ratio<1l, 1000000000l> > >(int const*, int)",
	                "worker()" } },
	{ FUTEX_WORK, { "std::latch::wait() const", "std::latch::arrive_and_wait(long)", "worker()" } },
	{ FUTEX_WORK, { "std::barrier<std::__empty_completion>::arrive_and_wait()", "worker()" } },
	{ FUTEX_WORK, { "std::__atomic_futex_unsigned_base::_M_futex_wait_until(unsigned int*, unsigned int, bool)", "worker()" } },
	{ FUTEX_LOCK, { "std::__detail::__platform_wait<int>(int const*, int)", "std::__detail::__waiter_pool::_M_do_wait(int const*, int)",
	                "std::_Sp_atomic<std::shared_ptr<int> >::_Atomic_count::lock(std::memory_order) const", "std::atomic<std::shared_ptr<int> >::load() const" } },
	{ FUTEX_LOCK, { "__cxa_guard_acquire", "get()" } },
	{ FUTEX_WORK, { "std::__1::__libcpp_atomic_wait(void const volatile*, long)", "worker()" } },
	/* abseil */
	{ FUTEX_LOCK, { "absl::lts_20220623::synchronization_internal::Waiter::Wait(absl::lts_20220623::synchronization_internal::KernelTimeout)",
	                "AbslInternalPerThreadSemWait_lts_20220623", "absl::lts_20220623::Mutex::Block(absl::lts_20220623::base_internal::PerThreadSynch*)",
	                "absl::lts_20220623::Mutex::LockSlowLoop(absl::lts_20220623::SynchWaitParams*, int)",
	                "absl::lts_20220623::Mutex::LockSlow(absl::lts_20220623::MuHowS const*, absl::lts_20220623::Condition const*, int)",
	                "absl::lts_20220623::Mutex::Lock()", "serve()" } },
	{ FUTEX_WORK, { "absl::synchronization_internal::FutexWaiter::Wait(absl::synchronization_internal::KernelTimeout)",
	                "AbslInternalPerThreadSemWait", "absl::Mutex::Block(absl::base_internal::PerThreadSynch*)",
	                "absl::Mutex::LockSlowLoop(absl::SynchWaitParams*, int)", "absl::Mutex::AwaitCommon(absl::Condition const&)", "serve()" } },
	{ FUTEX_WORK, { "AbslInternalPerThreadSemWait", "absl::Mutex::Block(absl::base_internal::PerThreadSynch*)",
	                "absl::CondVar::WaitCommon(absl::Mutex*, absl::synchronization_internal::KernelTimeout)", "serve()" } },
	{ FUTEX_LOCK, { "AbslInternalPerThreadSemWait", "absl::Mutex::LockSlowLoop(absl::SynchWaitParams*, int)",
	                "absl::Mutex::Trans(absl::MuHowS const*)", "absl::CondVar::WaitCommon(absl::Mutex*)", "serve()" } },
	{ FUTEX_LOCK, { "AbslInternalSpinLockDelay_lts_20220623", "absl::lts_20220623::base_internal::SpinLock::SlowLock()", "serve()" } },
	/* the others */
	{ FUTEX_LOCK, { "folly::detail::futexWaitImpl(folly::detail::Futex<std::atomic> const*, unsigned int)",
	                "folly::SharedMutexImpl<false, void, std::atomic, folly::SharedMutexPolicyDefault>::WaitForDrain::lock()", "serve()" } },
	{ FUTEX_WORK, { "folly::detail::futexWaitImpl(folly::detail::Futex<std::atomic> const*, unsigned int)",
	                "folly::Baton<true, std::atomic>::tryWaitSlow(std::chrono::time_point<int>)", "serve()" } },
	{ FUTEX_LOCK, { "g_mutex_lock_slowpath", "g_mutex_lock", "main" } },
	{ FUTEX_WORK, { "g_cond_wait", "g_async_queue_pop", "main" } },
	{ FUTEX_LOCK, { "g_cond_wait", "g_once_init_enter", "my_type_get_type" } },
	{ FUTEX_LOCK, { "QtLinuxFutex::futexWait<int>(int&, int)", "QBasicMutex::lockInternal()", "serve()" } },
	{ FUTEX_LOCK, { "TTASFutexMutex<GenericPolicy>::wait()", "PolicyMutex<TTASFutexMutex<GenericPolicy> >::enter(unsigned int)", "serve()" } },
	{ FUTEX_LOCK, { "ssux_lock_impl<false>::rd_wait()", "buf_page_get_low()" } },
	/* nobody known; names that only sound like it */
	{ FUTEX_UNKNOWN, { "main" } },
	{ FUTEX_UNKNOWN, { "my_futex_wait", "my_lock", "main" } },
	{ FUTEX_UNKNOWN, { "app::Mutex::lock_contended", "app::Condvar::wait", "worker" } },
	{ FUTEX_UNKNOWN, { "absl_like::Mutex::LockSlow()", "libparking.so+0x1234" } },
	/* too far out to have a say */
	{ FUTEX_UNKNOWN, { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "__cxa_guard_acquire" } },
};

#define WAITS (sizeof(waits) / sizeof(waits[0]))

/* A naming of these stacks alone: frame and function of a stack have its number. */
static void build(struct naming *n, uint32_t innermost[WAITS])
{
	struct err err = { 0 };
	struct wrapper_list *wrappers = wrapper_list_new(NULL, 0, &err);

	n->functions = memory_zeroed(WAITS * DEPTH + 1, sizeof(*n->functions));
	n->frames = memory_zeroed(WAITS * DEPTH + 1, sizeof(*n->frames));
	n->stacks = memory_zeroed(WAITS * DEPTH + 1, sizeof(*n->stacks));
	n->futex_classes = memory_zeroed(WAITS * DEPTH + 1, 1);
	n->futex_class_count = WAITS * DEPTH;
	for (size_t w = 0; w < WAITS; w++) {
		uint32_t parent = 0;

		for (int i = DEPTH; i-- > 0;) {
			const char *name = waits[w].frames[i];
			uint32_t id;

			if (!name)
				continue;
			id = (uint32_t)++n->stack_count;
			n->functions[id] = (struct named_function){ .name = name, .linkage = "" };
			n->functions[id].wrapper = wrapper_list_has(wrappers, name) != 0;
			n->frames[id].function = id;
			n->stacks[id] = (struct named_stack){ .parent = parent, .frame = id };
			innermost[w] = parent = id;
		}
	}
	wrapper_list_free(wrappers);
}

static void waits_are_classified(void **state)
{
	static const char *const words[] = { "unknown", "lock", "work" };
	struct naming n = { 0 };
	uint32_t innermost[WAITS];

	(void)state;
	build(&n, innermost);
	for (int round = 0; round < 2; round++) /* the second time from memory */
		for (size_t w = 0; w < WAITS; w++) {
			enum futex_class class = futex_classify(&n, innermost[w]);

			if (class != waits[w].class)
				fail_msg("%s: %s, not %s", waits[w].frames[0], words[class], words[waits[w].class]);
		}
	assert_int_equal(futex_classify(&n, 0), FUTEX_UNKNOWN);
	assert_int_equal(futex_classify(&n, (uint32_t)n.stack_count + 1), FUTEX_UNKNOWN);
	assert_int_equal(futex_classify(&n, UINT32_MAX), FUTEX_UNKNOWN);
	free(n.functions);
	free(n.frames);
	free(n.stacks);
	free(n.futex_classes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_are_classified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
