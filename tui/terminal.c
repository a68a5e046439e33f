/* SPDX-License-Identifier: MIT
 *
 * ncurses for drawing and keys; signals, the mouse and the way to wake us are our own. Handlers of
 * signals only leave a note and ring: what they ask for (stopping, another size) is done between two
 * keys, where nothing is half-done. Reports of the mouse are asked for in the form that has no limit
 * on the position; ncurses is told that their first bytes are a key, the rest is read here.
 */
#define _GNU_SOURCE
#include "tui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tui/glyph.h"
#include "tui/look.h"
#include "tui/rescue.h"

/* Clicks and the wheel, the pointer's way while a button is down, positions as numbers. */
#define MOUSE_ON "\033[?1000h\033[?1002h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1002l\033[?1000l"

enum {
	KEY_REPORT = KEY_MAX + 1,  /* "ESC [ <": a report of the mouse follows */
	KEY_OLD_REPORT,            /* "ESC [ M": one of a terminal that knows only the older form */
	REPORT_BYTES = 32,
	REPORT_MS = 50,            /* that the rest of a report may take */
};

static struct {
	SCREEN *curses;
	int ascii, started, has_mouse;
	struct termios before;
	struct mouse mouse;
	struct mouse_hand hand;
	volatile sig_atomic_t resized, stopped, continued; /* notes of the handlers */
} terminal;

static atomic_int bell;  /* an eventfd + 1; it stays open, since others may ring at any time. 0: there is none yet */
static atomic_int woken;

/* --- being woken -------------------------------------------------------------------------------- */

static void ring(void)
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
	ring();
}

static int hang_bell(struct err *err)
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

void terminal_thread(void)
{
	rescue_thread();
}

/* --- giving the terminal back, and taking it again ---------------------------------------------- */

static void say(const char *bytes)
{
	if (write(STDOUT_FILENO, bytes, strlen(bytes)) < 0)
		errno = 0; /* it is gone: the next key says so */
}

static void give_back(void)
{
	if (terminal.has_mouse)
		say(MOUSE_OFF);
	endwin();
	rescue_needed(0);
}

static void follow_size(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resize_term(size.ws_row, size.ws_col);
	clearok(curscr, TRUE); /* terminals differ in what they leave where */
}

static void take_again(void)
{
	rescue_needed(1);
	follow_size();
	refresh();
	if (terminal.has_mouse)
		say(MOUSE_ON);
	terminal.hand = (struct mouse_hand){ 0 };
	terminal.resized = 1;
}

/* Appends a capability without its padding, which no terminal of today needs. */
static size_t add_capability(char *bytes, size_t used, size_t size, const char *capability)
{
	const char *text = tigetstr(capability);

	if (!text || text == (char *)-1)
		return used;
	while (*text && used < size) {
		const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;

		if (end)
			text = end + 1;
		else
			bytes[used++] = *text++;
	}
	return used;
}

static void arm_rescue(void)
{
	/* "clear" is for a terminal without another screen. */
	static const char *const capabilities[] = { "sgr0", "op", "clear", "rmkx", "rmcup", "cnorm" };
	char bytes[512];
	size_t used = terminal.has_mouse ? sizeof(MOUSE_OFF) - 1 : 0;

	memcpy(bytes, MOUSE_OFF, used);
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		used = add_capability(bytes, used, sizeof(bytes), capabilities[i]);
	rescue_arm(bytes, used, &terminal.before);
}

/* --- signals that do not end the process -------------------------------------------------------- */

static void take_note(int number)
{
	if (number == SIGWINCH)
		terminal.resized = 1;
	else if (number == SIGTSTP)
		terminal.stopped = 1;
	else
		terminal.continued = 1;
	ring();
}

static const int noted[] = { SIGWINCH, SIGTSTP, SIGCONT };

#define NOTED (sizeof(noted) / sizeof(noted[0]))

/* A shell without job control has SIGTSTP ignored, and it stays so. What is default when ncurses has started it has not taken. */
static void catch_notes(int stops)
{
	struct sigaction action = { .sa_handler = take_note };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < NOTED; i++)
		if (noted[i] != SIGTSTP || stops)
			sigaction(noted[i], &action, NULL);
}

static void release_notes(void)
{
	for (size_t i = 0; i < NOTED; i++) {
		struct sigaction old;

		if (sigaction(noted[i], NULL, &old) == 0 && old.sa_handler == take_note)
			signal(noted[i], SIG_DFL);
	}
}

static int ignores(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Stops here, and goes on from here when continued. */
static void stop(void)
{
	struct sigaction caught, stopping = { .sa_handler = SIG_DFL };

	give_back();
	sigemptyset(&stopping.sa_mask);
	sigaction(SIGTSTP, &stopping, &caught);
	kill(getpid(), SIGTSTP);
	sigaction(SIGTSTP, &caught, NULL);
	take_again();
	terminal.stopped = terminal.continued = 0;
}

/* What signals left to do. Returns INPUT_RESIZE or INPUT_NONE. */
static int attend(void)
{
	if (terminal.stopped)
		stop();
	if (terminal.continued) { /* stopped by a signal that cannot be caught: what is on the screen is anyone's guess */
		terminal.continued = 0;
		give_back();
		take_again();
	}
	if (!terminal.resized)
		return INPUT_NONE;
	terminal.resized = 0;
	follow_size();
	return INPUT_RESIZE;
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

/* A terminal that never heard of a mouse is not sent what it does not know. */
static int mouse_wanted(void)
{
	const char *wish = getenv("CULPRIT_MOUSE"), *mouse = tigetstr("kmous");

	return !(wish && !strcmp(wish, "off")) && mouse && mouse != (char *)-1;
}

static void start_input(void)
{
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	terminal.hand = (struct mouse_hand){ 0 };
	if (!terminal.has_mouse)
		return;
	define_key("\033[<", KEY_REPORT);
	define_key("\033[M", KEY_OLD_REPORT);
	say(MOUSE_ON);
}

int terminal_start(struct err *err)
{
	int stops = !ignores(SIGTSTP);
	const char *cup;

	if (terminal_check(err) < 0 || hang_bell(err) < 0)
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
	terminal.has_mouse = mouse_wanted();
	terminal.started = 1;
	arm_rescue();
	catch_notes(stops);
	start_input();
	look_start();
	return 0;
}

void terminal_stop(void)
{
	if (!terminal.started)
		return;
	erase();
	refresh();
	give_back();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.before);
	terminal.started = 0;
	rescue_disarm();
	release_notes();
	delscreen(terminal.curses);
}

/* --- lending the terminal ----------------------------------------------------------------------- */

/* Starts the command with signals as programs expect them. An errno, 0 for none. */
static int spawn(char *const argv[], pid_t *child)
{
	static const int own[] = { SIGINT, SIGQUIT, SIGTSTP, SIGPIPE };
	posix_spawnattr_t attributes;
	sigset_t defaults, none;
	int error;

	sigemptyset(&defaults);
	sigemptyset(&none);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigaddset(&defaults, own[i]);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	error = posix_spawnp(child, argv[0], NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return error;
}

/* Keys that end or stop the command come to us too: Ctrl-C is not for us, Ctrl-Z is for both. */
static int run(char *const argv[], int *status)
{
	static const int keys[] = { SIGINT, SIGQUIT, SIGTSTP };
	struct sigaction action = { .sa_handler = SIG_IGN }, old[3];
	pid_t child;
	int error;

	sigemptyset(&action.sa_mask);
	for (int i = 0; i < 3; i++) {
		action.sa_handler = keys[i] == SIGTSTP && !ignores(SIGTSTP) ? SIG_DFL : SIG_IGN;
		sigaction(keys[i], &action, &old[i]);
	}
	error = spawn(argv, &child);
	while (!error && waitpid(child, status, 0) < 0)
		error = errno == EINTR ? 0 : errno;
	for (int i = 0; i < 3; i++)
		sigaction(keys[i], &old[i], NULL);
	return error;
}

int terminal_run(char *const argv[], struct err *err)
{
	int status = 0, error;

	give_back();
	error = run(argv, &status);
	take_again();
	terminal.continued = 0;
	if (error)
		return err_set(err, ERR_FAILED, "cannot run \"%s\": %s", argv[0], strerror(error));
	if (WIFSIGNALED(status))
		return err_set(err, ERR_FAILED, "\"%s\" was ended by signal %d (%s)", argv[0], WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return err_set(err, ERR_FAILED, "\"%s\" ended with exit status %d", argv[0], WEXITSTATUS(status));
	return 0;
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

void terminal_show(const struct screen *s, int cursor_y, int cursor_x)
{
	int rows, columns;

	terminal_size(&rows, &columns);
	erase();
	for (int y = 0; y < s->rows && y < rows; y++)
		for (int x = 0; x < s->columns && x < columns; x++) {
			const struct cell *cell = &s->cells[y * s->columns + x];
			cchar_t out;

			if (!cell->ch)
				continue;
			look_cell(cell, &out);
			mvadd_wch(y, x, &out);
		}
	curs_set(cursor_x >= 0);
	if (cursor_x >= 0)
		move(cursor_y, cursor_x < columns ? cursor_x : columns - 1);
	refresh();
}

/* --- the mouse ---------------------------------------------------------------------------------- */

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

	return there && mouse_take(&terminal.hand, &report, now_ms(), &terminal.mouse) ? INPUT_MOUSE : INPUT_NONE;
}

struct mouse terminal_mouse(void)
{
	return terminal.mouse;
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
	int input = attend();

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
