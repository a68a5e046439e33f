/* SPDX-License-Identifier: MIT
 *
 * Adding a block of the sample.
 */
#include "analyzer/ingest/slack.h"

#define LARGEST ((uint64_t)1 << 47) /* no block has more */

void slack_init(struct slack *s)
{
	keyed_init(&s->rows, sizeof(struct slack_row), 2 * sizeof(uint32_t));
}

void slack_release(struct slack *s)
{
	keyed_release(&s->rows);
}

void slack_take(struct slack *s, uint32_t stack, uint32_t process, const struct live_block *block, uint64_t usable, uint64_t count)
{
	const uint32_t key[2] = { stack, process };
	struct slack_row *row;

	if (usable < block->size || usable > LARGEST)
		return;
	row = keyed_at(&s->rows, key);
	row->blocks += count;
	row->requested += count * block->size;
	row->usable += count * usable;
}
