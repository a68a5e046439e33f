/* SPDX-License-Identifier: MIT
 * Maps memory in every way there is, each in a function of its own, so that its figures are known; at the end it tells how many pages
 * larger it has become, as the kernel says. With an argument it has threads that map and unmap that often. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define NOINLINE __attribute__((noinline, noclone))
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);

static char *volatile kept;
static volatile int done; /* so that no call is the last of its function */

static char *check(void *p)
{
	if (p == MAP_FAILED) {
		perror("own_maps");
		exit(1);
	}
	memset(p, 1, 1);
	return p;
}

static NOINLINE char *pages(unsigned n)
{
	char *p = check(mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, PRIVATE, -1, 0));
	done++;
	return p;
}
/* The same, but charged to its caller. */
#define PAGES(n) check(mmap(NULL, (n) * PAGE, PROT_READ | PROT_WRITE, PRIVATE, -1, 0))

static NOINLINE void use_whole(void)
{
	for (int i = 0; i < 10; i++) {
		char *p = PAGES(8);
		munmap(p, 8 * PAGE);
	}
	done++;
}

static NOINLINE void use_kept(void)
{
	for (int i = 0; i < 3; i++)
		kept = PAGES(5);
	kept = check(mmap64(NULL, 100, PROT_READ | PROT_WRITE, PRIVATE, -1, 0)); /* a page */
	done++;
}

static NOINLINE void use_parts(void)
{
	char *head = PAGES(16), *middle = PAGES(16), *tail = PAGES(16);
	munmap(head, 4 * PAGE);
	munmap(middle + 6 * PAGE, 4 * PAGE);
	munmap(tail + 12 * PAGE, 4 * PAGE - 1);
	munmap(middle, 16 * PAGE); /* its hole, too */
	done++;
}

static NOINLINE void use_across(void)
{
	char *p = PAGES(30);
	munmap(p, 30 * PAGE);
	for (int i = 0; i < 3; i++)
		check(mmap(p + i * 10 * PAGE, 10 * PAGE, PROT_READ | PROT_WRITE, PRIVATE | MAP_FIXED, -1, 0));
	munmap(p + 5 * PAGE, 20 * PAGE);
	done++;
}

static NOINLINE void use_replaced(void)
{
	kept = PAGES(16);
	done++;
}

static NOINLINE void use_replacing(void)
{
	check(mmap(kept + 2 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE, PRIVATE | MAP_FIXED, -1, 0));
	done++;
}

static NOINLINE void use_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, 9 * PAGE))
		exit(1);
	unlink(path);
	check(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE));
	close(fd);
	done++;
}

static NOINLINE void use_shared_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, 9 * PAGE))
		exit(1);
	unlink(path);
	check(mmap(NULL, 9 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	close(fd);
	done++;
}

static NOINLINE void use_shared(void)
{
	check(mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	done++;
}

static NOINLINE void remap_grow(char *p)
{
	check(mremap(p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE));
	done++;
}

static NOINLINE void use_grown(void)
{
	remap_grow(PAGES(4));
	done++;
}

static NOINLINE void use_shrunk(void)
{
	char *p = PAGES(32);
	check(mremap(p, 32 * PAGE, 8 * PAGE, 0));
	done++;
}

static NOINLINE void remap_over(char *from, char *to)
{
	check(mremap(from, 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to));
	done++;
}

/* From the middle of one over the middle of another: neither grows. */
static NOINLINE void use_moved(void)
{
	char *from = PAGES(10), *to = PAGES(20);
	remap_over(from + 2 * PAGE, to + 7 * PAGE);
	munmap(to, 20 * PAGE); /* what was moved there as well */
	done++;
}

static NOINLINE void remap_twin(char *p)
{
#ifdef MREMAP_DONTUNMAP
	check(mremap(p, 5 * PAGE, 5 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
#else
	check(mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE, PRIVATE, -1, 0));
#endif
	done++;
}

static NOINLINE void use_twin(void)
{
	remap_twin(PAGES(5));
	done++;
}

static NOINLINE void use_failing(void)
{
	char *p = PAGES(2);
	errno = 0;
	int wrong = mmap(NULL, 0, PROT_READ, PRIVATE, -1, 0) != MAP_FAILED || errno != EINVAL;
	wrong |= mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0) != MAP_FAILED || errno != EBADF;
	wrong |= munmap(p + 1, PAGE) != -1 || errno != EINVAL;
	wrong |= munmap(p, 0) != -1 || errno != EINVAL;
	wrong |= mremap(p, 2 * PAGE, 0, 0) != MAP_FAILED || errno != EINVAL;
	wrong |= mremap(p, 2 * PAGE, ~0ul << 13, MREMAP_MAYMOVE) != MAP_FAILED;
	wrong |= sbrk((intptr_t)1 << 46) != (void *)-1 || errno != ENOMEM;
	errno = 77;
	munmap(PAGES(2), 2 * PAGE);
	wrong |= errno != 77;
	if (wrong)
		exit(3);
	done++;
}

static NOINLINE void use_break(void)
{
	char *before = sbrk(0);
	if (sbrk(10000) != before || sbrk(-4000) != before + 10000 || brk(before + 20000) || brk(before + 500))
		exit(4);
	memset(before, 1, 500);
	done++;
}

static NOINLINE void use_in_child(char *of_parent)
{
	munmap(of_parent, 16 * PAGE);
	kept = PAGES(7);
	done++;
}

static NOINLINE void use_fork(void)
{
	int status;
	pid_t child = fork();
	if (!child) {
		use_in_child(kept);
		_exit(0);
	}
	waitpid(child, &status, 0);
	done++;
}

/* One thread maps, the other unmaps, as fast as they can, and both at the same addresses over and over. */
static char *_Atomic handed;
static unsigned rounds;

static void *unmapper(void *arg)
{
	for (unsigned i = 0; i < rounds; i++) {
		char *p;
		while (!(p = handed))
			;
		munmap(p, 3 * PAGE);
		handed = NULL;
	}
	return arg;
}

static NOINLINE void use_storm(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, unmapper, NULL);
	for (unsigned i = 0; i < rounds; i++) {
		handed = mmap(NULL, 3 * PAGE, PROT_READ, PRIVATE, -1, 0);
		while (handed)
			;
	}
	pthread_join(thread, NULL);
	done++;
}

static void *alone(void *arg)
{
	for (unsigned i = 0; i < rounds; i++)
		munmap(pages(1 + i % 5), (1 + i % 5) * PAGE);
	return arg;
}

/* Each for itself; what one gives back another gets. */
static NOINLINE void use_crowd(void)
{
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, alone, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	done++;
}

/* Pages of the process. No heap is used. */
static long size_now(void)
{
	char text[64] = "";
	int fd = open("/proc/self/statm", O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
		exit(5);
	close(fd);
	return atol(text);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		rounds = (unsigned)atoi(argv[1]);
		use_storm();
		use_crowd();
		return 0;
	}
	long before = size_now();
	use_whole();
	use_kept();
	use_parts();
	use_across();
	use_replaced();
	use_replacing();
	use_fork();
	use_file("own_maps.file");
	use_shared_file("own_maps.file");
	use_shared();
	use_grown();
	use_shrunk();
	use_moved();
	use_twin();
	use_failing();
	use_break();
	printf("%ld\n", size_now() - before);
	return 0;
}
