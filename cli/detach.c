/* SPDX-License-Identifier: MIT
 *
 * The pipe between the two carries one byte, or ends without.
 */
#define _GNU_SOURCE
#include "cli/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int foreground(pid_t child, int report)
{
	char byte;
	int status = 0;
	ssize_t n;
	do
		n = read(report, &byte, 1);
	while (n < 0 && errno == EINTR);
	close(report);
	if (n == 1)
		return 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int detach_fork(struct detach *d, struct err *err)
{
	int report[2];
	if (pipe2(report, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	pid_t child = fork();
	if (child < 0) {
		err_errno(err, "cannot fork");
		close(report[0]);
		close(report[1]);
		return DETACH_FAILED;
	}
	*d = (struct detach){ .report = -1 };
	if (child == 0) {
		close(report[0]);
		d->report = report[1];
		setsid();
		return DETACH_BACKGROUND;
	}
	close(report[1]);
	d->status = foreground(child, report[0]);
	return DETACH_FOREGROUND;
}

void detach_done(struct detach *d)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	while (write(d->report, "", 1) < 0 && errno == EINTR)
		;
	close(d->report);
	d->report = -1;
}
