/* SPDX-License-Identifier: MIT
 *
 * Makes code while it runs, as a JIT does, which allocates, and says in /tmp/perf-PID.map what that is called. The argument is what
 * happens to the map; each size that is allocated tells who did it. "waits": goes on when its input ends, without the map.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul

typedef void *code(void *(*allocate)(size_t size), size_t size);

/* push rbp; mov rbp, rsp; mov rax, rdi; mov rdi, rsi; call rax; pop rbp; ret */
static const unsigned char framed[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0xff, 0xd0, 0x5d, 0xc3};
/* sub rsp, 8; mov rax, rdi; mov rdi, rsi; call rax; add rsp, 8; ret */
static const unsigned char bare[] = {0x48, 0x83, 0xec, 0x08, 0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x08, 0xc3};

static char *pages;
static char map[64];

static code *make(unsigned page, const unsigned char *bytes, size_t size)
{
	char *at = pages + page * PAGE;
	if (mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != at)
		exit(1);
	memcpy(at, bytes, size);
	mprotect(at, PAGE, PROT_READ | PROT_EXEC);
	return (code *)at;
}

static void name(unsigned page, const char *text)
{
	FILE *f = fopen(map, "a");
	fprintf(f, "%lx %lx %s\n", (unsigned long)(pages + page * PAGE), PAGE / 2, text);
	fclose(f);
}

static __attribute__((noinline)) void use(code *c, size_t size)
{
	free(c(malloc, size));
	__asm__ volatile("");
}

/* Other code than its parent's and its brother's, at the same place; and some that the parent made and has not run. */
static void child(unsigned number)
{
	char text[32];
	snprintf(map, sizeof(map), "/tmp/perf-%d.map", (int)getpid());
	snprintf(text, sizeof(text), "code_of_child_%u", number);
	unlink(map);
	name(0, text);
	use(make(0, framed, sizeof(framed)), 2000 + number);
	use((code *)(pages + 3 * PAGE), 2010 + number);
	exit(0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	pages = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	snprintf(map, sizeof(map), "/tmp/perf-%d.map", (int)getpid());
	unlink(map);
	if (strcmp(what, "link") == 0 && (symlink(argv[2], map) < 0))
		return 1;
	if (strcmp(what, "fifo") == 0 && mkfifo(map, 0600) < 0)
		return 1;
	code *first = make(0, framed, sizeof(framed)), *second = make(1, bare, sizeof(bare));
	make(3, framed, sizeof(framed));
	if (strcmp(what, "none") != 0 && strcmp(what, "link") != 0 && strcmp(what, "fifo") != 0) {
		name(0, "an earlier name");
		name(2, "never called");
		name(0, "first of code\x1b[31m");
		name(1, "second");
		name(3, "inherited");
	}
	if (strcmp(what, "old") == 0)
		utimensat(AT_FDCWD, map, (struct timespec[]){{1000000000, 0}, {1000000000, 0}}, 0);
	if (strcmp(what, "another's") == 0 && chown(map, 1, 1) < 0)
		return 1;
	use(first, 1001);
	use(second, 1002);
	fflush(stdout);
	for (unsigned i = 1; i <= 2 && strcmp(what, "fork") == 0; i++) {
		if (fork() == 0)
			child(i);
		wait(NULL);
	}
	if (strcmp(what, "waits") == 0) {
		printf("%s\n", map);
		fflush(stdout);
		getchar();
	}
	unlink(strcmp(what, "waits") == 0 ? map : "");
	printf("%d\n", (int)getpid());
	return 0;
}
