/* SPDX-License-Identifier: MIT
 *
 * A stack of paths.
 */
#include "tui/flame_zoom.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

void flame_zoom_init(struct flame_zoom *z)
{
	*z = (struct flame_zoom){ .path = memory_text("") };
}

void flame_zoom_release(struct flame_zoom *z)
{
	while (z->count > 0)
		free(z->left[--z->count]);
	free(z->left);
	free(z->path);
	*z = (struct flame_zoom){ 0 };
}

void flame_zoom_in(struct flame_zoom *z, const char *path)
{
	z->left = memory_grown(z->left, &z->capacity, z->count + 1, sizeof(*z->left));
	z->left[z->count++] = z->path;
	z->path = memory_text(path);
}

char *flame_zoom_out(struct flame_zoom *z)
{
	char *was = z->path;

	if (!z->count)
		return NULL;
	z->path = z->left[--z->count];
	return was;
}
