/* SPDX-License-Identifier: MIT
 *
 * One table; a new cost is one line. What is no cost of stacks names the one that comes closest.
 */
#include "tui/wording.h"

#include <stddef.h>
#include <string.h>

static const struct wording {
	const char *cost, *title, *phrase;
	const char *stacks; /* cost of stacks; NULL: it is one itself */
} wordings[] = {
	{ "allocated_bytes", "allocated", "bytes allocated", NULL },
	{ "allocations", "calls", "number of allocations", NULL },
	{ "peak_bytes", "own peak", "their own peak", "at_peak_bytes" },
	{ "at_peak_bytes", "at peak", "bytes live at the peak", NULL },
	{ "leaked_bytes", "leaked", "bytes leaked", NULL },
	{ "leaked_allocations", "blocks", "blocks leaked", NULL },
	{ "temporary_allocations", "temporary", "number of temporaries", NULL },
	{ "temporary_bytes", "bytes", "bytes in temporaries", NULL },
	{ "reallocations", "resized", "number of reallocations", NULL },
	{ "at_peak_allocations", "blocks at peak", "blocks live at the peak", NULL },
	{ "frees", "frees", "number of frees", NULL },
	{ "freed_bytes", "freed", "bytes freed", NULL },
	{ "local_bytes", "local", "bytes that died locally", NULL },
	{ "escaped_bytes", "escaped", "bytes that outlived the call", NULL },
	{ "retained_bytes", "kept", "bytes kept to the end", NULL },
	{ "mapped_bytes", "mapped", "bytes mapped", NULL },
	{ "mappings", "mappings", "number of mappings", NULL },
	{ "mapped_peak_bytes", "own peak", "their own peak", "mapped_at_peak_bytes" },
	{ "mapped_at_peak_bytes", "at peak", "bytes mapped at the peak", NULL },
	{ "unmapped_bytes", "unmapped", "bytes unmapped", NULL },
	{ "still_mapped_bytes", "still", "bytes still mapped", NULL },
	{ "wait_ns", "wait", "time waited", NULL },
	{ "waits", "waits", "number of waits", NULL },
	{ "held_ns", "caused", "wait caused to others", NULL },
	{ "caused_wait_ns", "caused", "wait caused to others", "held_ns" },
	{ "blocked_ns", "blocked", "time blocked", NULL },
	{ "releases", "releases", "number of releases", "held_ns" },
	{ "hold_ns", "held", "time held", "held_ns" },
	{ "acquisitions", "acquired", "number of acquisitions", "wait_ns" },
	{ "contended", "contended", "contended acquisitions", "waits" },
	{ "bytes", "bytes", "bytes", "allocated_bytes" },
	{ "blocks", "blocks", "number of blocks", "allocations" },
	{ "activations", "calls", "number of calls", "allocations" },
	{ "max_bytes", "most", "most bytes in one call", "allocated_bytes" },
};

static const struct wording *find_part(const char *cost, size_t length)
{
	for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++)
		if (strlen(wordings[i].cost) == length && !memcmp(wordings[i].cost, cost, length))
			return &wordings[i];
	return NULL;
}

static const struct wording *find(const char *cost)
{
	return find_part(cost, strlen(cost));
}

const char *wording_stacks(const char *column)
{
	static const char change[] = "_change";
	size_t length = strlen(column), end = sizeof(change) - 1;

	if (length > end && !strcmp(column + length - end, change))
		length -= end;
	const struct wording *w = find_part(column, length);

	return !w ? NULL : w->stacks ? w->stacks : w->cost;
}

const char *wording_title(const char *cost)
{
	const struct wording *w = find(cost);

	return w ? w->title : cost;
}

const char *wording_phrase(const char *cost)
{
	const struct wording *w = find(cost);

	return w ? w->phrase : cost;
}
