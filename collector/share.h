/* SPDX-License-Identifier: MIT
 *
 * The segment from the collector's side: its memory file, its mapping, and the lock in it by which
 * the shim learns of the collector's death.
 */
#ifndef COLLECTOR_SHARE_H
#define COLLECTOR_SHARE_H

#include "trace/segment.h"

struct share {
	struct segment *segment; /* NULL: none */
	int fd;
};

/* A new segment with a random id, its user's alone (0600), sealed against a change of its size. 0 or -errno. */
int share_create(struct share *s, uint32_t flags);

/* Maps a segment that somebody else made. 0, -errno, or -EPROTO: not a segment of this build, or not sealed. */
int share_adopt(struct share *s, int fd);

/* Takes the robust lock for the calling thread, until it dies. Once, from the thread that drains. */
void share_lock(struct share *s);

/* Whether any process but this one still has the segment mapped. Unmaps and maps it again meanwhile: no other thread
 * of the collector may touch it. When nobody has it, what is mapped from then on is a copy of our own, as they left it. */
int share_in_use(struct share *s);

void share_release(struct share *s);

#endif
