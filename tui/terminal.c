/* SPDX-License-Identifier: MIT
 *
 * Taking the terminal, giving it back, drawing; keys and the mouse are in terminal_input.c. Handlers of
 * signals only leave a note and ring: what they ask for (stopping, another size) is done between two
 * keys, where nothing is half-done.
 */
#define _GNU_SOURCE
#include "tui/terminal_private.h"

#include <errno.h>
#include <langinfo.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tui/rescue.h"

struct terminal terminal;

void terminal_thread(void)
{
	rescue_thread();
}

/* --- giving the terminal back, and taking it again ---------------------------------------------- */

void terminal_say(const char *bytes)
{
	if (write(STDOUT_FILENO, bytes, strlen(bytes)) < 0)
		errno = 0; /* it is gone: the next key says so */
}

static void give_back(void)
{
	terminal_input_mouse(0);
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
	terminal_input_mouse(1);
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
	size_t used = terminal.has_mouse ? sizeof(TERMINAL_MOUSE_OFF) - 1 : 0;

	memcpy(bytes, TERMINAL_MOUSE_OFF, used);
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
	terminal_input_ring();
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

int terminal_attend(void)
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

int terminal_start(struct err *err)
{
	int stops = !ignores(SIGTSTP);
	const char *cup;

	if (terminal_check(err) < 0 || terminal_input_open(err) < 0)
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
	terminal.started = 1;
	terminal_input_start();
	arm_rescue();
	catch_notes(stops);
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

