/* SPDX-License-Identifier: MIT
 *
 * The key table, the prompt, and figures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/figure.h"
#include "tui/keymap.h"
#include "tui/prompt.h"
#include "tui/terminal.h"
#include "tui/view.h"

static void test_keys_are_told_apart(void **state)
{
	(void)state;
	for (const struct key *a = keymap; a->action; a++)
		for (const struct key *b = keymap; b != a; b++)
			assert_true(a->input != b->input || !(a->group & b->group)); /* what one means depends on the view */
}

/* Each action has a line of help; a line without one follows a key with the same action. */
static void test_keys_have_help(void **state)
{
	(void)state;
	assert_non_null(keymap[0].help);
	for (const struct key *key = keymap; key->action; key++) {
		assert_non_null(key->name);
		assert_int_not_equal(key->group, 0);
		if (key->help)
			assert_true(strlen(key->help) <= 57); /* 80 columns with the widest names of keys */
		else
			assert_int_equal(key->action, key[-1].action);
	}
}

static void test_keys_depend_on_the_view(void **state)
{
	(void)state;
	assert_int_equal(keymap_find('j', KEYS_LIST)->action, ACTION_DOWN);
	assert_null(keymap_find('j', KEYS_EVERYWHERE));
	assert_int_equal(keymap_find('q', KEYS_EVERYWHERE)->action, ACTION_QUIT);
	assert_null(keymap_find('!', ~0u));
	assert_null(keymap_find(INPUT_OTHER, ~0u));
}

/* Every view that has a number can be reached by it. */
static void test_views_have_keys(void **state)
{
	(void)state;
	for (int i = 0; view_roots[i]; i++) {
		const struct key *key = view_roots[i]->number ? keymap_find(view_roots[i]->number, KEYS_TABS) : NULL;

		if (!view_roots[i]->number)
			continue;
		assert_non_null(key);
		assert_int_equal(key->action, ACTION_VIEW);
	}
}

static void test_prompt(void **state)
{
	struct prompt p;

	(void)state;
	prompt_open(&p, "/");
	prompt_key(&p, 'a');
	prompt_key(&p, 0xe9);
	prompt_key(&p, INPUT_UP);
	assert_string_equal(p.text, "a\xc3\xa9");
	assert_int_equal(prompt_key(&p, INPUT_BACKSPACE), PROMPT_EDITED);
	assert_string_equal(p.text, "a");
	prompt_key(&p, INPUT_BACKSPACE);
	assert_int_equal(prompt_key(&p, INPUT_BACKSPACE), PROMPT_GIVEN_UP);
	assert_int_equal(prompt_key(&p, INPUT_ENTER), PROMPT_DONE);
	assert_int_equal(prompt_key(&p, INPUT_ESCAPE), PROMPT_GIVEN_UP);
	prompt_set(&p, "a\xc3\xa9 b");
	prompt_key(&p, INPUT_LEFT);
	prompt_key(&p, INPUT_LEFT);
	prompt_key(&p, INPUT_BACKSPACE);
	prompt_key(&p, 'x');
	assert_string_equal(p.text, "ax b");
	prompt_key(&p, INPUT_END);
	prompt_key(&p, 'w' & 0x1f);
	assert_string_equal(p.text, "ax ");
	prompt_set(&p, "");
	for (int i = 0; i < 1000; i++)
		prompt_key(&p, 0x20ac);
	assert_true(p.length < sizeof(p.text));
	assert_int_equal(p.length % 3, 0); /* no half character */
}

static void test_figures(void **state)
{
	char out[FIGURE_BYTES];

	(void)state;
	assert_string_equal(figure_format(out, UNIT_BYTES, 2083059139, 1), "2,083,059,139");
	assert_string_equal(figure_format(out, UNIT_BYTES, 2083059139, 0), "1.94 GiB");
	assert_string_equal(figure_format(out, UNIT_COUNT, 999, 1), "999");
	assert_string_equal(figure_format(out, UNIT_COUNT, -1000, 1), "-1,000");
	assert_string_equal(figure_format(out, UNIT_COUNT, INT64_MIN, 1), "-9,223,372,036,854,775,808");
	assert_string_equal(figure_format(out, UNIT_ID, 4711, 1), "4711");
	assert_string_equal(figure_share(out, 0.372), "37.2 %");
	assert_string_equal(figure_share(out, 0.0001), "<0.1 %");
	assert_string_equal(figure_share(out, 0), "0 %");
	assert_string_equal(figure_share(out, 1), "100.0 %");
	for (int64_t value = 1; value > 0 && value < INT64_MAX / 3; value *= 3) {
		assert_true((int)strlen(figure_format(out, UNIT_BYTES, value, 0)) <= figure_width(UNIT_BYTES, value, 0));
		assert_true((int)strlen(figure_format(out, UNIT_COUNT, value, 0)) <= figure_width(UNIT_COUNT, value, 0));
		assert_true((int)strlen(figure_format(out, UNIT_NS, value, 0)) <= figure_width(UNIT_NS, value, 0));
		assert_true((int)strlen(figure_format(out, UNIT_BYTES, value, 1)) <= figure_width(UNIT_BYTES, value, 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_are_told_apart), cmocka_unit_test(test_keys_have_help),
		cmocka_unit_test(test_keys_depend_on_the_view), cmocka_unit_test(test_views_have_keys), cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
