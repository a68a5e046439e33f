/* SPDX-License-Identifier: MIT
 *
 * Scripts are passed by: their interpreters are judged by none, and are seldom static.
 */
#include "preload/judge.h"

#include <elf.h>
#include <string.h>
#include <sys/stat.h>

#include "preload/sys.h"

#define MOST_HEADERS 64

static long read_at(int fd, void *out, size_t size, uint64_t offset)
{
	return SYS4(SYS_pread64, fd, out, size, offset);
}

/* The loader ignores LD_PRELOAD for those. */
static int is_privileged(int fd)
{
	struct stat s;
	if (SYS2(SYS_fstat, fd, &s) < 0)
		return 0;
	return (s.st_mode & S_ISUID && s.st_uid != (uid_t)SYS0(SYS_getuid)) ||
	       (s.st_mode & S_ISGID && s.st_mode & S_IXGRP && s.st_gid != (gid_t)SYS0(SYS_getgid));
}

static int has(char *const envp[], const char *name)
{
	size_t n = strlen(name);
	for (; envp && *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return 1;
	return 0;
}

static enum segment_unrecorded judge_interpreter(int fd, const Elf64_Phdr *p)
{
	char path[64] = "";
	read_at(fd, path, sizeof path - 1, p->p_offset);
	return strstr(path, "ld-musl") ? UNRECORDED_MUSL : UNRECORDED_NOT;
}

enum segment_unrecorded judge_program(int fd, char *const envp[])
{
	Elf64_Ehdr e;
	if (read_at(fd, &e, sizeof e, 0) != sizeof e || memcmp(e.e_ident, ELFMAG, SELFMAG) != 0)
		return UNRECORDED_NOT;
	if (e.e_ident[EI_CLASS] != ELFCLASS64)
		return UNRECORDED_32_BIT;
	if (is_privileged(fd))
		return UNRECORDED_PRIVILEGED;
	for (unsigned i = 0; i < e.e_phnum && i < MOST_HEADERS; i++) {
		Elf64_Phdr p;
		if (read_at(fd, &p, sizeof p, e.e_phoff + (uint64_t)i * e.e_phentsize) != sizeof p)
			return UNRECORDED_NOT;
		if (p.p_type != PT_INTERP)
			continue;
		enum segment_unrecorded why = judge_interpreter(fd, &p);
		if (why == UNRECORDED_NOT && !(has(envp, "LD_PRELOAD") && has(envp, SEGMENT_ENVIRONMENT)))
			why = UNRECORDED_ENVIRONMENT;
		return why;
	}
	return UNRECORDED_STATIC;
}
