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
	{ INPUT_ENTER, ACTION_ENTER, KEYS_AXIS, "Enter", "choose", "begin a span of time; again: all views speak of it" },
	{ INPUT_BACKSPACE, ACTION_BACK, KEYS_BACK, "Backspace", "back", "back to where you came from" },
	{ INPUT_ESCAPE, ACTION_CANCEL, KEYS_EVERYWHERE, "Esc", NULL, "close the prompt, the marks of a search, this view" },
	{ INPUT_TAB, ACTION_NEXT_VIEW, KEYS_TABS, "Tab", "view", "the next view" },
	{ INPUT_BACK_TAB, ACTION_PREVIOUS_VIEW, KEYS_TABS, "Shift-Tab", NULL, "the view before" },
	{ '1', ACTION_VIEW, KEYS_TABS, "1 to 9, 0", NULL, "the view of that key" },
	{ '2', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '3', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '4', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '5', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '6', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '7', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '8', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '9', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ '0', ACTION_VIEW, KEYS_TABS, "", NULL, NULL },
	{ ':', ACTION_VIEWS, KEYS_TABS, ":", NULL, "any view by its name or number" },
	{ 'o', ACTION_SORT_NEXT, KEYS_SORT, "o", "sort", "sort by the next column; its head has the arrow" },
	{ 'O', ACTION_SORT_REVERSE, KEYS_SORT, "O", NULL, "turn the order round" },
	{ 'm', ACTION_COST, KEYS_COST, "m", "cost", "the next cost: bar, order and stacks follow it" },
	{ '/', ACTION_SEARCH, KEYS_LIST, "/", "search", "search while typing; a capital makes case matter" },
	{ 'n', ACTION_SEARCH_NEXT, KEYS_LIST, "n", NULL, "the next row found" },
	{ 'N', ACTION_SEARCH_PREVIOUS, KEYS_LIST, "N", NULL, "the row found before" },
	{ ']', ACTION_NEXT_COSTLY, KEYS_LINES, "]", "next cost", "the next line with a cost" },
	{ '[', ACTION_PREVIOUS_COSTLY, KEYS_LINES, "[", NULL, "the line with a cost before" },
	{ 'i', ACTION_TYPE, KEYS_QUERY, "i", "query", "write a query; Enter runs it, Up and Down: earlier ones" },
	{ 'c', ACTION_CALLERS, KEYS_FUNCTION, "c", "callers", "who calls this function, and whom it calls" },
	{ 's', ACTION_SOURCE, KEYS_PLACE, "s", "source", "its source, with what each line costs" },
	{ 'f', ACTION_FLAME, KEYS_FUNCTION, "f", "flame", "a flame graph of what goes through it" },
	{ 't', ACTION_TIMELINE, KEYS_SUBJECT, "t", "time", "how it went over time" },
	{ 'e', ACTION_EDIT, KEYS_FILE, "e", NULL, "open its line in $EDITOR" },
	{ 'z', ACTION_SIZES, KEYS_SITE, "z", NULL, "how large its blocks are, and how long they live" },
	{ 'v', ACTION_SPAN, KEYS_SPAN, "v", "span", "choose a span of time, for all views" },
	{ 'b', ACTION_TURN, KEYS_TURN, "b", "turn", "from the outermost functions in, or from the sites out" },
	{ 'i', ACTION_OVER, KEYS_FRAMES, "i", "over", "upside down: icicles, or flames" },
	{ 'C', ACTION_COLOURS, KEYS_COLOURS, "C", NULL, "colours by module, or by function" },
	{ '*', ACTION_EXPAND, KEYS_EXPAND, "*", "hottest", "open the way that most goes" },
	{ '+', ACTION_EXPAND, KEYS_EXPAND, "+", NULL, NULL },
	{ '&', ACTION_FILTER, KEYS_TABS, "&", "filter", "only some functions, modules, threads ..., in all views" },
	{ 'x', ACTION_EXPORT, KEYS_EXPORT, "x", "export", "write what is seen into a file: CSV, JSON, folded" },
	{ 'S', ACTION_SQL, KEYS_TABS, "S", NULL, "the query behind this view, to go on from" },
	{ 'R', ACTION_RELOAD, KEYS_RELOAD, "R", "reload", "take what is newer" },
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
	{ INPUT_LEFT, ACTION_LEFT, KEYS_CELLS, "Left", NULL, "a column to the left" },
	{ 'h', ACTION_LEFT, KEYS_CELLS, "h", NULL, NULL },
	{ INPUT_RIGHT, ACTION_RIGHT, KEYS_CELLS, "Right", "column", "a column to the right" },
	{ 'l', ACTION_RIGHT, KEYS_CELLS, "l", NULL, NULL },
	{ INPUT_LEFT, ACTION_LEFT, KEYS_FRAMES, "Left", NULL, "the frame to the left, of whatever parent" },
	{ 'h', ACTION_LEFT, KEYS_FRAMES, "h", NULL, NULL },
	{ INPUT_RIGHT, ACTION_RIGHT, KEYS_FRAMES, "Right", NULL, "the frame to the right" },
	{ 'l', ACTION_RIGHT, KEYS_FRAMES, "l", NULL, NULL },
	{ INPUT_LEFT, ACTION_LEFT, KEYS_TREE, "Left", NULL, "close the row; once more: to the row above it" },
	{ 'h', ACTION_LEFT, KEYS_TREE, "h", NULL, NULL },
	{ INPUT_RIGHT, ACTION_RIGHT, KEYS_TREE, "Right", NULL, "open the row; once more: into it" },
	{ 'l', ACTION_RIGHT, KEYS_TREE, "l", NULL, NULL },
	{ INPUT_LEFT, ACTION_LEFT, KEYS_AXIS, "Left", NULL, "a slice of time back" },
	{ 'h', ACTION_LEFT, KEYS_AXIS, "h", NULL, NULL },
	{ INPUT_RIGHT, ACTION_RIGHT, KEYS_AXIS, "Right", "move", "a slice of time forward" },
	{ 'l', ACTION_RIGHT, KEYS_AXIS, "l", NULL, NULL },
	{ INPUT_PAGE_UP, ACTION_PAGE_UP, KEYS_AXIS, "PgUp", NULL, "a good part of the axis back" },
	{ CTRL('b'), ACTION_PAGE_UP, KEYS_AXIS, "Ctrl-B", NULL, NULL },
	{ INPUT_PAGE_DOWN, ACTION_PAGE_DOWN, KEYS_AXIS, "PgDn", NULL, "and forward" },
	{ CTRL('f'), ACTION_PAGE_DOWN, KEYS_AXIS, "Ctrl-F", NULL, NULL },
	{ ' ', ACTION_PAGE_DOWN, KEYS_AXIS, "Space", NULL, NULL },
	{ INPUT_HOME, ACTION_FIRST, KEYS_AXIS, "Home", NULL, "to the beginning" },
	{ 'g', ACTION_FIRST, KEYS_AXIS, "g", NULL, NULL },
	{ INPUT_END, ACTION_LAST, KEYS_AXIS, "End", NULL, "to the end" },
	{ 'G', ACTION_LAST, KEYS_AXIS, "G", NULL, NULL },
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
