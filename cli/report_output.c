/* SPDX-License-Identifier: MIT
 *
 * What the commands that print tables share: the pager, and what the terminal can show.
 */
#define _GNU_SOURCE /* strcasestr */
#include "cli/report_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pager.h"

static int speaks_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < 3; i++) {
		const char *locale = getenv(names[i]);
		if (locale && *locale)
			return strcasestr(locale, "UTF-8") || strcasestr(locale, "utf8");
	}
	return 0;
}

int report_output(const struct report *r, const struct table *t, const struct report_query *q, const struct report_format *format,
                  struct report_page *page, struct err *err)
{
	const char *no_colour = getenv("NO_COLOR");
	struct pager pager;

	pager_open(&pager, !format->losses_apart);
	page->width = pager.width;
	page->colour = pager.terminal && !(no_colour && *no_colour);
	page->unicode = speaks_utf8();
	if (format->losses_apart && page->losses[0])
		fprintf(stderr, "culprit: %s\n", page->losses);
	if (format->losses_apart && page->remarks)
		fputs(page->remarks, stderr);
	format->write(r, t, q, page, pager.out);
	return pager_close(&pager, err);
}
