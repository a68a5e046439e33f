/* SPDX-License-Identifier: MIT
 *
 * The table of keys, and finding a line in it.
 */
#include "tui/keymap.h"

#include <stddef.h>

#include "tui/terminal.h"

#define CTRL(letter) ((letter) & 0x1f)

const struct key keymap[] = {
	{ INPUT_ENTER, ACTION_ENTER, KEYS_ENTER, "Enter", "open", "open the row: what it is made of" },
	{ INPUT_BACKSPACE, ACTION_BACK, KEYS_BACK, "Backspace", "back", "back to where you came from" },
	{ INPUT_ESCAPE, ACTION_CANCEL, KEYS_EVERYWHERE, "Esc", NULL, "close the prompt, the marks of a search, this view" },
	{ INPUT_TAB, ACTION_NEXT_VIEW, KEYS_TABS, "Tab", "view", "the next view" },
	{ INPUT_BACK_TAB, ACTION_PREVIOUS_VIEW, KEYS_TABS, "Shift-Tab", NULL, "the view before" },
	{ '1', ACTION_VIEW, KEYS_TABS, "1 to 9, 0, a, e, w", NULL, "the view of that key" },
	{ '2', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '3', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '4', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '5', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '6', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '7', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '8', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '9', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '0', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ 'a', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ 'e', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ 'w', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ ':', ACTION_VIEWS, KEYS_TABS, ":", NULL, "a list of all views to choose from" },
	{ 'o', ACTION_SORT_NEXT, KEYS_SORT, "o", "sort", "sort by the next column; its head has the arrow" },
	{ 'O', ACTION_SORT_REVERSE, KEYS_SORT, "O", "reverse", "turn the order round" },
	{ 'm', ACTION_COST, KEYS_COST, "m", "cost", "the next cost: bar, order and stacks follow it" },
	{ '/', ACTION_SEARCH, KEYS_LIST, "/", "search", "search while typing; a capital makes case matter" },
	{ 'n', ACTION_SEARCH_NEXT, KEYS_LIST, "n", NULL, "the next row found" },
	{ 'N', ACTION_SEARCH_PREVIOUS, KEYS_LIST, "N", NULL, "the row found before" },
	{ 'u', ACTION_UNITS, KEYS_TABS, "u", "units", "exact figures, or rounded ones with units" },
	{ INPUT_DOWN, ACTION_DOWN, KEYS_LIST, "Down", NULL, "a row down" },
	{ 'j', ACTION_DOWN, KEYS_LIST, "j", NULL, NULL },
	{ INPUT_UP, ACTION_UP, KEYS_LIST, "Up", NULL, "a row up" },
	{ 'k', ACTION_UP, KEYS_LIST, "k", NULL, NULL },
	{ INPUT_PAGE_DOWN, ACTION_PAGE_DOWN, KEYS_LIST, "PgDn", NULL, "a page down" },
	{ CTRL('f'), ACTION_PAGE_DOWN, KEYS_LIST, "Ctrl-F", NULL, NULL },
	{ ' ', ACTION_PAGE_DOWN, KEYS_LIST, "Space", NULL, NULL },
	{ INPUT_PAGE_UP, ACTION_PAGE_UP, KEYS_LIST, "PgUp", NULL, "a page up" },
	{ CTRL('b'), ACTION_PAGE_UP, KEYS_LIST, "Ctrl-B", NULL, NULL },
	{ INPUT_HOME, ACTION_FIRST, KEYS_LIST, "Home", NULL, "the first row" },
	{ 'g', ACTION_FIRST, KEYS_LIST, "g", NULL, NULL },
	{ INPUT_END, ACTION_LAST, KEYS_LIST, "End", NULL, "the last row" },
	{ 'G', ACTION_LAST, KEYS_LIST, "G", NULL, NULL },
	{ INPUT_LEFT, ACTION_LEFT, KEYS_PANES, "Left", NULL, "the list before" },
	{ 'h', ACTION_LEFT, KEYS_PANES, "h", NULL, NULL },
	{ INPUT_RIGHT, ACTION_RIGHT, KEYS_PANES, "Right", "other list", "the next list" },
	{ 'l', ACTION_RIGHT, KEYS_PANES, "l", NULL, NULL },
	{ CTRL('l'), ACTION_REDRAW, KEYS_EVERYWHERE, "Ctrl-L", NULL, "draw the screen anew" },
	{ '?', ACTION_HELP, KEYS_EVERYWHERE, "?", "help", "the keys of this view; again, or q: close them" },
	{ 'q', ACTION_QUIT, KEYS_EVERYWHERE, "q", "quit", "leave" },
	{ 0, ACTION_NONE, 0, NULL, NULL, NULL },
};

const struct key *keymap_find(int input, unsigned groups)
{
	for (const struct key *key = keymap; key->action; key++)
		if (key->input == input && (key->group & groups))
			return key;
	return NULL;
}
