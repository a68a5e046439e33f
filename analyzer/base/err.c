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

#include "analyzer/base/utf8.h"

int err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
	va_list args;

	if (!e || e->kind != ERR_NONE)
		return -1;
	e->kind = kind;
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	utf8_tidy(e->text);
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
	utf8_tidy(e->text);
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
	utf8_tidy(e->text);
}
