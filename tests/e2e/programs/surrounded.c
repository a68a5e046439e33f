/* SPDX-License-Identifier: MIT
 *
 * Goes through the steps that its arguments name, one after the other: some allocate, a known number of blocks in a function
 * of a known name, others change what is around the program. What it prints is the same wherever it can do what it is told.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 100

extern char **environ;
static char self[PATH_MAX];
static char **rest; /* the steps after this one */

static __attribute__((noipa)) void known(void)
{
	void *block[BLOCKS];

	for (int i = 0; i < BLOCKS; i++) {
		block[i] = malloc(24 + (size_t)i);
		if (!block[i])
			_exit(90);
		memset(block[i], i, 24 + (size_t)i);
	}
	for (int i = 0; i < BLOCKS; i++)
		free(block[i]);
}

static void fail(const char *what)
{
	fprintf(stdout, "%s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(91);
}

/* --- that allocate ------------------------------------------------------------------------------ */

static void *in_thread(void *arg)
{
	(void)arg;
	known();
	return NULL;
}

static void step_alloc(const char *arg)
{
	(void)arg;
	known();
}

static void step_thread(const char *arg)
{
	pthread_t thread[64];
	int n = *arg ? atoi(arg) : 1;

	for (int i = 0; i < n && i < 64; i++) {
		int error = pthread_create(&thread[i], NULL, in_thread, NULL);

		if (error) {
			errno = error;
			fail("pthread_create");
		}
	}
	for (int i = 0; i < n && i < 64; i++)
		pthread_join(thread[i], NULL);
}

static void reap(pid_t pid)
{
	int status = 0;

	if (pid < 0)
		fail("fork");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
	if (status) {
		printf("child: status %x\n", (unsigned)status);
		fflush(stdout);
		_exit(92);
	}
}

static void step_fork(const char *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		known();
		if (*arg == 't')
			step_thread("");
		_exit(0);
	}
	reap(pid);
}

/* --- that change what is around ------------------------------------------------------------------ */

static void step_chroot(const char *dir)
{
	if (chroot(dir) < 0 || chdir("/") < 0)
		fail("chroot");
}

static void step_user(const char *id)
{
	if (setgid((gid_t)atoi(id)) < 0 || setuid((uid_t)atoi(id)) < 0)
		fail("setuid");
}

static void step_noenv(const char *arg)
{
	(void)arg;
	clearenv();
}

/* The numbers that descriptors get. */
static void step_descriptor(const char *arg)
{
	int fd = dup(1);

	(void)arg;
	printf("descriptor %d\n", fd);
	close(fd);
}

static void step_close(const char *arg)
{
	if (*arg == 'r' ? syscall(SYS_close_range, 3u, ~0u, 0u) : 0)
		fail("close_range");
	closefrom(3);
}

static void step_lock(const char *arg)
{
	(void)arg;
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		fail("mlockall");
}

static void step_limit(const char *arg)
{
	static const struct {
		const char *name;
		__rlimit_resource_t resource;
	} limits[] = {
		{ "as", RLIMIT_AS }, { "data", RLIMIT_DATA }, { "fsize", RLIMIT_FSIZE }, { "nofile", RLIMIT_NOFILE },
		{ "nproc", RLIMIT_NPROC }, { "stack", RLIMIT_STACK },
	};
	const char *value = strchr(arg, ':');

	for (size_t i = 0; value && i < sizeof(limits) / sizeof(*limits); i++)
		if (strncmp(arg, limits[i].name, (size_t)(value - arg)) == 0) {
			struct rlimit limit = { strtoull(value + 1, NULL, 0), strtoull(value + 1, NULL, 0) };

			if (setrlimit(limits[i].resource, &limit) < 0)
				fail("setrlimit");
		}
}

/* What this program itself calls, and glibc for it, from here on. */
static const int allowed[] = {
	SYS_write, SYS_exit, SYS_exit_group, SYS_rt_sigreturn, SYS_brk, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise, SYS_futex,
	SYS_clone, SYS_clone3, SYS_set_robust_list, SYS_rseq, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_getrandom, SYS_wait4,
};

/* "ACTION", and after a slash "syscall" and "exec": the filter is set by syscall(2), exec is allowed too. */
static void step_filter(const char *arg)
{
	static struct sock_filter code[128];
	uint32_t action = strncmp(arg, "errno", 5) == 0 ? SECCOMP_RET_ERRNO | EPERM : strncmp(arg, "trap", 4) == 0 ? SECCOMP_RET_TRAP :
	                  SECCOMP_RET_KILL_PROCESS;
	unsigned n = 0;
	int executes = strstr(arg, "exec") != NULL;
	/* of the loader, for a program that is executed then */
	static const int more[] = { SYS_execve, SYS_openat, SYS_read, SYS_close, SYS_pread64, SYS_newfstatat, SYS_fstat, SYS_arch_prctl,
		SYS_set_tid_address, SYS_prlimit64, SYS_access, SYS_readlink };

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed) + (executes ? sizeof(more) / sizeof(*more) : 0); i++) {
		size_t first = sizeof(allowed) / sizeof(*allowed);

		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(i < first ? allowed[i] : more[i - first]), 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	struct sock_fprog program = { (unsigned short)n, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail("no_new_privs");
	if (strstr(arg, "syscall") ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) :
	                             prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		fail("seccomp");
}

/* As libraries find out what there is: with a filter that cannot be. */
static void step_probe(const char *times)
{
	for (int i = atoi(times); i > 0; i--)
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == 0)
			fail("a filter that cannot be");
}

/* Only read, write, exit and sigreturn are left: the process ends by the plain exit. */
static void step_strict(const char *arg)
{
	(void)arg;
	known();
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
		fail("seccomp");
	known();
	if (write(1, "strict\n", 7) == 7)
		syscall(SYS_exit, 0);
}

/* "": itself, with the rest of the steps; else a program, with no arguments. In the child: how it ends is looked at. */
static void step_exec(const char *path)
{
	char *alone[] = { (char *)path, NULL };

	fflush(stdout);
	if (*path)
		execv(path, alone);
	rest[-1] = self;
	execv(self, rest - 1);
	fail("exec");
}

static void step_spawn(const char *path)
{
	pid_t pid = fork();

	if (pid == 0)
		step_exec(path);
	reap(pid);
}

static const struct {
	const char *name;
	void (*go)(const char *arg);
} steps[] = {
	{ "alloc", step_alloc }, { "thread", step_thread }, { "fork", step_fork }, { "chroot", step_chroot }, { "user", step_user },
	{ "noenv", step_noenv }, { "close", step_close }, { "descriptor", step_descriptor }, { "lock", step_lock }, { "limit", step_limit }, { "filter", step_filter },
	{ "probe", step_probe },
	{ "strict", step_strict }, { "exec", step_exec }, { "spawn", step_spawn },
};

int main(int argc, char **argv)
{
	if (argc > 1 && readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		snprintf(self, sizeof(self), "%s", argv[0]);
	setvbuf(stdout, NULL, _IONBF, 0);
	for (rest = argv + 1; *rest; ) {
		const char *step = *rest++, *arg = strchr(step, '=');
		size_t size = arg ? (size_t)(arg - step) : strlen(step);

		for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
			if (strlen(steps[i].name) == size && strncmp(steps[i].name, step, size) == 0)
				steps[i].go(arg ? arg + 1 : "");
		if (write(1, step, size) < 0 || write(1, "\n", 1) < 0)
			return 93;
	}
	return 0;
}
