/* SPDX-License-Identifier: MIT
 *
 * A table of names. Locks are built of parkers, and condition variables of both: of the innermost frames the one that says
 * most decides, among equals the innermost. A condition variable that takes its mutex again is then a wait for a lock, as
 * it should be, and a parker decides where nothing around it is known. What called the library has no say: an initialiser
 * that parks is not waiting for an initialiser.
 *
 * Where the names come from: the sources of Rust's std (library/std/src/sys/sync, thread_parking; sys/unix/locks up to
 * 1.69), parking_lot and parking_lot_core, libstdc++ (bits/atomic_wait.h, atomic_timed_wait.h, atomic_futex.h,
 * libsupc++/guard.cc), libc++ (src/atomic.cpp, libcxxabi's cxa_guard_impl.h), abseil (synchronization/mutex.cc,
 * base/internal/spinlock_wait.cc), folly (SharedMutex.h, synchronization/), GLib (gthread-posix.c, gbitlock.c), Qt
 * (qmutex.cpp, qsemaphore.cpp, qfutex_p.h), gperftools (spinlock_linux-inl.h), oneTBB (semaphore.h, wait_on_address),
 * LLVM's libomp (kmp_lock.cpp), Chromium's PartitionAlloc (spinning_mutex.cc), MySQL and MariaDB (ib0mutex.h, srw_lock.cc).
 * Those of Rust 1.95 and of libstdc++ 12 were seen in programs that wait in all these ways.
 */
#include "analyzer/ingest/futex.h"

#include "analyzer/ingest/function_name.h"

#define FRAMES 16u /* looked at: inlined ones count, and Rust and C++ have many */

/* How much a name says. */
enum { VAGUE = 1, PLAIN = 2, DECISIVE = 3 };

struct futex_pattern {
	const char *pattern;
	unsigned char class, weight;
};

static const struct futex_pattern patterns[] = {
	/* Rust's std: both manglings, modules as they moved */
	{ "*std::sys*futex*Mutex*::lock_contended", FUTEX_LOCK, PLAIN },
	{ "*std::sys*futex*RwLock*::read_contended", FUTEX_LOCK, PLAIN },
	{ "*std::sys*futex*RwLock*::write_contended", FUTEX_LOCK, PLAIN },
	{ "*std::sys*futex*Condvar*::wait*", FUTEX_WORK, PLAIN },
	{ "*std::sys*futex*Once*::call", FUTEX_LOCK, PLAIN }, /* others initialise it: their time is what is waited for */
	{ "*std::sys*futex*Once*::wait", FUTEX_LOCK, PLAIN },
	{ "*std::*thread_park*::Parker*::park*", FUTEX_WORK, VAGUE },
	{ "std::thread::*park*", FUTEX_WORK, VAGUE },
	{ "<std::thread::*>::park*", FUTEX_WORK, VAGUE },
	{ "*std::sync::*::Condvar*::wait*", FUTEX_WORK, PLAIN },
	{ "*std::sync::barrier::Barrier*::wait", FUTEX_WORK, VAGUE },

	/* parking_lot, and channels that park */
	{ "*parking_lot::raw_mutex::RawMutex*::lock_slow", FUTEX_LOCK, PLAIN },
	{ "*parking_lot::raw_rwlock::RawRwLock*::*_slow*", FUTEX_LOCK, PLAIN },
	{ "*parking_lot::raw_rwlock::RawRwLock*::wait_for_readers*", FUTEX_LOCK, PLAIN },
	{ "*parking_lot::raw_rwlock::RawRwLock*::lock_common*", FUTEX_LOCK, PLAIN },
	{ "*parking_lot::once::Once*::call_once_slow*", FUTEX_LOCK, PLAIN },
	{ "*parking_lot::condvar::Condvar*::wait*", FUTEX_WORK, PLAIN },
	{ "*parking_lot_core::*ThreadParker*::park*", FUTEX_WORK, VAGUE },
	{ "*parking_lot_core::thread_parker::*::park*", FUTEX_WORK, VAGUE },
	{ "*parking_lot_core::parking_lot::park*", FUTEX_WORK, VAGUE },
	{ "*crossbeam_*::Parker*::park*", FUTEX_WORK, VAGUE },
	{ "*tokio::runtime::*park*", FUTEX_WORK, VAGUE },

	/* libstdc++ and libc++: atomic::wait, semaphores, latches, barriers, futures, function-local statics */
	{ "std::__detail::__platform_wait*", FUTEX_WORK, VAGUE },
	{ "std::__atomic_wait_address*", FUTEX_WORK, VAGUE },
	{ "std::__detail::__wait_impl*", FUTEX_WORK, VAGUE },
	{ "std::__detail::__wait_until_impl*", FUTEX_WORK, VAGUE },
	{ "std::__atomic_semaphore::_M_*acquire*", FUTEX_WORK, PLAIN },
	{ "std::counting_semaphore::*acquire*", FUTEX_WORK, PLAIN },
	{ "std::latch::*wait", FUTEX_WORK, PLAIN },
	{ "std::__tree_barrier::wait", FUTEX_WORK, PLAIN },
	{ "std::barrier::*wait", FUTEX_WORK, PLAIN },
	{ "std::__atomic_futex_unsigned*", FUTEX_WORK, PLAIN },
	{ "std::_Sp_atomic::_Atomic_count::lock", FUTEX_LOCK, PLAIN }, /* atomic<shared_ptr> */
	{ "__cxa_guard_acquire", FUTEX_LOCK, PLAIN },
	{ "__cxxabiv1::*InitByte*::acquire", FUTEX_LOCK, PLAIN },
	{ "std::__*::__libcpp_*wait*", FUTEX_WORK, VAGUE },
	{ "std::__*::__cxx_atomic_wait*", FUTEX_WORK, VAGUE },
	{ "std::__*::__atomic_wait*", FUTEX_WORK, VAGUE },
	{ "std::condition_variable_any::wait*", FUTEX_WORK, PLAIN },

	/* abseil: a condition variable takes its mutex again in Trans and Fer; Await and LockWhen wait for a condition */
	{ "absl::*Mutex::LockSlow*", FUTEX_LOCK, PLAIN },
	{ "absl::*Mutex::Await*", FUTEX_WORK, DECISIVE },
	{ "absl::*Mutex::*LockWhen*", FUTEX_WORK, DECISIVE },
	{ "absl::*CondVar::Wait*", FUTEX_WORK, PLAIN },
	{ "absl::*SpinLock::SlowLock", FUTEX_LOCK, PLAIN },
	{ "absl::*SpinLockDelay", FUTEX_LOCK, PLAIN },
	{ "absl::*SpinLockWait", FUTEX_LOCK, PLAIN },
	{ "absl::*CallOnceImpl*", FUTEX_LOCK, PLAIN },
	{ "AbslInternalSpinLockDelay*", FUTEX_LOCK, PLAIN },
	{ "absl::*Waiter::Wait*", FUTEX_WORK, VAGUE },
	{ "AbslInternalPerThreadSemWait*", FUTEX_WORK, VAGUE },

	/* folly */
	{ "folly::SharedMutexImpl::*", FUTEX_LOCK, PLAIN },
	{ "folly::MicroLock*::lock*", FUTEX_LOCK, PLAIN },
	{ "folly::detail::distributed_mutex::*", FUTEX_LOCK, PLAIN },
	{ "folly::Baton::*wait*", FUTEX_WORK, PLAIN },
	{ "folly::SaturatingSemaphore::*wait*", FUTEX_WORK, PLAIN },
	{ "folly::LifoSemImpl*::*wait*", FUTEX_WORK, PLAIN },
	{ "folly::EventCount::wait*", FUTEX_WORK, PLAIN },
	{ "folly::detail::*utexWait*", FUTEX_WORK, VAGUE },

	/* GLib: g_once and GThreadPool wait by g_cond */
	{ "g_mutex_lock*", FUTEX_LOCK, PLAIN },
	{ "g_bit_lock*", FUTEX_LOCK, PLAIN },
	{ "g_pointer_bit_lock*", FUTEX_LOCK, PLAIN },
	{ "g_cond_wait*", FUTEX_WORK, PLAIN },
	{ "g_once_impl", FUTEX_LOCK, DECISIVE },
	{ "g_once_init_enter*", FUTEX_LOCK, DECISIVE },
	{ "g_futex_wait", FUTEX_LOCK, VAGUE },

	/* Qt */
	{ "QBasicMutex::lock*", FUTEX_LOCK, PLAIN },
	{ "QMutex::lock*", FUTEX_LOCK, PLAIN },
	{ "QMutex::tryLock*", FUTEX_LOCK, PLAIN },
	{ "QSemaphore::*cquire*", FUTEX_WORK, PLAIN },
	{ "futexSemaphoreTryAcquire*", FUTEX_WORK, PLAIN },

	/* the rest: allocators, runtimes, databases, and the C library where it goes through syscall() */
	{ "base::internal::SpinLockDelay", FUTEX_LOCK, PLAIN },
	{ "base::subtle::SpinLockDelay", FUTEX_LOCK, PLAIN },
	{ "SpinLock::SlowLock", FUTEX_LOCK, PLAIN },
	{ "*SpinningMutex::LockSlow", FUTEX_LOCK, PLAIN },
	{ "__kmp_acquire_*futex_lock*", FUTEX_LOCK, PLAIN },
	{ "tbb::detail::*mutex::*lock*", FUTEX_LOCK, PLAIN },
	{ "tbb::detail::*binary_semaphore::P", FUTEX_WORK, VAGUE },
	{ "boost::fibers::detail::spinlock_ttas*futex*::lock", FUTEX_LOCK, PLAIN },
	{ "TTASFutexMutex::*", FUTEX_LOCK, PLAIN },
	{ "srw_mutex_impl::*wait*", FUTEX_LOCK, PLAIN },
	{ "ssux_lock_impl::*wait*", FUTEX_LOCK, PLAIN },
	{ "__lll_lock_wait*", FUTEX_LOCK, PLAIN },
	{ "__lll_lock_elision", FUTEX_LOCK, PLAIN },
	{ "__new_sem_wait_slow*", FUTEX_WORK, PLAIN },
};

#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

_Static_assert(PATTERNS <= 253, "a pattern's number + 2 is a byte");

/* The first pattern of a function's name, or NULL. Kept: 0 not looked for, 1 none, else its number + 2. */
static const struct futex_pattern *pattern_of(const struct naming *n, uint32_t function)
{
	uint8_t *known = function <= n->futex_class_count ? &n->futex_classes[function] : NULL;

	if (!known)
		return NULL;
	if (!*known) {
		struct function_name name;
		size_t i;

		function_name_init(&name, n->functions[function].name);
		for (i = 0; i < PATTERNS && !function_name_like(&name, patterns[i].pattern); i++)
			;
		*known = (uint8_t)(i < PATTERNS ? i + 2 : 1);
	}
	return *known == 1 ? NULL : &patterns[*known - 2];
}

enum futex_class futex_classify(const struct naming *n, uint32_t stack)
{
	enum futex_class class = FUTEX_UNKNOWN;
	unsigned weight = 0;

	if (stack > n->stack_count)
		return FUTEX_UNKNOWN;
	for (unsigned i = 0; stack && i < FRAMES; i++, stack = n->stacks[stack].parent) {
		uint32_t function = n->frames[n->stacks[stack].frame].function;
		const struct futex_pattern *p = pattern_of(n, function);

		if (!p && weight && !n->functions[function].wrapper)
			break;
		if (p && p->weight > weight) {
			weight = p->weight;
			class = (enum futex_class)p->class;
		}
	}
	return class;
}
