/* SPDX-License-Identifier: MIT
 *
 * Where the databases that are shown come from. While a trace is analyzed in the background there is none at first, then one of
 * the trace's first part, then a better one, then that of all; a recording that goes on, or a database that somebody makes anew,
 * leaves the one that is shown behind. The browser looks; who makes databases stands behind these functions (cli/analysis.h).
 *
 * For the thread that draws. Nothing here waits.
 */
#ifndef TUI_SUPPLY_H
#define TUI_SUPPLY_H

struct supply;

struct supply_state {
	const char *path;     /* the newest database; NULL: none yet. Stays readable under that name until a look tells of another */
	unsigned serial;      /* of that one, from 1: a serial not seen before is a database to be taken, even if the path is the same;
	                       * 0: none yet */
	int partial;          /* 1: it holds the trace's beginning only, a better one is being made (report_facts says so too) */
	int outdated;         /* 1: the trace or the database on the disk is newer: renew brings it */
	const char *progress; /* what is being made, and how far: "analyzing: events 34 %"; "": nothing is */
	const char *failure;  /* why the last one could not be made, a sentence; "": it could, or is still being made */
};

struct supply_ops {
	/* Reads the news; texts are valid until the next look. To be called at least once a second, and when fd has something. */
	void (*look)(struct supply *s, struct supply_state *state);
	/* The newest is wanted: with one of the next looks there is another serial, or a failure. Does nothing if that is being made. */
	void (*renew)(struct supply *s);
};

struct supply {
	const struct supply_ops *ops;
	int fd; /* to poll for reading, never to read from: look has news; -1: there will be none but by the clock */
};

#endif
