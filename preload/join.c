/* SPDX-License-Identifier: MIT
 *
 * Two ways in. With CULPRIT_RECORDING in the environment: connect to that abstract socket, receive the
 * segment's descriptor, map it, close both. Without: make the memfd and a listening socket here
 * (so that nobody has to wait for the collector to start), hand both to `culprit collect`, map,
 * close. A name in the environment whose collector is gone means a recording that has ended: the
 * image runs unrecorded, and starts no recording of its own.
 */
#include "preload/join.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "preload/spawn.h"
#include "preload/sys.h"
#include "preload/window.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

#define DESCRIPTORS 64u /* enough for any program that has just started */

static char published[64]; /* name to publish; "": it is in the environment already */
static char joined[64];    /* name of the recording that was joined or started; "": there is none */

static int address_of(struct sockaddr_un *a, const char *name)
{
	size_t n = strlen(name);
	if (n > sizeof a->sun_path - 1)
		return 0;
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path + 1, name, n);
	return (int)(offsetof(struct sockaddr_un, sun_path) + 1 + n);
}

static struct segment *map_and_close(int fd)
{
	struct segment *s = window_open(fd);
	sys_close(fd);
	return s;
}

static const char no_descriptors[] = "the limit on open files leaves no room to join the recording; this program runs unrecorded";

/* The descriptor that the collector sends, or negative. */
static int receive_descriptor(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec part = {&byte, 1};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	long got;
	do
		got = SYS3(SYS_recvmsg, socket, &m, MSG_CMSG_CLOEXEC);
	while (got == -EINTR);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (got == 1 && m.msg_flags & MSG_CTRUNC)
		sys_say(no_descriptors, "");
	if (got != 1 || !c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(sizeof(int)))
		return -1;
	int fd;
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

/* Where a recording was, its name is free for anybody, who could hand us a segment that does us harm. */
static int is_trusted(int socket)
{
	struct ucred who = {.uid = (uid_t)-1};
	socklen_t size = sizeof who;
	if (arch_syscall(SYS_getsockopt, socket, SOL_SOCKET, SO_PEERCRED, (long)&who, (long)&size, 0) < 0)
		return 0;
	return who.uid == 0 || who.uid == (uid_t)SYS0(SYS_geteuid);
}

static struct segment *join_named(const char *name)
{
	struct sockaddr_un a;
	int size = address_of(&a, name);
	long socket = size ? SYS3(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	if (socket == -EMFILE)
		sys_say(no_descriptors, "");
	if (socket < 0)
		return NULL;
	struct timeval patience = {.tv_sec = 2};
	arch_syscall(SYS_setsockopt, socket, SOL_SOCKET, SO_RCVTIMEO, (long)&patience, sizeof patience, 0);
	arch_syscall(SYS_setsockopt, socket, SOL_SOCKET, SO_SNDTIMEO, (long)&patience, sizeof patience, 0); /* also connect's */
	int fd = -1;
	int connected = SYS3(SYS_connect, socket, &a, size) == 0, trusted = connected && is_trusted((int)socket);
	if (trusted)
		fd = receive_descriptor((int)socket);
	else if (connected)
		sys_say("the recording is another user's; this program runs unrecorded", "");
	sys_close((int)socket);
	struct segment *s = fd < 0 ? NULL : map_and_close(fd);
	if (fd >= 0 && !s)
		sys_say("the limit on address space leaves no room to record in; this program runs unrecorded", "");
	if (s && !segment_valid(s)) {
		sys_say("the recording was started by another version of culprit; this program runs unrecorded", "");
		return NULL;
	}
	return s;
}

static int is_set(const char *variable)
{
	const char *v = getenv(variable);
	return v && *v && strcmp(v, "0") != 0;
}

/* The flags that a variable's word stands for; the first word's if it is not set. */
struct word {
	const char *word;
	uint32_t flags;
};

static uint32_t flags_of(const char *variable, const struct word *words, const char *possible)
{
	const char *value = getenv(variable);
	if (!value || !*value)
		return words[0].flags;
	for (const struct word *w = words; w->word; w++)
		if (strcmp(value, w->word) == 0)
			return w->flags;
	sys_say(possible, "");
	return words[0].flags;
}

static uint32_t flags_from_environment(void)
{
	static const struct word full[] = {{"wait", 0}, {"drop", SEGMENT_DROP_ON_FULL}, {NULL, 0}};
	static const struct word follow[] = {
		{"all", SEGMENT_FOLLOW_FORK | SEGMENT_FOLLOW_EXEC}, {"fork", SEGMENT_FOLLOW_FORK}, {"none", 0}, {NULL, 0}};
	uint32_t flags = flags_of("CULPRIT_ON_FULL", full, "CULPRIT_ON_FULL is neither wait nor drop: taken as wait") |
	                 flags_of("CULPRIT_FOLLOW", follow, "CULPRIT_FOLLOW is neither all, fork nor none: taken as all");
	if (is_set("CULPRIT_NO_FREE_STACKS"))
		flags |= SEGMENT_NO_FREE_STACKS;
	if (is_set("CULPRIT_CHECK_STACKS"))
		flags |= SEGMENT_CHECK_STACKS;
	return flags;
}

/* The bytes of a sample; 0: none is asked for, or the variable is no number. */
static uint64_t sample_from_environment(void)
{
	static const struct {
		const char *name;
		uint32_t bytes;
	} units[] = {{"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {"B", 1},
		{"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}, {NULL, 0}};
	const char *c = getenv("CULPRIT_SAMPLE");
	uint64_t n = 0;
	for (; c && *c >= '0' && *c <= '9' && n <= SEGMENT_SAMPLE_MOST; c++)
		n = n * 10 + (uint64_t)(*c - '0');
	for (int i = 0; c && units[i].name; i++)
		if (strcmp(c, units[i].name) == 0)
			return n < SEGMENT_SAMPLE_MOST / units[i].bytes ? n * units[i].bytes : SEGMENT_SAMPLE_MOST;
	if (c)
		sys_say("CULPRIT_SAMPLE is no number of bytes up to 2^40: every block is recorded", "");
	return 0;
}

static void name_recording(char out[64], const uint8_t id[16])
{
	static const char digits[] = "0123456789abcdef";
	memcpy(out, "culprit-", 8);
	for (int i = 0; i < 16; i++) {
		out[8 + 2 * i] = digits[id[i] >> 4];
		out[9 + 2 * i] = digits[id[i] & 15];
	}
	out[40] = 0;
}

/* Sizes the memfd. A soft limit on file sizes would have the kernel send SIGXFSZ, so it is lifted meanwhile;
 * under a hard one there is no segment. */
static int set_size(int fd)
{
	struct rlimit before, lifted;
	SYS4(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &before);
	if (before.rlim_max < SEGMENT_SIZE)
		return 0;
	lifted = before;
	if (before.rlim_cur < SEGMENT_SIZE)
		lifted.rlim_cur = before.rlim_max;
	SYS4(SYS_prlimit64, 0, RLIMIT_FSIZE, &lifted, NULL);
	long result = SYS2(SYS_ftruncate, fd, SEGMENT_SIZE);
	SYS4(SYS_prlimit64, 0, RLIMIT_FSIZE, &before, NULL);
	return result == 0;
}

/* Not sealed against further seals: by trying F_SEAL_WRITE the collector learns whether anybody still maps it. */
static struct segment *map_new(int fd, const uint8_t id[16])
{
	if (!set_size(fd) || SYS3(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		return NULL;
	struct segment *s = window_open(fd);
	if (s)
		segment_init(s, flags_from_environment(), id);
	if (s && (is_set("CULPRIT_OFF") || is_set("CULPRIT_DELAY")))
		segment_turn(s, SEGMENT_PAUSED);
	if (s)
		s->sample_bytes = sample_from_environment();
	return s;
}

/* Kernels may demand MFD_NOEXEC_SEAL (vm.memfd_noexec), and older ones do not know it. */
static long make_memfd(void)
{
	long fd = SYS2(SYS_memfd_create, "culprit", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd == -EINVAL)
		fd = SYS2(SYS_memfd_create, "culprit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0)
		SYS2(SYS_fchmod, fd, 0600);
	return fd;
}

/* Away from 0, 1 and 2, if the program was started without those: the collector puts its own there. */
static long above_standard(long fd)
{
	if (fd < 0 || fd > 2)
		return fd;
	long moved = SYS3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
	sys_close((int)fd);
	return moved;
}

/* A recording of this process's own. */
static struct segment *start_recording(void)
{
	uint8_t id[16];
	struct sockaddr_un a;
	struct segment *s = NULL;
	const char *why = "";
	SYS3(SYS_getrandom, id, sizeof id, GRND_NONBLOCK);
	name_recording(published, id);
	int size = address_of(&a, published);
	long memory = above_standard(make_memfd());
	long socket = above_standard(SYS3(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (memory < 0 || socket < 0 || SYS3(SYS_bind, socket, &a, size) < 0 || SYS2(SYS_listen, socket, 64) < 0)
		why = "no memfd or unix socket to be had";
	else if (!(s = map_new((int)memory, id)))
		why = "the shared segment does not fit the limits on address space or file size";
	else if (!spawn_collector((int)memory, (int)socket, &why)) {
		window_close(s);
		s = NULL;
	}
	if (memory >= 0)
		sys_close((int)memory);
	if (socket >= 0)
		sys_close((int)socket);
	if (!s) {
		published[0] = 0;
		sys_say("not recording: ", why);
	}
	return s;
}

/* Two descriptors are needed for a moment. */
static void lift_descriptors(struct rlimit *before)
{
	if (SYS4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, before) < 0 || before->rlim_cur >= DESCRIPTORS)
		return;
	struct rlimit lifted = {before->rlim_max < DESCRIPTORS ? before->rlim_max : DESCRIPTORS, before->rlim_max};
	SYS4(SYS_prlimit64, 0, RLIMIT_NOFILE, &lifted, NULL);
}

struct segment *join_recording(void)
{
	struct rlimit before = {.rlim_cur = RLIM_INFINITY};
	lift_descriptors(&before);
	const char *name = getenv(SEGMENT_ENVIRONMENT);
	struct segment *s = name && *name ? join_named(name) : start_recording();
	if (!name || !*name)
		name = published;
	if (s && strlen(name) < sizeof joined)
		strcpy(joined, name);
	if (before.rlim_cur < DESCRIPTORS)
		SYS4(SYS_prlimit64, 0, RLIMIT_NOFILE, &before, NULL);
	return s;
}

int join_is_answered(void)
{
	struct sockaddr_un a;
	int size = joined[0] ? address_of(&a, joined) : 0;
	long socket = size ? SYS3(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
	if (socket < 0)
		return 1;
	long result = SYS3(SYS_connect, socket, &a, size);
	sys_close((int)socket);
	return result != -ECONNREFUSED;
}

void join_publish(void)
{
	if (published[0])
		setenv(SEGMENT_ENVIRONMENT, published, 1);
}
