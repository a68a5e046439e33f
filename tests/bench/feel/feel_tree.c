/* SPDX-License-Identifier: MIT
 *
 * The tree grows stack by stack: each shares the outer part of the one before, as the stacks of a running program do, and goes
 * on with calls that the function at its end makes. A function calls few others, so that stacks merge by function.
 */
#include "feel_tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"

enum { DEEPEST = 60, SHALLOWEST = 5, CALLEES = 200 };

/* --- growing --------------------------------------------------------------------------------- */

static uint32_t frame_of(uint32_t function, uint64_t which)
{
	return (function - 1) * FEEL_FRAMES + (uint32_t)(which % FEEL_FRAMES) + 1;
}

/* The next call of a node that has not been made yet. */
static uint32_t add_child(struct feel_tree *t, uint32_t parent)
{
	uint32_t node = ++t->node_count, caller = parent ? feel_function_of(t, parent) : 0;
	uint32_t call = parent ? t->nodes[parent].children++ : 0;
	uint64_t callee = ((uint64_t)caller * 31 + 17 + call) % t->function_count + 1;

	t->nodes[node] = (struct feel_node){
		.parent = parent,
		.frame = frame_of((uint32_t)callee, caller + call),
		.depth = (uint8_t)(parent ? t->nodes[parent].depth + 1 : 1),
	};
	return node;
}

/* Most stacks part from the one before near its end. */
static uint32_t outer_part(const struct feel_tree *t, uint32_t node, uint64_t chance)
{
	unsigned up = 1 + (unsigned)(chance % 3) + (chance % 7 == 0 ? (unsigned)(chance >> 8) % 8 : 0) +
	              (chance % 101 == 0 ? (unsigned)(chance >> 16) % DEEPEST : 0);

	while ((up-- && t->nodes[node].depth > 2) || (t->nodes[node].depth > 1 && (t->nodes[node].children >= CALLEES || t->nodes[node].children >= t->function_count)))
		node = t->nodes[node].parent;
	return node;
}

void feel_tree_grow(struct feel_tree *t, uint32_t sites, uint32_t nodes)
{
	uint32_t node = 0;

	*t = (struct feel_tree){ .function_count = sites / FEEL_SITES, .site_count = sites / FEEL_SITES * FEEL_SITES };
	t->nodes = memory_zeroed((size_t)nodes + 1, sizeof(*t->nodes));
	t->leaves = memory_zeroed((size_t)nodes + 1, sizeof(*t->leaves));
	node = add_child(t, 0);
	while (t->node_count < nodes) {
		uint64_t chance = feel_mix(t->node_count);
		unsigned more = 1 + (unsigned)(chance >> 24) % 6;

		node = outer_part(t, node, chance);
		if (t->nodes[node].depth + more < SHALLOWEST)
			more = SHALLOWEST - t->nodes[node].depth;
		for (; more && t->node_count < nodes && t->nodes[node].depth < DEEPEST; more--)
			node = add_child(t, node);
		if (!t->leaf_count || node > t->leaves[t->leaf_count - 1])
			t->leaves[t->leaf_count++] = node;
	}
}

void feel_tree_release(struct feel_tree *t)
{
	free(t->nodes);
	free(t->leaves);
	*t = (struct feel_tree){ 0 };
}

/* --- names ----------------------------------------------------------------------------------- */

static const char *const nouns[] = { "buffer", "session", "packet", "index", "cursor", "journal", "shard", "route", "lease", "quota",
                                     "digest", "window", "schema", "bucket", "segment", "ticket" };
static const char *const verbs[] = { "open", "grow", "parse", "merge", "flush", "copy", "encode", "insert", "split", "resolve", "load",
                                     "append" };

static const char *pick(const char *const *words, size_t count, uint64_t n)
{
	return words[n % count];
}

static void function_name(uint32_t id, char *out, size_t size)
{
	uint64_t n = feel_mix(id);
	const char *noun = pick(nouns, 16, n), *verb = pick(verbs, 12, n >> 8), *other = pick(nouns, 16, n >> 16);

	if (n >> 24 & 1)
		snprintf(out, size, "%s_%s_%s_%u", noun, verb, other, id);
	else
		snprintf(out, size, "%s::%c%s<std::string, %s::%s%u>::%s_%s(std::vector<%s::%s, std::allocator<%s::%s> > const&, unsigned long)",
		         noun, other[0] - 'a' + 'A', other + 1, other, noun, id, verb, noun, other, noun, other, noun);
}

static void put_name(struct inserter *i, uint32_t id, const char *name)
{
	inserter_number(i, 1, id);
	inserter_text(i, 2, name);
}

static int write_modules(struct store *s, struct err *err)
{
	struct inserter i;
	char name[64];

	inserter_open(&i, s, "INSERT INTO module VALUES (?1, ?2, '', ?3)", err);
	for (uint32_t id = 1; id <= FEEL_MODULES; id++) {
		snprintf(name, sizeof(name), id == 1 ? "/usr/bin/warehouse" : "/usr/lib/warehouse/lib%s%u.so.1", pick(nouns, 16, id), id);
		put_name(&i, id, name);
		inserter_text(&i, 3, id % 5 ? "debug info" : "symbol table");
		inserter_run(&i);
	}
	return inserter_close(&i);
}

/* Functions of one file are neighbours. */
static uint32_t file_of(uint32_t function)
{
	return (function - 1) / 16 + 1;
}

static int write_files(const struct feel_tree *t, struct store *s, struct err *err)
{
	struct inserter i;
	char name[96];

	inserter_open(&i, s, "INSERT INTO file VALUES (?1, ?2)", err);
	for (uint32_t id = 1; id <= file_of(t->function_count); id++) {
		snprintf(name, sizeof(name), "/src/warehouse/%s/%s_%u.%s", pick(nouns, 16, id / 16), pick(verbs, 12, id), id, id % 3 ? "cc" : "c");
		put_name(&i, id, name);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

static int write_functions(const struct feel_tree *t, struct store *s, struct err *err)
{
	struct inserter i;
	char name[256];

	inserter_open(&i, s, "INSERT INTO function VALUES (?1, ?2, '', ?3)", err);
	for (uint32_t id = 1; id <= t->function_count; id++) {
		function_name(id, name, sizeof(name));
		put_name(&i, id, name);
		inserter_number(&i, 3, file_of(id) % FEEL_MODULES + 1);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

/* --- places ---------------------------------------------------------------------------------- */

static uint32_t line_of(uint32_t function, uint32_t site)
{
	return 10 + function % 16 * 40 + site * 7;
}

static int write_places(const struct feel_tree *t, struct store *s, struct err *err)
{
	struct inserter frames, sites;

	inserter_open_numbers(&frames, s, "frame", 6, "", err);
	inserter_open_numbers(&sites, s, "site", 4, "", err);
	for (uint32_t f = 1; f <= t->function_count; f++)
		for (uint32_t k = 0; k < FEEL_FRAMES; k++) {
			const int64_t frame[] = { frame_of(f, k), f, file_of(f), line_of(f, k % FEEL_SITES), f * 64 + k * 8, 0 };

			for (int c = 0; c < 6; c++)
				inserter_number(&frames, c + 1, frame[c]);
			inserter_run(&frames);
			if (k >= FEEL_SITES)
				continue;
			inserter_number(&sites, 1, (f - 1) * FEEL_SITES + k + 1);
			for (int c = 1; c < 4; c++)
				inserter_number(&sites, c + 1, frame[c]);
			inserter_run(&sites);
		}
	return inserter_close(&frames) | inserter_close(&sites);
}

static int write_stacks(const struct feel_tree *t, struct store *s, struct err *err)
{
	struct inserter i;

	inserter_open_numbers(&i, s, "stack", 5, "", err);
	for (uint32_t n = 1; n <= t->node_count; n++) {
		inserter_number(&i, 1, n);
		inserter_number(&i, 2, t->nodes[n].parent);
		inserter_number(&i, 3, t->nodes[n].frame);
		inserter_number(&i, 4, t->nodes[n].depth);
		inserter_number(&i, 5, feel_site_of(t, n));
		inserter_run(&i);
	}
	return inserter_close(&i);
}

int feel_tree_write(const struct feel_tree *t, struct store *s, struct err *err)
{
	return write_modules(s, err) || write_files(t, s, err) || write_functions(t, s, err) || write_places(t, s, err) ||
	               write_stacks(t, s, err) ? -1 : 0;
}
