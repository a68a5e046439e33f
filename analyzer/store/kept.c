/* SPDX-License-Identifier: MIT
 *
 * A list, the one used last in front. It is short, so that a look through it costs nothing beside what is found.
 */
#include "analyzer/store/kept.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/store_private.h"

struct kept {
	enum kept_kind kind;
	char *key;
	void *data;
	void (*release)(void *data);
	struct kept *next;
};

static void release(struct kept *k)
{
	k->release(k->data);
	free(k->key);
	free(k);
}

/* Releases those of a kind but the first `most`. */
static void keep_most(struct store *s, enum kept_kind kind, size_t most)
{
	size_t seen = 0;

	for (struct kept **at = &s->kept; *at;) {
		struct kept *k = *at;

		if (k->kind == kind && ++seen > most) {
			*at = k->next;
			release(k);
		} else {
			at = &k->next;
		}
	}
}

void *kept_find(struct store *s, const char *key)
{
	for (struct kept **at = &s->kept; *at; at = &(*at)->next) {
		struct kept *k = *at;

		if (strcmp(k->key, key) != 0)
			continue;
		*at = k->next;
		k->next = s->kept;
		s->kept = k;
		return k->data;
	}
	return NULL;
}

void kept_add(struct store *s, enum kept_kind kind, size_t most, const char *key, void *data, void (*release_data)(void *data))
{
	struct kept *k = memory_zeroed(1, sizeof(*k));

	*k = (struct kept){ .kind = kind, .data = data, .release = release_data, .next = s->kept };
	k->key = memory_text(key);
	s->kept = k;
	keep_most(s, kind, most ? most : 1);
}

void kept_drop(struct store *s)
{
	keep_most(s, KEPT_FIGURES, 0);
	keep_most(s, KEPT_ARRAYS, 0);
	s->generation = 0;
}

uint64_t kept_generation(struct store *s)
{
	static atomic_uint_fast64_t last;

	if (!s->generation)
		s->generation = atomic_fetch_add(&last, 1) + 1;
	return s->generation;
}

void kept_close(struct store *s)
{
	keep_most(s, KEPT_FIGURES, 0);
	keep_most(s, KEPT_ARRAYS, 0);
	keep_most(s, KEPT_STACKS, 0);
}
