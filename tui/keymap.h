/* SPDX-License-Identifier: MIT
 *
 * The one table of keys. What a key does, the bar at the bottom and the help screen all come from
 * it. A view says which groups of keys it answers; a new key is one line here and one case there.
 */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

enum action {
	ACTION_NONE,
	ACTION_UP,
	ACTION_DOWN,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_FIRST,
	ACTION_LAST,
	ACTION_LEFT,
	ACTION_RIGHT,
	ACTION_ENTER,
	ACTION_BACK,
	ACTION_NEXT_VIEW,
	ACTION_PREVIOUS_VIEW,
	ACTION_VIEW, /* the view of this number */
	ACTION_VIEWS,
	ACTION_SORT_NEXT,
	ACTION_SORT_REVERSE,
	ACTION_COST,
	ACTION_UNITS,
	ACTION_SEARCH,
	ACTION_SEARCH_NEXT,
	ACTION_SEARCH_PREVIOUS,
	ACTION_CALLERS,
	ACTION_SOURCE,
	ACTION_FLAME,
	ACTION_TIMELINE,
	ACTION_EDIT,
	ACTION_FILTER,
	ACTION_SPAN,   /* begin to choose a span of time */
	ACTION_EXPORT,
	ACTION_RELOAD,
	ACTION_TURN,   /* the other way round: from the sites outwards */
	ACTION_OVER,   /* upside down */
	ACTION_COLOURS,
	ACTION_EXPAND, /* the way of most, all at once */
	ACTION_NEXT_COSTLY,
	ACTION_PREVIOUS_COSTLY,
	ACTION_TYPE,   /* write a query */
	ACTION_SIZES,
	ACTION_SQL,
	ACTION_HELP,
	ACTION_CANCEL,
	ACTION_REDRAW,
	ACTION_QUIT,
};

/* Groups of keys, as bits. */
enum {
	KEYS_EVERYWHERE = 1,
	KEYS_LIST = 2,   /* there are rows to go through */
	KEYS_ENTER = 4,  /* a row leads somewhere */
	KEYS_SORT = 8,
	KEYS_COST = 16,
	KEYS_PANES = 32, /* there is more than one list */
	KEYS_BACK = 64,  /* there is something to go back to: set by the browser */
	KEYS_TABS = 128, /* views can be switched: set by the browser */
	KEYS_SUBJECT = 256, /* what is under the cursor went over time: this and the next four are set by the browser */
	KEYS_EXPORT = 512,  /* what is seen can be written into a file */
	KEYS_SPAN = 1024,   /* there is a time axis to choose a span on */
	KEYS_TURN = 2048,
	KEYS_COLOURS = 4096,
	KEYS_EXPAND = 8192,
	KEYS_LINES = 32768,  /* rows are lines of a file: few have a cost */
	KEYS_QUERY = 65536,  /* there is a query to be written */
	KEYS_CELLS = 131072, /* columns can be gone through, too */
	KEYS_FRAMES = 262144, /* frames of a flame graph, which lie beside each other */
	KEYS_TREE = 524288,   /* rows that can be opened */
	KEYS_AXIS = 1048576, /* a cursor on a time axis */
	KEYS_FUNCTION = 1 << 21, /* it is a function */
	KEYS_PLACE = 1 << 22,    /* it is known, or may be, where in the source it is */
	KEYS_FILE = 1 << 23,     /* its file is known */
	KEYS_SITE = 1 << 24,     /* it asks for memory */
	KEYS_RELOAD = 16384, /* there may be something newer: set by the browser */
};

struct key {
	int input;          /* a character or an INPUT_ of terminal.h */
	enum action action;
	unsigned group;
	const char *name;   /* as on the keyboard: "PgDn"; "": the name of the line before speaks for it */
	const char *label;  /* one word for the bar; NULL: not in the bar */
	const char *help;   /* a line for the help screen; NULL: another name of the key in the line before */
};

/* Ends with a zeroed line. In the order of help; the bar shows those with a label, as many as fit. */
extern const struct key keymap[];

/* The line for an input in a view that answers `groups`; NULL: the key means nothing here. */
const struct key *keymap_find(int input, unsigned groups);

#endif
