/* SPDX-License-Identifier: MIT
 *
 * Not fnmatch(): it may allocate, and asks the locale. A pattern with a slash is for the whole path.
 */
#include "preload/choice.h"

#include <stdlib.h>
#include <string.h>

/* Goes back to the last star only, so that no pattern takes long. */
int choice_matches(const char *pattern, unsigned long size, const char *name)
{
	const char *end = pattern + size, *star = NULL, *again = NULL;
	while (*name || pattern < end) {
		if (pattern < end && *pattern == '*') {
			star = pattern++;
			again = name;
		} else if (*name && pattern < end && (*pattern == '?' || *pattern == *name)) {
			pattern++;
			name++;
		} else if (star && *again) {
			pattern = star + 1;
			name = ++again;
		} else {
			return 0;
		}
	}
	return 1;
}

static int any_matches(const char *patterns, const char *path, const char *comm)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	for (const char *at = patterns, *end; *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, ':');
		size_t size = (size_t)(end - at);
		if (!size)
			continue;
		if (memchr(at, '/', size) ? choice_matches(at, size, path)
		                          : choice_matches(at, size, name) || choice_matches(at, size, comm))
			return 1;
	}
	return 0;
}

int choice_wanted(const char *executable, const char *comm)
{
	const char *only = getenv("CULPRIT_ONLY"), *skip = getenv("CULPRIT_SKIP");
	if (only && *only && !any_matches(only, executable, comm))
		return 0;
	return !(skip && any_matches(skip, executable, comm));
}
