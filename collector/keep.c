/* SPDX-License-Identifier: MIT
 *
 * Writing a trace anew without its oldest events. A fifth more than asked for is kept before the oldest go, so that every block is
 * copied a few times only. If the new file cannot be written the old one stays, whole, and it is tried again later.
 */
#include "collector/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART (1u << 20) /* bytes copied in a round */
#define LEVEL 1

static void give_up(struct keep *k, int error);

/* What has been written anew makes room. */
static int relieve(void *of)
{
	struct keep *k = of;
	if (k->from < 0)
		return 0;
	give_up(k, ENOSPC);
	return 1;
}

int keep_open(struct keep *k, struct writer *w, const char *path, const struct file_header *header)
{
	struct stat s;
	k->from = -1;
	if (fstat(w->fd, &s) < 0 || !S_ISREG(s.st_mode))
		return -EINVAL;
	if (snprintf(k->path, sizeof(k->path), "%s", path) >= PATH_MAX ||
	    snprintf(k->beside, sizeof(k->beside), "%s.new", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	k->facts = calloc(1, sizeof(*k->facts));
	k->raw = malloc(BLOCK_MAX_RAW);
	if (!k->facts || !k->raw)
		return -ENOMEM;
	k->header = *header;
	k->writer = w;
	k->next_size = k->bytes;
	w->list = &k->blocks;
	w->relieve = relieve;
	w->relieve_of = k;
	return 0;
}

static void abandon(struct keep *k)
{
	if (k->from < 0)
		return;
	close(k->from);
	k->from = -1;
	writer_close(&k->next);
	block_list_free(&k->next_blocks);
	unlink(k->beside);
}

void keep_close(struct keep *k)
{
	if (k->writer) {
		abandon(k);
		k->writer->list = NULL;
		k->writer->relieve = NULL;
	}
	block_list_free(&k->blocks);
	free(k->facts);
	free(k->raw);
	memset(k, 0, sizeof(*k));
	k->from = -1;
}

/* --- what goes ------------------------------------------------------------------------------- */

/* By time: the first block that is young enough, once the oldest events are a quarter older than they need be. */
static size_t cut_by_time(const struct keep *k, uint64_t tick)
{
	const struct block_item *items = k->blocks.items;
	uint64_t span = k->span_ticks;
	size_t i = 0;
	while (i < k->blocks.count && items[i].kind != BLOCK_EVENTS)
		i++;
	if (i == k->blocks.count || items[i].last_tick + span + span / 4 >= tick)
		return 0;
	while (i < k->blocks.count && items[i].last_tick + span < tick)
		i++;
	return i;
}

/* By size: three quarters are to be left, an eighth at least of events, however much else there is. */
static size_t cut_by_size(const struct keep *k)
{
	uint64_t other = 0, events = 0, most = k->bytes / 4 * 3;
	size_t i = k->blocks.count;
	for (size_t b = 0; b < k->blocks.count; b++)
		other += k->blocks.items[b].kind == BLOCK_STACKS ? k->blocks.items[b].size : 0;
	most = most > other + k->bytes / 8 ? most - other : k->bytes / 8;
	while (i && events + k->blocks.items[i - 1].size <= most) {
		i--;
		events += k->blocks.items[i].kind == BLOCK_STACKS ? 0 : k->blocks.items[i].size;
	}
	return i;
}

static size_t find_cut(const struct keep *k, uint64_t tick)
{
	if (k->bytes)
		return k->writer->size >= k->next_size ? cut_by_size(k) : 0;
	return tick >= k->next_tick ? cut_by_time(k, tick) : 0;
}

/* --- writing anew ---------------------------------------------------------------------------- */

static void give_up(struct keep *k, int error)
{
	abandon(k);
	k->failed = error;
	k->next_size = k->writer->size + k->bytes / 4;
	k->next_tick = k->tick + k->span_ticks / 4;
}

static int begin(struct keep *k, size_t cut)
{
	struct stat ours, there;
	int from = open(k->path, O_RDONLY | O_CLOEXEC);
	if (from < 0 || fstat(from, &there) < 0 || fstat(k->writer->fd, &ours) < 0 || there.st_ino != ours.st_ino ||
	    there.st_dev != ours.st_dev) {
		if (from >= 0)
			close(from);
		give_up(k, from < 0 ? errno : ESTALE);
		return 0;
	}
	k->from = from;
	k->cut = cut;
	k->at = 0;
	k->has_clock = 0;
	int error = writer_open(&k->next, k->beside, LEVEL);
	if (!error && fchmod(k->next.fd, ours.st_mode & 07777) < 0)
		error = -errno;
	if (!error)
		error = writer_start(&k->next, &k->header);
	k->next.list = &k->next_blocks;
	k->facts->writer = &k->next;
	k->facts->size = k->facts->count = 0;
	if (error)
		give_up(k, -error);
	return !error;
}

/* What stays of a record that is as old as events that go. */
static int stays(struct keep *k, const struct meta *m)
{
	if (m->kind == META_CLOCK)
		return !k->has_clock++; /* the first of all: it and the last tie ticks to time */
	return m->kind && m->kind != META_SAMPLE && !(m->kind == META_MARK && m->u.mark.kind == MARK_FORGOTTEN);
}

static int copy_facts(struct keep *k, const struct block_item *b)
{
	long read = writer_read(&k->next, k->from, b, k->raw);
	if (read < 0)
		return (int)read;
	size_t size = (size_t)read;
	for (const unsigned char *at = k->raw; size;) {
		struct meta m;
		if (meta_decode(&m, &at, &size) != TRACE_OK)
			return -EIO;
		if (stays(k, &m))
			journal_add(k->facts, &m);
	}
	return -k->next.failed;
}

/* From here on everything stays. */
static void tell_cut(struct keep *k)
{
	struct meta m = { .kind = META_MARK, .tick = k->forgotten };
	m.u.mark.kind = MARK_FORGOTTEN;
	m.u.mark.text = (struct meta_text){ "", 0 };
	journal_add(k->facts, &m);
	journal_flush(k->facts);
}

static int copy_block(struct keep *k, const struct block_item *b)
{
	int old = k->at < k->cut;
	if (old && b->kind == BLOCK_META)
		return copy_facts(k, b);
	if (old && b->kind == BLOCK_EVENTS) {
		k->forgotten = b->last_tick > k->forgotten ? b->last_tick : k->forgotten;
		return 0;
	}
	return writer_copy(&k->next, k->from, b);
}

/* The new trace takes the place of the old one. */
static void take_place(struct keep *k)
{
	struct writer *w = k->writer;
	if (rename(k->beside, k->path) < 0) {
		give_up(k, errno);
		return;
	}
	close(w->fd);
	w->fd = k->next.fd;
	w->size = k->next.size;
	w->allocated = 0;
	k->next.fd = -1;
	writer_close(&k->next);
	block_list_free(&k->blocks);
	k->blocks = k->next_blocks;
	k->next_blocks = (struct block_list){ 0 };
	close(k->from);
	k->from = -1;
	k->failed = 0;
	k->next_size = w->size + k->bytes / 8 > k->bytes ? w->size + k->bytes / 8 : k->bytes;
}

int keep_follow(struct keep *k, uint64_t tick)
{
	if (!k->writer || k->writer->failed)
		return 0;
	k->tick = tick;
	if (k->from < 0) {
		size_t cut = find_cut(k, tick);
		if (!cut || !begin(k, cut))
			return 0;
	}
	for (uint64_t done = 0; k->at < k->blocks.count && done < PART;) {
		const struct block_item *b = &k->blocks.items[k->at];
		int error = copy_block(k, b);
		done += b->size;
		if (!error && ++k->at == k->cut)
			tell_cut(k);
		if (error || k->next.failed) {
			give_up(k, error ? -error : k->next.failed);
			return 0;
		}
	}
	if (k->at < k->blocks.count)
		return 1;
	take_place(k);
	return 0;
}

void keep_finish(struct keep *k, uint64_t tick)
{
	while (k->writer && k->from >= 0 && keep_follow(k, tick))
		;
}
