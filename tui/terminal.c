/* SPDX-License-Identifier: MIT
 *
 * ncurses for drawing and keys; our own handlers for the signals that end the process. What brings
 * the terminal back (its attributes, and the bytes that leave the other screen and show the cursor)
 * is prepared at the start, so that a handler needs nothing but tcsetattr, write and raise, which are
 * allowed in one. Stopping by Ctrl-Z is ncurses' own handler.
 */
#define _GNU_SOURCE
#include "tui/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tui/glyph.h"

#define SLICE_MS 500 /* how long a resize may go unseen when its signal fell between two calls */

static struct {
	SCREEN *curses;
	int ascii;
	attr_t attributes[STYLE_COUNT];
	short pairs[STYLE_COUNT];
	attr_t selected;
	struct termios before;
	char restore[512];
	size_t restore_size;
	volatile sig_atomic_t started;
} terminal;

static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE };

#define ENDINGS (sizeof(ending) / sizeof(ending[0]))

/* --- giving the terminal back ------------------------------------------------------------------ */

/* Appends a capability without its padding, which no terminal of today needs. */
static void restore_add(const char *capability)
{
	const char *text = tigetstr(capability);

	if (!text || text == (char *)-1)
		return;
	while (*text && terminal.restore_size < sizeof(terminal.restore)) {
		const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;

		if (end)
			text = end + 1;
		else
			terminal.restore[terminal.restore_size++] = *text++;
	}
}

static void restore_prepare(void)
{
	terminal.restore_size = 0;
	restore_add("sgr0");
	restore_add("op");
	restore_add("clear"); /* what a terminal without another screen would be left with */
	restore_add("rmkx");
	restore_add("rmcup");
	restore_add("cnorm");
}

/* In a handler: the terminal back, then the signal again with its default effect. */
static void die(int number)
{
	if (terminal.started) {
		terminal.started = 0;
		signal(SIGTTOU, SIG_IGN); /* in the background, tcsetattr would stop us instead */
		if (write(STDOUT_FILENO, terminal.restore, terminal.restore_size) < 0)
			errno = 0; /* the terminal is gone: nothing to restore */
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
	}
	signal(number, SIG_DFL);
	raise(number);
}

/* On a stack of its own: a crash may be that there was none left. */
static void catch_endings(void)
{
	static char stack[16384];
	const stack_t own = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = die, .sa_flags = SA_ONSTACK };

	sigaltstack(&own, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ENDINGS; i++) {
		struct sigaction old;

		/* What was ignored before (nohup) stays so. */
		if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
	}
}

static void release_endings(void)
{
	for (size_t i = 0; i < ENDINGS; i++) {
		struct sigaction old;

		if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler == die)
			signal(ending[i], SIG_DFL);
	}
}

/* --- how styles look ---------------------------------------------------------------------------- */

struct look {
	attr_t attributes;            /* with and without colours */
	short colour8, colour256;     /* -1: the terminal's own */
};

static const struct look looks[STYLE_COUNT] = {
	[STYLE_PLAIN] = { A_NORMAL, -1, -1 },
	[STYLE_DIM] = { A_DIM, -1, -1 },
	[STYLE_STRONG] = { A_BOLD, -1, -1 },
	[STYLE_HEAD] = { A_UNDERLINE, -1, -1 },
	[STYLE_BAR] = { A_NORMAL, COLOR_CYAN, 67 },
	[STYLE_TAB] = { A_REVERSE, -1, -1 },
	[STYLE_KEY] = { A_BOLD, -1, -1 },
	[STYLE_LIBRARY] = { A_NORMAL, COLOR_CYAN, 73 },
	[STYLE_MATCH] = { A_BOLD | A_UNDERLINE, COLOR_YELLOW, 221 },
	[STYLE_WARNING] = { A_BOLD, COLOR_YELLOW, 214 },
	[STYLE_ERROR] = { A_BOLD, COLOR_RED, 203 },
};

/* https://no-color.org: any value that is not empty. */
static int colours_wanted(void)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && has_colors();
}

static void looks_start(void)
{
	int colours = colours_wanted() && start_color() == OK && use_default_colors() == OK;

	terminal.selected = A_REVERSE;
	for (short i = 0; i < STYLE_COUNT; i++) {
		short colour = COLORS >= 256 ? looks[i].colour256 : looks[i].colour8;

		terminal.attributes[i] = looks[i].attributes;
		terminal.pairs[i] = 0;
		if (colours && colour >= 0 && init_pair((short)(i + 1), colour, -1) == OK)
			terminal.pairs[i] = (short)(i + 1);
	}
}

/* --- start and stop ----------------------------------------------------------------------------- */

int terminal_check(struct err *err)
{
	const char *name = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_FAILED, "the terminal UI needs a terminal, and standard %s is none; `culprit report` prints without one",
		               isatty(STDIN_FILENO) ? "output" : "input");
	if (!name || !*name)
		return err_set(err, ERR_FAILED, "the terminal UI cannot tell what kind of terminal this is: TERM is not set");
	return 0;
}

int terminal_start(struct err *err)
{
	const char *cup;

	if (terminal_check(err) < 0)
		return -1;
	if (tcgetattr(STDIN_FILENO, &terminal.before) < 0)
		return err_errno(err, "cannot read the terminal's settings");
	set_escdelay(25);
	terminal.curses = newterm(NULL, stdout, stdin);
	if (!terminal.curses)
		return err_set(err, ERR_FAILED, "the terminal UI does not know the terminal type \"%s\" (TERM); `culprit report` prints without it",
		               getenv("TERM"));
	cup = tigetstr("cup");
	if (!cup || cup == (char *)-1) {
		endwin();
		delscreen(terminal.curses);
		return err_set(err, ERR_FAILED, "a terminal of type \"%s\" (TERM) cannot place text on the screen; `culprit report` prints without it",
		               getenv("TERM"));
	}
	terminal.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	restore_prepare();
	terminal.started = 1;
	catch_endings();
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	looks_start();
	return 0;
}

void terminal_stop(void)
{
	if (!terminal.started)
		return;
	erase();
	refresh();
	endwin();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.before);
	terminal.started = 0;
	release_endings();
	delscreen(terminal.curses);
}

/* --- drawing ------------------------------------------------------------------------------------ */

int terminal_ascii(void)
{
	return terminal.ascii;
}

void terminal_size(int *rows, int *columns)
{
	getmaxyx(stdscr, *rows, *columns);
}

void terminal_forget(void)
{
	clearok(stdscr, TRUE);
}

static void show_cell(int y, int x, const struct cell *cell)
{
	unsigned style = cell->style & ~(unsigned)STYLE_SELECTED;
	attr_t attributes = terminal.attributes[style];
	wchar_t text[2] = { (wchar_t)cell->ch, 0 };
	cchar_t out;

	if (cell->style & STYLE_SELECTED)
		attributes = (attributes & ~(attr_t)A_DIM) | terminal.selected;
	if (setcchar(&out, text, attributes, terminal.pairs[style], NULL) == OK)
		mvadd_wch(y, x, &out);
}

void terminal_show(const struct screen *s, int cursor_y, int cursor_x)
{
	int rows, columns;

	terminal_size(&rows, &columns);
	erase();
	for (int y = 0; y < s->rows && y < rows; y++)
		for (int x = 0; x < s->columns && x < columns; x++)
			if (s->cells[y * s->columns + x].ch)
				show_cell(y, x, &s->cells[y * s->columns + x]);
	curs_set(cursor_x >= 0);
	if (cursor_x >= 0)
		move(cursor_y, cursor_x < columns ? cursor_x : columns - 1);
	refresh();
}

/* --- keys ---------------------------------------------------------------------------------------- */

static int translate_function_key(wint_t key)
{
	static const struct {
		wint_t curses;
		int input;
	} keys[] = {
		{ KEY_UP, INPUT_UP }, { KEY_DOWN, INPUT_DOWN }, { KEY_LEFT, INPUT_LEFT }, { KEY_RIGHT, INPUT_RIGHT },
		{ KEY_PPAGE, INPUT_PAGE_UP }, { KEY_NPAGE, INPUT_PAGE_DOWN }, { KEY_HOME, INPUT_HOME }, { KEY_END, INPUT_END },
		{ KEY_FIND, INPUT_HOME }, { KEY_SELECT, INPUT_END }, { KEY_ENTER, INPUT_ENTER }, { KEY_BACKSPACE, INPUT_BACKSPACE },
		{ KEY_DC, INPUT_DELETE }, { KEY_BTAB, INPUT_BACK_TAB }, { KEY_RESIZE, INPUT_RESIZE },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].curses == key)
			return keys[i].input;
	return INPUT_OTHER;
}

static int translate_character(wint_t key)
{
	switch (key) {
	case '\r':
	case '\n':
		return INPUT_ENTER;
	case 8:
	case 127:
		return INPUT_BACKSPACE;
	case '\t':
		return INPUT_TAB;
	case 27:
		return INPUT_ESCAPE;
	default:
		return (int)key;
	}
}

static int take_key(void)
{
	wint_t key;

	switch (wget_wch(stdscr, &key)) {
	case OK:
		return translate_character(key);
	case KEY_CODE_YES:
		return translate_function_key(key);
	default:
		return INPUT_NONE;
	}
}

int terminal_key(int timeout_ms)
{
	for (int left = timeout_ms;; left -= SLICE_MS) {
		struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
		int wait = left < 0 || left > SLICE_MS ? SLICE_MS : left;
		int key = take_key();

		if (key != INPUT_NONE)
			return key;
		if (timeout_ms >= 0 && left <= 0)
			return INPUT_NONE;
		int ready = poll(&input, 1, wait);

		if (ready > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)))
			return INPUT_GONE;
		if (timeout_ms < 0)
			left = timeout_ms + SLICE_MS;
	}
}
