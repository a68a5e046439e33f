/* SPDX-License-Identifier: MIT
 *
 * Keyed records: open addressing with linear probing, at most half full; the table holds numbers only.
 */
#include "analyzer/base/keyed.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/map.h"
#include "analyzer/base/memory.h"

void keyed_init(struct keyed *k, size_t size, size_t key_size)
{
	*k = (struct keyed){ .size = size, .key_size = key_size };
}

static uint64_t key_hash(const struct keyed *k, const void *key)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < k->key_size; i += sizeof(uint32_t)) {
		uint32_t word;

		memcpy(&word, (const unsigned char *)key + i, sizeof(word));
		hash = map_mix(hash * 31 + word);
	}
	return hash >> 20;
}

/* The slot of a key, or the empty one where it belongs. */
static uint32_t *key_slot(const struct keyed *k, const void *key)
{
	size_t i = key_hash(k, key) & (k->capacity - 1);

	while (k->slots[i] && memcmp(keyed_item(k, k->slots[i] - 1), key, k->key_size) != 0)
		i = (i + 1) & (k->capacity - 1);
	return &k->slots[i];
}

static void keyed_grow(struct keyed *k)
{
	k->capacity = k->capacity ? k->capacity * 2 : 64;
	free(k->slots);
	k->slots = memory_zeroed(k->capacity, sizeof(*k->slots));
	for (size_t i = 0; i < k->count; i++)
		*key_slot(k, keyed_item(k, i)) = (uint32_t)(i + 1);
}

void *keyed_at(struct keyed *k, const void *key)
{
	uint32_t *slot;

	if ((k->count + 1) * 2 > k->capacity)
		keyed_grow(k);
	slot = key_slot(k, key);
	if (!*slot) {
		k->items = memory_grown(k->items, &k->room, k->count + 1, k->size);
		*slot = (uint32_t)++k->count;
		memset(keyed_item(k, k->count - 1), 0, k->size);
		memcpy(keyed_item(k, k->count - 1), key, k->key_size);
	}
	return keyed_item(k, *slot - 1);
}

void keyed_release(struct keyed *k)
{
	free(k->items);
	free(k->slots);
	*k = (struct keyed){ .size = k->size, .key_size = k->key_size };
}
