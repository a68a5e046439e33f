/* SPDX-License-Identifier: MIT
 *
 * Exact figures are grouped by commas whatever the locale: the same figure looks the same everywhere.
 */
#include "tui/figure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void format_exact(char out[FIGURE_BYTES], int64_t value)
{
	char digits[FIGURE_BYTES];
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, size), used = 0;

	if (value < 0)
		out[used++] = '-';
	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = 0;
}

char *figure_format(char out[FIGURE_BYTES], enum unit unit, int64_t value, int exact)
{
	char rounded[UNIT_WIDTH];

	if (exact && (unit == UNIT_BYTES || unit == UNIT_COUNT || unit == UNIT_NS))
		format_exact(out, value);
	else
		snprintf(out, FIGURE_BYTES, "%s", unit_format(rounded, unit, value));
	return out;
}

char *figure_change(char out[FIGURE_BYTES], enum unit unit, int64_t change, int exact)
{
	char plain[FIGURE_BYTES];

	figure_format(plain, unit, change, exact);
	snprintf(out, FIGURE_BYTES, "%s%.*s", change > 0 ? "+" : "", FIGURE_BYTES - 2, plain);
	return out;
}

char *figure_growth(char out[FIGURE_BYTES], double share)
{
	double percent = share * 100;

	if (percent > -0.05 && percent < 0.05)
		snprintf(out, FIGURE_BYTES, share != 0 ? "~0 %%" : "0 %%");
	else if (percent >= 9999.5)
		snprintf(out, FIGURE_BYTES, "x %.3g", share + 1);
	else
		snprintf(out, FIGURE_BYTES, percent > -9.95 && percent < 9.95 ? "%+.1f %%" : "%+.0f %%", percent);
	return out;
}

char *figure_share(char out[FIGURE_BYTES], double share)
{
	double percent = share * 100;

	if (percent <= 0)
		snprintf(out, FIGURE_BYTES, "0 %%");
	else if (percent < 0.05)
		snprintf(out, FIGURE_BYTES, "<0.1 %%");
	else
		snprintf(out, FIGURE_BYTES, "%.1f %%", percent);
	return out;
}

int figure_width(enum unit unit, int64_t largest, int exact)
{
	char text[FIGURE_BYTES];

	if (exact || unit == UNIT_ID)
		return (int)strlen(figure_format(text, unit, largest, exact));
	switch (unit) {
	case UNIT_BYTES:
		return 8; /* "1.94 GiB" */
	case UNIT_NS: /* "3.80 us", "2m 03s", "100d 00h" */
		figure_format(text, unit, largest, 0);
		return strlen(text) > 7 ? (int)strlen(text) : 7;
	case UNIT_PERCENT:
		return 7; /* "100.0 %" */
	default:
		return 6; /* "4.10 M" */
	}
}
