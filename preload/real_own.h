/* SPDX-License-Identifier: MIT
 *
 * An allocator inside the executable. The executable comes before every library in the loader's order, so that its malloc
 * is what libraries call too, and ours is called by nobody.
 */
#ifndef PRELOAD_REAL_OWN_H
#define PRELOAD_REAL_OWN_H

/* 1: the executable exports a malloc of its own, that does not go on to ours; what is behind the hooks (`real`) is from now
 * on what it exports. From the constructor, inside the guard, after real_resolve. */
int real_own_adopt(void);

/* The function of this name that the executable exports and libraries call; NULL: none, or real_own_adopt has not returned 1. Takes
 * the loader's lock. */
void *real_own(const char *name);

#endif
