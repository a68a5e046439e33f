/* SPDX-License-Identifier: MIT
 *
 * Filters as people type them: terms separated by blanks, all of which must hold.
 *
 *	function=TEXT  or TEXT alone   a stack that passes through a function with TEXT in its name
 *	module=TEXT                    a stack that passes through an executable or shared object with TEXT in its path
 *	thread=TEXT|TID  process=TEXT|PID
 *	class=own|library|runtime      whose code the site lies in, see code_class.h
 *	site=ID  function_id=ID        that very site; a stack that passes through that very function
 *
 * Letters' case does not matter. A term with `-` or `!` before it must not hold. Values with blanks are put in quotes.
 * What is here knows the words alone; lens.h says what they mean for a database. A filter is a plain value: it can be copied.
 */
#ifndef STORE_FILTER_H
#define STORE_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"

enum filter_kind {
	FILTER_FUNCTION,
	FILTER_MODULE,
	FILTER_THREAD,
	FILTER_PROCESS,
	FILTER_CLASS,       /* number: enum code_class */
	FILTER_SITE,        /* number: its id */
	FILTER_FUNCTION_ID, /* the same */
};

#define FILTER_TERMS 16
#define FILTER_TEXT 200
#define FILTER_WORDS (FILTER_TERMS * (FILTER_TEXT + 20)) /* a buffer of this size holds any filter in words */

struct filter_term {
	enum filter_kind kind;
	int excluded;           /* 1: must not hold */
	int64_t number;         /* what the text says as a number; -1: it is none */
	char text[FILTER_TEXT];
};

struct filter { /* zeroed: everything passes */
	size_t count;
	struct filter_term terms[FILTER_TERMS];
};

/* Reads a filter; NULL and "" let everything pass. 0; or -1 with ERR_USAGE that says what is possible, and nothing in *f. */
int filter_parse(const char *text, struct filter *f, struct err *err);
/* Whether it can be for two recordings: ids are of one. 0; or -1 with ERR_USAGE. */
int filter_check_two(const struct filter *f, struct err *err);
/* The filter as it may be typed; "" if it lets everything pass. */
void filter_words(const struct filter *f, char *out, size_t size);

#endif
