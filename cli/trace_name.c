/* SPDX-License-Identifier: MIT
 *
 * Expanding the pattern of a trace's name.
 */
#include "cli/trace_name.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PATTERN "culprit.%e.%p.trace"

/* A program is called what it likes: that leads out of no directory and is one line. */
static void append(char *out, size_t *used, const char *text)
{
	for (; *text && *used + 1 < PATH_MAX; text++)
		out[(*used)++] = *text == '/' || (unsigned char)*text < ' ' || *text == 0x7f ? '_' : *text;
}

void trace_name(char out[PATH_MAX], const char *pattern, const char *comm, int pid)
{
	char number[16], host[256] = "";
	size_t used = 0;
	snprintf(number, sizeof(number), "%d", pid);
	gethostname(host, sizeof(host) - 1);
	for (const char *at = pattern && *pattern ? pattern : DEFAULT_PATTERN; *at && used + 1 < PATH_MAX; at++) {
		const char *text = at[0] != '%' ? NULL : at[1] == 'p' ? number : at[1] == 'e' ? comm : at[1] == 'h' ? host : NULL;
		if (text)
			append(out, &used, text);
		else
			out[used++] = *at;
		if (text || (at[0] == '%' && at[1] == '%'))
			at++;
	}
	out[used] = 0;
}
