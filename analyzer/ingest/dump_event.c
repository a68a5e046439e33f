/* SPDX-License-Identifier: MIT
 *
 * One table: of each kind its name and what its fields mean. A kind without an entry is printed with all its fields as
 * they are. What a context speaks of only the end of its group tells, so that is looked up.
 */
#include "analyzer/ingest/dump_event.h"

#include <inttypes.h>
#include <stdio.h>

#include "trace/waits.h"

struct shape {
	const char *name;
	void (*print)(FILE *out, const struct event *e, size_t left);
};

static const char *name_of(const char *const *names, size_t count, uint64_t index)
{
	return index < count && names[index] ? names[index] : "unknown";
}
#define NAME_OF(names, index) name_of(names, sizeof(names) / sizeof(names[0]), index)

/* The names of the bits that are set, or none. */
static void print_bits(FILE *out, const char *what, const char *const *names, size_t count, unsigned bits)
{
	const char *before = "";

	fprintf(out, " %s=", what);
	for (unsigned i = 0; i < 16; i++)
		if (bits >> i & 1) {
			fprintf(out, "%s%s", before, name_of(names, count, i));
			before = "|";
		}
	fputs(*before ? "" : "none", out);
}
#define PRINT_BITS(out, what, names, bits) print_bits(out, what, names, sizeof(names) / sizeof(names[0]), bits)

static void print_address(FILE *out, const struct event *e)
{
	fprintf(out, " address=0x%" PRIx64, (uint64_t)e->address);
}

static void print_lock(FILE *out, const struct event *e)
{
	print_address(out, e);
	fprintf(out, " generation=%u", e->shared);
}

/* --- kinds ----------------------------------------------------------------------------------- */

static void plain(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	print_address(out, e);
	fprintf(out, " size=%" PRIu64 " stack=%u shared=%u", e->size, e->stack, e->shared);
}

static void lock(FILE *out, const struct event *e, size_t left)
{
	static const char *const kinds[LOCK_KINDS] = {
		[LOCK_MUTEX] = "mutex", [LOCK_RWLOCK] = "rwlock", [LOCK_SPIN] = "spin", [LOCK_COND] = "cond", [LOCK_SEM] = "sem",
		[LOCK_BARRIER] = "barrier", [LOCK_JOIN] = "join", [LOCK_FUTEX] = "futex",
	};
	static const char *const flags[] = {
		"recursive", "errorcheck", "adaptive", "robust", "inherit", "protect", "shared", "prefer-writer",
	};

	(void)left;
	print_lock(out, e);
	fprintf(out, " about=%s", NAME_OF(kinds, LOCK_ABOUT_KIND(e->size)));
	PRINT_BITS(out, "flags", flags, LOCK_ABOUT_FLAGS(e->size));
	fprintf(out, " frame=%u stack=%u", LOCK_ABOUT_FRAME(e->size), e->stack);
}

static void lock_end(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	print_lock(out, e);
}

static void total(FILE *out, const struct event *e, size_t left)
{
	static const char *const names[LOCK_WAIT_BUCKET] = {
		[LOCK_ACQUISITIONS] = "acquisitions", [LOCK_OWNER_CHANGES] = "owner-changes", [LOCK_READS] = "reads",
		[LOCK_CONTENDED] = "contended", [LOCK_READ_CONTENDED] = "read-contended", [LOCK_TRY_FAILURES] = "try-failures",
		[LOCK_TIMEOUTS] = "timeouts", [LOCK_WAIT] = "wait", [LOCK_READ_WAIT] = "read-wait", [LOCK_WAIT_MAX] = "wait-max",
		[LOCK_WAITS] = "waits", [LOCK_MAX_WAITERS] = "max-waiters", [LOCK_HELD_COUNT] = "held-count",
		[LOCK_HELD_TIME] = "held-time", [LOCK_HELD_MAX] = "held-max", [LOCK_SAMPLED_COUNT] = "sampled-count",
		[LOCK_SAMPLED_WEIGHT] = "sampled-weight", [LOCK_SAMPLED_TIME] = "sampled-time",
		[LOCK_HELD_ALLOCATIONS] = "held-allocations",
		[LOCK_HELD_WAITING] = "held-waiting",
		[LOCK_BROADCASTS] = "broadcasts",
		[LOCK_WOKEN_IN_VAIN] = "woken-in-vain",
	};

	(void)left;
	if (e->stack >= LOCK_WAIT_BUCKET && e->stack < LOCK_HOLD_BUCKET)
		fprintf(out, " name=wait-bucket-%u", e->stack - LOCK_WAIT_BUCKET);
	else if (e->stack >= LOCK_HOLD_BUCKET && e->stack < LOCK_TOTALS)
		fprintf(out, " name=hold-bucket-%u", e->stack - LOCK_HOLD_BUCKET);
	else
		fprintf(out, " name=%s", NAME_OF(names, e->stack));
	print_lock(out, e);
	fprintf(out, " value=%" PRIu64 " round=%u", e->size & (((uint64_t)1 << LOCK_ROUND_SHIFT) - 1),
	        (unsigned)(e->size >> LOCK_ROUND_SHIFT));
}

static void timed(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	print_lock(out, e);
	fprintf(out, " duration=%" PRIu64 " stack=%u", e->size, e->stack);
}

static void release(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	print_lock(out, e);
	fprintf(out, " caused=%" PRIu64 " stack=%u", e->size, e->stack);
}

static void order(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	print_lock(out, e);
	fprintf(out, " stack=%u", e->stack);
}

/* What `address` of the context is: that of a wait or of a release. */
static void context(FILE *out, const struct event *e, size_t left)
{
	static const char *const modes[] = { "read", "timed", "timed-out", "owner-died", "cancelled", "unfinished" };
	size_t end = 1;

	while (end < left && (e[end].kind == EVENT_SAMPLED || e[end].kind == EVENT_HELD))
		end++;
	fprintf(out, " ago=%" PRIu64, e->size);
	PRINT_BITS(out, "mode", modes, e->shared);
	if (end < left && e[end].kind == EVENT_WAIT)
		fprintf(out, " owner=%" PRIu64, (uint64_t)e->address);
	else if (end < left && e[end].kind == EVENT_RELEASE)
		fprintf(out, " waiters=%" PRIu64, (uint64_t)e->address);
	else
		print_address(out, e);
}

static void sampled(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	fprintf(out, " threshold=%" PRIu64, e->size);
}

static void held(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	fprintf(out, " duration=%" PRIu64 " allocations=%" PRIu64, e->size, (uint64_t)e->address);
}

static void thread_create(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	print_address(out, e);
	fprintf(out, " start=0x%" PRIx64 " stack=%u", e->size, e->stack);
}

static void usable(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	print_address(out, e);
	fprintf(out, " size=%" PRIu64, e->size);
}

static void thread_other(FILE *out, const struct event *e, size_t left)
{
	(void)left;
	print_address(out, e);
	fprintf(out, " stack=%u", e->stack);
}

static const struct shape shapes[256] = {
	[EVENT_MALLOC] = { "malloc", plain },
	[EVENT_CALLOC] = { "calloc", plain },
	[EVENT_ALIGNED] = { "aligned", plain },
	[EVENT_NEW] = { "new", plain },
	[EVENT_NEW_ARRAY] = { "new[]", plain },
	[EVENT_MALLOCX] = { "mallocx", plain },
	[EVENT_REALLOC_ALLOC] = { "realloc_alloc", plain },
	[EVENT_FREE] = { "free", plain },
	[EVENT_DELETE] = { "delete", plain },
	[EVENT_DELETE_ARRAY] = { "delete[]", plain },
	[EVENT_REALLOC_FREE] = { "realloc_free", plain },
	[EVENT_LOCK] = { "lock", lock },
	[EVENT_LOCK_END] = { "lock-end", lock_end },
	[EVENT_LOCK_TOTAL] = { "total", total },
	[EVENT_WAIT] = { "wait", timed },
	[EVENT_BLOCKED] = { "blocked", timed },
	[EVENT_RELEASE] = { "release", release },
	[EVENT_ORDER] = { "order", order },
	[EVENT_CONTEXT] = { "context", context },
	[EVENT_SAMPLED] = { "sampled", sampled },
	[EVENT_HELD] = { "held", held },
	[EVENT_HOLDING] = { "holding", order },
	[EVENT_THREAD_CREATE] = { "thread-create", thread_create },
	[EVENT_THREAD_BEGIN] = { "thread-begin", thread_other },
	[EVENT_THREAD_END] = { "thread-end", thread_other },
	[EVENT_THREAD_DETACH] = { "thread-detach", thread_other },
	[EVENT_USABLE] = { "usable", usable },
	[EVENT_MAP] = { "map", plain },
	[EVENT_MAP_SHARED] = { "map-shared", plain },
	[EVENT_MAP_FILE] = { "map-file", plain },
	[EVENT_MAP_FILE_SHARED] = { "map-file-shared", plain },
	[EVENT_MAP_BREAK] = { "map-break", plain },
	[EVENT_UNMAP] = { "unmap", plain },
	[EVENT_REMAP_FROM] = { "remap-from", plain },
	[EVENT_REMAP_TO] = { "remap-to", plain },
	[EVENT_POOL] = { "pool", plain },
	[EVENT_POOL_ALLOC] = { "pool-alloc", plain },
	[EVENT_POOL_FREE] = { "pool-free", plain },
};

void dump_event(void *file_stream, uint32_t thread, const struct event *events, size_t left)
{
	FILE *out = file_stream;
	const struct shape *shape = &shapes[events->kind];

	fprintf(out, "event thread=%u tick=%" PRIu64 " kind=%s", thread, (uint64_t)events->stamp,
	        shape->name ? shape->name : "unknown");
	(shape->print ? shape->print : plain)(out, events, left);
	fputc('\n', out);
}
