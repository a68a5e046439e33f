/* SPDX-License-Identifier: MIT
 *
 * Where a flame graph starts, as a path, and where it started before: zooming out goes back the same way.
 */
#ifndef TUI_FLAME_ZOOM_H
#define TUI_FLAME_ZOOM_H

#include <stddef.h>

struct flame_zoom {
	char *path;   /* "": the root */
	char **left;  /* paths before it, the last one last */
	size_t count, capacity;
};

void flame_zoom_init(struct flame_zoom *z);
void flame_zoom_release(struct flame_zoom *z);
void flame_zoom_in(struct flame_zoom *z, const char *path);
/* The path it started from until now, which is the caller's to free; NULL: it starts from the root already. */
char *flame_zoom_out(struct flame_zoom *z);

#endif
