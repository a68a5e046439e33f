/* SPDX-License-Identifier: MIT
 *
 * The keeper blocks in accept and sends a descriptor with one byte; whoever is refused sees the
 * connection closed. It touches no memory of the segment.
 */
#define _GNU_SOURCE
#include "collector/door.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "collector/proc.h"

#define BACKLOG 512

void door_name(char name[DOOR_NAME_SIZE], const uint8_t id[16])
{
	int used = snprintf(name, DOOR_NAME_SIZE, "culprit-");
	for (int i = 0; i < 16; i++)
		used += snprintf(name + used, (size_t)(DOOR_NAME_SIZE - used), "%02x", id[i]);
}

int door_create(struct door *d, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = strlen(name);
	*d = (struct door){ .socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), .segment = -1 };
	if (d->socket < 0)
		return -errno;
	memcpy(address.sun_path + 1, name, size);
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size);
	if (bind(d->socket, (struct sockaddr *)&address, length) < 0 || listen(d->socket, BACKLOG) < 0) {
		int error = errno;
		close(d->socket);
		d->socket = -1;
		return -error;
	}
	return 0;
}

static int may_enter(struct door *d, int peer)
{
	struct ucred who;
	socklen_t size = sizeof(who);
	if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return 0;
	if (who.uid == 0 || who.uid == geteuid()) {
		if (!proc_is_neighbour(who.pid))
			atomic_store(&d->strangers, 1);
		return 1;
	}
	atomic_store(&d->refused_pid, who.pid);
	atomic_store(&d->refused_uid, (int)who.uid);
	atomic_fetch_add(&d->refused, 1);
	return 0;
}

static int hand_out(int peer, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	char byte = 1;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(peer, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -1;
}

static void *keep(void *arg)
{
	struct door *d = arg;
	for (;;) {
		int peer = accept4(d->socket, NULL, NULL, SOCK_CLOEXEC);
		if (peer < 0 && (errno == EINVAL || errno == EBADF))
			return NULL; /* shut down */
		if (peer < 0) {
			usleep(1000);
			continue;
		}
		if (d->admit && may_enter(d, peer) && hand_out(peer, d->segment) == 0 && d->admit > 0)
			d->admit--;
		close(peer);
	}
}

int door_open(struct door *d, int segment, int admit)
{
	sigset_t all, before;
	d->segment = segment;
	d->admit = admit;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&d->keeper, NULL, keep, d);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	d->started = !error;
	return -error;
}

void door_close(struct door *d)
{
	if (d->socket < 0)
		return;
	shutdown(d->socket, SHUT_RDWR);
	if (d->started)
		pthread_join(d->keeper, NULL);
	close(d->socket);
	*d = (struct door){ .socket = -1, .segment = -1 };
}
