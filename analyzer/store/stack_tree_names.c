/* SPDX-License-Identifier: MIT
 *
 * Reading what the stacks are made of: modules, files, functions, frames, sites; and checking it.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/stack_tree_private.h"

int stack_tree_damaged(struct err *err, const char *what, int64_t id)
{
	return err_set(err, ERR_FAILED, "the database is damaged: %s %lld does not fit the others", what, (long long)id);
}

/* The largest id of a table. Ids are given in order, so one far above the number of rows is damage, not data. */
static int last_id(struct store *s, const char *table, uint32_t *last, struct err *err)
{
	char sql[256];

	/* Each by itself takes SQLite no look at the rows. */
	snprintf(sql, sizeof(sql), "SELECT coalesce((SELECT max(id) FROM %s), 0), coalesce((SELECT min(id) FROM %s), 1), "
	                           "(SELECT count(*) FROM %s)", table, table, table);
	struct statement *q = store_prepare(s, sql, err);
	if (!q)
		return -1;
	int got = statement_step(q, err);
	int64_t largest = got > 0 ? statement_number(q, 0) : 0, least = got > 0 ? statement_number(q, 1) : 1;
	int64_t count = got > 0 ? statement_number(q, 2) : 0;
	statement_finish(q);
	if (got < 0)
		return -1;
	if (least < 1 || largest > 16 * count + 65536 || largest > INT32_MAX)
		return stack_tree_damaged(err, table, least < 1 ? least : largest);
	*last = (uint32_t)largest;
	return 0;
}

static size_t add_text(struct stack_tree *t, const char *text)
{
	size_t size = strlen(text) + 1, at = t->text_size;

	t->text = memory_grown(t->text, &t->text_capacity, at + size, 1);
	memcpy(t->text + at, text, size);
	t->text_size += size;
	return at;
}

/* Rows (id, text, module id or 0). */
static int load_names(struct store *s, const char *table, const char *sql, struct stack_tree *t, struct stack_name **names,
                      uint32_t *last, struct err *err)
{
	struct statement *q;
	int got;

	if (last_id(s, table, last, err))
		return -1;
	*names = memory_zeroed((size_t)*last + 1, sizeof(**names));
	if (!(q = store_prepare(s, sql, err)))
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		int64_t module = statement_number(q, 2);
		if (module < 0 || (module && (module > t->last_module || !t->modules[module].used))) {
			got = stack_tree_damaged(err, table, statement_number(q, 0));
			break;
		}
		(*names)[statement_number(q, 0)] =
			(struct stack_name){ .text = add_text(t, statement_text(q, 1)), .module = (uint32_t)module, .used = 1 };
	}
	statement_finish(q);
	return got;
}

/* Rows (id, function, file or 0, line, inlined). *all is 1 if they have all ids up to the last. */
static int load_places(struct store *s, const char *table, const char *sql, const struct stack_tree *t,
                       struct stack_place **places, uint32_t *last, int *all, struct err *err)
{
	struct statement *q;
	uint32_t count = 0;
	int got;

	if (last_id(s, table, last, err))
		return -1;
	*places = memory_zeroed((size_t)*last + 1, sizeof(**places));
	if (!(q = store_prepare(s, sql, err)))
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		int64_t function = statement_number(q, 1), file = statement_number(q, 2), line = statement_number(q, 3);
		if (function < 1 || function > t->last_function || !t->functions[function].used || file < 0 ||
		    (file && (file > t->last_file || !t->files[file].used)) || line < 0 || line > INT32_MAX) {
			got = stack_tree_damaged(err, table, statement_number(q, 0));
			break;
		}
		(*places)[statement_number(q, 0)] = (struct stack_place){ (uint32_t)function, (uint32_t)file, (uint32_t)line,
			                                                  statement_number(q, 4) != 0 };
		count++;
	}
	statement_finish(q);
	*all = count == *last;
	return got;
}

int stack_tree_read_names(struct store *s, struct stack_tree *t, struct err *err)
{
	*t = (struct stack_tree){ .store = s };
	if (load_names(s, "module", "SELECT id, path, 0 FROM module", t, &t->modules, &t->last_module, err) ||
	    load_names(s, "file", "SELECT id, path, 0 FROM file", t, &t->files, &t->last_file, err) ||
	    load_names(s, "function", "SELECT id, name, module_id FROM function", t, &t->functions, &t->last_function, err) ||
	    load_places(s, "frame", "SELECT id, function_id, file_id, line, inlined FROM frame", t, &t->frames, &t->last_frame,
	                &t->all_frames, err) ||
	    load_places(s, "site", "SELECT id, function_id, file_id, line, 0 FROM site", t, &t->sites, &t->last_site,
	                &t->all_sites, err) ||
	    last_id(s, "stack", &t->last_node, err)) {
		stack_tree_release(t);
		return -1;
	}
	t->nodes = memory_zeroed((size_t)t->last_node + 1, sizeof(*t->nodes)); /* pages that are not touched take no memory */
	return 0;
}
