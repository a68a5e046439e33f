/* SPDX-License-Identifier: MIT
 *
 * Keeping one sentence about what went wrong. The first message wins; context is put before it. A
 * sentence never holds a newline or another control character, whatever names it quotes.
 */
#include "analyzer/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names of files and functions come from outside: what would move the cursor becomes '?'. */
static void err_tidy(struct err *e)
{
	for (char *c = e->text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

int err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
	va_list args;

	if (!e || e->kind != ERR_NONE)
		return -1;
	e->kind = kind;
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	err_tidy(e);
	return -1;
}

int err_errno(struct err *e, const char *format, ...)
{
	int number = errno;
	va_list args;
	size_t used;

	if (!e || e->kind != ERR_NONE)
		return -1;
	e->kind = ERR_FAILED;
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s", strerror(number));
	err_tidy(e);
	return -1;
}

void err_prefix(struct err *e, const char *format, ...)
{
	char old[sizeof(e->text)];
	va_list args;
	size_t used;

	if (!e || e->kind == ERR_NONE)
		return;
	memcpy(old, e->text, sizeof(old));
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s", old);
	err_tidy(e);
}
