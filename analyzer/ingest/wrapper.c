/* SPDX-License-Identifier: MIT
 *
 * The built-in list is of plain names with '*' for anything, matched against the whole name and, since C++ names carry
 * template arguments and parameters, against the name without those.
 */
#include "analyzer/ingest/wrapper.h"
#include "analyzer/base/memory.h"
#include "analyzer/ingest/function_name.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct wrapper_list {
	size_t count;

	regex_t expressions[];
};

static const char *const built_in[] = {
	/* libc; with debug information glibc's functions bear their inner names */
	"malloc", "calloc", "realloc", "reallocarray", "memalign", "posix_memalign", "aligned_alloc", "valloc", "pvalloc",
	"__libc_malloc", "__libc_calloc", "__libc_realloc", "__libc_reallocarray", "__libc_memalign", "__posix_memalign",
	"__libc_valloc", "__libc_pvalloc", "__GI___libc_malloc", "__GI___libc_calloc", "__GI___libc_realloc", "malloc_hook_ini",
	"strdup", "strndup", "__strdup", "__strndup", "__GI___strdup", "__GI___strndup", "strdupa", "wcsdup", "__wcsdup",
	"asprintf", "vasprintf", "__asprintf", "___asprintf", "__vasprintf", "__asprintf_chk", "__vasprintf_chk",
	"__vasprintf_internal", "___asprintf_chk", "___vasprintf_chk",

	/* C++: a container's inside is nobody's site; who fills the container is */
	"operator new", "operator new[]", "*::operator new", "*::operator new[]", "std::*", "__gnu_cxx::*",
	"__cxa_allocate_exception", "__cxa_allocate_dependent_exception",
	"llvm::allocate_buffer", "llvm::safe_malloc", "llvm::safe_calloc", "llvm::safe_realloc",

	/* Rust, both manglings: its allocator and the program's, its libraries alike; core's modules by name, for C++ has namespaces core */
	"__rust_alloc*", "__rust_realloc", "__rdl_alloc*", "__rdl_realloc", "__rg_alloc*", "__rg_realloc", "__rust_*alloc*", "__rustc*::*",
	"<* as core::alloc::*Alloc*>::*", "<std::*", "alloc::*", "<alloc::*", "<&alloc::*", "<&mut alloc::*", "<* as alloc::*", "panic_unwind::*",
	"hashbrown::*", "<hashbrown::*", "<core::*", "core::any::*", "core::array::*", "core::cell::*", "core::clone::*", "core::convert::*",
	"core::default::*", "core::fmt::*", "core::hash::*", "core::iter::*", "core::mem::*", "core::num::*", "core::ops::*", "core::option::*",
	"core::ptr::*", "core::result::*", "core::slice::*", "core::str::*", "<str>::*", "<str as *", "<[*", "<() as *", "<bool as *", "<char as *",
	"<u8 as *", "<u16 as *", "<u32 as *", "<u64 as *", "<u128 as *", "<usize as *", "<i8 as *", "<i16 as *", "<i32 as *", "<i64 as *",
	"<i128 as *", "<isize as *", "<f32 as *", "<f64 as *", "<T as core::*", "<I as core::*", "<F as core::*", "<S as core::*",

	/* what a program includes of ours */
	"culprit_alloc", "culprit_free",

	/* other allocators */
	"je_malloc", "je_calloc", "je_realloc", "je_memalign", "je_aligned_alloc", "je_posix_memalign", "je_valloc",
	"je_mallocx", "je_rallocx", "mallocx", "rallocx", "je_malloc_default", "malloc_default", "imalloc*", "_rjem_*alloc*",
	"_rjem_mallocx", "_rjem_rallocx", "tc_malloc*", "tc_calloc", "tc_realloc", "tc_memalign", "tc_posix_memalign", "tc_new*",
	"tcmalloc::*", "mi_malloc*", "mi_calloc*", "mi_realloc*", "mi_zalloc*", "mi_new*", "mi_heap_*alloc*", "_mi_*alloc*",

	/* projects' own */
	"xmalloc", "xmallocz", "xcalloc", "xrealloc", "xreallocarray", "xzalloc", "xmemdup", "xmemdupz", "xstrdup",
	"xstrndup", "xasprintf", "xvasprintf", "xnmalloc", "xnrealloc", "x2realloc", "x2nrealloc", "xpalloc", "xcharalloc",
	"ximalloc", "xicalloc", "xirealloc", "ximemdup", "ireallocarray", "imalloc", "icalloc", "irealloc", "xalignalloc",
	"zmalloc", "zmalloc_usable", "zcalloc", "zcalloc_num", "zcalloc_usable", "zrealloc", "zrealloc_usable", "zstrdup",
	"ztrymalloc*", "ztrycalloc*", "ztryrealloc*", "zmalloc_no_tcache", "zzalloc", "zlibc_*",
	"valkey_malloc", "valkey_calloc", "valkey_realloc", "valkey_strdup",
	"g_malloc*", "g_try_malloc*", "g_realloc*", "g_try_realloc*", "g_aligned_alloc*", "g_strdup", "g_strndup", "g_memdup",
	"g_memdup2", "g_strdup_printf", "g_strdup_vprintf", "g_slice_alloc*", "g_slice_copy",
	"smalloc", "safemalloc", "saferealloc", "safe_malloc", "safe_calloc", "safe_realloc", "safe_strdup", "s_malloc",
	"s_realloc", "s_calloc", "emalloc", "erealloc", "ecalloc", "estrdup", "_emalloc*", "_erealloc*", "_ecalloc", "_estrdup",
	"my_malloc", "my_realloc", "mem_alloc", "mem_calloc", "mem_realloc", "checked_malloc", "checked_realloc",
	"util_malloc", "alloc_or_die", "malloc_or_die", "must_malloc",
	"ngx_alloc", "ngx_calloc", "ngx_memalign", "ngx_palloc", "ngx_palloc_large", "ngx_palloc_block", "ngx_palloc_small",
	"ngx_pcalloc", "ngx_pnalloc", "ngx_pmemalign", "ngx_create_pool", "ngx_slab_alloc*",
	"av_malloc", "av_mallocz", "av_malloc_array", "av_mallocz_array", "av_calloc", "av_realloc", "av_realloc_f",
	"av_realloc_array", "av_reallocp", "av_reallocp_array", "av_fast_malloc", "av_fast_mallocz", "av_fast_realloc",
	"av_strdup", "av_strndup", "av_memdup",
	"Perl_safesys*alloc", "PyMem_Malloc", "PyMem_Calloc", "PyMem_Realloc", "PyMem_RawMalloc", "PyMem_RawCalloc", "PyMem_RawRealloc",
	"_PyMem_RawMalloc", "_PyMem_RawCalloc", "_PyMem_RawRealloc", "PyObject_Malloc", "PyObject_Calloc", "PyObject_Realloc",
	"_PyObject_Malloc", "_PyObject_Calloc", "_PyObject_Realloc", "_PyMem_Debug*", "_PyMem_Strdup", "_PyMem_RawStrdup",
	"_PyMem_RawWcsdup", "_PyObject_Arena*", "new_arena", "pymalloc_alloc", "allocate_from_new_pool", "_PyMem_Arena*",
	"sqlite3MemMalloc", "sqlite3MemRealloc", "sqlite3Malloc*", "sqlite3_malloc*", "sqlite3_realloc*", "sqlite3Realloc",
	"sqlite3DbMalloc*", "sqlite3DbRealloc*", "sqlite3DbStrDup", "sqlite3DbStrNDup", "sqlite3DbSpanDup", "mallocWithAlarm",
	"dbMallocRawFinish", "dbReallocFinish",
	"CRYPTO_malloc", "CRYPTO_zalloc", "CRYPTO_realloc", "CRYPTO_clear_realloc", "CRYPTO_strdup", "CRYPTO_strndup",
	"CRYPTO_memdup", "CRYPTO_secure_malloc", "CRYPTO_secure_zalloc",
	"palloc", "palloc0", "palloc_extended", "repalloc", "pstrdup", "MemoryContextAlloc*", "AllocSetAlloc*",
	"AllocSetRealloc", "pg_malloc*", "pg_realloc", "pg_strdup", "l_alloc", "luaM_malloc_", "luaM_realloc_",
	"luaM_saferealloc_", "luaM_growaux_", "do_xmalloc", "mem_pool_alloc",

	/* locks and waits: whoever wanted the lock is the site, not what the lock is made of */
	"__gthr*", "__cxa_guard_acquire", "parking_lot::*", "<parking_lot::*", "parking_lot_core::*",
	"<parking_lot_core::*", "lock_api::*",
	"<lock_api::*", "crossbeam_channel::*", "<crossbeam_channel::*", "crossbeam_utils::sync::*", "<crossbeam_utils::sync::*",
	"absl::Mutex::*", "absl::*::Mutex::*", "absl::*MutexLock::*", "absl::CondVar::*", "absl::*::CondVar::*",
	"absl::*SpinLock*", "absl::*synchronization_internal::*", "absl::*BlockingCounter::Wait", "absl::*Notification::WaitFor*",
	"AbslInternal*", "folly::SharedMutex*", "folly::Synchronized*", "folly::LockedPtr*", "folly::Baton::*",
	"folly::MicroLock*", "folly::detail::*utex*", "boost::*mutex::*lock*", "boost::lock_guard::*", "boost::unique_lock::*",
	"boost::shared_lock::*", "boost::condition_variable*::*wait*", "boost::thread::*join*", "tbb::*mutex::*lock*",
	"g_mutex_lock*", "g_rec_mutex_lock*", "g_rw_lock_*_lock", "g_cond_wait*", "g_bit_lock*", "g_pointer_bit_lock*",
	"g_thread_join", "QBasicMutex::*", "QMutex::*", "QMutexLocker::*", "QRecursiveMutex::*", "QReadWriteLock::*lock*",
	"QReadLocker::*", "QWriteLocker::*", "QWaitCondition::wait*", "QSemaphore::*cquire*", "QThread::wait*",
	"apr_thread_mutex_*lock", "apr_thread_rwlock_*lock", "apr_thread_cond_*wait", "SDL_LockMutex*", "SDL_CondWait*",
	"SDL_SemWait*", "PR_Lock", "PR_EnterMonitor", "PR_WaitCondVar", "PR_RWLock_*lock", "uv_mutex_lock", "uv_rwlock_*lock",
	"uv_cond_*wait", "uv_sem_wait", "uv_barrier_wait", "uv_thread_join", "CRYPTO_THREAD_*_lock", "ossl_crypto_mutex_lock",
	"ossl_crypto_condvar_wait*", "inline_mysql_*lock", "inline_mysql_cond_*wait", "psi_mutex_lock", "psi_rwlock_*lock",
	"psi_cond_*wait", "safe_mutex_lock", "safe_cond_*wait", "native_mutex_lock", "my_cond_timedwait", "PolicyMutex::*",
	"TTASEventMutex::*", "TTASFutexMutex::*", "OSTrackMutex::*", "OSMutex::*", "srw_mutex_impl::*", "ssux_lock_impl::*",
	"srw_lock_impl::*", "os_event::wait*", "os_event_wait*", "PGSemaphoreLock", "LWLockAcquire*", "PyThread_acquire_lock*",
	"take_gil", "PyMutex_Lock*", "_PyMutex_Lock*", "_PyParkingLot_Park", "_PySemaphore_Wait", "*malloc_mutex_lock*",
	"xpthread_*",
};

struct wrapper_list *wrapper_list_new(const char *const *expressions, size_t count, struct err *err)
{
	struct wrapper_list *w = memory_zeroed(1, sizeof(*w) + count * sizeof(w->expressions[0]));

	for (; w->count < count; w->count++) {
		const char *expression = expressions[w->count];
		int wrong = regcomp(&w->expressions[w->count], expression, REG_EXTENDED | REG_NOSUB);
		char reason[200];

		if (wrong) {
			regerror(wrong, &w->expressions[w->count], reason, sizeof(reason));
			err_set(err, ERR_USAGE, "--wrapper=%s is not a regular expression: %s", expression, reason);
			wrapper_list_free(w);
			return NULL;
		}
	}
	return w;
}

void wrapper_list_free(struct wrapper_list *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		regfree(&w->expressions[i]);
	free(w);
}

int wrapper_list_has(const struct wrapper_list *w, const char *function)
{
	struct function_name name;

	function_name_init(&name, function);
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
		if (function_name_like(&name, built_in[i]))
			return 1;
	}
	for (size_t i = 0; i < w->count; i++) {
		if (!regexec(&w->expressions[i], function, 0, NULL, 0))
			return 1;
	}
	return 0;
}
