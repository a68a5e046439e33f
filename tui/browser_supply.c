/* SPDX-License-Identifier: MIT
 *
 * Newer databases, of the recording that is shown and of the one it is compared with: they are taken as they come, and what is being
 * made, or could not be, is told.
 */
#include "tui/browser_private.h"

#include <stdio.h>
#include <string.h>

static struct supply *supply_of(const struct browser *b, int side)
{
	return side == BROWSER_BASE ? b->options->base_supply : b->options->supply;
}

static void look(struct browser *b, int which)
{
	struct browser_side *side = &b->sides[which];
	struct supply *supply = supply_of(b, which);
	char failed[sizeof(side->failed)];

	supply->ops->look(supply, &side->state);
	if (side->state.path && side->state.serial != side->serial) {
		side->serial = side->state.serial;
		reader_open(b->reader, which == BROWSER_BASE, side->state.path);
	}
	snprintf(failed, sizeof(failed), "%s", side->state.failure);
	if (*failed && strcmp(failed, side->failed) != 0) {
		browser_say(b, "%s", failed);
		b->frame.message_style = STYLE_ERROR;
	}
	snprintf(side->failed, sizeof(side->failed), "%s", failed);
}

void browser_look(struct browser *b)
{
	for (int i = 0; i < BROWSER_SIDES; i++)
		if (supply_of(b, i))
			look(b, i);
}

void browser_renew(struct browser *b)
{
	for (int i = 0; i < BROWSER_SIDES; i++)
		if (supply_of(b, i))
			supply_of(b, i)->ops->renew(supply_of(b, i));
}

int browser_is_outdated(const struct browser *b)
{
	return b->sides[BROWSER_SHOWN].state.outdated || b->sides[BROWSER_BASE].state.outdated;
}

/* What is shown comes first. */
int browser_progress(const struct browser *b, char *out, size_t size)
{
	static const char *const names[BROWSER_SIDES] = { [BROWSER_SHOWN] = "", [BROWSER_BASE] = "A: " };

	out[0] = 0;
	for (int i = 0; i < BROWSER_SIDES && !*out; i++)
		if (b->sides[i].state.progress && *b->sides[i].state.progress)
			snprintf(out, size, "%s%s", names[i], b->sides[i].state.progress);
	return *out != 0;
}

void browser_tell_outdated(const struct browser *b, char *out, size_t size)
{
	static const char *const newer[BROWSER_SIDES] = { [BROWSER_SHOWN] = "there is a newer one: R", [BROWSER_BASE] = "there is a newer A: R" };

	out[0] = 0;
	for (int i = 0; i < BROWSER_SIDES && !*out; i++)
		if (b->sides[i].state.outdated)
			snprintf(out, size, "%s", b->sides[i].failed[0] ? "R tries again" : newer[i]);
}
