/* SPDX-License-Identifier: MIT
 *
 * Questions to the database and their answers. Views ask and go on: what is read is read by one other
 * thread (reader.h), so that a key is answered at once however large the recording is.
 *
 * A question is a function that reads; an ask is a question with what it is about. Equal asks have
 * equal answers, so they are read once (shelf.h). An answer never changes once it is there.
 */
#ifndef TUI_ASK_H
#define TUI_ASK_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

struct ask;

struct answer {
	struct table table; /* zeroed, or filled by the question */
	char *text, *more;  /* allocated by it, or NULL */
};

/* What there is to read from: only in a question's read. */
struct reading {
	struct store *store;
	struct store *base; /* the recording that is compared with; NULL: none, or not yet */
};

struct question {
	const char *what;   /* "the stacks", as in "reading the stacks" */
	/* On the reading thread: fills *out, which is zeroed, from r and a alone. 0; or -1 with nothing to release. */
	int (*read)(const struct reading *r, const struct ask *a, struct answer *out, struct err *err);
};

/* Whatever of these the question does not use is 0 or "". Texts are copied by who keeps an ask. */
struct ask {
	const struct question *question;
	int64_t id;         /* of a site, a function, a lock, a stack, a node ... */
	int64_t number;     /* a limit, a line, a direction ... */
	const char *name;   /* a report's or a cost's; NULL is "" */
	const char *text;   /* whatever else */
};

/* A report over all processes: `name` its name, `number` its limit (0: all), `text` the column it is sorted by ("": its own). The
 * answer's text is what has to be said with it (estimates, remarks), in one line; NULL for nothing. */
extern const struct question question_report;
/* The line of facts (text) and what is lost (more), as report_facts says it. */
extern const struct question question_facts;

/* What the lens lets through (text), in words; NULL without a lens. */
extern const struct question question_lens;

void answer_release(struct answer *answer);

#endif
