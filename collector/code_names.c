/* SPDX-License-Identifier: MIT
 *
 * Looking wanted addresses up in perf maps. A pass reads each file from its beginning and compares every entry with the addresses wanted
 * when the pass began; it is told of at its end, and goes on with what the files gain until other addresses are wanted.
 */
#include "collector/code_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TAIL_MOST 4096u        /* addresses before they are sorted in */
#define WORK_MOST (16u << 20)  /* names given in a pass; a map has each address once, or a few times */
#define NAME_MOST 1024u
#define NOWHERE UINT64_MAX

struct code_name {
	uint64_t address;
	uint32_t epoch;
	uint32_t size, told_size;
	uint32_t map;         /* which of maps[] the name is in */
	uint64_t at, told_at; /* NOWHERE: it has none, or none was told */
};

/* What is being read. */
struct pass {
	struct code_names *names;
	uint32_t map;
};

void code_names_init(struct code_names *c, const struct perf_owner *owner)
{
	memset(c, 0, sizeof(*c));
	c->maps[0] = (struct code_map){ .owner = *owner, .file.fd = -1 };
	c->map_count = 1;
}

void code_names_release(struct code_names *c)
{
	for (uint32_t i = 0; i < c->map_count; i++)
		perf_file_close(&c->maps[i].file);
	free(c->names);
	c->names = NULL;
	c->count = c->sorted = c->room = 0;
}

void code_names_fork(struct code_names *child, const struct code_names *parent)
{
	for (uint32_t i = 0; i < parent->map_count && child->map_count < CODE_MAPS; i++)
		child->maps[child->map_count++] = (struct code_map){ .owner = parent->maps[i].owner, .file.fd = -1 };
}

/* --- what is wanted -------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
	const struct code_name *a = left, *b = right;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

static void sort(struct code_names *c)
{
	uint32_t kept = 0;
	if (c->count > c->sorted)
		qsort(c->names, c->count, sizeof(*c->names), compare);
	for (uint32_t i = 0; i < c->count; i++)
		if (!kept || c->names[kept - 1].address != c->names[i].address || c->names[kept - 1].epoch != c->names[i].epoch)
			c->names[kept++] = c->names[i];
	c->count = c->sorted = kept;
}

static int grow(struct code_names *c)
{
	uint32_t room = c->room ? 2 * c->room : 64;
	struct code_name *names = realloc(c->names, room * sizeof(*names));
	if (!names)
		return -1;
	c->names = names;
	c->room = room;
	return 0;
}

static int is_known(const struct code_names *c, uint32_t epoch, uint64_t address)
{
	const struct code_name wanted = { .address = address, .epoch = epoch };
	return c->sorted && bsearch(&wanted, c->names, c->sorted, sizeof(wanted), compare);
}

/* While the process lives its own root can be looked into. */
static void look_early(struct code_names *c)
{
	for (uint32_t i = 0; i < c->map_count; i++)
		if (!c->maps[i].looked && perf_file_open(&c->maps[i].file, &c->maps[i].owner) == 0)
			c->maps[i].looked = 1;
}

void code_names_want(struct code_names *c, uint32_t epoch, uint64_t address)
{
	if (!c->count)
		look_early(c);
	if (c->sorted == CODE_NAMES_MOST || is_known(c, epoch, address))
		return;
	if (c->count - c->sorted == TAIL_MOST || c->count == CODE_NAMES_MOST)
		sort(c);
	if (c->count == CODE_NAMES_MOST || (c->count == c->room && grow(c) < 0))
		return;
	c->names[c->count++] = (struct code_name){ .address = address, .epoch = epoch, .at = NOWHERE, .told_at = NOWHERE };
	c->more_wanted = 1;
}

/* --- what is found --------------------------------------------------------------------------- */

static int take(void *arg, const struct perf_entry *e)
{
	const struct pass *pass = arg;
	struct code_names *c = pass->names;
	uint32_t low = 0, high = c->sorted;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (c->names[middle].address < e->start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < c->sorted && c->names[low].address - e->start < e->size; low++) {
		struct code_name *n = &c->names[low];
		if (n->at != NOWHERE && n->map < pass->map)
			continue;
		n->at = e->name_at;
		n->size = e->name_size;
		n->map = pass->map;
		c->work++;
	}
	return c->work < WORK_MOST;
}

static void look(struct code_map *m, struct journal *j, uint64_t tick, uint32_t process)
{
	int error = m->looked ? 0 : perf_file_open(&m->file, &m->owner);
	if (m->looked || error == -ENOENT)
		return;
	m->looked = 1;
	if (error)
		journal_note(j, tick, process, "/tmp/perf-%d.map is not read, so that code of process %d has no names: it is %s",
		             m->owner.inner_pid, m->owner.pid, error == -EPERM ? "not that process's user's" : "no plain file");
}

static void begin(struct code_names *c)
{
	c->more_wanted = 0;
	c->work = 0;
	sort(c);
	for (uint32_t i = 0; i < c->count; i++)
		c->names[i].at = NOWHERE;
	for (uint32_t i = 0; i < c->map_count; i++) {
		c->maps[i].file.at = 0;
		c->maps[i].file.skipping = 0;
	}
}

static void tell(struct code_names *c, struct journal *j, uint64_t tick, uint32_t process)
{
	char name[NAME_MOST];
	for (uint32_t i = 0; i < c->sorted; i++) {
		struct code_name *n = &c->names[i];
		struct meta m = { .kind = META_CODE, .tick = tick, .process = process };
		if (n->at == NOWHERE || (n->at == n->told_at && n->size == n->told_size))
			continue;
		n->told_at = n->at;
		n->told_size = n->size;
		m.u.code.epoch = n->epoch;
		m.u.code.address = n->address;
		uint32_t length = perf_file_name(&c->maps[n->map].file, n->at, n->size, name, sizeof(name));
		m.u.code.name = (struct meta_text){ name, length };
		if (length)
			journal_add(j, &m);
	}
	if (c->sorted == CODE_NAMES_MOST && !c->over_told) {
		c->over_told = 1;
		journal_note(j, tick, process, "process %d has made more code than names are kept of: the rest is unknown", c->maps[0].owner.pid);
	}
}

/* Goes on with the pass. */
static uint64_t read_on(struct code_names *c, uint64_t most)
{
	uint64_t done = 0;
	for (uint32_t i = 0; i < c->map_count && done < most; i++)
		done += perf_file_read(&c->maps[i].file, most - done, take, &(struct pass){ c, i });
	return done;
}

uint64_t code_names_tell(struct code_names *c, struct journal *j, uint64_t tick, uint32_t process, uint64_t most)
{
	uint64_t done = 0;
	if (!c->count)
		return 0;
	for (uint32_t i = 0; i < c->map_count; i++)
		look(&c->maps[i], j, tick, process);
	while (done < most) {
		uint64_t part = read_on(c, most - done);
		done += part;
		if (part)
			continue;
		if (!c->more_wanted)
			break;
		begin(c);
	}
	if (done < most)
		tell(c, j, tick, process);
	return done;
}
