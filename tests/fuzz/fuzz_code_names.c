/* SPDX-License-Identifier: MIT
 *
 * Fuzzes the reading of perf maps: the input is a map that grows while it is read, and the addresses that are wanted of it. Whatever it
 * holds, names come of addresses that were wanted, and are text; and what is read in a pass stays within what was asked for.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/code_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PART (64u << 10)  /* bytes that are read at once */
#define MOST 200u         /* bytes asked for at a time */
#define WANTED 48u        /* addresses, all below it */

static void need(int truth)
{
	if (!truth)
		abort();
}

/* What the journal was told since. */
static void check_told(struct journal *j)
{
	const unsigned char *at = j->bytes;
	size_t left = j->size;
	while (left) {
		struct meta m;
		need(meta_decode(&m, &at, &left) == TRACE_OK);
		if (m.kind != META_CODE)
			continue;
		need(m.u.code.address < WANTED && m.u.code.epoch < 2 && m.u.code.name.size);
		for (size_t i = 0; i < m.u.code.name.size; i++)
			need((unsigned char)m.u.code.name.data[i] >= ' ' && m.u.code.name.data[i] != 0x7f);
	}
	j->size = j->count = 0;
}

/* A byte says what is done: an address is wanted, the map gains bytes of the input or a line without end, some of it is read. */
static void run(struct code_names *c, struct journal *j, int fd, const uint8_t *data, size_t size)
{
	static char line[PART + 100];
	memset(line, 'x', sizeof(line));
	for (const uint8_t *at = data, *end = data + size; at < end; at++) {
		unsigned what = *at;
		size_t left = (size_t)(end - at - 1), gained = what < left ? what : left;
		if (what < 2 * WANTED) {
			code_names_want(c, what / WANTED, what % WANTED);
		} else if (what < 120) {
			uint64_t done = code_names_tell(c, j, 1, 1, MOST);
			need(done < MOST + PART * CODE_MAPS);
			check_told(j);
		} else if (what == 255) {
			need(write(fd, line, sizeof(line)) == (ssize_t)sizeof(line));
		} else {
			gained = gained > 100 ? gained - 100 : gained;
			need(write(fd, at + 1, gained) == (ssize_t)gained);
			at += gained;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct writer writer;
	static struct journal j;
	struct code_names c;
	struct perf_owner owner = { .pid = getpid(), .inner_pid = getpid(), .uid = geteuid() };
	int fd = memfd_create("map", MFD_CLOEXEC), reader = dup(fd);
	need(fd >= 0 && reader >= 0);
	writer = (struct writer){ .fd = -1, .failed = 1 }; /* a journal that is full keeps what it has */
	j.writer = &writer;
	j.size = j.count = 0;
	code_names_init(&c, &owner);
	c.maps[0].file = (struct perf_file){ .fd = reader, .limit = size > 3 && data[0] == 'l' ? data[1] : PERF_FILE_MOST };
	c.maps[0].looked = 1;
	run(&c, &j, fd, data, size);
	code_names_tell(&c, &j, 1, 1, UINT64_MAX);
	check_told(&j);
	code_names_release(&c);
	close(fd);
	return 0;
}
