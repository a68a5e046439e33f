/* SPDX-License-Identifier: MIT
 *
 * The interning map. Keys and numbers lie in two arrays: probing touches the numbers' array for
 * emptiness and the keys' for the answer.
 */
#include "analyzer/base/map.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

/* The key's slot, or the empty one where it belongs. The map is never full. */
static size_t map_slot(const struct map *m, uint64_t key)
{
	size_t i = map_mix(key) >> 20 & (m->capacity - 1);

	while (m->values[i] && m->keys[i] != key)
		i = (i + 1) & (m->capacity - 1);
	return i;
}

static void map_grow(struct map *m)
{
	struct map larger = { .capacity = m->capacity ? m->capacity * 2 : 64, .count = m->count };

	larger.keys = memory_resized(NULL, larger.capacity, sizeof(*larger.keys));
	larger.values = memory_zeroed(larger.capacity, sizeof(*larger.values));
	for (size_t i = 0; i < m->capacity; i++) {
		if (!m->values[i])
			continue;
		size_t slot = map_slot(&larger, m->keys[i]);

		larger.keys[slot] = m->keys[i];
		larger.values[slot] = m->values[i];
	}
	map_release(m);
	*m = larger;
}

uint32_t map_find(const struct map *m, uint64_t key)
{
	return m->capacity ? m->values[map_slot(m, key)] : 0;
}

uint32_t *map_at(struct map *m, uint64_t key)
{
	size_t slot;

	if ((m->count + 1) * 3 > m->capacity * 2)
		map_grow(m);
	slot = map_slot(m, key);
	if (!m->values[slot]) {
		m->keys[slot] = key;
		m->count++;
	}
	return &m->values[slot];
}

void map_release(struct map *m)
{
	free(m->keys);
	free(m->values);
	*m = (struct map)MAP_INIT;
}
