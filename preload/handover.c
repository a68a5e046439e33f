/* SPDX-License-Identifier: MIT
 *
 * Looks for the library's own path among the names of LD_PRELOAD, which the loader has as we were given it.
 */
#include "preload/handover.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "preload/syscall_filter.h"
#include "preload/sys.h"

static const char variable[] = "LD_PRELOAD=";
#define NAME_SIZE (sizeof variable - 1)

static const char *own_path(void)
{
	struct dl_find_object object;
	return _dl_find_object((void *)(uintptr_t)own_path, &object) == 0 ? object.dlfo_link_map->l_name : "";
}

static int is_preload(const char *entry)
{
	return strncmp(entry, variable, NAME_SIZE) == 0;
}

/* Where in a list our name begins; NULL: it is not there. */
static const char *find_own(const char *list, const char *own)
{
	size_t size = strlen(own);
	for (const char *at = list; size && *at; at += strcspn(at, ": "), at += *at != 0)
		if (strcspn(at, ": ") == size && memcmp(at, own, size) == 0)
			return at;
	return NULL;
}

static int is_out_of_reach(const char *path)
{
	long fd = SYS4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd >= 0)
		sys_close((int)fd);
	return fd == -ENOENT || fd == -ENOTDIR || fd == -EACCES;
}

enum segment_unrecorded handover_judge(char *const envp[])
{
	const char *own = own_path();
	for (; envp && *envp; envp++)
		if (is_preload(*envp) && find_own(*envp + NAME_SIZE, own))
			return syscall_filter_forbids_start() ? UNRECORDED_FILTER :
			       is_out_of_reach(own) ? UNRECORDED_UNREACHABLE : UNRECORDED_NOT;
	return UNRECORDED_NOT;
}

size_t handover_size(char *const envp[])
{
	size_t size = sizeof *envp;
	for (; *envp; envp++)
		size += sizeof *envp + (is_preload(*envp) ? strlen(*envp) + 1 : 0);
	return size;
}

/* The list without our names; 0: nothing is left of it. */
static int write_list(char *out, const char *list, const char *own)
{
	const char *at;
	char *begin = out;
	while ((at = find_own(list, own))) {
		memcpy(out, list, (size_t)(at - list));
		out += at - list;
		list = at + strlen(own);
		list += *list != 0;
	}
	strcpy(out, list);
	out += strlen(list);
	while (out > begin && (out[-1] == ':' || out[-1] == ' '))
		*--out = 0;
	return out > begin;
}

char *const *handover_write(void *room, char *const envp[])
{
	const char *own = own_path();
	size_t count = 0, n = 0;
	while (envp[count])
		count++;
	char **out = room, *text = (char *)(out + count + 1);
	for (; *envp; envp++) {
		if (!is_preload(*envp)) {
			out[n++] = *envp;
			continue;
		}
		memcpy(text, variable, NAME_SIZE);
		if (write_list(text + NAME_SIZE, *envp + NAME_SIZE, own))
			out[n++] = text;
		text += strlen(*envp) + 1;
	}
	out[n] = NULL;
	return out;
}
