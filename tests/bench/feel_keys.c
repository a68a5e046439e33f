/* SPDX-License-Identifier: MIT
 *
 * How a terminal program feels: runs it in a pseudo terminal of 200 by 50, types keys, and tells how long the screen took to change
 * at all and to come to rest. `feel_keys WAIT SHOWN COMMAND...`, script on standard input.
 *
 * SHOWN is texts that the first screen shows when it is complete, separated by |; the first line of output is the ms that took.
 * A line of the script is `LABEL<tab>KEYS`, in which \e \r \t and \xHH stand for bytes; its line of output is
 * `LABEL<tab>ms to the first change<tab>ms to the last`. The screen is at rest when WAIT ms went by without a change and it does
 * not say "reading"; -1: it did not change, or did not come to rest within 30 s. A LABEL that begins with `=` has the screen printed
 * after its line, each row after a blank.
 *
 * The screen is understood as far as a program on curses writes to TERM=xterm-256color: text, motion, erasing, scrolling; no colours.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 50, COLUMNS = 200, PARAMETERS = 8, REST_MS = 30000 };

/* --- a screen -------------------------------------------------------------------------------- */

struct screen {
	unsigned cells[ROWS][COLUMNS]; /* code points */
	int row, column, top, bottom;  /* of the cursor; of what scrolls */
	int saved_row, saved_column;
	unsigned last;                 /* the character written last */
	int changed;
	/* of what is being read */
	enum { PLAIN, ESCAPE, CHARSET, CONTROL, STRING, STRING_END } state;
	int parameters[PARAMETERS], count, private_one;
	unsigned code;
	int more;                      /* bytes of a character still to come */
};

static void put_cell(struct screen *s, int row, int column, unsigned code)
{
	if (row < 0 || row >= ROWS || column < 0 || column >= COLUMNS || s->cells[row][column] == code)
		return;
	s->cells[row][column] = code;
	s->changed = 1;
}

static void erase(struct screen *s, int row, int from, int to)
{
	for (int c = from; c < to; c++)
		put_cell(s, row, c, ' ');
}

/* Moves rows of top .. bottom up by n, or down. */
static void scroll(struct screen *s, int top, int bottom, int n)
{
	static unsigned old[ROWS][COLUMNS];

	memcpy(old, s->cells, sizeof(old));
	for (int row = top; row <= bottom; row++)
		for (int c = 0; c < COLUMNS; c++)
			put_cell(s, row, c, row + n >= top && row + n <= bottom ? old[row + n][c] : ' ');
}

static void line_feed(struct screen *s)
{
	if (s->row == s->bottom)
		scroll(s, s->top, s->bottom, 1);
	else if (s->row < ROWS - 1)
		s->row++;
}

static void write_code(struct screen *s, unsigned code)
{
	if (s->column >= COLUMNS) {
		s->column = 0;
		line_feed(s);
	}
	put_cell(s, s->row, s->column++, code);
	s->last = code;
}

static int within(int n, int most)
{
	return n < 0 ? 0 : n > most ? most : n;
}

static void move(struct screen *s, int row, int column)
{
	s->row = within(row, ROWS - 1);
	s->column = within(column, COLUMNS - 1);
}

static void shift_cells(struct screen *s, int n)
{
	unsigned old[COLUMNS];

	memcpy(old, s->cells[s->row], sizeof(old));
	for (int c = s->column; c < COLUMNS; c++)
		put_cell(s, s->row, c, c - n >= s->column && c - n < COLUMNS ? old[c - n] : ' ');
}

static void erase_display(struct screen *s, int how)
{
	for (int row = 0; row < ROWS; row++) {
		int from = how != 0 || row > s->row ? 0 : row < s->row ? COLUMNS : s->column;
		int to = how != 1 || row < s->row ? COLUMNS : row > s->row ? 0 : s->column + 1;

		erase(s, row, from, to);
	}
}

static void control(struct screen *s, int final)
{
	int one = s->parameters[0], n = one ? one : 1;

	if (s->private_one)
		return;
	switch (final) {
	case 'H': case 'f': move(s, n - 1, (s->parameters[1] ? s->parameters[1] : 1) - 1); break;
	case 'A': move(s, s->row - n, s->column); break;
	case 'B': case 'e': move(s, s->row + n, s->column); break;
	case 'C': move(s, s->row, s->column + n); break;
	case 'D': move(s, s->row, s->column - n); break;
	case 'G': case '`': move(s, s->row, n - 1); break;
	case 'd': move(s, n - 1, s->column); break;
	case 'E': move(s, s->row + n, 0); break;
	case 'F': move(s, s->row - n, 0); break;
	case 'J': erase_display(s, one); break;
	case 'K': erase(s, s->row, one == 0 ? s->column : 0, one == 1 ? s->column + 1 : COLUMNS); break;
	case 'X': erase(s, s->row, s->column, within(s->column + n, COLUMNS)); break;
	case '@': shift_cells(s, n); break;
	case 'P': shift_cells(s, -n); break;
	case 'L': scroll(s, s->row, s->bottom, -n); break;
	case 'M': scroll(s, s->row, s->bottom, n); break;
	case 'S': scroll(s, s->top, s->bottom, n); break;
	case 'T': scroll(s, s->top, s->bottom, -n); break;
	case 'b': while (n-- > 0) write_code(s, s->last); break;
	case 'r':
		s->top = within(n - 1, ROWS - 1);
		s->bottom = within((s->parameters[1] ? s->parameters[1] : ROWS) - 1, ROWS - 1);
		move(s, 0, 0);
		break;
	default: break; /* colours, modes, questions */
	}
}

static void plain(struct screen *s, unsigned char byte)
{
	if (s->more && (byte & 0xc0) == 0x80) {
		s->code = s->code << 6 | (byte & 0x3f);
		if (--s->more == 0)
			write_code(s, s->code);
	} else if (byte >= 0xc0) {
		s->more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
		s->code = byte & (0x3f >> s->more);
	} else if (byte >= 0x20 && byte < 0x7f) {
		write_code(s, byte);
	} else if (byte == '\r') {
		s->column = 0;
	} else if (byte == '\n') {
		line_feed(s);
	} else if (byte == '\b') {
		move(s, s->row, s->column - 1);
	} else if (byte == '\t') {
		move(s, s->row, (s->column / 8 + 1) * 8);
	} else if (byte == 0x1b) {
		s->state = ESCAPE;
	}
}

static void escape(struct screen *s, unsigned char byte)
{
	s->state = PLAIN;
	switch (byte) {
	case '[':
		s->state = CONTROL;
		memset(s->parameters, 0, sizeof(s->parameters));
		s->count = s->private_one = 0;
		break;
	case ']': case 'P': s->state = STRING; break;
	case '(': case ')': s->state = CHARSET; break;
	case '7': s->saved_row = s->row; s->saved_column = s->column; break;
	case '8': move(s, s->saved_row, s->saved_column); break;
	case 'D': line_feed(s); break;
	case 'M':
		if (s->row == s->top)
			scroll(s, s->top, s->bottom, -1);
		else
			move(s, s->row - 1, s->column);
		break;
	default: break;
	}
}

static void screen_take(struct screen *s, unsigned char byte)
{
	switch (s->state) {
	case PLAIN: plain(s, byte); break;
	case ESCAPE: escape(s, byte); break;
	case CHARSET: s->state = PLAIN; break;
	case STRING: s->state = byte == 7 ? PLAIN : byte == 0x1b ? STRING_END : STRING; break;
	case STRING_END: s->state = PLAIN; break;
	case CONTROL:
		if (byte >= '0' && byte <= '9')
			s->parameters[s->count] = within(s->parameters[s->count] * 10 + byte - '0', 9999);
		else if (byte == ';')
			s->count = within(s->count + 1, PARAMETERS - 1);
		else if (byte >= '<' && byte <= '?')
			s->private_one = 1;
		else if (byte >= 0x40) {
			s->state = PLAIN;
			control(s, byte);
		}
		break;
	}
}

/* Is a text (ASCII) on the screen? */
static int screen_shows(const struct screen *s, const char *text, size_t size)
{
	for (int row = 0; row < ROWS; row++)
		for (int c = 0; c + (int)size <= COLUMNS; c++) {
			size_t k = 0;

			while (k < size && s->cells[row][c + (int)k] == (unsigned char)text[k])
				k++;
			if (k == size)
				return 1;
		}
	return 0;
}

static int screen_shows_all(const struct screen *s, const char *texts)
{
	for (;;) {
		size_t size = strcspn(texts, "|");

		if (!screen_shows(s, texts, size))
			return 0;
		if (!texts[size])
			return 1;
		texts += size + 1;
	}
}

static void screen_print(const struct screen *s)
{
	for (int row = 0; row < ROWS; row++) {
		putchar(' ');
		for (int c = 0; c < COLUMNS; c++) {
			unsigned code = s->cells[row][c];

			if (code < 0x80)
				putchar((int)(code ? code : ' '));
			else if (code < 0x800)
				printf("%c%c", 0xc0 | code >> 6, 0x80 | (code & 0x3f));
			else
				printf("%c%c%c", 0xe0 | (code >> 12 & 0xf), 0x80 | (code >> 6 & 0x3f), 0x80 | (code & 0x3f));
		}
		putchar('\n');
	}
}

/* --- a program ------------------------------------------------------------------------------- */

struct run {
	int terminal;
	pid_t pid;
	double wait; /* ms */
	struct screen screen;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Reads what comes within some ms. 1: something came; 0: nothing; -1: the program has ended. */
static int run_read(struct run *r, double ms)
{
	struct pollfd p = { .fd = r->terminal, .events = POLLIN };
	unsigned char bytes[65536];
	int ready = poll(&p, 1, ms < 0 ? 0 : (int)ms + 1);
	ssize_t got;

	if (ready <= 0)
		return 0;
	got = read(r->terminal, bytes, sizeof(bytes));
	for (ssize_t k = 0; k < got; k++)
		screen_take(&r->screen, bytes[k]);
	return got > 0 ? 1 : -1;
}

/* Waits until the screen is at rest; when it changed first and last, in ms after `begin`, or -1. */
static void run_settle(struct run *r, double begin, double *first, double *last)
{
	double changed = begin;

	*first = *last = -1;
	r->screen.changed = 0;
	for (;;) {
		double now, until = changed + r->wait;
		int got = run_read(r, until - now_ms());

		now = now_ms();
		if (got < 0)
			return;
		if (r->screen.changed) {
			changed = now;
			if (*first < 0)
				*first = now - begin;
			*last = now - begin;
			r->screen.changed = 0;
		}
		if (now - begin > REST_MS) {
			*last = -1;
			return;
		}
		if (now >= changed + r->wait) {
			if (!screen_shows(&r->screen, "reading", 7))
				return;
			changed = now; /* not at rest: looks again later */
		}
	}
}

static void run_start(struct run *r, char **command)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };

	r->screen.bottom = ROWS - 1;
	memset(r->screen.cells, 0, sizeof(r->screen.cells));
	for (int row = 0; row < ROWS; row++)
		for (int c = 0; c < COLUMNS; c++)
			r->screen.cells[row][c] = ' ';
	r->pid = forkpty(&r->terminal, NULL, NULL, &size);
	if (r->pid < 0) {
		perror("feel_keys: forkpty");
		exit(1);
	}
	if (!r->pid) {
		setenv("TERM", "xterm-256color", 1);
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
}

static size_t decode(const char *text, char *out)
{
	size_t n = 0;
	unsigned byte;
	int size;

	for (; *text && *text != '\n'; text++) {
		if (*text != '\\') {
			out[n++] = *text;
		} else if (sscanf(text + 1, "x%2x%n", &byte, &size) == 1) {
			out[n++] = (char)byte;
			text += size;
		} else {
			text++;
			out[n++] = *text == 'e' ? '\x1b' : *text == 'r' ? '\r' : *text == 't' ? '\t' : *text;
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct run r;
	char line[4096], keys[4096];
	double begin = now_ms(), first, last;
	int got = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: feel_keys WAIT SHOWN COMMAND... < SCRIPT\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	r.wait = atof(argv[1]);
	run_start(&r, argv + 3);
	while (got >= 0 && now_ms() - begin < REST_MS && !screen_shows_all(&r.screen, argv[2]))
		got = run_read(&r, 100);
	printf("start\t%.1f\n", screen_shows_all(&r.screen, argv[2]) ? now_ms() - begin : -1);
	while (got >= 0 && fgets(line, sizeof(line), stdin)) {
		char *tab = strchr(line, '\t');
		size_t size = tab ? decode(tab + 1, keys) : 0;

		if (!tab)
			continue;
		*tab = 0;
		begin = now_ms();
		if (write(r.terminal, keys, size) != (ssize_t)size)
			break;
		run_settle(&r, begin, &first, &last);
		printf("%s\t%.1f\t%.1f\n", line, first, last);
		if (line[0] == '=')
			screen_print(&r.screen);
	}
	kill(r.pid, SIGHUP);
	close(r.terminal);
	waitpid(r.pid, NULL, 0);
	return 0;
}
