/* SPDX-License-Identifier: MIT
 *
 * Who was forked from whom, over more images than are remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/lineage.h"

#define MANY 2100000u /* twice as many as are remembered, and some */

static void an_image_is_found_by_its_number(void **unused)
{
	struct lineage l = { 0 };

	(void)unused;
	assert_int_equal(lineage_id(&l, 1), 0);
	lineage_remember(&l, 1, 11, 1);
	lineage_remember(&l, 500, 12, 1);
	lineage_remember(&l, 2, 13, 2);
	assert_int_equal(lineage_id(&l, 1), 11);
	assert_int_equal(lineage_id(&l, 500), 12);
	assert_int_equal(lineage_family(&l, 500), 1);
	assert_int_equal(lineage_family(&l, 2), 2);
	assert_int_equal(lineage_id(&l, 0), 0);
	assert_int_equal(lineage_id(&l, 3), 0);
	assert_int_equal(lineage_family(&l, 500 + (1u << 20)), 0);
	lineage_release(&l);
	assert_int_equal(lineage_family(&l, 500), 0);
}

static void what_came_long_ago_makes_room(void **unused)
{
	struct lineage l = { 0 };

	(void)unused;
	for (uint32_t number = 1; number <= MANY; number++)
		lineage_remember(&l, number, number + 7, number / 3);
	for (uint32_t number = MANY - (1u << 20) + 1; number <= MANY; number++)
		if (lineage_id(&l, number) != number + 7 || lineage_family(&l, number) != number / 3)
			fail_msg("image %u is forgotten", number);
	assert_int_equal(lineage_id(&l, MANY - (1u << 20)), 0);
	assert_int_equal(lineage_family(&l, 1), 0);
	assert_true(l.room <= 1u << 20);
	lineage_remember(&l, UINT32_MAX, 5, 6);
	assert_int_equal(lineage_id(&l, UINT32_MAX), 5);
	lineage_release(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_found_by_its_number),
		cmocka_unit_test(what_came_long_ago_makes_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
