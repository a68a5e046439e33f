/* SPDX-License-Identifier: MIT
 *
 * A function that calls itself is another activation each time, though it bears the same name. A tree's nodes outlive as
 * many of them as they lie deep; what `sum` makes for itself dies in the call that made it; what `relay` returns dies in
 * the relay that called it.
 *
 * truth:  site        class   owner     level  blocks  uncertain
 * truth:  tree_build  caller  tree_use  1      20      0
 * truth:  tree_build  caller  tree_use  2      40      0
 * truth:  tree_build  caller  tree_use  3      80      0
 * truth:  sum         local   sum       0      140     0
 * truth:  relay       caller  relay     1      80      0
 * truth:  relay       caller  tree_use  1      20      0
 */
#include <stdio.h>
#include <stdlib.h>

struct node {
	struct node *left, *right;
	int value;
};

static void *checked(void *block)
{
	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static struct node *tree_build(int depth)
{
	struct node *n = checked(malloc(sizeof(*n)));

	n->value = depth;
	n->left = n->right = NULL;
	if (depth > 1) {
		n->left = tree_build(depth - 1);
		n->right = tree_build(depth - 1);
	}
	return n;
}

static void tree_free(struct node *n)
{
	if (!n)
		return;
	tree_free(n->left);
	tree_free(n->right);
	free(n);
}

static int sum(const struct node *n)
{
	int *value = checked(malloc(sizeof(*value)));
	int result;

	*value = n->value;
	if (n->left)
		*value += sum(n->left);
	if (n->right)
		*value += sum(n->right);
	result = *value;
	free(value);
	return result;
}

static char *relay(int depth)
{
	char *mine = checked(malloc(8));

	mine[0] = (char)depth;
	if (depth > 1) {
		char *theirs = relay(depth - 1);

		mine[0] = (char)(mine[0] + theirs[0]);
		free(theirs);
	}
	return mine;
}

static int tree_use(void)
{
	struct node *tree = tree_build(3);
	int result = sum(tree);
	char *message = relay(5);

	result += message[0];
	free(message);
	tree_free(tree);
	return result;
}

int main(void)
{
	int total = 0;

	for (int i = 0; i < 20; i++)
		total += tree_use();
	printf("%d\n", total);
	return 0;
}
