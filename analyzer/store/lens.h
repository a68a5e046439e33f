/* SPDX-License-Identifier: MIT
 *
 * A lens: a span of the recording's time, and a filter. With one on a store, every query through it sees that span and
 * what passes the filter, and nothing else: tables and views of the same names and columns, in SQLite's temporary database,
 * stand before those of the file. So no report, export or view has to know of it. `main.total` is still the whole.
 *
 * What the words mean under a lens is in docs/definitions.md, "A span of time, a filter". What the database does not keep by time, or
 * not by stack or thread, is empty or NULL under a lens rather than that of something else; lens_missing and lens_limits say so.
 *
 * One thread at a time, as with the store itself. Statements prepared before a lens changed see the new one.
 */
#ifndef STORE_LENS_H
#define STORE_LENS_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/store/filter.h"
#include "analyzer/store/store.h"

struct lens { /* zeroed: everything. A plain value */
	int64_t from_ns, to_ns; /* since the recording began; to_ns 0: to its end */
	struct filter filter;
};

/* Reads a point of time: "90", "90s", "1.5m", "200ms", "1h", "2m30s"; at most that of int64_t. 0; or -1 with ERR_USAGE. */
int lens_parse_time(const char *text, int64_t *ns, struct err *err);

/* Puts a lens on a store opened for reading, in place of the one it has. The span is rounded to whole slices, outwards. One
 * that lets everything through leaves the store without one. 0; or -1 (ERR_USAGE: there is no such time), and no lens. */
int lens_apply(struct store *s, const struct lens *lens, struct err *err);
/* Takes it off. Statements that stand on a row have to be finished or stepped to their end before, else the lens stays. */
void lens_clear(struct store *s);

/* For headings: "from 10.0 s to 20.1 s, thread=worker", the span as it was rounded; "" without a lens. */
void lens_describe(const struct store *s, char *out, size_t size);
/* The slices that the lens lets through, also if it is all of them; 0, 0 without a lens. */
void lens_slices(const struct store *s, int64_t *first, int64_t *last);

/* 1 if what happened in a stack of a thread passes the filter of the store's lens, whenever that was; without a lens everything does. For
 * those who read the file's own tables. */
int lens_passes(const struct store *s, int64_t stack, int64_t thread);
int lens_passes_thread(const struct store *s, int64_t thread);

enum { LENS_NONE, LENS_SOME, LENS_ALL };

/* Whether all, perhaps only some, or nothing that happened in a process passes. */
int lens_passes_process(const struct store *s, int64_t process);

/* Parts of the database that a lens may not be able to speak of. */
enum lens_part {
	LENS_LEAKS = 1,       /* what is leaked, and at peak */
	LENS_PEAKS = 2,       /* own peaks of sites, most blocks live at once */
	LENS_FREES = 4,       /* who freed */
	LENS_ESCAPES = 8,
	LENS_OWNERS = 16,
	LENS_HISTOGRAMS = 32, /* sizes and lifetimes of sites */
	LENS_KINDS = 64,
	LENS_SLACK = 128,
	LENS_GROWTH = 256,
	LENS_LOCKS = 512,     /* how often locks were acquired, how long they were held */
	LENS_ORDER = 1024,
	LENS_WHOLE = 2048,    /* what compares figures of whole processes: advice, wrappers */
	LENS_COURSE = 4096,   /* live bytes in the course of time */
	LENS_MAPPINGS = 8192, /* what programs map themselves */
};

/* Those of these parts that the store's lens leaves nothing of, 0 without a lens. */
unsigned lens_missing(const struct store *s, unsigned parts);
/* Why, and what else is to be known of figures of these parts under the store's lens; sentences without a full stop, joined by "; ".
 * "" if there is nothing to say. */
void lens_limits(const struct store *s, unsigned parts, char *out, size_t size);

#endif
