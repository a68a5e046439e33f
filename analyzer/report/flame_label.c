/* SPDX-License-Identifier: MIT
 *
 * Two recordings: their functions sorted by name and file, so that what shares a label lies together.
 */
#include "analyzer/report/flame_label.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

struct named {
	const char *name, *file; /* file: its last part, "" if it is not known */
	uint32_t side, function;
};

static void number_alone(struct flame_labels *labels, const struct stack_tree *t)
{
	labels->last = t->last_function;
	labels->of[0] = memory_zeroed((size_t)labels->last + 1, sizeof(*labels->of[0]));
	labels->names = memory_zeroed((size_t)labels->last + 1, sizeof(*labels->names));
	for (uint32_t f = 1; f <= labels->last; f++)
		if (t->functions[f].used) {
			labels->of[0][f] = f;
			labels->names[f] = (struct flame_label){ 0, f };
		}
}

static const char *last_part(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

/* Appends the side's functions, each with the file of the first of its frames that has one. */
static size_t add_functions(struct named *out, size_t count, const struct flame_side *side, uint32_t number)
{
	const struct stack_tree *t = &side->stacks;
	uint32_t *files = memory_zeroed((size_t)t->last_function + 1, sizeof(*files));

	for (uint32_t f = 1; f <= t->last_frame; f++)
		if (t->frames[f].function && !files[t->frames[f].function])
			files[t->frames[f].function] = t->frames[f].file;
	for (uint32_t f = 1; f <= t->last_function; f++)
		if (t->functions[f].used)
			out[count++] = (struct named){ stack_tree_function(t, f), last_part(stack_tree_file(t, files[f])), number, f };
	free(files);
	return count;
}

static int compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (!c)
		c = strcmp(x->file, y->file);
	if (!c)
		c = x->side != y->side ? (x->side < y->side ? -1 : 1) : x->function < y->function ? -1 : x->function > y->function;
	return c;
}

/* All that share a name, sorted by file: 1 if one side has it in several files. */
static int is_ambiguous(const struct named *all, size_t count)
{
	for (uint32_t side = 0; side < 2; side++) {
		const char *file = NULL;
		for (size_t i = 0; i < count; i++) {
			if (all[i].side != side)
				continue;
			if (file && strcmp(file, all[i].file) != 0)
				return 1;
			file = all[i].file;
		}
	}
	return 0;
}

/* One label for all of these: the first recording's first, else one beyond all of its. */
static void share_label(struct flame_labels *labels, const struct named *all, size_t count, uint32_t last_of_first)
{
	const struct named *bearer = &all[0];

	for (size_t i = 1; i < count; i++)
		if (all[i].side < bearer->side)
			bearer = &all[i];
	uint32_t label = bearer->side ? last_of_first + bearer->function : bearer->function;
	labels->names[label] = (struct flame_label){ bearer->side, bearer->function };
	for (size_t i = 0; i < count; i++)
		labels->of[all[i].side][all[i].function] = label;
}

static void number_pairs(struct flame_labels *labels, const struct flame_side *sides)
{
	uint32_t first = sides[0].stacks.last_function, second = sides[1].stacks.last_function;
	struct named *all = memory_resized(NULL, (size_t)first + second + 1, sizeof(*all));
	size_t count = add_functions(all, add_functions(all, 0, &sides[0], 0), &sides[1], 1);

	labels->last = first + second;
	labels->of[0] = memory_zeroed((size_t)first + 1, sizeof(*labels->of[0]));
	labels->of[1] = memory_zeroed((size_t)second + 1, sizeof(*labels->of[1]));
	labels->names = memory_zeroed((size_t)labels->last + 1, sizeof(*labels->names));
	qsort(all, count, sizeof(*all), compare);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && !strcmp(all[to].name, all[from].name);)
			to++;
		int apart = is_ambiguous(all + from, to - from);
		for (size_t a = from, b; a < to; a = b) {
			for (b = a + 1; b < to && (!apart || !strcmp(all[b].file, all[a].file));)
				b++;
			share_label(labels, all + a, b - a, first);
		}
	}
	free(all);
}

void flame_label_make(struct flame_labels *labels, const struct flame_side *sides, int count)
{
	*labels = (struct flame_labels){ 0 };
	if (count > 1)
		number_pairs(labels, sides);
	else
		number_alone(labels, &sides[0].stacks);
}

void flame_label_release(struct flame_labels *labels)
{
	free(labels->of[0]);
	free(labels->of[1]);
	free(labels->names);
	*labels = (struct flame_labels){ 0 };
}
