/* SPDX-License-Identifier: MIT
 *
 * Lines that are typed at the bottom, and what becomes of them.
 */
#include "tui/browser_private.h"

#include <stdio.h>

void browser_prompt(struct browser *b, const struct prompt_use *use, const char *text)
{
	b->typing = use;
	prompt_open(&b->prompt, use->label);
	prompt_set(&b->prompt, text);
}

void browser_type(struct browser *b, int input)
{
	struct err err = { 0 };

	switch (prompt_key(&b->prompt, input)) {
	case PROMPT_EDITED:
		return;
	case PROMPT_GIVEN_UP:
		b->typing = NULL;
		return;
	case PROMPT_DONE:
		break;
	}
	if (b->typing->done(b, b->prompt.text, &err) == 0) {
		b->typing = NULL;
		return;
	}
	prompt_complain(&b->prompt, err.text);
}

/* --- the filter ------------------------------------------------------------------------------------- */

static int filter_done(struct browser *b, const char *text, struct err *err)
{
	struct lens lens = *browser_lens(b);

	if (filter_parse(text, &lens.filter, err) < 0)
		return -1;
	if (b->options->base_name && filter_check_two(&lens.filter, err) < 0)
		return -1;
	browser_set_lens(b, &lens);
	return 0;
}

const struct prompt_use browser_filter = { "filter: ", filter_done };
