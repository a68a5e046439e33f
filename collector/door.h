/* SPDX-License-Identifier: MIT
 *
 * Where images that have just been executed ask for the segment: an abstract unix socket, answered
 * by a thread of its own so that nobody waits for a drain to finish.
 */
#ifndef COLLECTOR_DOOR_H
#define COLLECTOR_DOOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define DOOR_NAME_SIZE 64

struct door {
	int socket;
	int segment;      /* descriptor that is handed out */
	int admit;        /* how many images are let in; negative: all */
	int started;
	_Atomic uint32_t refused;     /* images of other users */
	_Atomic int refused_pid, refused_uid; /* the last of them */
	_Atomic int strangers;        /* 1: an image of another pid namespace has come; set before it can claim anything */
	pthread_t keeper;
};

/* The name at which the recording of this id is found. */
void door_name(char name[DOOR_NAME_SIZE], const uint8_t id[16]);

/* Makes a listening socket of that name. 0 or -errno. */
int door_create(struct door *d, const char *name);

/* Begins to answer at d->socket, handing out `segment` to `admit` images of this user (or of root), from now on and to
 * those that came before. 0 or -errno. */
int door_open(struct door *d, int segment, int admit);

void door_close(struct door *d);

#endif
