/* SPDX-License-Identifier: MIT
 *
 * The answer is a flame table of where the graph starts and nothing below, whose row says what matches.
 */
#include "tui/flame_matched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/flame.h"
#include "tui/flame_ask.h"
#include "tui/flame_path.h"

int flame_matched_fill(struct flame_matched *m, struct browser *b, const struct ask *rows, const char *search, struct err *err)
{
	size_t size = strlen(rows->text) + strlen(search) + 2;
	struct ask ask = *rows;
	char *text;

	if (!*search)
		return 0;
	text = memory_zeroed(size, 1);
	snprintf(text, size, "%s\n%s", rows->text, search);
	ask.question = &question_flame_matched;
	ask.text = text;
	int news = asked_for(&m->asked, b, &ask, err);

	free(text);
	return news;
}

/* -1: not known. */
static int64_t matched_value(const struct flame_matched *m)
{
	const struct table *t = asked_table(&m->asked);

	return t->row_count && !asked_waits(&m->asked) ? table_at(t, flame_path_start(t), FLAME_MATCHED)->number : -1;
}

char *flame_matched_share(const struct flame_matched *m, const struct table *rows, char out[FIGURE_BYTES])
{
	int64_t matched = matched_value(m), whole = rows->row_count ? table_at(rows, flame_path_start(rows), FLAME_VALUE)->number : 0;

	out[0] = 0;
	return matched < 0 ? out : figure_share(out, whole ? (double)matched / (double)whole : 0);
}

const char *flame_matched_missing(struct flame_matched *m, const struct table *rows)
{
	char share[FIGURE_BYTES];

	if (matched_value(m) <= 0)
		return "in no frame";
	snprintf(m->missing, sizeof(m->missing), "in no frame wide enough to be shown, but in %s of %s", flame_matched_share(m, rows, share),
	         flame_path_start(rows) ? "the zoom" : "all");
	return m->missing;
}

void flame_matched_release(struct flame_matched *m)
{
	asked_release(&m->asked);
}
