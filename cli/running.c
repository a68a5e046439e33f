/* SPDX-License-Identifier: MIT
 *
 * The sockets of recordings are found by their names, in /proc/net/unix: each is asked what it records. That needs neither a
 * directory of recordings, which would have to be cleaned up, nor anything of the recorded process. Anybody can make a socket of
 * such a name, so it is asked for its user first, and told and believed nothing if that is somebody else.
 */
#define _GNU_SOURCE
#include "cli/running.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "collector/control.h"

#define PATIENCE_S 20
#define ANSWER_MOST (1u << 20)

/* *peer: whose it is. */
static int connect_to(const char *name, uid_t *peer)
{
	struct ucred who;
	socklen_t known = sizeof(who);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t size = strlen(name);
	if (fd < 0 || size >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path + 1, name, size);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size)) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &known) == 0) {
		*peer = who.uid;
		return fd;
	}
	close(fd);
	return -1;
}

/* Root asks on behalf of all, but each of them about their own alone. */
static int is_believed(uid_t peer, uid_t owner)
{
	return peer == 0 || peer == geteuid() || (geteuid() == 0 && peer == owner);
}

/* All that comes, terminated; NULL: it is too much, or nobody answers in time. */
static char *receive(int fd)
{
	char *text = NULL;
	size_t size = 0, room = 0;
	for (;;) {
		if (size + 1 >= room) {
			char *grown = room < ANSWER_MOST ? realloc(text, room = room ? room * 4 : 4096) : NULL;
			if (!grown)
				break;
			text = grown;
		}
		ssize_t n = recv(fd, text + size, room - 1 - size, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (n == 0) {
			text[size] = 0;
			return text;
		}
		size += (size_t)n;
	}
	free(text);
	return NULL;
}

int running_tell(const struct running *r, const char *request, char **answer, struct err *err)
{
	char line[CONTROL_LINE];
	uid_t peer;
	int size = snprintf(line, sizeof(line), "%s\n", request), fd = connect_to(r->socket, &peer);
	if (fd < 0)
		return err_set(err, ERR_FAILED, "the recording has just ended");
	if (!is_believed(peer, r->owner)) {
		close(fd);
		return err_set(err, ERR_FAILED, "the recording is another user's");
	}
	char *text = size < (int)sizeof(line) && send(fd, line, (size_t)size, MSG_NOSIGNAL) == size ? receive(fd) : NULL;
	close(fd);
	if (!text || !*text) {
		free(text);
		return err_set(err, ERR_FAILED, "the recording does not answer: it is ending, or its collector is stopped");
	}
	size_t first = strcspn(text, "\n");
	if (strncmp(text, "ok\n", 3) != 0) {
		int skip = strncmp(text, "error ", 6) == 0 ? 6 : 0;
		err_set(err, ERR_FAILED, "%.*s", (int)first - skip, text + skip);
		free(text);
		return -1;
	}
	if (answer)
		*answer = strdup(text + 3);
	free(text);
	return answer && !*answer ? err_set(err, ERR_FAILED, "not enough memory") : 0;
}

/* --- finding --------------------------------------------------------------------------------- */

/* The value of a line of an answer; "" if there is none. */
static void value_of(const char *status, const char *name, char *out, size_t size)
{
	size_t length = strlen(name);
	*out = 0;
	for (const char *at = status; at && *at; at = strchr(at, '\n'), at += at != NULL)
		if (strncmp(at, name, length) == 0 && at[length] == ' ') {
			snprintf(out, size, "%.*s", (int)strcspn(at + length + 1, "\n"), at + length + 1);
			return;
		}
}

static int has_process(const char *status, long pid)
{
	for (const char *at = status; at && *at; at = strchr(at, '\n'), at += at != NULL)
		if ((strncmp(at, "process ", 8) == 0 && strtol(at + 8, NULL, 10) == pid) ||
		    (strncmp(at, "collector ", 10) == 0 && strtol(at + 10, NULL, 10) == pid))
			return 1;
	return 0;
}

struct search {
	long pid;         /* 0: the trace is meant */
	const char *path;
	int deaf;         /* recordings that did not say what they record */
	char why[1024];   /* of the last of these */
};

static int matches(struct search *s, struct running *r)
{
	struct err err = { 0 };
	if (running_tell(r, "status", &r->status, &err) < 0) {
		s->deaf++;
		snprintf(s->why, sizeof(s->why), "%s", err.text);
		return 0;
	}
	value_of(r->status, "trace", r->trace, sizeof(r->trace));
	if (s->pid ? has_process(r->status, s->pid) : strcmp(r->trace, s->path) == 0)
		return 1;
	free(r->status);
	r->status = NULL;
	return 0;
}

/* The name of a recording's socket in a line of /proc/net/unix; 0: there is none. */
static int socket_name(char *line, char out[RUNNING_NAME_SIZE])
{
	char *at = strstr(line, " @culprit-");
	size_t suffix = strlen(CONTROL_SUFFIX), size;
	if (!at)
		return 0;
	at += 2;
	size = strcspn(at, "\n");
	if (size <= suffix || size >= RUNNING_NAME_SIZE || memcmp(at + size - suffix, CONTROL_SUFFIX, suffix) != 0)
		return 0;
	memcpy(out, at, size);
	out[size] = 0;
	return 1;
}

static int search(struct search *s, struct running *r)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char *line = NULL;
	size_t room = 0;
	int found = 0;
	char last[RUNNING_NAME_SIZE] = "";
	while (f && !found && getline(&line, &room, f) > 0) {
		unsigned flags = 0;
		/* connections have the name too; the one that listens has a flag: */
		if (sscanf(line, "%*s %*s %*s %x", &flags) != 1 || !(flags & 0x10000) || !socket_name(line, r->socket))
			continue;
		if (strcmp(last, r->socket) == 0)
			continue;
		memcpy(last, r->socket, sizeof(last));
		found = matches(s, r);
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

/* Whose the process or the trace is. */
static uid_t owner_of(const struct search *s)
{
	char process[32];
	struct stat about;
	snprintf(process, sizeof(process), "/proc/%ld", s->pid);
	return stat(s->pid ? process : s->path, &about) == 0 ? about.st_uid : geteuid();
}

int running_find(const char *what, struct running *r, struct err *err)
{
	static char path[PATH_MAX];
	struct search s = { .path = path };
	char *end;
	memset(r, 0, sizeof(*r));
	s.pid = strtol(what, &end, 10);
	if (*end || s.pid <= 0)
		s.pid = 0;
	if (!s.pid && !realpath(what, path))
		return err_errno(err, "%s is neither the id of a process nor a trace", what);
	r->owner = owner_of(&s);
	if (search(&s, r))
		return 0;
	if (s.deaf)
		return err_set(err, ERR_FAILED, "%s %s is not recorded by anyone who would say so; of %d recording%s: %s",
		               s.pid ? "process" : "trace", what, s.deaf, s.deaf == 1 ? "" : "s", s.why);
	return err_set(err, ERR_FAILED, s.pid ? "no process %s is being recorded" : "%s is not being recorded", what);
}
