/* SPDX-License-Identifier: MIT
 *
 * The names belong to the file and go with it.
 */
#include "analyzer/base/whole_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/memory.h"

static void forget(struct whole_file *f)
{
	free(f->path);
	free(f->temporary);
	*f = (struct whole_file){ 0 };
}

int whole_file_open(struct whole_file *f, const char *path, struct err *err)
{
	size_t size = strlen(path) + 1;

	f->path = memory_text(path);
	f->temporary = memory_zeroed(size + 32, 1);
	snprintf(f->temporary, size + 32, "%s.tmp-%ld", path, (long)getpid());
	unlink(f->temporary);
	int fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); /* no link of another's is written through */
	f->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (f->out)
		return 0;
	err_errno(err, "cannot write %s", path);
	forget(f);
	return -1;
}

int whole_file_publish(struct whole_file *f, struct err *err)
{
	int failed = fflush(f->out) || ferror(f->out);

	failed |= fclose(f->out) != 0;
	if (failed || rename(f->temporary, f->path)) {
		err_errno(err, "cannot write %s", f->path);
		unlink(f->temporary);
		forget(f);
		return -1;
	}
	forget(f);
	return 0;
}

void whole_file_abandon(struct whole_file *f)
{
	fclose(f->out);
	unlink(f->temporary);
	forget(f);
}
