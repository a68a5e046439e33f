/* SPDX-License-Identifier: MIT
 *
 * The views that are open, and what can be done with the one on top. Roots are opened when first shown and kept; views opened
 * from rows are a stack on top of the current root. Such a stack that is left for another root is kept for a while, so that one
 * can come back to it; the root below it is the one there is.
 */
#include "tui/browser_private.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "tui/wording.h"

static struct view *make_view(struct browser *b, const struct view_ops *ops, const struct subject *subject, struct view *below)
{
	struct view *v = memory_zeroed(1, sizeof(*v));

	*v = (struct view){ .ops = ops, .browser = b, .below = below };
	v->data = memory_zeroed(1, ops->private_size + 1);
	if (subject)
		v->subject = *subject;
	v->subject.name = memory_text(v->subject.name);
	v->subject.place = memory_text(v->subject.place);
	v->subject.file = memory_text(v->subject.file);
	if (ops->open)
		ops->open(v);
	return v;
}

static void free_view(struct view *v)
{
	v->ops->close(v);
	free((char *)v->subject.name);
	free((char *)v->subject.place);
	free((char *)v->subject.file);
	free(v->data);
	free(v);
}

void browser_close_top(struct browser *b)
{
	struct view *v = b->top;

	b->top = v->below;
	b->screen.spot_count = 0;
	free_view(v);
}

int browser_enter(struct browser *b, const struct view_ops *ops, const struct subject *subject)
{
	b->top = make_view(b, ops, subject, b->top);
	b->screen.spot_count = 0;
	return 1;
}

/* Views on top of a root are closed. */
static void free_above(struct view *v)
{
	while (v->below) {
		struct view *below = v->below;

		free_view(v);
		v = below;
	}
}

/* What stands on the root is kept, in place of the oldest if need be. */
static void leave(struct browser *b)
{
	if (b->left_count == BROWSER_LEFT) {
		free_above(b->left[0].top);
		memmove(b->left, b->left + 1, sizeof(b->left) - sizeof(b->left[0]));
		b->left_count--;
	}
	b->left[b->left_count++] = (struct browser_left){ b->root, b->top };
}

static void show(struct browser *b, int root, struct view *top)
{
	b->root = root;
	b->top = top;
	b->screen.spot_count = 0; /* nothing of it is on the screen yet */
}

int browser_show(struct browser *b, int root)
{
	if (!b->roots[root])
		b->roots[root] = make_view(b, view_roots[root], NULL, NULL);
	while (b->top && browser_is_passing(b->top))
		browser_close_top(b);
	if (b->top && b->top->below)
		leave(b);
	show(b, root, b->roots[root]);
	return 1;
}

void browser_back(struct browser *b)
{
	if (b->top->below) {
		browser_close_top(b);
	} else if (b->left_count) {
		const struct browser_left *left = &b->left[--b->left_count];

		show(b, left->root, left->top);
	}
}

int browser_root_count(void)
{
	int n = 0;

	while (view_roots[n])
		n++;
	return n;
}

int browser_is_passing(const struct view *v)
{
	return v->ops == &view_help || v->ops == &view_menu;
}

/* What is under the cursor decides: only what leads somewhere is a key. */
static unsigned groups_of_content(const struct browser *b)
{
	const struct grid *g = browser_grid(b);
	struct subject subject;
	unsigned keys = g && g->table && g->table->column_count ? KEYS_EXPORT : 0;

	if (!browser_subject(b, &subject))
		return keys;
	if (subject.function_id)
		keys |= KEYS_FUNCTION;
	if (*subject.file)
		keys |= KEYS_FILE;
	if (*subject.file || subject.function_id)
		keys |= KEYS_PLACE;
	if (subject.site_id)
		keys |= KEYS_SITE;
	if (subject.site_id || subject.function_id || subject.lock_id || subject.thread_id || subject.stack_id)
		keys |= KEYS_SUBJECT;
	return keys | KEYS_EXPORT;
}

unsigned browser_groups(const struct browser *b)
{
	unsigned keys = b->top->ops->keys | KEYS_EVERYWHERE;

	if (!browser_is_passing(b->top))
		keys |= KEYS_TABS | (browser_is_outdated(b) ? KEYS_RELOAD : 0) | groups_of_content(b);
	return b->top->below || b->left_count ? keys | KEYS_BACK : keys;
}

struct grid *browser_grid(const struct browser *b)
{
	return b->top->ops->grid ? b->top->ops->grid(b->top) : NULL;
}

int browser_subject(const struct browser *b, struct subject *subject)
{
	struct grid *g = browser_grid(b);
	int known;

	*subject = (struct subject){ 0 };
	if (b->top->ops->subject)
		known = b->top->ops->subject(b->top, subject);
	else
		known = g && grid_row(g) >= 0 && subject_of_row(g->table, (size_t)grid_row(g), subject);
	if (known && !subject->file)
		subject->file = "";
	if (known && (!subject->name || !*subject->name))
		subject->name = b->top->subject.name;
	if (known && !subject->cost && g && grid_cost(g))
		subject->cost = wording_stacks(grid_cost(g));
	if (known && !subject->cost)
		subject->cost = b->top->subject.cost;
	return known;
}

void browser_close_all(struct browser *b)
{
	free_above(b->top);
	while (b->left_count)
		free_above(b->left[--b->left_count].top);
	for (int i = 0; i < BROWSER_ROOTS; i++)
		if (b->roots[i])
			free_view(b->roots[i]);
}
