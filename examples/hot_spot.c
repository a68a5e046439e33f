/* SPDX-License-Identifier: MIT
 *
 * A program with one hot spot among several callers: it "parses" lines, and word_new makes nearly all of its
 * allocations.
 *
 * culprit should say: word_new 60000 allocations, line_new 6000, index_grow a handful of reallocations; nothing
 * leaked. `report callers --bottom-up` of word_new leads to parse_line, and to header_parse for a tenth of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
	struct word *next;
	char text[];
};

struct line {
	struct word *words;
	unsigned number;
};

static __attribute__((noinline)) struct word *word_new(const char *text, size_t size, struct word *next)
{
	struct word *w = malloc(sizeof(*w) + size + 1);

	if (!w)
		exit(1);
	memcpy(w->text, text, size);
	w->text[size] = 0;
	w->next = next;
	return w;
}

static __attribute__((noinline)) struct line *line_new(unsigned number)
{
	struct line *l = calloc(1, sizeof(*l));

	if (!l)
		exit(1);
	l->number = number;
	return l;
}

static __attribute__((noinline)) void parse_line(struct line *l, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " ");

		l->words = word_new(text, n, l->words);
		text += n + (text[n] == ' ');
	}
}

static __attribute__((noinline)) void header_parse(struct line *l)
{
	parse_line(l, "one two three four five six seven eight nine ten");
	__asm__ volatile(""); /* keeps this frame: no jump in place of the call */
}

static __attribute__((noinline)) unsigned **index_grow(unsigned **index, unsigned size)
{
	unsigned **grown = realloc(index, size * sizeof(*grown));

	if (!grown)
		exit(1);
	return grown;
}

static void line_free(struct line *l)
{
	while (l->words) {
		struct word *next = l->words->next;

		free(l->words);
		l->words = next;
	}
	free(l);
}

int main(void)
{
	struct line *line[10];
	unsigned **index = NULL;
	unsigned number = 0;

	for (unsigned round = 0; round < 600; round++) {
		if (!(round & (round - 1)))
			index = index_grow(index, round ? 2 * round : 1);
		for (unsigned i = 0; i < 10; i++) {
			line[i] = line_new(number++);
			if (i == 0)
				header_parse(line[i]);
			else
				parse_line(line[i], "the quick brown fox jumps over the lazy black dog");
		}
		for (unsigned i = 0; i < 10; i++)
			line_free(line[i]);
	}
	free(index);
	printf("%u lines\n", number);
	return 0;
}
