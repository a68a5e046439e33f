/* SPDX-License-Identifier: MIT
 *
 * A turn of the loop: the open view asks for what it shows and takes what has come, is drawn, and a key
 * or an answer is waited for. Nothing on this thread reads, so no key ever waits for the database.
 */
#include "tui/browser_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/terminal.h"

enum {
	PATIENCE_MS = 20, /* an answer that comes so soon is drawn at once, without "reading" before it */
	TICK_MS = 250,    /* what is drawn while something is being read */
	LOOK_MS = 1000,   /* between looks for newer databases */
	TELL_MS = 300,    /* what takes longer to read is told */
	LEAST_ROWS = 8,
	LEAST_COLUMNS = 40,
};

struct shelf *browser_shelf(const struct browser *b)
{
	return (struct shelf *)&b->shelf;
}

const struct browser_options *browser_options(const struct browser *b)
{
	return b->options;
}

int browser_exact(const struct browser *b)
{
	return b->exact;
}

const char *browser_losses(const struct browser *b)
{
	return b->facts.answer ? b->frame.losses : NULL;
}

void browser_say(struct browser *b, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(b->frame.message, sizeof(b->frame.message), format, list);
	va_end(list);
	b->frame.message_style = STYLE_PLAIN;
}

const struct lens *browser_lens(const struct browser *b)
{
	return &b->lens;
}

int browser_lens_is_set(const struct browser *b)
{
	return b->lens.from_ns || b->lens.to_ns || b->lens.filter.count;
}

void browser_set_lens(struct browser *b, const struct lens *lens)
{
	b->lens = *lens;
	reader_lens(b->reader, lens);
}

static void complain(struct browser *b, struct err *err)
{
	browser_say(b, "%s", err->text);
	b->frame.message_style = STYLE_ERROR;
	*err = (struct err){ 0 };
}

/* --- keys ----------------------------------------------------------------------------------------- */

static void resize(struct browser *b)
{
	int rows, columns;

	terminal_size(&rows, &columns);
	screen_resize(&b->screen, rows, columns);
}

/* 1 if the open view took the input as it came. */
static int type_into_view(struct browser *b, int input, struct err *err)
{
	int done = b->top->ops->input ? b->top->ops->input(b->top, input, err) : 0;

	if (done < 0)
		complain(b, err);
	return done != 0;
}

void browser_press(struct browser *b, const struct key *key)
{
	struct err err = { 0 };
	int done = 0;

	if (b->top->ops->act)
		done = b->top->ops->act(b->top, key->action, &err);
	if (!done)
		done = browser_act(b, key, &err);
	if (done < 0)
		complain(b, &err);
}

static void take_key(struct browser *b, int input)
{
	const struct key *key;
	struct err err = { 0 };

	if (!type_into_view(b, input, &err) && (key = keymap_find(input, browser_groups(b))))
		browser_press(b, key);
}

/* Nothing can be clicked on while something is typed. */
static void take_mouse(struct browser *b)
{
	struct mouse mouse = terminal_mouse();
	struct err err = { 0 };

	if (b->typing || b->search.typing)
		return;
	if (mouse.kind != MOUSE_DRAG && mouse.kind != MOUSE_RELEASE)
		b->frame.message[0] = 0;
	if (browser_point(b, &mouse, &err) < 0)
		complain(b, &err);
}

static void take(struct browser *b, int input)
{
	if (input == INPUT_RESIZE) {
		resize(b);
		return;
	}
	if (input == INPUT_MOUSE) {
		take_mouse(b);
		return;
	}
	b->frame.message[0] = 0;
	if (b->typing)
		browser_type(b, input);
	else if (b->search.typing)
		search_key(&b->search, browser_grid(b), input, b->frame.message, sizeof(b->frame.message));
	else
		take_key(b, input);
}

/* --- the loop ------------------------------------------------------------------------------------- */

static void draw_bottom(struct browser *b, int *cursor)
{
	int y = b->screen.rows - 1;

	if (b->typing)
		*cursor = prompt_draw(&b->prompt, &b->screen, y);
	else if (b->search.typing)
		*cursor = search_draw(&b->search, browser_grid(b), &b->screen, y);
	else
		frame_bottom(&b->frame, &b->screen, browser_groups(b));
}

static void draw(struct browser *b)
{
	int cursor = -1;

	screen_clear(&b->screen);
	if (b->screen.rows < LEAST_ROWS || b->screen.columns < LEAST_COLUMNS) {
		frame_too_small(&b->screen, LEAST_ROWS, LEAST_COLUMNS);
	} else {
		int above = frame_top(&b->frame, &b->screen, b->root);
		struct rect area = { above, 0, b->screen.rows - above - 1, b->screen.columns };

		b->top->ops->draw(b->top, &b->screen, area);
		draw_bottom(b, &cursor);
	}
	terminal_show(&b->screen, b->screen.rows - 1, cursor);
}

static void fill_facts(struct browser *b, struct err *err)
{
	static const struct ask facts = { &question_facts, .id = 0 };

	if (asked_for(&b->facts, b, &facts, err) <= 0)
		return;
	snprintf(b->frame.facts, sizeof(b->frame.facts), "%s", b->facts.answer->text);
	snprintf(b->frame.losses, sizeof(b->frame.losses), "%s", b->facts.answer->more);
}

static void fill_lens(struct browser *b, struct err *err)
{
	static const struct ask lens = { &question_lens, .id = 0 };

	if (asked_for(&b->shown_lens, b, &lens, err) > 0)
		snprintf(b->frame.lens, sizeof(b->frame.lens), "%s", b->shown_lens.answer->text ? b->shown_lens.answer->text : "");
}

/* What takes long is told beside the facts. */
static void tell_doing(struct browser *b)
{
	char what[100];
	double seconds = reader_doing(b->reader, what, sizeof(what));

	if (seconds * 1000 >= TELL_MS)
		snprintf(b->frame.doing, sizeof(b->frame.doing), "reading %s, %.0f s", what, seconds);
	else if (!browser_progress(b, b->frame.doing, sizeof(b->frame.doing)))
		browser_tell_outdated(b, b->frame.doing, sizeof(b->frame.doing));
}

/* The open view asks and takes. What is not asked now is not wanted any more. */
static void fill(struct browser *b)
{
	struct err err = { 0 };
	int news = 1;

	shelf_turn(&b->shelf);
	fill_facts(b, &err);
	fill_lens(b, &err);
	browser_fill_writing(b, &err);
	if (b->top->ops->fill)
		news = b->top->ops->fill(b->top, &err);
	if (err.text[0] || news < 0)
		complain(b, &err);
	if (news > 0)
		search_refresh(&b->search, browser_grid(b));
	reader_mind(b->reader);
	switch (reader_failure(b->reader, err.text, sizeof(err.text))) {
	case READER_LENS_FAILED:
		b->lens = (struct lens){ 0 };
		complain(b, &err);
		break;
	case READER_OPEN_FAILED:
		complain(b, &err);
		break;
	case READER_WELL:
		break;
	}
	tell_doing(b);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Asks, and waits a moment for the answers, also if keys are waiting: what is typed ahead finds the rows it is for. */
static void settle(struct browser *b)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	fill(b);
	while (shelf_busy(&b->shelf) && now_ms() < end) {
		reader_wait(b->reader, (int)(end - now_ms()));
		fill(b);
	}
}

/* How long to wait for a key before looking again. */
static int patience(struct browser *b)
{
	char progress[sizeof(b->frame.doing)];

	return shelf_busy(&b->shelf) || browser_progress(b, progress, sizeof(progress)) ? TICK_MS : LOOK_MS;
}

static void loop(struct browser *b)
{
	while (!b->leaving) {
		browser_look(b);
		settle(b);
		draw(b);
		int input = terminal_key(patience(b));

		if (input == INPUT_GONE)
			return;
		if (input != INPUT_WAKE && input != INPUT_NONE)
			take(b, input);
	}
}

static void close_all(struct browser *b)
{
	browser_close_all(b);
	asked_release(&b->facts);
	asked_release(&b->shown_lens);
	asked_release(&b->writing);
	free((char *)b->to_write.text);
	reader_stop(b->reader);
	shelf_release(&b->shelf);
	screen_release(&b->screen);
}

int browser_run(const struct browser_options *options, struct err *err)
{
	struct browser b = { .options = options, .frame.name = options->name };

	view_choose_roots(options->base_name != NULL);
	shelf_init(&b.shelf);
	b.reader = reader_start(&b.shelf, err);
	if (!b.reader) {
		shelf_release(&b.shelf);
		return -1;
	}
	if (options->lens.from_ns || options->lens.to_ns || options->lens.filter.count)
		browser_set_lens(&b, &options->lens);
	browser_show(&b, 0);
	if (options->base_name)
		browser_say(&b, "Two recordings: what changed is in view %d, %s (Shift-Tab).", browser_root_count(), view_roots[browser_root_count() - 1]->title);
	if (terminal_start(err) < 0) {
		close_all(&b);
		return -1;
	}
	screen_init(&b.screen, terminal_ascii());
	resize(&b);
	loop(&b);
	terminal_stop();
	close_all(&b);
	return 0;
}
