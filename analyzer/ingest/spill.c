/* SPDX-License-Identifier: MIT
 *
 * Runs go out whole and come back a piece at a time, merged by a heap of runs. The rows still in memory are one more run, without
 * a file.
 */
#define _GNU_SOURCE /* O_TMPFILE */
#include "analyzer/ingest/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/memory.h"

#define PIECE 8192u /* rows of a run in memory while it is merged */

void spill_init(struct spill *s, const struct spill_kind *kind, const char *beside)
{
	*s = (struct spill){ .kind = kind, .beside = beside, .fd = -1 };
}

void spill_release(struct spill *s)
{
	if (s->kind && s->fd >= 0)
		close(s->fd);
	free(s->runs);
	*s = (struct spill){ .fd = -1 };
}

/* --- out ------------------------------------------------------------------------------------- */

/* Not every filesystem has files without a name: there it has one for a moment. */
static int open_unnamed(const char *beside)
{
	size_t size = strlen(beside) + sizeof(".rows-XXXXXX");
	char *name = memory_resized(NULL, size, 1);
	int fd;

	snprintf(name, size, "%s", beside);
	fd = open(dirname(name), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(name, size, "%s.rows-XXXXXX", beside);
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	free(name);
	return fd;
}

static int write_all(int fd, const char *from, size_t left, off_t to)
{
	while (left) {
		ssize_t n = pwrite(fd, from, left, to);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		from += n;
		to += n;
		left -= (size_t)n;
	}
	return 0;
}

int spill_put(struct spill *s, const void *rows, size_t count, struct err *err)
{
	size_t size = s->kind->size;

	if (!count)
		return 0;
	if (s->fd < 0)
		s->fd = open_unnamed(s->beside);
	if (s->fd < 0 || write_all(s->fd, rows, count * size, (off_t)(s->rows * size)))
		return err_errno(err, "cannot write a temporary file beside %s", s->beside);
	s->runs = memory_grown(s->runs, &s->run_room, s->run_count + 1, sizeof(*s->runs));
	s->runs[s->run_count++] = (struct spill_run){ .at = s->rows, .count = count };
	s->rows += count;
	return 0;
}

/* --- back ------------------------------------------------------------------------------------ */

/* A run being read: at..end are in memory, `left` more rows in the file. */
struct spilled {
	const char *at, *end;
	char *piece;
	uint64_t next;
	size_t left;
};

static int read_piece(const struct spill *s, struct spilled *run, struct err *err)
{
	size_t count = run->left < PIECE ? run->left : PIECE, size = count * s->kind->size, have = 0;

	while (have < size) {
		ssize_t n = pread(s->fd, run->piece + have, size - have, (off_t)(run->next * s->kind->size + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "cannot read a temporary file beside %s", s->beside);
		if (n == 0)
			return err_set(err, ERR_FAILED, "a temporary file beside %s became shorter", s->beside);
		have += (size_t)n;
	}
	run->at = run->piece;
	run->end = run->piece + size;
	run->next += count;
	run->left -= count;
	return 0;
}

struct merging {
	const struct spill *spill;
	struct spilled *runs, **heap;
	size_t heap_count;
	char *row; /* not handed out yet */
	int any;   /* there is one */
	void (*put)(void *arg, const void *row);
	void *arg;
};

static void heap_down(struct merging *m, size_t i)
{
	int (*compare)(const void *a, const void *b) = m->spill->kind->compare;
	struct spilled *moving = m->heap[i];

	for (size_t child; (child = 2 * i + 1) < m->heap_count; i = child) {
		if (child + 1 < m->heap_count && compare(m->heap[child + 1]->at, m->heap[child]->at) < 0)
			child++;
		if (compare(moving->at, m->heap[child]->at) <= 0)
			break;
		m->heap[i] = m->heap[child];
	}
	m->heap[i] = moving;
}

static void merging_add(struct merging *m, const void *row)
{
	const struct spill_kind *kind = m->spill->kind;

	if (m->any && !kind->compare(m->row, row)) {
		kind->add(m->row, row);
		return;
	}
	if (m->any)
		m->put(m->arg, m->row);
	memcpy(m->row, row, kind->size);
	m->any = 1;
}

static int merging_run(struct merging *m, struct err *err)
{
	for (size_t i = m->heap_count / 2; i-- > 0;)
		heap_down(m, i);
	while (m->heap_count) {
		struct spilled *run = m->heap[0];

		merging_add(m, run->at);
		run->at += m->spill->kind->size;
		if (run->at == run->end && !run->left)
			m->heap[0] = m->heap[--m->heap_count];
		else if (run->at == run->end && read_piece(m->spill, run, err))
			return -1;
		if (m->heap_count)
			heap_down(m, 0);
	}
	if (m->any)
		m->put(m->arg, m->row);
	return 0;
}

static int merging_open(struct merging *m, const void *rows, size_t count, struct err *err)
{
	const struct spill *s = m->spill;

	m->runs = memory_zeroed(s->run_count + 1, sizeof(*m->runs));
	m->heap = memory_zeroed(s->run_count + 1, sizeof(struct spilled *));
	m->row = memory_zeroed(1, s->kind->size);
	for (size_t i = 0; i < s->run_count; i++) {
		m->runs[i] = (struct spilled){ .next = s->runs[i].at, .left = s->runs[i].count };
		m->runs[i].piece = memory_resized(NULL, PIECE, s->kind->size);
		m->heap[m->heap_count++] = &m->runs[i];
		if (read_piece(s, &m->runs[i], err))
			return -1;
	}
	m->runs[s->run_count] = (struct spilled){ .at = rows, .end = (const char *)rows + count * s->kind->size };
	if (count)
		m->heap[m->heap_count++] = &m->runs[s->run_count];
	return 0;
}

int spill_each(const struct spill *s, const void *rows, size_t count, void (*put)(void *arg, const void *row), void *arg,
               struct err *err)
{
	struct merging m = { .spill = s, .put = put, .arg = arg };
	int failed = merging_open(&m, rows, count, err) || merging_run(&m, err);

	for (size_t i = 0; i < s->run_count; i++)
		free(m.runs[i].piece);
	free(m.runs);
	free(m.heap);
	free(m.row);
	return failed ? -1 : 0;
}
