/* SPDX-License-Identifier: MIT
 *
 * Where a recording takes orders while it runs: an abstract unix socket named after the recording. Only its own user, or root, is
 * listened to. Served in between rounds by the thread that drains: nothing in here ever blocks.
 *
 * A request is one line: `status`, `on`, `off`, `flush`, `mark NAME`. The answer is lines, then the end of the
 * connection. The first is `ok`, or `error` and a sentence; of `status` there follow, in no order:
 *
 *     trace PATH            collector PID         state on|off
 *     age_ns N              since the recording began
 *     turned_ns N           since it was last turned on or off
 *     events N              in the trace          rate N    of them a second, of late
 *     bytes N               of the trace          lost N    events that were not recorded, as far as known
 *     stacks N              nodes of the stack tree in the trace
 *     processes N           met since the beginning            threads N   likewise
 *     process PID NAME      one that is recorded now; once for each
 */
#ifndef COLLECTOR_CONTROL_H
#define COLLECTOR_CONTROL_H

#include <stdint.h>

#define CONTROL_SUFFIX ".control" /* the socket's name is the recording's with this behind */
#define CONTROL_PEERS 8u          /* more wait */
#define CONTROL_LINE 512u

struct collector;

struct control_peer {
	int fd; /* -1: none */
	uint32_t size;
	uint64_t since_ns;
	char line[CONTROL_LINE];
};

struct control {
	int socket; /* -1: none */
	uint64_t heard_ns; /* when somebody last asked for something */
	struct control_peer peers[CONTROL_PEERS];
};

/* Begins to listen for the recording of this name. Without a socket to be had the recording cannot be told anything, and goes on. */
void control_open(struct control *k, const char *name);

/* Answers whoever has asked. 1: somebody has, a moment ago, and may ask again. */
int control_serve(struct control *k, struct collector *c);

void control_close(struct control *k);

#endif
