/* SPDX-License-Identifier: MIT
 *
 * Two raw clones that share this memory until exec (as vfork does), on stacks of their own and with all
 * signals blocked, so that no handler of the program runs in them. The outer child has no exit
 * signal and is reaped here with __WCLONE, which no wait() of the program's can take from us.
 */
#include "preload/spawn.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/adopted.h"
#include "preload/sys.h"

#define STACK_SIZE (64ul << 10)
#define ENVIRONMENT 4096 /* pointers, on that stack */

struct launch {
	char paths[4][1024]; /* candidates, in order; "" ends */
	char segment_argument[32], socket_argument[32];
	int segment_fd, socket_fd;
	volatile int failed;
	volatile int pid; /* the collector's */
};

static void write_number(char *out, const char *prefix, int n)
{
	char digits[12];
	int i = 0;
	size_t k = strlen(prefix);
	memcpy(out, prefix, k);
	do
		digits[i++] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	while (i > 0)
		out[k++] = digits[--i];
	out[k] = 0;
}

static void join_path(char out[1024], const char *dir, size_t dir_size, const char *name)
{
	size_t n = strlen(name);
	if (dir_size + n + 1 > 1024)
		return;
	memcpy(out, dir, dir_size);
	memcpy(out + dir_size, name, n + 1);
}

/* Beside the library, or as `make install` lays it: lib/culprit/libculprit.so and bin/culprit; then PATH. */
static void find_candidates(struct launch *l)
{
	struct dl_find_object object;
	int n = 0;
	const char *given = getenv("CULPRIT_COLLECTOR");
	if (given && *given)
		join_path(l->paths[n++], given, strlen(given), "");
	if (_dl_find_object((void *)spawn_collector, &object) == 0 && object.dlfo_link_map->l_name) {
		const char *self = object.dlfo_link_map->l_name, *slash = strrchr(self, '/');
		size_t dir = slash ? (size_t)(slash - self) + 1 : 0;
		join_path(l->paths[n++], self, dir, "culprit");
		join_path(l->paths[n++], self, dir, "../../bin/culprit");
	}
	for (const char *p = getenv("PATH"), *end; p && *p; p = *end ? end + 1 : end) {
		char candidate[1024] = "";
		end = strchrnul(p, ':');
		join_path(candidate, p, (size_t)(end - p), "/culprit");
		if (*candidate == '/' && SYS2(SYS_access, candidate, X_OK) == 0) {
			memcpy(l->paths[n], candidate, sizeof candidate);
			break;
		}
	}
}

/* What the program was started without, so that no file of the collector's comes to be one of the three. */
static void open_standard(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (SYS2(SYS_fcntl, fd, F_GETFD) < 0)
			SYS4(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0); /* takes the lowest */
}

/* What the program has limited for itself is not the collector's, as far as we may. */
static void lift_limits(void)
{
	static const int limits[] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CPU};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct rlimit64 limit, none = {RLIM64_INFINITY, RLIM64_INFINITY};
		if (SYS4(SYS_prlimit64, 0, limits[i], NULL, &limit) < 0 || limit.rlim_cur == RLIM64_INFINITY)
			continue;
		limit.rlim_cur = limit.rlim_max;
		if (limits[i] == RLIMIT_NOFILE || SYS4(SYS_prlimit64, 0, limits[i], &none, NULL) < 0)
			SYS4(SYS_prlimit64, 0, limits[i], &limit, NULL);
	}
}

/* In the grandchild. */
static int run_collector(void *arg)
{
	struct launch *l = arg;
	char *argv[] = {(char *)"culprit", (char *)"collect", l->segment_argument, l->socket_argument, NULL};
	char *envp[ENVIRONMENT];
	int n = 0;
	for (char **e = environ; e && *e && n < ENVIRONMENT - 1; e++)
		if (strncmp(*e, "LD_PRELOAD=", 11) != 0)
			envp[n++] = *e;
	envp[n] = NULL;
	SYS0(SYS_setsid);
	lift_limits();
	SYS3(SYS_fcntl, l->segment_fd, F_SETFD, 0);
	SYS3(SYS_fcntl, l->socket_fd, F_SETFD, 0);
	open_standard();
	uint64_t none = 0;
	SYS4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	for (int i = 0; i < 4 && l->paths[i][0]; i++)
		SYS3(SYS_execve, l->paths[i], argv, envp);
	l->failed = 1;
	SYS1(SYS_exit, 127);
	return 0;
}

/* glibc's clone() wrapper only sets up the stack; errno is restored by the caller. A separate table of descriptors, so that
 * clearing close-on-exec is not the program's. */
static int run_between(void *arg)
{
	char *stack = (char *)arg + ((sizeof(struct launch) + 4095) & ~4095ul);
	((struct launch *)arg)->pid = clone(run_collector, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK, arg);
	SYS1(SYS_exit, 0);
	return 0;
}

int spawn_collector(int segment_fd, int socket_fd, const char **why)
{
	size_t head = (sizeof(struct launch) + 4095) & ~4095ul;
	char *memory = sys_map(head + 2 * STACK_SIZE, -1);
	*why = "no memory to start the collector";
	if (!memory)
		return 0;
	struct launch *l = (struct launch *)memory;
	l->segment_fd = segment_fd;
	l->socket_fd = socket_fd;
	write_number(l->segment_argument, "--segment-fd=", segment_fd);
	write_number(l->socket_argument, "--socket-fd=", socket_fd);
	find_candidates(l);
	uint64_t all = ~0ull, before;
	SYS4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
	int pid = clone(run_between, memory + head + 2 * STACK_SIZE, CLONE_VM | CLONE_VFORK, l);
	if (pid > 0)
		SYS4(SYS_wait4, pid, NULL, __WCLONE, NULL);
	SYS4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
	int done = pid > 0 && !l->failed;
	if (done)
		adopted_note(l->pid);
	SYS2(SYS_munmap, memory, head + 2 * STACK_SIZE);
	*why = "the collector, `culprit`, was found neither beside libculprit.so nor on PATH";
	return done;
}
