/* SPDX-License-Identifier: MIT
 *
 * Four questions to the table `escaped`, each by one key. Names and stacks come from the stack tree, which the store keeps.
 */
#include "analyzer/report/escapes_view.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/report/escapes_sum.h"
#include "analyzer/report/site_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { WAY_FRAMES = 12 }; /* of the callers of a site */

/* What a view is made of. Rows of the query: a stack (0: none), the figures in their order, class, thread, free thread. */
struct question {
	const char *sql;
	const struct column *columns;
	size_t count;
	void (*set)(const struct stack_tree *tree, struct statement *q, struct table *t, struct value *row);
};

static int known_stack(const struct stack_tree *tree, int64_t id)
{
	struct err unsaid = { 0 };

	return id > 0 && !stack_tree_need(tree, id, &unsaid);
}

static uint32_t stack_of(const struct stack_tree *tree, struct statement *q, int column)
{
	int64_t id = statement_number(q, column);

	return known_stack(tree, id) ? (uint32_t)id : 0;
}

static int ask(struct store *s, const struct question *question, int64_t key, struct table *t, struct err *err)
{
	struct stack_tree tree;
	struct statement *q;
	int got;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	if (!(q = store_prepare(s, question->sql, err))) {
		stack_tree_release(&tree);
		return -1;
	}
	statement_bind_number(q, 1, key);
	table_init(t, question->columns, question->count);
	while ((got = statement_step(q, err)) > 0)
		question->set(&tree, q, t, table_add_row(t));
	t->total_rows = t->row_count;
	if (got)
		table_release(t);
	statement_finish(q);
	stack_tree_release(&tree);
	return got;
}

/* The node of the stack's site: itself or further out. */
static uint32_t site_node(const struct stack_tree *tree, uint32_t stack)
{
	const struct stack_place *site = &tree->sites[tree->nodes[stack].site];
	uint32_t n = stack;

	while (n) {
		const struct stack_place *frame = &tree->frames[tree->nodes[n].frame];
		if (frame->function == site->function && frame->file == site->file && frame->line == site->line)
			break;
		n = tree->nodes[n].parent;
	}
	return n ? n : stack;
}

/* --- stacks of a site ----------------------------------------------------------------------------------- */

enum { S_WAY, S_FIGURES, S_STACK = S_FIGURES + 7, S_STACK_ID, S_SITE_ID, S_FUNCTION_ID, S_MODULE };

static const struct column stack_columns[] = {
	[S_WAY] = { "way", "BY WAY OF", UNIT_TEXT, "who called the site's function, innermost first" },
	[S_FIGURES] = { "bytes", "BYTES", UNIT_BYTES, "bytes asked for" },
	{ "blocks", "BLOCKS", UNIT_COUNT, "successful allocations" },
	{ "local", "LOCAL", UNIT_COUNT, "blocks that died before the site's function returned" },
	{ "caller", "CALLER", UNIT_COUNT, "blocks that died in a caller" },
	{ "thread", "THREAD", UNIT_COUNT, "blocks that another thread freed" },
	{ "retained", "KEPT", UNIT_COUNT, "blocks not freed" },
	{ "uncertain", "UNSURE", UNIT_COUNT, "blocks that might have died further in" },
	[S_STACK] = { "stack", NULL, UNIT_TEXT, "functions, outermost first, joined by ;" },
	[S_STACK_ID] = { "stack_id", NULL, UNIT_ID, "key of the stack" },
	[S_SITE_ID] = { "site_id", NULL, UNIT_ID, "key of the site" },
	[S_FUNCTION_ID] = { "function_id", NULL, UNIT_ID, "key of its function" },
	[S_MODULE] = { "module", NULL, UNIT_TEXT, "module of the innermost caller" },
};

/* The names of stacks from `from` outwards, joined by " < ", at the most WAY_FRAMES of them. */
static void set_way(const struct stack_tree *tree, uint32_t from, struct table *t, struct value *v)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = from ? open_memstream(&text, &size) : NULL;
	int frames = 0;

	if (!out)
		return;
	for (uint32_t n = from; n && frames < WAY_FRAMES; n = tree->nodes[n].parent) {
		fputs(frames++ ? " < " : "", out);
		stack_tree_write_name(stack_tree_function(tree, tree->frames[tree->nodes[n].frame].function), out);
	}
	if (fclose(out) == 0)
		table_set_text(t, v, text);
	free(text);
}

static void set_stack(const struct stack_tree *tree, struct statement *q, struct table *t, struct value *row)
{
	uint32_t stack = stack_of(tree, q, 0), caller;

	for (int i = 0; i < 7; i++)
		table_set_number(&row[S_FIGURES + i], statement_number(q, 1 + i));
	if (!stack)
		return;
	caller = tree->nodes[site_node(tree, stack)].parent;
	set_way(tree, caller, t, &row[S_WAY]);
	site_rows_stack(tree, stack, t, &row[S_STACK]);
	table_set_number(&row[S_STACK_ID], stack);
	table_set_number(&row[S_SITE_ID], tree->nodes[stack].site);
	table_set_number(&row[S_FUNCTION_ID], tree->sites[tree->nodes[stack].site].function);
	if (caller)
		table_set_text(t, &row[S_MODULE], stack_tree_module(tree, tree->frames[tree->nodes[caller].frame].function));
}

#define OF_SITE " FROM escaped WHERE stack_id IN (SELECT id FROM stack WHERE site_id = ?1)"
#define OF_CLASS(class) "sum(CASE class WHEN " class " THEN blocks ELSE 0 END)"

int escapes_view_stacks(struct store *s, int64_t site_id, struct table *t, struct err *err)
{
	static const struct question question = {
		"SELECT stack_id, sum(bytes), sum(blocks), " OF_CLASS("1") ", " OF_CLASS("2") ", " OF_CLASS("3") ", " OF_CLASS("4")
		", sum(uncertain)" OF_SITE " GROUP BY stack_id ORDER BY 2 DESC, 1",
		stack_columns, COUNT(stack_columns), set_stack,
	};

	return ask(s, &question, site_id, t, err);
}

/* --- owners of a site's blocks -------------------------------------------------------------------------- */

#define ENDS(function_help, file_help) { \
	{ "function", "OWNER", UNIT_TEXT, function_help }, \
	{ "file", NULL, UNIT_TEXT, file_help }, \
	{ "line", NULL, UNIT_ID, "line in the file" }, \
	{ "module", NULL, UNIT_TEXT, "executable or shared object it lies in" }, \
	{ "class", "CLASS", UNIT_TEXT, "local, caller, thread" }, \
	{ "level", "LEVEL", UNIT_ID, "frames from the site out to the owner" }, \
	{ "bytes", "BYTES", UNIT_BYTES, "bytes that died there" }, \
	{ "blocks", "BLOCKS", UNIT_COUNT, "blocks that died there" }, \
	{ "uncertain", "UNSURE", UNIT_COUNT, "of those, that might have died further in" }, \
	{ "way", NULL, UNIT_TEXT, "from the owner to the site" }, \
	{ "stack", NULL, UNIT_TEXT, "functions, outermost first, joined by ;" }, \
	{ "stack_id", NULL, UNIT_ID, "key of the stack" }, \
	{ "site_id", NULL, UNIT_ID, "key of the site" }, \
	{ "function_id", NULL, UNIT_ID, "key of the function" }, \
}
enum { E_PLACE, E_CLASS = 4, E_LEVEL, E_BYTES, E_BLOCKS, E_UNCERTAIN, E_WAY, E_STACK, E_STACK_ID, E_SITE_ID, E_FUNCTION_ID };

static const struct column owner_columns[] =
	ENDS("function in whose call they died; thread: that freed them", "its source file");
static const struct column dying_columns[] = ENDS("function that asked for them", "its source file");

static void set_end(const struct stack_tree *tree, struct statement *q, struct table *t, struct value *row)
{
	int class = (int)statement_number(q, 1);

	(void)tree;
	table_set_text(t, &row[E_CLASS], escapes_class_name(class));
	for (int i = 0; i < 4; i++)
		table_set_number(&row[E_LEVEL + i], statement_number(q, 2 + i));
}

static void set_place(const struct stack_tree *tree, const struct stack_place *place, struct table *t, struct value *row)
{
	site_rows_place(tree, place, t, &row[E_PLACE]);
	table_set_number(&row[E_FUNCTION_ID], place->function);
}

static void set_owner(const struct stack_tree *tree, struct statement *q, struct table *t, struct value *row)
{
	uint32_t owner = stack_of(tree, q, 0);
	const struct stack_node *node = &tree->nodes[owner];

	set_end(tree, q, t, row);
	if (!owner) {
		table_set_text(t, &row[E_PLACE], "(not known)");
		row[E_LEVEL].none = 1;
		return;
	}
	set_place(tree, statement_number(q, 1) == ESCAPES_THREAD ? &tree->sites[node->site] : &tree->frames[node->frame], t, row);
	site_rows_stack(tree, owner, t, &row[E_STACK]);
	table_set_number(&row[E_STACK_ID], owner);
	table_set_number(&row[E_SITE_ID], node->site);
}

/* Owners that are one function at one level are one row; its stack is that of the biggest. */
int escapes_view_owners(struct store *s, int64_t site_id, struct table *t, struct err *err)
{
	static const struct question question = {
		"SELECT max(CASE place WHEN 1 THEN owner_id END), class, level, sum(bytes), sum(blocks), sum(uncertain) FROM "
		"(SELECT owner_id, class, level, function_id, bytes, blocks, uncertain, row_number() OVER (PARTITION BY class, level, function_id "
		"ORDER BY bytes DESC, owner_id) AS place FROM (SELECT owner_id, class, level, coalesce((SELECT CASE class WHEN 3 THEN "
		"site.function_id ELSE frame.function_id END FROM stack JOIN frame ON frame.id = frame_id JOIN site ON site.id = site_id "
		"WHERE stack.id = owner_id), 0) AS function_id, sum(bytes) AS bytes, sum(blocks) AS blocks, sum(uncertain) AS uncertain" OF_SITE
		" AND class < 4 GROUP BY owner_id, class, level)) GROUP BY class, level, function_id ORDER BY 4 DESC, 2, 3, function_id",
		owner_columns, COUNT(owner_columns), set_owner,
	};

	return ask(s, &question, site_id, t, err);
}

/* --- stacks that freed a site's blocks ------------------------------------------------------------------ */

enum { F_PLACE, F_BYTES = 4, F_BLOCKS, F_MADE_IN, F_FREED_IN, F_STACK, F_STACK_ID, F_SITE_ID, F_FUNCTION_ID };

static const struct column free_columns[] = {
	SITE_COLUMNS,
	[F_BYTES] = { "bytes", "BYTES", UNIT_BYTES, "bytes it freed" },
	[F_BLOCKS] = { "blocks", "BLOCKS", UNIT_COUNT, "blocks it freed" },
	[F_MADE_IN] = { "made_in", "MADE IN", UNIT_TEXT, "where the threads were created that made what another one freed" },
	[F_FREED_IN] = { "freed_in", "FREED IN", UNIT_TEXT, "where the threads were created that freed what another one had made" },
	[F_STACK] = { "stack", NULL, UNIT_TEXT, "functions, outermost first, joined by ;" },
	[F_STACK_ID] = { "stack_id", NULL, UNIT_ID, "key of the stack" },
	[F_SITE_ID] = { "site_id", NULL, UNIT_ID, "key of its site" },
	[F_FUNCTION_ID] = { "function_id", NULL, UNIT_ID, "key of the site's function" },
};

/* The query has of each of the two threads the stack of its creation, and if it is the first of its process. */
static void set_origin(const struct stack_tree *tree, struct statement *q, int column, struct table *t, struct value *v)
{
	uint32_t created = stack_of(tree, q, column);
	char name[512];

	if (created)
		table_set_text(t, v, escapes_origin_name(tree, created, name, sizeof(name)));
	else if (statement_number(q, column + 1))
		table_set_text(t, v, escapes_origin_name(tree, ESCAPES_ORIGIN_MAIN, name, sizeof(name)));
}

static void set_free(const struct stack_tree *tree, struct statement *q, struct table *t, struct value *row)
{
	uint32_t stack = stack_of(tree, q, 0);

	table_set_number(&row[F_BYTES], statement_number(q, 1));
	table_set_number(&row[F_BLOCKS], statement_number(q, 2));
	set_origin(tree, q, 3, t, &row[F_MADE_IN]);
	set_origin(tree, q, 5, t, &row[F_FREED_IN]);
	if (!stack)
		return;
	site_rows_place(tree, &tree->sites[tree->nodes[stack].site], t, &row[F_PLACE]);
	site_rows_stack(tree, stack, t, &row[F_STACK]);
	table_set_number(&row[F_STACK_ID], stack);
	table_set_number(&row[F_SITE_ID], tree->nodes[stack].site);
	table_set_number(&row[F_FUNCTION_ID], tree->sites[tree->nodes[stack].site].function);
}

int escapes_view_frees(struct store *s, int64_t site_id, struct table *t, struct err *err)
{
	static const struct question question = {
		"SELECT e.free_stack_id, sum(e.bytes), sum(e.blocks), m.created_stack_id, m.tid = p.pid, f.created_stack_id, f.tid = p.pid "
		"FROM (SELECT free_stack_id, CASE class WHEN 3 THEN thread_id END AS maker, CASE class WHEN 3 THEN free_thread_id END AS freer, "
		"sum(bytes) AS bytes, sum(blocks) AS blocks" OF_SITE " AND free_stack_id <> 0 GROUP BY 1, 2, 3) e "
		"LEFT JOIN thread m ON m.id = e.maker LEFT JOIN main.thread f ON f.id = e.freer LEFT JOIN process p ON p.id = m.process_id "
		"GROUP BY 1, 4, 5, 6, 7 ORDER BY 2 DESC, 1",
		free_columns, COUNT(free_columns), set_free,
	};

	return ask(s, &question, site_id, t, err);
}

/* --- what died in the calls of a function --------------------------------------------------------------- */

/* The names from the owner's frame in to the site's, joined by " > ". */
static void set_way_in(const struct stack_tree *tree, uint32_t owner, uint32_t site, struct table *t, struct value *v)
{
	uint32_t nodes[WAY_FRAMES];
	char *text = NULL;
	size_t size = 0, count = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	for (uint32_t n = site; n && count < WAY_FRAMES; n = tree->nodes[n].parent) {
		nodes[count++] = n;
		if (n == owner)
			break;
	}
	for (size_t i = count; i-- > 0;) {
		stack_tree_write_name(stack_tree_function(tree, tree->frames[tree->nodes[nodes[i]].frame].function), out);
		fputs(i ? ";" : "", out);
	}
	if (fclose(out) == 0)
		table_set_text(t, v, text);
	free(text);
}

static void set_dying(const struct stack_tree *tree, struct statement *q, struct table *t, struct value *row)
{
	uint32_t stack = stack_of(tree, q, 0), owner = stack_of(tree, q, 6);

	set_end(tree, q, t, row);
	if (!stack || !owner)
		return;
	set_place(tree, &tree->sites[tree->nodes[stack].site], t, row);
	set_way_in(tree, owner, site_node(tree, stack), t, &row[E_WAY]);
	site_rows_stack(tree, stack, t, &row[E_STACK]);
	table_set_number(&row[E_STACK_ID], stack);
	table_set_number(&row[E_SITE_ID], tree->nodes[stack].site);
}

/* Stacks of one site that die at one level are one row; its stack is that of the biggest. */
int escapes_view_dying(struct store *s, int64_t function_id, struct table *t, struct err *err)
{
	static const struct question question = {
		"SELECT max(CASE place WHEN 1 THEN stack_id END), class, level, sum(bytes), sum(blocks), sum(uncertain), "
		"max(CASE place WHEN 1 THEN owner_id END) FROM (SELECT stack_id, owner_id, site_id, class, level, bytes, blocks, uncertain, "
		"row_number() OVER (PARTITION BY site_id, class, level ORDER BY bytes DESC, stack_id) AS place FROM "
		"(SELECT e.stack_id, e.owner_id, made.site_id, e.class, e.level, sum(e.bytes) AS bytes, sum(e.blocks) AS blocks, "
		"sum(e.uncertain) AS uncertain FROM escaped e JOIN stack own ON own.id = e.owner_id JOIN frame ON frame.id = own.frame_id "
		"JOIN stack made ON made.id = e.stack_id WHERE e.class IN (1, 2) AND frame.function_id = ?1 "
		"GROUP BY e.stack_id, e.owner_id, made.site_id, e.class, e.level)) GROUP BY site_id, class, level ORDER BY 4 DESC, site_id, 2, 3",
		dying_columns, COUNT(dying_columns), set_dying,
	};

	return ask(s, &question, function_id, t, err);
}
