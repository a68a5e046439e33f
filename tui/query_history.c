/* SPDX-License-Identifier: MIT
 *
 * A ring.
 */
#include "tui/query_history.h"

#include <stdio.h>
#include <string.h>

#include "tui/prompt.h"

enum { QUERIES = 64 };

static struct {
	char texts[QUERIES][PROMPT_BYTES];
	int count; /* ever */
} history;

const char *query_history_at(int back)
{
	if (back < 1 || back > history.count || back > QUERIES)
		return NULL;
	return history.texts[(history.count - back) % QUERIES];
}

void query_history_add(const char *query)
{
	const char *last = query_history_at(1);

	if (last && !strcmp(last, query))
		return;
	snprintf(history.texts[history.count % QUERIES], PROMPT_BYTES, "%s", query);
	history.count++;
}
