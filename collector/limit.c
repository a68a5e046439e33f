/* SPDX-License-Identifier: MIT
 *
 * Reading limits. A cgroup counts what all its processes use, with page cache; every directory above may be tighter.
 * Version 2 of cgroups, else the memory controller of version 1, where they are mounted by convention.
 */
#include "collector/limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/proc.h"

#define NEVER (1ull << 60) /* version 1 writes "no limit" as a number near 2^63 */

static uint64_t least(uint64_t a, uint64_t b) { return !a || (b && b < a) ? b : a; }

/* A number in a file; 0: none, or "max". */
static uint64_t read_number(const char *path)
{
	char text[32] = "";
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	unsigned long long n = fgets(text, sizeof(text), f) ? strtoull(text, NULL, 10) : 0;
	fclose(f);
	return n < NEVER ? n : 0;
}

/* The tightest of `file` in the directory `group` below `mount` and all above it. */
static uint64_t tightest(const char *mount, char *group, const char *file)
{
	char path[1024];
	uint64_t limit = 0;
	for (char *slash;; *slash = 0) {
		if (snprintf(path, sizeof(path), "%s%s/%s", mount, group, file) < (int)sizeof(path))
			limit = least(limit, read_number(path));
		slash = strrchr(group, '/');
		if (!slash)
			return limit;
	}
}

/* A line of /proc/PID/cgroup: number:controllers:/path. */
static uint64_t limit_of_line(char *line)
{
	char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
	if (!group)
		return 0;
	*group++ = 0;
	if (strcmp(group, "/") == 0)
		*group = 0;
	if (!controllers[1])
		return tightest("/sys/fs/cgroup", group, "memory.max");
	return strstr(controllers, "memory") ? tightest("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes") : 0;
}

static uint64_t limit_of_cgroup(int pid)
{
	char text[4096], *rest = text, *line;
	uint64_t limit = 0;
	if (proc_read(pid, "cgroup", text, sizeof(text)) <= 0)
		return 0;
	while ((line = strsep(&rest, "\n")))
		limit = least(limit, limit_of_line(line));
	return limit;
}

static uint64_t limit_of_address_space(int pid)
{
	static const char name[] = "Max address space";
	char text[4096], *at;
	if (proc_read(pid, "limits", text, sizeof(text)) <= 0 || !(at = strstr(text, name)))
		return 0;
	return strtoull(at + sizeof(name) - 1, NULL, 10); /* "unlimited" is 0 */
}

uint64_t limit_of_memory(int pid, uint32_t *kind)
{
	uint64_t cgroup = limit_of_cgroup(pid), space = limit_of_address_space(pid), limit = least(cgroup, space);
	*kind = !limit ? LIMIT_NONE : limit == cgroup ? LIMIT_CGROUP : LIMIT_ADDRESS_SPACE;
	return limit;
}
