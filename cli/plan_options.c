/* SPDX-License-Identifier: MIT
 *
 * From options to a plan.
 */
#include "cli/plan_options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/units.h"

/* A span of time with its unit; 0: it is none. */
static uint64_t read_span(const char *text)
{
	static const struct {
		const char *suffix;
		double ns;
	} units[] = { { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 } };
	char *end;
	if (!isdigit((unsigned char)text[0]) || strpbrk(text, "xXpP"))
		return 0;
	double number = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].suffix) == 0 && number * units[i].ns < 9e18)
			return (uint64_t)(number * units[i].ns);
	return 0;
}

static int read_time(const char *name, const char *text, uint64_t *ns, struct err *err)
{
	if (!text)
		return 0;
	*ns = read_span(text);
	if (!*ns)
		return err_set(err, ERR_USAGE, "--%s: \"%s\" is no span of time; 30s, 1.5m, 2h and 1d are", name, text);
	return 0;
}

static int read_size(const char *name, const char *text, const char *also, uint64_t *bytes, struct err *err)
{
	int64_t size = 0;
	if (!text)
		return 0;
	if (unit_parse(text, &size) < 0 || size < 65536 || text[strlen(text) - 1] == 's')
		return err_set(err, ERR_USAGE, "--%s: \"%s\" is no size of 64 KiB or more; 500M and 2GiB are%s", name, text, also);
	*bytes = (uint64_t)size;
	return 0;
}

int plan_options_read(const struct plan_options *o, struct collector_plan *plan, int *paused, struct err *err)
{
	*plan = (struct collector_plan){ 0 };
	*paused = o->off || o->delay;
	if (read_time("delay", o->delay, &plan->delay_ns, err) || read_time("duration", o->duration, &plan->duration_ns, err) ||
	    read_size("max-size", o->max_size, "", &plan->max_size, err))
		return -1;
	plan->keep_ns = o->keep ? read_span(o->keep) : 0;
	return plan->keep_ns ? 0 : read_size("keep", o->keep, ", as are spans of time: 10m, 2h", &plan->keep_bytes, err);
}

size_t plan_options_describe(const struct plan_options *o, char *out, size_t size, size_t room)
{
	const struct {
		const char *name, *value;
	} given[] = { { "--off", o->off ? "" : NULL }, { "--delay=", o->delay }, { "--duration=", o->duration },
		      { "--max-size=", o->max_size }, { "--keep=", o->keep } };
	if (size && out[size - 1] && size < room)
		out[size++] = 0;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (!given[i].value)
			continue;
		int n = snprintf(out + size, room - size, "%s%s", given[i].name, given[i].value);
		if (n < 0 || (size_t)n + 1 > room - size)
			return size;
		size += (size_t)n + 1;
	}
	return size;
}
