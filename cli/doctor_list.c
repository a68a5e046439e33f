/* SPDX-License-Identifier: MIT
 *
 * The libraries a program is loaded with, as the loader itself lists them (ld.so --list, which is what ldd asks): RPATH,
 * the cache, LD_LIBRARY_PATH and LD_PRELOAD are its business. It maps the files and runs none of their code; but which loader
 * a program wants is the program's word, so only the one that has loaded us is run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/doctor.h"

static _Noreturn void become_loader(const char *loader, const char *image, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0)
		dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	alarm(20);
	execl(loader, loader, "--list", image, (char *)NULL);
	_exit(127);
}

static void note(struct doctor *d, const char *path, const char *name)
{
	struct doctor_library *l = &d->libraries[d->library_count++];
	l->path = path ? strdup(path) : NULL;
	l->name = strdup(name);
}

/* "	libm.so.6 => /lib/libm.so.6 (0x...)", "	/lib64/ld-linux-x86-64.so.2 (0x...)",
 * "PROGRAM: error while loading shared libraries: libx.so: cannot open ..." */
static void note_line(struct doctor *d, char *line)
{
	static const char error[] = "error while loading shared libraries: ";
	char *missing = strstr(line, error), *path = strstr(line, " => "), *end;
	if (missing && *line != '\t') {
		missing += sizeof(error) - 1;
		missing[strcspn(missing, ":")] = 0;
		note(d, NULL, missing);
		return;
	}
	path = path ? path + 4 : line + 1;
	if (*line != '\t' || *path != '/')
		return; /* the vDSO, or words */
	if ((end = strstr(path, " (0x")))
		*end = 0;
	note(d, path, path);
}

static int is_ours(const char *loader)
{
	char own[256];
	struct elf_file self;
	struct stat a, b;
	if (elf_file_open(&self, "/proc/self/exe") < 0)
		return 0;
	int known = elf_file_interpreter(&self, own, sizeof(own));
	elf_file_close(&self);
	return known && stat(own, &a) == 0 && stat(loader, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void doctor_list(struct doctor *d)
{
	char loader[256];
	int ends[2];
	if (!d->is_elf || !elf_file_interpreter(&d->elf, loader, sizeof(loader)) || !is_ours(loader) || pipe2(ends, O_CLOEXEC) < 0)
		return;
	char *real = realpath(d->image, NULL); /* what $ORIGIN of a RUNPATH is made of, whatever links lead there */
	pid_t pid = fork();
	if (pid == 0)
		become_loader(loader, real ? real : d->image, ends[1]);
	free(real);
	close(ends[1]);
	FILE *in = pid > 0 ? fdopen(ends[0], "r") : NULL;
	char line[2 * PATH_MAX];
	while (in && d->library_count < DOCTOR_LIBRARIES && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = 0;
		note_line(d, line);
	}
	if (in)
		fclose(in);
	else
		close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

void doctor_list_release(struct doctor *d)
{
	for (size_t i = 0; i < d->library_count; i++) {
		free(d->libraries[i].path);
		free(d->libraries[i].name);
	}
	d->library_count = 0;
}
