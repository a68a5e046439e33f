/* SPDX-License-Identifier: MIT
 *
 * Serving orders. A peer that says nothing for a while, says too much or does not read is dropped: the next one waits for its place.
 */
#define _GNU_SOURCE
#include "collector/control.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "collector/collector.h"

#define PATIENCE_NS 2000000000ull
#define BUSY_NS 1000000000ull

void control_open(struct control *k, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int size = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s" CONTROL_SUFFIX, name);
	for (unsigned i = 0; i < CONTROL_PEERS; i++)
		k->peers[i].fd = -1;
	k->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (k->socket < 0)
		return;
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size);
	if (bind(k->socket, (struct sockaddr *)&address, length) < 0 || listen(k->socket, 64) < 0) {
		close(k->socket);
		k->socket = -1;
	}
}

static void leave(struct control_peer *p)
{
	close(p->fd);
	p->fd = -1;
}

void control_close(struct control *k)
{
	if (k->socket < 0)
		return;
	for (unsigned i = 0; i < CONTROL_PEERS; i++)
		if (k->peers[i].fd >= 0)
			leave(&k->peers[i]);
	close(k->socket);
	k->socket = -1;
}

/* --- requests -------------------------------------------------------------------------------- */

/* What a process calls itself is its own affair, but it is one line. */
static void write_process(FILE *out, const struct image *p)
{
	fprintf(out, "process %d ", p->pid);
	for (const char *at = p->comm; *at; at++)
		fputc((unsigned char)*at < 32 || *at == 127 ? '?' : *at, out);
	fputc('\n', out);
}

static void answer_status(FILE *out, struct collector *c, const char *rest)
{
	uint64_t now = clock_now_ns();
	(void)rest;
	fprintf(out, "ok\ntrace %s\ncollector %d\nstate %s\n", c->path, (int)getpid(),
	        atomic_load(&c->share->segment->state) == SEGMENT_RUNNING ? "on" : "off");
	fprintf(out, "age_ns %llu\nturned_ns %llu\n", (unsigned long long)(now - c->started_ns),
	        (unsigned long long)(now - c->turned_ns));
	fprintf(out, "events %llu\nrate %llu\nbytes %llu\nlost %llu\n", (unsigned long long)c->drain.events,
	        (unsigned long long)c->rate, (unsigned long long)c->writer.size,
	        (unsigned long long)(c->drain.lost + c->slots_refused));
	fprintf(out, "stacks %u\nprocesses %u\nthreads %u\n", c->tree.last_id, c->roster.last_process, c->roster.last_thread);
	for (uint32_t i = 0; i < c->roster.image_count; i++)
		write_process(out, c->roster.images[i]);
}

static void answer_on(FILE *out, struct collector *c, const char *rest)
{
	(void)rest;
	collector_turn(c, 1);
	fputs("ok\n", out);
}

static void answer_off(FILE *out, struct collector *c, const char *rest)
{
	(void)rest;
	collector_turn(c, 0);
	fputs("ok\n", out);
}

static void answer_flush(FILE *out, struct collector *c, const char *rest)
{
	(void)rest;
	collector_flush(c);
	if (c->writer.failed)
		fprintf(out, "error the trace cannot be written: %s\n", strerror(c->writer.failed));
	else
		fputs("ok\n", out);
}

static void answer_mark(FILE *out, struct collector *c, const char *rest)
{
	collector_mark(c, rest);
	fputs("ok\n", out);
}

static const struct {
	const char *word;
	void (*answer)(FILE *out, struct collector *c, const char *rest);
} requests[] = {
	{ "status", answer_status }, { "on", answer_on }, { "off", answer_off }, { "flush", answer_flush }, { "mark", answer_mark },
};

static void answer(FILE *out, struct collector *c, const char *line)
{
	size_t size = strcspn(line, " ");
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (strlen(requests[i].word) == size && memcmp(requests[i].word, line, size) == 0) {
			requests[i].answer(out, c, line + size + (line[size] == ' '));
			return;
		}
	fputs("error the recording is of another version of culprit and does not know that\n", out);
}

/* --- peers ----------------------------------------------------------------------------------- */

static void reply(struct control_peer *p, struct collector *c)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return;
	answer(out, c, p->line);
	if (fclose(out) == 0)
		send(p->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	free(text);
}

/* Reads what there is of the line. 1: it is whole. -1: it never will be. */
static int hear(struct control_peer *p)
{
	ssize_t n = recv(p->fd, p->line + p->size, CONTROL_LINE - 1 - p->size, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	p->size += (uint32_t)n;
	p->line[p->size] = 0;
	char *end = strchr(p->line, '\n');
	if (!end)
		return p->size < CONTROL_LINE - 1 && strlen(p->line) == p->size ? 0 : -1;
	*end = 0;
	return 1;
}

static int may_order(int fd)
{
	struct ucred who;
	socklen_t size = sizeof(who);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == 0 || who.uid == geteuid());
}

static void let_in(struct control *k, uint64_t now_ns)
{
	for (unsigned i = 0; i < CONTROL_PEERS; i++) {
		struct control_peer *p = &k->peers[i];
		if (p->fd >= 0)
			continue;
		p->fd = accept4(k->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (p->fd < 0)
			return;
		p->size = 0;
		p->since_ns = now_ns;
		if (!may_order(p->fd)) {
			static const char refusal[] = "error the recording is another user's\n";
			send(p->fd, refusal, sizeof(refusal) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
			leave(p);
		}
	}
}

int control_serve(struct control *k, struct collector *c)
{
	if (k->socket < 0)
		return 0;
	let_in(k, c->drain.now_ns);
	for (unsigned i = 0; i < CONTROL_PEERS; i++) {
		struct control_peer *p = &k->peers[i];
		int heard = p->fd < 0 ? 0 : hear(p);
		if (heard > 0)
			reply(p, c);
		if (p->fd >= 0)
			k->heard_ns = c->drain.now_ns;
		if (heard || (p->fd >= 0 && c->drain.now_ns - p->since_ns > PATIENCE_NS))
			leave(p);
	}
	return k->heard_ns && c->drain.now_ns - k->heard_ns < BUSY_NS;
}
