/* SPDX-License-Identifier: MIT
 *
 * A table that grows with the numbers, up to a size: from then on each new image takes the place of one that came long before it.
 */
#include "collector/lineage.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MOST (1u << 20)
#define ROOM_FIRST 64u

struct lineage_image {
	uint32_t number; /* 0: none */
	uint32_t id;
	uint32_t family;
};

/* Where there is no memory for more the table stays as it is. */
static void make_room(struct lineage *l, uint32_t number)
{
	uint32_t room = l->room ? l->room : ROOM_FIRST;
	while (room <= number && room < ROOM_MOST)
		room *= 2;
	if (room == l->room)
		return;
	void *images = realloc(l->images, room * sizeof(*l->images));
	if (!images)
		return;
	l->images = images;
	memset(l->images + l->room, 0, (room - l->room) * sizeof(*l->images));
	l->room = room;
}

static struct lineage_image *place_of(const struct lineage *l, uint32_t number)
{
	return l->room ? &l->images[number & (l->room - 1)] : NULL;
}

void lineage_remember(struct lineage *l, uint32_t number, uint32_t id, uint32_t family)
{
	make_room(l, number);
	struct lineage_image *i = place_of(l, number);
	if (i)
		*i = (struct lineage_image){ .number = number, .id = id, .family = family };
}

static const struct lineage_image *find(const struct lineage *l, uint32_t number)
{
	const struct lineage_image *i = number ? place_of(l, number) : NULL;
	return i && i->number == number ? i : NULL;
}

uint32_t lineage_id(const struct lineage *l, uint32_t number)
{
	const struct lineage_image *i = find(l, number);
	return i ? i->id : 0;
}

uint32_t lineage_family(const struct lineage *l, uint32_t number)
{
	const struct lineage_image *i = find(l, number);
	return i ? i->family : 0;
}

void lineage_release(struct lineage *l)
{
	free(l->images);
	*l = (struct lineage){ 0 };
}
