/* SPDX-License-Identifier: MIT
 *
 * Records found by their first bytes: an array of records of one size, each beginning with its key, and a
 * hash table over them. Records keep the order in which they were added; nothing is ever removed. A key has no
 * padding, and its size is a multiple of four.
 */
#ifndef BASE_KEYED_H
#define BASE_KEYED_H

#include <stddef.h>
#include <stdint.h>

struct keyed {
	unsigned char *items;
	size_t count, room;
	uint32_t *slots;  /* number of an item, from 1; 0: empty */
	size_t capacity;  /* of slots: a power of two, or 0 */
	size_t size, key_size;
};

void keyed_init(struct keyed *k, size_t size, size_t key_size);
/* The record with this key, a new one, zeroed but for its key, if there is none. Valid until the next call. */
void *keyed_at(struct keyed *k, const void *key);
/* The i-th record, from 0. */
static inline void *keyed_item(const struct keyed *k, size_t i)
{
	return k->items + i * k->size;
}
void keyed_release(struct keyed *k);

#endif
