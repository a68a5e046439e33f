/* SPDX-License-Identifier: MIT
 *
 * Figures for people: three significant digits and a unit. Whole numbers below a thousand stay as
 * they are; a figure that rounding would carry into the next unit is shown in that one.
 */
#include "analyzer/base/units.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The steps of a unit, smallest first: a figure below `below` of the first is a whole number. */
struct scale {
	double step;
	const char *suffix[7];
};

static const struct scale scale_bytes = { 1024, { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" } };
static const struct scale scale_count = { 1000, { "", "k", "M", "G", "T", "P", "E" } };
static const struct scale scale_ns = { 1000, { "ns", "us", "ms", "s" } };

/* Three significant digits: 1.94, 19.4, 194; "12" rather than "12.0" for counts reads the same, so keep it plain. */
static void format_scaled(char out[UNIT_WIDTH], const struct scale *s, double value, const char *sign)
{
	int unit = 0;
	const char *format = "%s%.2f %s";

	while (value >= 999.5 && unit < 6 && s->suffix[unit + 1]) {
		value /= s->step;
		unit++;
	}
	if (unit == 0) {
		snprintf(out, UNIT_WIDTH, s->suffix[0][0] ? "%s%.0f %s" : "%s%.0f", sign, value, s->suffix[0]);
		return;
	}
	if (value >= 99.95)
		format = "%s%.0f %s";
	else if (value >= 9.995)
		format = "%s%.1f %s";
	snprintf(out, UNIT_WIDTH, format, sign, value, s->suffix[unit]);
}

/* From a minute on, minutes and seconds; from an hour on, hours and minutes; then days. */
static void format_long_time(char out[UNIT_WIDTH], uint64_t ns, const char *sign)
{
	uint64_t seconds = (ns + 500000000) / 1000000000;

	if (seconds < 3600)
		snprintf(out, UNIT_WIDTH, "%s%" PRIu64 "m %02us", sign, seconds / 60, (unsigned)(seconds % 60));
	else if (seconds < 86400)
		snprintf(out, UNIT_WIDTH, "%s%" PRIu64 "h %02um", sign, seconds / 3600, (unsigned)(seconds / 60 % 60));
	else
		snprintf(out, UNIT_WIDTH, "%s%" PRIu64 "d %02uh", sign, seconds / 86400, (unsigned)(seconds / 3600 % 24));
}

char *unit_format(char out[UNIT_WIDTH], enum unit unit, int64_t value)
{
	const char *sign = value < 0 ? "-" : "";
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	switch (unit) {
	case UNIT_BYTES:
		format_scaled(out, &scale_bytes, (double)size, sign);
		break;
	case UNIT_COUNT:
		format_scaled(out, &scale_count, (double)size, sign);
		break;
	case UNIT_NS:
		if (size >= 59950000000ull)
			format_long_time(out, size, sign);
		else
			format_scaled(out, &scale_ns, (double)size, sign);
		break;
	case UNIT_PERCENT:
		snprintf(out, UNIT_WIDTH, "%" PRId64 " %%", value);
		break;
	case UNIT_TEXT:
	case UNIT_ID:
		snprintf(out, UNIT_WIDTH, "%" PRId64, value);
		break;
	}
	return out;
}

int unit_parse(const char *text, int64_t *value)
{
	static const struct {
		const char *suffix;
		double step;
	} suffixes[] = {
		{ "", 1 }, { "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 }, { "T", 1e12 }, { "B", 1 }, { "KiB", 1024 }, { "MiB", 1048576 },
		{ "GiB", 1073741824 }, { "TiB", 1099511627776 }, { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
	};
	char *end;

	if (!isdigit((unsigned char)text[0]) || text[strspn(text, "0123456789.")] == 'x')
		return -1;
	double number = strtod(text, &end);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (strcmp(end, suffixes[i].suffix) != 0)
			continue;
		number = number * suffixes[i].step + 0.5;
		if (!(number < 9.2e18))
			return -1;
		*value = (int64_t)number;
		return 0;
	}
	return -1;
}
