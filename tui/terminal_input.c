/* SPDX-License-Identifier: MIT
 *
 * What comes in: keys by ncurses, the mouse, and wake-ups by an event descriptor. Reports of the mouse are
 * asked for in the form that has no limit on the position; ncurses is told that their first bytes are
 * a key, the rest is read here.
 */
#define _GNU_SOURCE
#include "tui/terminal_private.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Clicks and the wheel, the pointer's way while a button is down, positions as numbers. */
#define MOUSE_ON "\033[?1000h\033[?1002h\033[?1006h"

enum {
	KEY_REPORT = KEY_MAX + 1,  /* "ESC [ <": a report of the mouse follows */
	KEY_OLD_REPORT,            /* "ESC [ M": one of a terminal that knows only the older form */
	REPORT_BYTES = 32,
	REPORT_MS = 50,            /* that the rest of a report may take */
};

static struct mouse last; /* what terminal_mouse says */
static struct mouse_hand hand;
static atomic_int bell;  /* an eventfd + 1; it stays open, since others may ring at any time. 0: there is none yet */
static atomic_int woken;

/* --- being woken -------------------------------------------------------------------------------- */

void terminal_input_ring(void)
{
	const uint64_t one = 1;
	int error = errno, fd = atomic_load(&bell) - 1;

	if (fd >= 0 && write(fd, &one, sizeof(one)) < 0)
		errno = 0; /* it rings already */
	errno = error;
}

void terminal_wake(void)
{
	atomic_store(&woken, 1);
	terminal_input_ring();
}

int terminal_input_open(struct err *err)
{
	int fd;

	if (atomic_load(&bell))
		return 0;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return err_errno(err, "cannot make an event descriptor for the terminal UI");
	atomic_store(&bell, fd + 1);
	return 0;
}

static void silence_bell(void)
{
	uint64_t times;

	if (read(atomic_load(&bell) - 1, &times, sizeof(times)) < 0)
		errno = 0; /* it did not ring */
}

/* --- the mouse ---------------------------------------------------------------------------------- */

/* A terminal that never heard of a mouse is not sent what it does not know. */
static int mouse_wanted(void)
{
	const char *wish = getenv("CULPRIT_MOUSE"), *mouse = tigetstr("kmous");

	return !(wish && !strcmp(wish, "off")) && mouse && mouse != (char *)-1;
}

void terminal_input_mouse(int on)
{
	if (!terminal.has_mouse)
		return;
	terminal_say(on ? MOUSE_ON : TERMINAL_MOUSE_OFF);
	hand = (struct mouse_hand){ 0 };
}

/* The next byte of a report, ERR if it does not come. */
static int report_byte(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	int byte = wgetch(stdscr);

	if (byte == ERR && poll(&input, 1, REPORT_MS) > 0)
		byte = wgetch(stdscr);
	return byte >= 0 && byte < 256 ? byte : ERR;
}

static int read_report(struct mouse_report *r)
{
	char text[REPORT_BYTES];
	size_t used = 0;

	do {
		int byte = report_byte();

		if (byte == ERR)
			return 0;
		text[used++] = (char)byte;
	} while (text[used - 1] != 'M' && text[used - 1] != 'm' && used < sizeof(text) - 1);
	text[used] = 0;
	return mouse_parse(text, r);
}

/* Three bytes, each 32 above what it says. */
static int read_old_report(struct mouse_report *r)
{
	int bytes[3];

	for (int i = 0; i < 3; i++) {
		bytes[i] = report_byte();
		if (bytes[i] < ' ')
			return 0;
	}
	*r = (struct mouse_report){ bytes[0] - ' ', bytes[1] - ' ', bytes[2] - ' ', 0 };
	return 1;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int take_report(wint_t key)
{
	struct mouse_report report;
	int there = key == KEY_REPORT ? read_report(&report) : read_old_report(&report);

	return there && mouse_take(&hand, &report, now_ms(), &last) ? INPUT_MOUSE : INPUT_NONE;
}

struct mouse terminal_mouse(void)
{
	return last;
}

/* --- keys ---------------------------------------------------------------------------------------- */

void terminal_input_start(void)
{
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	terminal.has_mouse = mouse_wanted();
	if (!terminal.has_mouse)
		return;
	define_key("\033[<", KEY_REPORT);
	define_key("\033[M", KEY_OLD_REPORT);
	terminal_input_mouse(1);
}

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

/* INPUT_NONE only when ncurses has nothing left: there may be a key behind a report that means nothing. */
static int take_key(void)
{
	for (;;) {
		int input = INPUT_NONE;
		wint_t key;

		switch (wget_wch(stdscr, &key)) {
		case OK:
			return translate_character(key);
		case KEY_CODE_YES:
			input = key == KEY_REPORT || key == KEY_OLD_REPORT ? take_report(key) : translate_function_key(key);
			break;
		default:
			return INPUT_NONE;
		}
		if (input != INPUT_NONE)
			return input;
	}
}

static int next_input(void)
{
	int input = terminal_attend();

	if (input == INPUT_NONE)
		input = take_key();
	if (input == INPUT_NONE && atomic_exchange(&woken, 0))
		input = INPUT_WAKE;
	return input;
}

int terminal_key(int timeout_ms)
{
	uint64_t end = now_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);

	for (;;) {
		struct pollfd sources[] = {
			{ .fd = STDIN_FILENO, .events = POLLIN }, { .fd = atomic_load(&bell) - 1, .events = POLLIN },
		};
		int input = next_input();
		uint64_t now = timeout_ms < 0 ? 0 : now_ms();

		if (input != INPUT_NONE)
			return input;
		if (timeout_ms >= 0 && now >= end)
			return INPUT_NONE;
		if (poll(sources, 2, timeout_ms < 0 ? -1 : (int)(end - now)) <= 0)
			continue;
		if (sources[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			return INPUT_GONE;
		if (sources[1].revents)
			silence_bell();
	}
}
