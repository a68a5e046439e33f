/* SPDX-License-Identifier: MIT
 *
 * Making, mapping and locking the segment. The mapping keeps its address for the collector's life.
 */
#define _GNU_SOURCE
#include "collector/share.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

static void *map_at(struct share *s, int how)
{
	int fixed = s->segment ? MAP_FIXED_NOREPLACE : 0;
	return mmap(s->segment, SEGMENT_SIZE, PROT_READ | PROT_WRITE, how | MAP_NORESERVE | fixed, s->fd, 0);
}

/* As far as we may. */
static void lift(__rlimit_resource_t resource, const struct rlimit *limit)
{
	struct rlimit lifted = { RLIM_INFINITY, RLIM_INFINITY };
	if (setrlimit(resource, &lifted) == 0)
		return;
	lifted.rlim_cur = lifted.rlim_max = limit->rlim_max;
	setrlimit(resource, &lifted);
}

/* The target maps only what it needs, we all of it: a limit on address space (ulimit -v) is lifted for the moment. */
static int map(struct share *s, int how)
{
	struct rlimit limit;
	void *at = map_at(s, how);
	if (at == MAP_FAILED && errno == ENOMEM && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		lift(RLIMIT_AS, &limit);
		at = map_at(s, how);
		int error = errno;
		setrlimit(RLIMIT_AS, &limit);
		errno = error;
	}
	if (at == MAP_FAILED)
		return -errno;
	s->segment = at;
	return 0;
}

static int give_up(struct share *s, int error)
{
	share_release(s);
	return -error;
}

/* The segment is larger than some file size limits (ulimit -f), which hold for memory files too: past one the kernel sends
 * SIGXFSZ. Its holes cost nothing, so the limit is lifted for the moment, as far as we may. */
static int set_size(int fd)
{
	struct rlimit limit, lifted;
	if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
		return -1;
	if (limit.rlim_cur >= SEGMENT_SIZE)
		return ftruncate(fd, (off_t)SEGMENT_SIZE);
	lift(RLIMIT_FSIZE, &limit);
	getrlimit(RLIMIT_FSIZE, &lifted);
	errno = EFBIG;
	int result = lifted.rlim_cur < SEGMENT_SIZE ? -1 : ftruncate(fd, (off_t)SEGMENT_SIZE), error = errno;
	setrlimit(RLIMIT_FSIZE, &limit);
	errno = error;
	return result;
}

/* Not F_SEAL_SEAL: share_in_use asks for one more. */
int share_create(struct share *s, uint32_t flags)
{
	uint8_t id[16];
	*s = (struct share){ .fd = memfd_create("culprit", MFD_CLOEXEC | MFD_ALLOW_SEALING) };
	if (s->fd < 0)
		return -errno;
	if (fchmod(s->fd, 0600) < 0 || set_size(s->fd) < 0 || fcntl(s->fd, F_ADD_SEALS, SEALS) < 0)
		return give_up(s, errno);
	int error = map(s, MAP_SHARED);
	if (error)
		return give_up(s, -error);
	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		return give_up(s, EIO);
	segment_init(s->segment, flags, id);
	return 0;
}

int share_adopt(struct share *s, int fd)
{
	struct stat stat;
	*s = (struct share){ .fd = fd };
	if (fstat(fd, &stat) < 0)
		return -errno;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS || stat.st_size != (off_t)SEGMENT_SIZE)
		return -EPROTO;
	int error = map(s, MAP_SHARED);
	if (error)
		return error;
	if (!segment_valid(s->segment)) {
		munmap(s->segment, SEGMENT_SIZE);
		s->segment = NULL;
		return -EPROTO;
	}
	return 0;
}

/* The collector holds no other robust lock, so the thread's list can be ours. Its one entry lies in the segment, at a
 * fixed distance from the lock, as the kernel wants it. It does not lead back to the head: the kernel stops where there is nothing,
 * and the target need not know where anything of ours lies. */
void share_lock(struct share *s)
{
	static struct robust_list_head head;
	struct robust_list *entry = (struct robust_list *)&s->segment->collector_pad[1];
	_Static_assert(offsetof(struct segment, collector_pad[1]) % sizeof(*entry) == 0, "the entry is aligned");
	entry->next = NULL;
	head.list.next = entry;
	head.futex_offset = (char *)&s->segment->collector_lock - (char *)entry;
	head.list_op_pending = NULL;
	syscall(SYS_set_robust_list, &head, sizeof(head));
	atomic_store(&s->segment->collector_lock, (uint32_t)syscall(SYS_gettid));
}

/* A file that is mapped writable by anybody cannot be sealed against writing: so we step out and try. */
int share_in_use(struct share *s)
{
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	munmap(s->segment, SEGMENT_SIZE);
	int sealed = fcntl(s->fd, F_ADD_SEALS, F_SEAL_WRITE) == 0, used = !sealed && errno == EBUSY;
	if (map(s, sealed ? MAP_PRIVATE : MAP_SHARED) < 0) {
		void *at = mmap(s->segment, SEGMENT_SIZE, PROT_READ | PROT_WRITE,
		                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
		if (at == MAP_FAILED)
			abort();
		used = 0; /* a target that forbids us its segment has said all it has to say */
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return used;
}

void share_release(struct share *s)
{
	if (s->segment)
		munmap(s->segment, SEGMENT_SIZE);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct share){ .fd = -1 };
}
