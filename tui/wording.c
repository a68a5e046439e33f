/* SPDX-License-Identifier: MIT
 *
 * One table; a new cost is one line.
 */
#include "tui/wording.h"

#include <stddef.h>
#include <string.h>

static const struct wording {
	const char *cost, *title, *phrase;
} wordings[] = {
	{ "allocated_bytes", "allocated", "bytes allocated" },
	{ "allocations", "calls", "number of allocations" },
	{ "peak_bytes", "own peak", "their own peak" },
	{ "at_peak_bytes", "at peak", "bytes live at the peak" },
	{ "leaked_bytes", "leaked", "bytes leaked" },
	{ "leaked_allocations", "blocks", "blocks leaked" },
	{ "temporary_allocations", "temporary", "number of temporaries" },
	{ "temporary_bytes", "bytes", "bytes in temporaries" },
	{ "reallocations", "resized", "number of reallocations" },
	{ "at_peak_allocations", "blocks at peak", "blocks live at the peak" },
	{ "frees", "frees", "number of frees" },
	{ "freed_bytes", "freed", "bytes freed" },
	{ "local_bytes", "local", "bytes that died locally" },
	{ "escaped_bytes", "escaped", "bytes that outlived the call" },
	{ "retained_bytes", "kept", "bytes kept to the end" },
	{ "wait_ns", "wait", "time waited" },
	{ "waits", "waits", "number of waits" },
	{ "held_ns", "caused", "wait caused to others" },
	{ "caused_wait_ns", "caused", "wait caused to others" },
	{ "blocked_ns", "blocked", "time blocked" },
	{ "releases", "releases", "number of releases" },
	{ "hold_ns", "held", "time held" },
	{ "acquisitions", "acquired", "number of acquisitions" },
	{ "contended", "contended", "contended acquisitions" },
	{ "bytes", "bytes", "bytes" },
	{ "blocks", "blocks", "number of blocks" },
	{ "activations", "calls", "number of calls" },
	{ "max_bytes", "most", "most bytes in one call" },
};

static const struct wording *find(const char *cost)
{
	for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++)
		if (!strcmp(wordings[i].cost, cost))
			return &wordings[i];
	return NULL;
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
