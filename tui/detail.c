/* SPDX-License-Identifier: MIT
 *
 * Room and order of the parts; what they are is in the descriptions of the views.
 */
#include "tui/detail.h"

#include "tui/row.h"
#include "tui/view.h"

enum {
	LEAST_PANE = 3,    /* a title and two lines */
	BESIDE = 116,      /* columns from which on two panes stand beside each other */
};

static int pane_count(const struct detail_about *about)
{
	int n = 0;

	while (n < DETAIL_PANES && about->panes[n].source)
		n++;
	return n;
}

int detail_height(const struct detail_about *about, const struct rect *area)
{
	int floors = area->width < BESIDE ? pane_count(about) : 1, band = about->band ? about->band->rows + 1 : 0;
	int want = band + floors * view_share(area->height), most = area->height * 3 / 5;

	if (!view_share(area->height))
		return 0;
	return want < most ? want : most;
}

static int fill_band(struct detail *d, struct browser *b, const struct table *t, size_t row, struct err *err)
{
	const struct detail_band *band = d->about->band;

	if (!band || !band->question)
		return 0;
	const struct ask ask = { band->question, .id = row_number(t, row, band->key) };

	return asked_for(&d->band, b, &ask, err);
}

int detail_fill(struct detail *d, struct browser *b, const struct table *t, size_t row, const char *cost, struct err *err)
{
	int news = fill_band(d, b, t, row, err);

	for (int i = 0; i < pane_count(d->about); i++) {
		const struct detail_pane *pane = &d->about->panes[i];
		int read = stack_pane_fill(&d->panes[i], b, pane->source, row_number(t, row, pane->key), pane->cost ? pane->cost(cost) : "", err);

		news = read < 0 || news < 0 ? -1 : news | read;
	}
	return news;
}

static void draw_pane(const struct detail *d, int i, const struct table *t, size_t row, struct screen *s, struct rect area, int exact)
{
	const struct detail_pane *pane = &d->about->panes[i];
	char title[256] = "";

	if (pane->title)
		pane->title(t, row, s->ascii, title, sizeof(title));
	stack_pane_draw(&d->panes[i], s, area, title, exact);
}

static void draw_panes(const struct detail *d, const struct table *t, size_t row, struct screen *s, struct rect area, int exact)
{
	int n = pane_count(d->about);
	struct rect first = area;

	if (n == DETAIL_PANES && area.width >= BESIDE) {
		first.width = area.width / 2 - 1;
		area.x += first.width + 2;
		area.width -= first.width + 2;
	} else if (n == DETAIL_PANES && area.height >= 2 * LEAST_PANE) {
		first = view_take(&area, (area.height + 1) / 2);
	} else {
		n = n ? 1 : 0;
	}
	if (n)
		draw_pane(d, 0, t, row, s, first, exact);
	if (n > 1)
		draw_pane(d, 1, t, row, s, area, exact);
}

void detail_draw(const struct detail *d, const struct table *t, size_t row, struct screen *s, struct rect area, int exact)
{
	const struct detail_band *band = d->about->band;

	if (band && area.height > band->rows) {
		screen_rule(s, view_take(&area, 1), "");
		band->draw(d->band.answer ? &d->band.answer->table : NULL, t, row, s, view_take(&area, band->rows), exact);
	}
	draw_panes(d, t, row, s, area, exact);
}

void detail_release(struct detail *d)
{
	for (int i = 0; i < DETAIL_PANES; i++)
		stack_pane_release(&d->panes[i]);
	asked_release(&d->band);
	*d = (struct detail){ .about = d->about };
}
