/* SPDX-License-Identifier: MIT
 *
 * One array of nodes and one map from (parent, label) to node.
 */
#include "analyzer/base/trie.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

void trie_init(struct trie *t)
{
	*t = (struct trie){ .count = 1 };
	t->nodes = memory_grown(NULL, &t->capacity, 1, sizeof(*t->nodes));
	t->nodes[0] = (struct trie_node){ 0 };
}

void trie_release(struct trie *t)
{
	free(t->nodes);
	map_release(&t->children);
	*t = (struct trie){ 0 };
}

uint32_t trie_child(struct trie *t, uint32_t parent, uint32_t label)
{
	uint32_t *node = map_at(&t->children, map_pair(parent, label));

	if (!*node) {
		t->nodes = memory_grown(t->nodes, &t->capacity, t->count + 1, sizeof(*t->nodes));
		t->nodes[t->count] = (struct trie_node){ .parent = parent, .label = label };
		*node = (uint32_t)t->count++;
	}
	return *node;
}

void trie_sum(struct trie *t)
{
	for (size_t n = 0; n < t->count; n++)
		t->nodes[n].value = t->nodes[n].self;
	for (size_t n = t->count - 1; n > 0; n--)
		t->nodes[t->nodes[n].parent].value += t->nodes[n].value;
}
