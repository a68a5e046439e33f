/* SPDX-License-Identifier: MIT
 *
 * Reads the head of a program as the kernel would. Nothing is run and nothing is changed.
 */
#define _GNU_SOURCE
#include "cli/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HEAD_SIZE 4096
#define MAX_INTERPRETERS 5

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#else
#define OUR_MACHINE EM_AARCH64
#endif

/* --- finding --------------------------------------------------------------------------------- */

static int is_program(const char *path)
{
	struct stat s;
	if (access(path, X_OK) < 0)
		return 0;
	if (stat(path, &s) == 0 && S_ISREG(s.st_mode))
		return 1;
	errno = EACCES;
	return 0;
}

static int not_found(const char *command, int error, int *exit_status, struct err *err)
{
	*exit_status = error == ENOENT || error == ENOTDIR ? 127 : 126;
	errno = error;
	return err_errno(err, "cannot run %s", command);
}

int program_find(const char *command, char path[PATH_MAX], int *exit_status, struct err *err)
{
	int error = ENOENT;
	if (strchr(command, '/')) {
		snprintf(path, PATH_MAX, "%s", command);
		return is_program(path) ? 0 : not_found(command, errno, exit_status, err);
	}
	const char *dirs = getenv("PATH");
	if (!dirs)
		dirs = "/usr/local/bin:/bin:/usr/bin";
	for (const char *at = dirs, *end; *command; at = end + 1) {
		end = strchrnul(at, ':');
		snprintf(path, PATH_MAX, "%.*s/%s", end > at ? (int)(end - at) : 1, end > at ? at : ".", command);
		if (is_program(path))
			return 0;
		if (errno == EACCES)
			error = EACCES;
		if (!*end)
			break;
	}
	return not_found(command, error, exit_status, err);
}

/* --- judging --------------------------------------------------------------------------------- */

static int refuse(struct err *err, const char *path, const char *why)
{
	return err_set(err, ERR_FAILED, "cannot record %s: %s", path, why);
}

/* The loader ignores LD_PRELOAD for a program that runs with more rights than its caller. */
static int check_rights(const char *path, struct err *err)
{
	struct stat s;
	struct statvfs fs;
	if (stat(path, &s) < 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return 0;
	if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOSUID))
		return 0;
	if ((s.st_mode & S_ISUID) && s.st_uid != getuid())
		return refuse(err, path, "it is setuid, and such a program loads no library it was not linked with; "
		                         "record it as the user it runs as");
	if ((s.st_mode & S_ISGID) && (s.st_mode & S_IXGRP) && s.st_gid != getgid())
		return refuse(err, path, "it is setgid, and such a program loads no library it was not linked with; "
		                         "record it with that group as your own, or a copy without the bit");
	if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return refuse(err, path, "it has file capabilities, and such a program loads no library it was not linked "
		                         "with; record it as root, or a copy without them");
	return 0;
}

static int check_elf(const char *path, int fd, const unsigned char *head, size_t size, struct err *err)
{
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)head;
	char interpreter[256] = "";
	if (size < sizeof(*e) || head[EI_CLASS] != ELFCLASS64)
		return refuse(err, path, "it is a 32-bit program; only 64-bit ones can be recorded");
	if (e->e_machine != OUR_MACHINE)
		return refuse(err, path, "it is a program for another kind of processor");
	for (unsigned i = 0; i < e->e_phnum; i++) {
		Elf64_Phdr p;
		off_t at = (off_t)(e->e_phoff + (uint64_t)i * e->e_phentsize);
		if (pread(fd, &p, sizeof(p), at) != sizeof(p))
			return 0;
		if (p.p_type != PT_INTERP)
			continue;
		ssize_t n = pread(fd, interpreter, sizeof(interpreter) - 1, (off_t)p.p_offset);
		interpreter[n > 0 ? n : 0] = 0;
		if (strstr(interpreter, "ld-musl"))
			return refuse(err, path, "it is linked with musl; only programs that use glibc can be recorded");
		return 0;
	}
	return refuse(err, path, "it is statically linked, so that no library can be loaded before it; "
	                         "link it dynamically to record it");
}

/* The interpreter a `#!` line names. 0: there is none. */
static int interpreter_of(const char *head, char path[PATH_MAX])
{
	const char *at = head + 2 + strspn(head + 2, " \t");
	size_t n = strcspn(at, " \t\n");
	if (!n || n >= PATH_MAX)
		return 0;
	memcpy(path, at, n);
	path[n] = 0;
	return 1;
}

/* Opens the file the kernel runs for the program at `path`, which becomes that file, and reads its head. *size is
 * negative when it cannot be read; the descriptor may be too. */
static int open_image(char path[PATH_MAX], unsigned char head[HEAD_SIZE + 1], ssize_t *size)
{
	for (int i = 0;; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		*size = fd < 0 ? -1 : read(fd, head, HEAD_SIZE);
		head[*size > 0 ? *size : 0] = 0;
		if (i == MAX_INTERPRETERS || *size < 3 || head[0] != '#' || head[1] != '!' || !interpreter_of((char *)head, path))
			return fd;
		close(fd);
	}
}

void program_image(const char *path, char image[PATH_MAX])
{
	unsigned char head[HEAD_SIZE + 1];
	ssize_t size;
	snprintf(image, PATH_MAX, "%s", path);
	int fd = open_image(image, head, &size);
	if (fd >= 0)
		close(fd);
}

/* Behind the options and assignments that env takes first. */
static int name_behind(const char *at, char name[PATH_MAX])
{
	for (size_t n;; at += n) {
		at += strspn(at, " \t");
		n = strcspn(at, " \t");
		if (!n || n >= PATH_MAX)
			return 0;
		if (*at == '-' || memchr(at, '=', n))
			continue;
		memcpy(name, at, n);
		name[n] = 0;
		return 1;
	}
}

int program_env_name(const char *path, char name[PATH_MAX])
{
	char head[HEAD_SIZE + 1], interpreter[PATH_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, head, HEAD_SIZE);
	if (fd >= 0)
		close(fd);
	head[size > 0 ? size : 0] = 0;
	head[strcspn(head, "\n")] = 0;
	if (strncmp(head, "#!", 2) != 0 || !interpreter_of(head, interpreter))
		return 0;
	const char *slash = strrchr(interpreter, '/');
	return strcmp(slash ? slash + 1 : interpreter, "env") == 0 && name_behind(strstr(head, interpreter) + strlen(interpreter), name);
}

int program_check(const char *command, struct err *err)
{
	char path[PATH_MAX];
	_Alignas(8) unsigned char head[HEAD_SIZE + 1];
	ssize_t size;
	int status = 0;
	snprintf(path, sizeof(path), "%s", command);
	int fd = open_image(path, head, &size);
	if (size >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
		status = check_elf(path, fd, head, (size_t)size, err);
	if (fd >= 0)
		close(fd);
	if (size >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) != 0)
		return 0; /* the kernel will say what it makes of it */
	return status < 0 ? status : check_rights(path, err);
}
