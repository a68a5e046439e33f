/* SPDX-License-Identifier: MIT
 *
 * A table that grows with the numbers.
 */
#include "collector/lineage.h"

#include <stdlib.h>
#include <string.h>

#define MAX_IMAGES (1u << 20) /* more are recorded, but their children do not find them */
#define FIRST_ROOM 64u

struct lineage_image {
	uint32_t id; /* 0: not met */
	uint32_t family;
};

static int make_room(struct lineage *l, uint32_t number)
{
	uint32_t room = number < FIRST_ROOM / 2 ? FIRST_ROOM : number * 2;
	if (number < l->room)
		return 1;
	void *images = number < MAX_IMAGES ? realloc(l->images, room * sizeof(*l->images)) : NULL;
	if (!images)
		return 0;
	l->images = images;
	memset(l->images + l->room, 0, (room - l->room) * sizeof(*l->images));
	l->room = room;
	return 1;
}

void lineage_remember(struct lineage *l, uint32_t number, uint32_t id, uint32_t family)
{
	if (make_room(l, number))
		l->images[number] = (struct lineage_image){ .id = id, .family = family };
}

uint32_t lineage_id(const struct lineage *l, uint32_t number) { return number < l->room ? l->images[number].id : 0; }

uint32_t lineage_family(const struct lineage *l, uint32_t number, uint32_t forked_from)
{
	if (!forked_from)
		return number;
	return forked_from < l->room ? l->images[forked_from].family : 0;
}

void lineage_release(struct lineage *l)
{
	free(l->images);
	*l = (struct lineage){ 0 };
}
