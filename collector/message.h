/* SPDX-License-Identifier: MIT
 *
 * Messages of the shim in a ring: modules that appear and go. They become META records.
 */
#ifndef COLLECTOR_MESSAGE_H
#define COLLECTOR_MESSAGE_H

#include <stdint.h>

struct thread;
struct drain;

/* Reads the message whose first cell is count `at`; `to` is how far the ring is published. Returns the number of cells it
 * takes, at least 1. */
uint64_t message_read(struct thread *t, struct drain *d, uint64_t at, uint64_t to);

#endif
