/* SPDX-License-Identifier: MIT
 *
 * Matching, and the skeleton: C++ names carry template arguments and parameters, which nobody writes down.
 */
#include "analyzer/ingest/function_name.h"

#include <string.h>

/* '*' stands for any text. Backtracks to the last star alone, which is enough. */
static int glob_match(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* Behind the closing partner of the bracket at `at`, or the end of the text. */
static const char *bracket_skip(const char *at)
{
	int depth = 0;

	for (; *at; at++) {
		if (at[0] == '-' && at[1] == '>')
			at++;
		else if (strchr("<([{", *at))
			depth++;
		else if (strchr(">)]}", *at) && --depth == 0)
			return at + 1;
	}
	return at;
}

/* Length of the text at `at` to be copied as it is although it contains brackets: an operator's name, an unnamed namespace,
 * a lambda. */
static size_t verbatim_size(const char *at)
{
	static const char operator_word[] = "operator", unnamed[] = "(anonymous namespace)";

	if (!strncmp(at, unnamed, sizeof(unnamed) - 1))
		return sizeof(unnamed) - 1;
	if (*at == '{')
		return (size_t)(bracket_skip(at) - at);
	if (strncmp(at, operator_word, sizeof(operator_word) - 1))
		return 0;
	at += sizeof(operator_word) - 1;
	if (!strncmp(at, "()", 2))
		return sizeof(operator_word) + 1;
	return sizeof(operator_word) - 1 + strspn(at, "<>=-!");
}

int function_name_skeleton(const char *full, char *out, size_t size)
{
	size_t used = 0;

	while (*full) {
		size_t count = verbatim_size(full);

		if (!count && (*full == '<' || !strncmp(full, "[abi:", 5))) {
			full = bracket_skip(full);
			continue;
		}
		if (!count && *full == '(') {
			full = bracket_skip(full);
			if (!strncmp(full, " const", 6))
				full += 6;
			if (strncmp(full, "::", 2))
				break;
			continue;
		}
		count = count ? count : 1;
		if (count >= size - used)
			return -1;
		memcpy(out + used, full, count);
		used += count;
		full += count;
	}
	out[used] = 0;
	return 0;
}

void function_name_init(struct function_name *f, const char *full)
{
	f->full = full;
	if (function_name_skeleton(full, f->skeleton, sizeof(f->skeleton)))
		f->skeleton[0] = 0;
}

int function_name_like(const struct function_name *f, const char *pattern)
{
	return glob_match(pattern, f->full) || glob_match(pattern, f->skeleton);
}
