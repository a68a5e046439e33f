/* SPDX-License-Identifier: MIT
 *
 * Looking at a stack tree: names, and stacks in words.
 */
#include "analyzer/store/stack_tree.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/utf8.h"

const char *stack_tree_function(const struct stack_tree *t, uint32_t function)
{
	return function ? t->text + t->functions[function].text : NULL;
}

const char *stack_tree_file(const struct stack_tree *t, uint32_t file)
{
	return file ? t->text + t->files[file].text : NULL;
}

const char *stack_tree_module(const struct stack_tree *t, uint32_t function)
{
	uint32_t module = function ? t->functions[function].module : 0;

	return module ? t->text + t->modules[module].text : NULL;
}

uint32_t *stack_tree_site_nodes(const struct stack_tree *t)
{
	uint32_t *nodes = memory_zeroed((size_t)t->last_node + 1, sizeof(*nodes));

	for (size_t i = 0; i < t->order_count; i++) {
		uint32_t n = t->order[i], parent = t->nodes[n].parent;
		const struct stack_place *site = &t->sites[t->nodes[n].site], *frame = &t->frames[t->nodes[n].frame];
		int here = site->function == frame->function && site->file == frame->file && site->line == frame->line;
		nodes[n] = here || !parent || t->nodes[parent].site != t->nodes[n].site ? n : nodes[parent];
	}
	return nodes;
}

void stack_tree_write_name(const char *name, FILE *out)
{
	size_t size = strlen(name), plain = 0; /* name[plain..at) needs no escape and is not written yet */

	for (size_t at = 0, n; at < size; at += n) {
		unsigned char c = (unsigned char)name[at];
		n = utf8_length(name + at, size - at);
		if (n && c >= 0x20 && c != 0x7f && c != ';' && c != '\\')
			continue;
		fwrite(name + plain, 1, at - plain, out);
		fprintf(out, "\\x%02x", c);
		n = 1;
		plain = at + 1;
	}
	fwrite(name + plain, 1, size - plain, out);
	if (!size)
		fputs("??", out);
}

void stack_tree_write(const struct stack_tree *t, uint32_t node, int flags, FILE *out)
{
	uint32_t depth = node ? t->nodes[node].depth : 0, count = depth;
	uint32_t *path = memory_resized(NULL, (size_t)depth + 1, sizeof(*path));

	for (; node; node = t->nodes[node].parent)
		path[--count] = node;
	for (uint32_t i = 0; i < depth; i++) {
		const struct stack_place *frame = &t->frames[t->nodes[path[i]].frame];
		if (i)
			fputc(';', out);
		stack_tree_write_name(stack_tree_function(t, frame->function), out);
		if (frame->inlined && (flags & STACK_TREE_MARK_INLINED))
			fputs("_[i]", out);
	}
	free(path);
}
