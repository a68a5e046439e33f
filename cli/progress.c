/* SPDX-License-Identifier: MIT
 *
 * One line, written over itself and cleared at the end.
 */
#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR 30
#define PATIENCE_NS 1000000000u

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void progress_start(struct progress *p)
{
	*p = (struct progress){ .start_ns = now_ns(), .terminal = isatty(STDERR_FILENO) };
}

void progress_tell(void *arg, const char *phase, uint64_t done, uint64_t total)
{
	struct progress *p = arg;
	char bar[BAR + 1];

	if (!p->terminal || now_ns() - p->start_ns < PATIENCE_NS)
		return;
	double part = total ? (double)done / (double)total : 0;
	part = part > 1 ? 1 : part;
	for (int i = 0; i < BAR; i++)
		bar[i] = i < (int)(part * BAR) ? '#' : '.';
	bar[BAR] = 0;
	fprintf(stderr, "\r\033[K%-8s [%s] %3d %%", phase, bar, (int)(part * 100));
	fflush(stderr);
	p->shown = 1;
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = 0;
}
