/* SPDX-License-Identifier: MIT
 *
 * Reading the stack tree, and checking it: a database is a file, and files get damaged.
 */
#include "analyzer/store/stack_tree.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/utf8.h"
#include "analyzer/store/store_private.h"

static int damaged(struct err *err, const char *what, int64_t id)
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
		return damaged(err, table, least < 1 ? least : largest);
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
			got = damaged(err, table, statement_number(q, 0));
			break;
		}
		(*names)[statement_number(q, 0)] =
			(struct stack_name){ .text = add_text(t, statement_text(q, 1)), .module = (uint32_t)module, .used = 1 };
	}
	statement_finish(q);
	return got;
}

/* Rows (id, function, file or 0, line, inlined). */
static int load_places(struct store *s, const char *table, const char *sql, const struct stack_tree *t,
                       struct stack_place **places, uint32_t *last, struct err *err)
{
	struct statement *q;
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
			got = damaged(err, table, statement_number(q, 0));
			break;
		}
		(*places)[statement_number(q, 0)] = (struct stack_place){ (uint32_t)function, (uint32_t)file, (uint32_t)line,
			                                                  statement_number(q, 4) != 0 };
	}
	statement_finish(q);
	return got;
}

#define NODE_COLUMNS "SELECT id, parent_id, frame_id, site_id, depth FROM stack"

/* Takes the row that a statement stands on into nodes. */
static int take_node(const struct stack_tree *t, struct stack_node *nodes, struct statement *q, struct err *err)
{
	int64_t id = statement_number(q, 0), parent = statement_number(q, 1), frame = statement_number(q, 2);
	int64_t site = statement_number(q, 3), depth = statement_number(q, 4);

	if (parent < 0 || parent > t->last_node || frame < 1 || frame > t->last_frame || !t->frames[frame].function ||
	    site < 1 || site > t->last_site || !t->sites[site].function || depth < 1 || depth > t->last_node)
		return damaged(err, "stack", id);
	nodes[id] = (struct stack_node){ (uint32_t)parent, (uint32_t)frame, (uint32_t)site, (uint32_t)depth };
	return 0;
}

/* Reads the stacks that are not among the partial ones yet. */
static int load_nodes(struct store *s, struct stack_tree *t, struct err *err)
{
	struct statement *q = store_prepare(s, NODE_COLUMNS " WHERE id > ?1 ORDER BY id", err);
	int got;

	if (!q)
		return -1;
	statement_bind_number(q, 1, t->partial_last);
	while ((got = statement_step(q, err)) > 0 && !(got = take_node(t, t->partial, q, err)))
		t->partial_last = (uint32_t)statement_number(q, 0);
	statement_finish(q);
	return got;
}

/* 1 if a stack is one deeper than its parent, which is there. */
static int node_fits(const struct stack_tree *t, const struct stack_node *node)
{
	return node->parent ? t->nodes[node->parent].frame && t->nodes[node->parent].depth + 1 == node->depth : node->depth == 1;
}

static void drop_partial(struct stack_tree *t)
{
	free(t->partial);
	t->partial = NULL;
	t->partial_last = 0;
}

/* Orders the stacks by depth; refuses one that is not one deeper than its parent. */
static int order_nodes(struct stack_tree *t, struct err *err)
{
	size_t *start = memory_zeroed((size_t)t->last_node + 2, sizeof(*start)), count = 0;
	int rc = 0;

	for (uint32_t n = 1; n <= t->last_node; n++)
		if (t->nodes[n].frame) {
			start[t->nodes[n].depth + 1]++;
			count++;
		}
	for (uint32_t d = 1; d <= t->last_node; d++)
		start[d + 1] += start[d];
	t->order = memory_zeroed(count + 1, sizeof(*t->order));
	for (uint32_t n = 1; n <= t->last_node && !rc; n++) {
		const struct stack_node *node = &t->nodes[n];
		if (!node->frame)
			continue;
		if (!node_fits(t, node))
			rc = damaged(err, "stack", n);
		t->order[start[node->depth]++] = n;
	}
	t->order_count = count;
	free(start);
	return rc;
}

static int read_names(struct store *s, struct stack_tree *t, struct err *err)
{
	*t = (struct stack_tree){ .store = s };
	if (load_names(s, "module", "SELECT id, path, 0 FROM module", t, &t->modules, &t->last_module, err) ||
	    load_names(s, "file", "SELECT id, path, 0 FROM file", t, &t->files, &t->last_file, err) ||
	    load_names(s, "function", "SELECT id, name, module_id FROM function", t, &t->functions, &t->last_function, err) ||
	    load_places(s, "frame", "SELECT id, function_id, file_id, line, inlined FROM frame", t, &t->frames, &t->last_frame,
	                err) ||
	    load_places(s, "site", "SELECT id, function_id, file_id, line, 0 FROM site", t, &t->sites, &t->last_site, err) ||
	    last_id(s, "stack", &t->last_node, err)) {
		stack_tree_release(t);
		return -1;
	}
	t->nodes = memory_zeroed((size_t)t->last_node + 1, sizeof(*t->nodes)); /* pages that are not touched take no memory */
	return 0;
}

/* Reads all stacks. If this is interrupted, what was read stays for the next time; if they do not fit, nothing. */
static int read_stacks(struct store *s, struct stack_tree *t, struct err *err)
{
	struct err own = { 0 };
	struct stack_tree all;
	int rc;

	if (!t->partial)
		t->partial = memory_zeroed((size_t)t->last_node + 1, sizeof(*t->partial));
	rc = store_interrupted(s, &own) || load_nodes(s, t, &own) ? -1 : 0;
	all = *t;
	all.nodes = t->partial;
	if (!rc)
		rc = order_nodes(&all, &own);
	if (!rc) {
		memcpy(t->nodes, t->partial, ((size_t)t->last_node + 1) * sizeof(*t->nodes)); /* who has the tree has this array */
		t->order = all.order;
		t->order_count = all.order_count;
	} else {
		if (all.order != t->order)
			free(all.order);
		err_set(err, own.kind, "%s", own.text);
	}
	if (own.kind != ERR_INTERRUPTED)
		drop_partial(t);
	return rc;
}

/* What the store keeps, read as far as is asked for. */
static struct stack_tree *kept_tree(struct store *s, int stacks, struct err *err)
{
	int rc = 0;

	if (!s->tree) {
		s->tree = memory_zeroed(1, sizeof(*s->tree));
		atomic_store(&s->patient, 1); /* what is read once for all should not have to be begun again */
		rc = read_names(s, s->tree, err);
		atomic_store(&s->patient, 0);
		if (rc) {
			free(s->tree);
			s->tree = NULL;
		}
	}
	if (!rc && stacks && !s->tree->order)
		rc = read_stacks(s, s->tree, err);
	return rc ? NULL : s->tree;
}

static int load(struct store *s, struct stack_tree *t, int stacks, struct err *err)
{
	if (s->reading) {
		const struct stack_tree *kept = kept_tree(s, stacks, err);

		if (!kept)
			return -1;
		*t = *kept;
		t->kept = 1;
		return 0;
	}
	if (read_names(s, t, err))
		return -1;
	if (stacks && read_stacks(s, t, err)) {
		stack_tree_release(t);
		return -1;
	}
	return 0;
}

int stack_tree_load(struct store *s, struct stack_tree *t, struct err *err)
{
	return load(s, t, 1, err);
}

int stack_tree_load_names(struct store *s, struct stack_tree *t, struct err *err)
{
	return load(s, t, 0, err);
}

/* Reads a stack. What does not fit leaves nothing behind. */
static int read_one(struct statement *q, const struct stack_tree *t, int64_t stack, struct err *err)
{
	int got, rc;

	statement_bind_number(q, 1, stack);
	got = statement_step(q, err);
	if (got <= 0)
		return got ? -1 : damaged(err, "stack", stack);
	rc = take_node(t, t->nodes, q, err);
	return statement_step(q, err) || rc ? -1 : 0; /* which ends it */
}

/* Reads a stack and its callers up to what is there. */
static int read_up(struct statement *q, const struct stack_tree *t, uint32_t stack, struct err *err)
{
	uint32_t n = stack, below = 0;
	int rc = 0;

	for (; n && !rc && !t->nodes[n].frame; below = n, n = t->nodes[n].parent)
		rc = read_one(q, t, n, err) || (below && !node_fits(t, &t->nodes[below])) ? -1 : 0;
	if (!rc && node_fits(t, &t->nodes[below]))
		return 0;
	for (n = stack; n && t->nodes[n].frame;) { /* up to what was there before, or could not be read */
		uint32_t parent = t->nodes[n].parent;

		t->nodes[n].frame = 0;
		if (n == below)
			break;
		n = parent;
	}
	return damaged(err, "stack", stack);
}

int stack_tree_need(const struct stack_tree *t, int64_t stack, struct err *err)
{
	static const char sql[] = NODE_COLUMNS " WHERE id = ?1";
	struct statement *q, **kept = t->kept ? &t->store->tree->one : NULL;
	int rc;

	if (stack > 0 && stack <= t->last_node && t->nodes[stack].frame)
		return 0;
	if (stack < 1 || stack > t->last_node || t->order)
		return damaged(err, "stack", stack);
	q = kept && *kept ? *kept : store_prepare(t->store, sql, err);
	if (!q)
		return -1;
	rc = read_up(q, t, (uint32_t)stack, err);
	if (kept)
		*kept = q;
	else
		statement_finish(q);
	return rc;
}

void stack_tree_release(struct stack_tree *t)
{
	if (t->kept) {
		*t = (struct stack_tree){ 0 };
		return;
	}
	statement_finish(t->one);
	free(t->partial);
	free(t->nodes);
	free(t->frames);
	free(t->sites);
	free(t->functions);
	free(t->files);
	free(t->modules);
	free(t->order);
	free(t->text);
	*t = (struct stack_tree){ 0 };
}

const char *stack_tree_function(const struct stack_tree *t, uint32_t function)
{
	return function ? t->text + t->functions[function].text : NULL;
}

const char *stack_tree_file(const struct stack_tree *t, uint32_t file)
{
	return file ? t->text + t->files[file].text : NULL;
}

const char *stack_tree_module(const struct stack_tree *t, uint32_t function)
{
	uint32_t module = function ? t->functions[function].module : 0;

	return module ? t->text + t->modules[module].text : NULL;
}

uint32_t *stack_tree_site_nodes(const struct stack_tree *t)
{
	uint32_t *nodes = memory_zeroed((size_t)t->last_node + 1, sizeof(*nodes));

	for (size_t i = 0; i < t->order_count; i++) {
		uint32_t n = t->order[i], parent = t->nodes[n].parent;
		const struct stack_place *site = &t->sites[t->nodes[n].site], *frame = &t->frames[t->nodes[n].frame];
		int here = site->function == frame->function && site->file == frame->file && site->line == frame->line;
		nodes[n] = here || !parent || t->nodes[parent].site != t->nodes[n].site ? n : nodes[parent];
	}
	return nodes;
}

void stack_tree_write_name(const char *name, FILE *out)
{
	size_t size = strlen(name), plain = 0; /* name[plain..at) needs no escape and is not written yet */

	for (size_t at = 0, n; at < size; at += n) {
		unsigned char c = (unsigned char)name[at];
		n = utf8_length(name + at, size - at);
		if (n && c >= 0x20 && c != 0x7f && c != ';' && c != '\\')
			continue;
		fwrite(name + plain, 1, at - plain, out);
		fprintf(out, "\\x%02x", c);
		n = 1;
		plain = at + 1;
	}
	fwrite(name + plain, 1, size - plain, out);
	if (!size)
		fputs("??", out);
}

void stack_tree_write(const struct stack_tree *t, uint32_t node, int flags, FILE *out)
{
	uint32_t depth = node ? t->nodes[node].depth : 0, count = depth;
	uint32_t *path = memory_resized(NULL, (size_t)depth + 1, sizeof(*path));

	for (; node; node = t->nodes[node].parent)
		path[--count] = node;
	for (uint32_t i = 0; i < depth; i++) {
		const struct stack_place *frame = &t->frames[t->nodes[path[i]].frame];
		if (i)
			fputc(';', out);
		stack_tree_write_name(stack_tree_function(t, frame->function), out);
		if (frame->inlined && (flags & STACK_TREE_MARK_INLINED))
			fputs("_[i]", out);
	}
	free(path);
}
