/* SPDX-License-Identifier: MIT
 *
 * The two helpers of sys.h that are too long to be inline.
 */
#include "preload/sys.h"

#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

void sys_say(const char *sentence, const char *detail)
{
	struct iovec parts[] = {
		{(void *)"culprit: ", 9},
		{(void *)sentence, strlen(sentence)},
		{(void *)detail, strlen(detail)},
		{(void *)"\n", 1},
	};
	SYS3(SYS_writev, 2, parts, 4);
}

long sys_read_file(const char *path, char *out, uint64_t size)
{
	long fd = SYS4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	uint64_t have = 0;
	long got = 0;
	while (have + 1 < size && (got = SYS3(SYS_read, fd, out + have, size - 1 - have)) > 0)
		have += (uint64_t)got;
	sys_close((int)fd);
	out[have] = 0;
	return got < 0 ? got : (long)have;
}
