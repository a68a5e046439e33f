/* SPDX-License-Identifier: MIT
 *
 * Starts the collector of a bare LD_PRELOAD recording, so that the program has no child it did not
 * make: a grandchild, whose parent has ended already, with no SIGCHLD to anybody.
 */
#ifndef PRELOAD_SPAWN_H
#define PRELOAD_SPAWN_H

/* Runs `culprit collect` with the two descriptors. 0 on failure, with *why set to a static sentence. */
int spawn_collector(int segment_fd, int socket_fd, const char **why);

#endif
