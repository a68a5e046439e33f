/* SPDX-License-Identifier: MIT
 *
 * What was made of a store's rows and is kept with it, so that the next question about the same needs
 * no walk over millions of them. It is found by a text that its maker chose. The store owns it: it is
 * released when the store is closed, when what it was made of has changed, or when there is newer of its
 * kind and no room for both. What kept_find returned is good until the next kept_add or kept_drop.
 */
#ifndef STORE_KEPT_H
#define STORE_KEPT_H

#include <stdint.h>

#include "analyzer/store/store.h"

enum kept_kind {
	KEPT_STACKS,  /* made of the stack tree and names alone: good as long as the store is open */
	KEPT_FIGURES, /* made of figures: good until others are looked at */
	KEPT_ARRAYS,  /* the same, and as large as the stack tree: few fit */
};

/* What bears this key; NULL: nothing does. */
void *kept_find(struct store *s, const char *key);
/* Gives data to the store. Of its kind the `most` used last stay, this one among them. */
void kept_add(struct store *s, enum kept_kind kind, size_t most, const char *key, void *data, void (*release)(void *data));
/* The store's figures are others now (another span of time, another filter): forgets what was made of those before. */
void kept_drop(struct store *s);
/* A number that no other store has, nor this one before its figures changed last: for keys about two stores. */
uint64_t kept_generation(struct store *s);

#endif
