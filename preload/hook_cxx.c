/* SPDX-License-Identifier: MIT
 *
 * operator new and delete, every variant, by their mangled names. They are hooked, although most of
 * them call malloc, because an allocator may bring its own that do not (tcmalloc, jemalloc); what
 * the real one calls inside is behind the guard, so an allocation counts once. The real operator is
 * found at the first call (scope.c), inside the guard: what the loader allocates for it is not the program's. Where there is
 * none, a program has come here by a weak reference or dlsym: malloc and free serve it.
 *
 * bad_alloc passes through these functions; the guard it leaves shut is found stale later.
 */
#include "preload/hook.h"

#include "preload/scope.h"

#define REAL_OPERATOR(type, symbol)                                                                            \
	static struct scope scope;                                                                             \
	type operation = (type)atomic_load_explicit(&scope.global, memory_order_relaxed);                      \
	if (__builtin_expect(!operation, 0))                                                                   \
		operation = (type)scope_find(&scope, #symbol, __builtin_return_address(0));

/* parameters: as declared; arguments: as passed on; the first is the size. alignment: 0 is malloc's own. */
#define NEW_HOOK(symbol, kind, alignment, parameters, arguments)                                               \
	void *symbol parameters;                                                                       \
	HOOK void *symbol parameters                                                                   \
	{                                                                                              \
		const uint64_t *frame = HOOK_FRAME;                                                    \
		int on = recorder_enter(frame);                                                        \
		REAL_OPERATOR(__typeof__(&symbol), symbol)                                             \
		void *p = __builtin_expect(!operation, 0) ? real_plain_new(size, alignment)            \
		                                          : operation arguments;                       \
		if (!on)                                                                               \
			return p;                                                                      \
		if (p)                                                                                 \
			recorder_event(kind, p, size, frame);                                          \
		recorder_leave();                                                                      \
		return p;                                                                              \
	}

#define DELETE_HOOK(symbol, kind, parameters, arguments)                                               \
	void symbol parameters;                                                                        \
	HOOK void symbol parameters                                                                    \
	{                                                                                              \
		const uint64_t *frame = HOOK_FRAME;                                                    \
		if (!p)                                                                                \
			return;                                                                        \
		int on = recorder_enter(frame);                                                        \
		REAL_OPERATOR(__typeof__(&symbol), symbol)                                             \
		if (on)                                                                                \
			recorder_event(kind, p, 0, frame);                                             \
		if (__builtin_expect(!operation, 0))                                                   \
			real.free(p);                                                                  \
		else                                                                                   \
			operation arguments;                                                           \
		if (on)                                                                                \
			recorder_leave();                                                              \
	}

/* n: const std::nothrow_t &; a: std::align_val_t; m: size_t */
NEW_HOOK(_Znwm, EVENT_NEW, 0, (size_t size), (size))
NEW_HOOK(_ZnwmRKSt9nothrow_t, EVENT_NEW, 0, (size_t size, const void *n), (size, n))
NEW_HOOK(_ZnwmSt11align_val_t, EVENT_NEW, a, (size_t size, size_t a), (size, a))
NEW_HOOK(_ZnwmSt11align_val_tRKSt9nothrow_t, EVENT_NEW, a, (size_t size, size_t a, const void *n), (size, a, n))
NEW_HOOK(_Znam, EVENT_NEW_ARRAY, 0, (size_t size), (size))
NEW_HOOK(_ZnamRKSt9nothrow_t, EVENT_NEW_ARRAY, 0, (size_t size, const void *n), (size, n))
NEW_HOOK(_ZnamSt11align_val_t, EVENT_NEW_ARRAY, a, (size_t size, size_t a), (size, a))
NEW_HOOK(_ZnamSt11align_val_tRKSt9nothrow_t, EVENT_NEW_ARRAY, a, (size_t size, size_t a, const void *n), (size, a, n))

DELETE_HOOK(_ZdlPv, EVENT_DELETE, (void *p), (p))
DELETE_HOOK(_ZdlPvm, EVENT_DELETE, (void *p, size_t m), (p, m))
DELETE_HOOK(_ZdlPvRKSt9nothrow_t, EVENT_DELETE, (void *p, const void *n), (p, n))
DELETE_HOOK(_ZdlPvSt11align_val_t, EVENT_DELETE, (void *p, size_t a), (p, a))
DELETE_HOOK(_ZdlPvmSt11align_val_t, EVENT_DELETE, (void *p, size_t m, size_t a), (p, m, a))
DELETE_HOOK(_ZdlPvSt11align_val_tRKSt9nothrow_t, EVENT_DELETE, (void *p, size_t a, const void *n), (p, a, n))
DELETE_HOOK(_ZdaPv, EVENT_DELETE_ARRAY, (void *p), (p))
DELETE_HOOK(_ZdaPvm, EVENT_DELETE_ARRAY, (void *p, size_t m), (p, m))
DELETE_HOOK(_ZdaPvRKSt9nothrow_t, EVENT_DELETE_ARRAY, (void *p, const void *n), (p, n))
DELETE_HOOK(_ZdaPvSt11align_val_t, EVENT_DELETE_ARRAY, (void *p, size_t a), (p, a))
DELETE_HOOK(_ZdaPvmSt11align_val_t, EVENT_DELETE_ARRAY, (void *p, size_t m, size_t a), (p, m, a))
DELETE_HOOK(_ZdaPvSt11align_val_tRKSt9nothrow_t, EVENT_DELETE_ARRAY, (void *p, size_t a, const void *n), (p, a, n))
