/* SPDX-License-Identifier: MIT
 *
 * The frames of one stack, read by key.
 */
#include "analyzer/report/site_rows.h"
#include "analyzer/report/stack_view.h"

static const struct column columns[] = {
	{ "number", "#", UNIT_ID, "0 is the innermost frame" },
	SITE_COLUMNS,
	{ "inlined", NULL, UNIT_TEXT, "inlined into the frame that follows" },
	{ "function_id", NULL, UNIT_ID, "key of the function" },
	{ "is_site", NULL, UNIT_ID, "1: the site lies in this function" },
};

int stack_view_frames(struct store *s, int64_t stack_id, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, "WITH RECURSIVE up(parent_id, frame_id, depth, number) AS "
	                                       "(SELECT parent_id, frame_id, depth, 0 FROM stack WHERE id = ?1 UNION ALL "
	                                       "SELECT stack.parent_id, stack.frame_id, stack.depth, number + 1 FROM up JOIN stack "
	                                       "ON stack.id = up.parent_id AND stack.depth < up.depth) "
	                                       "SELECT number, function.name, file.path, nullif(line, 0), module.path, "
	                                       "CASE inlined WHEN 1 THEN 'inlined' END, function.id, function.id = (SELECT site.function_id FROM stack "
	                                       "JOIN site ON site.id = stack.site_id WHERE stack.id = ?1) FROM up JOIN frame ON frame.id = up.frame_id "
	                                       "JOIN function ON function.id = frame.function_id LEFT JOIN file ON file.id = frame.file_id "
	                                       "LEFT JOIN module ON module.id = function.module_id ORDER BY number", err);
	if (!q)
		return -1;
	statement_bind_number(q, 1, stack_id);
	table_init(t, columns, sizeof(columns) / sizeof(columns[0]));
	int rc = store_fill(s, q, t, err);

	statement_finish(q);
	if (rc < 0)
		table_release(t);
	return rc;
}
