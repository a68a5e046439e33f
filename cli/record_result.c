/* SPDX-License-Identifier: MIT
 *
 * Why nothing was recorded is told by what the collector has met: no process, one that was never let record, or one without a call.
 */
#include "cli/record_result.h"

#include <stdio.h>

#include "analyzer/base/units.h"

static void group_digits(char out[32], unsigned long long n)
{
	char plain[24];
	int size = snprintf(plain, sizeof(plain), "%llu", n);
	for (int i = 0; i <= size; i++) {
		if (i && i < size && (size - i) % 3 == 0)
			*out++ = ',';
		*out++ = plain[i];
	}
}

static void say_nobody_came(const struct collector *c, const struct record_result *r)
{
	if (c->passes_over)
		fputs("no program that could be was one of those chosen by --only and --skip\n", stderr);
	else
		fprintf(stderr, "%s has not loaded %s. Either it, or what it executes, is statically linked or privileged, or it empties its "
		        "environment, or the library does not load (LD_DEBUG=libs tells)\n", r->command, r->library);
}

static void say_why_nothing(const struct collector *c, const struct record_result *r)
{
	fputs("culprit: nothing was recorded: ", stderr);
	if (!c->roster.last_process)
		say_nobody_came(c, r);
	else if (!c->first_on_ns)
		fprintf(stderr, "the recording was off from beginning to end; `culprit ctl %s on` turns it on while it runs\n", r->output);
	else if (r->sample)
		fprintf(stderr, "no block of %s was in the sample, which has one in every %ld bytes; a smaller --sample sees more\n", r->command,
		        r->sample);
	else
		fprintf(stderr, "%s has loaded the library but not called it. It brings an allocator of its own in its executable, or has "
		        "allocated nothing\n", r->command);
}

void record_result_say(const struct collector *c, const struct record_result *r)
{
	char events[32], bytes[UNIT_WIDTH];
	if (!c->drain.events) {
		say_why_nothing(c, r);
		return;
	}
	if (c->over)
		fprintf(stderr, "culprit: the recording ended before its processes: %s\n", c->over);
	group_digits(events, c->drain.events);
	fprintf(stderr, "culprit: %s events, %s in %s; see: culprit report summary %s\n", events,
	        unit_format(bytes, UNIT_BYTES, (int64_t)c->writer.size), r->output, r->output);
}
