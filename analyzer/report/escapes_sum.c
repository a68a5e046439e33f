/* SPDX-License-Identifier: MIT
 *
 * One pass over `escaped`: figures go to an array by site, and what is to be voted on (owner and level, who freed, the pair of
 * threads) to a list of votes, which is sorted afterwards so that votes for the same stand together.
 */
#include "analyzer/report/escapes_sum.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/site_sums.h"

enum vote_kind { VOTE_OWNER, VOTE_FREED, VOTE_THREADS };

struct vote {
	uint32_t site;
	uint16_t kind, class;
	uint32_t first, second; /* owner: function and level; freed: site; threads: their origins */
	uint32_t node;          /* owner: the stack that says so */
	int64_t blocks;
};

struct ballot {
	struct vote *votes;
	size_t count, room;
};

const char *escapes_class_name(int class)
{
	static const char *const names[ESCAPES_CLASSES] = { NULL, "local", "caller", "thread", "retained" };

	return class > 0 && class < ESCAPES_CLASSES ? names[class] : NULL;
}

/* --- threads -------------------------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

const char *escapes_origin_name(const struct stack_tree *tree, uint32_t origin, char *out, size_t size)
{
	if (origin == ESCAPES_ORIGIN_MAIN)
		return "main thread";
	if (!origin || origin == ESCAPES_ORIGIN_UNSEEN)
		return NULL;
	const struct stack_place *place = &tree->sites[tree->nodes[origin].site];
	const char *function = stack_tree_function(tree, place->function), *file = stack_tree_file(tree, place->file);

	if (file)
		snprintf(out, size, "%s (%s:%u)", function ? function : "?", last_part(file), place->line);
	else
		snprintf(out, size, "%s", function ? function : "?");
	return out;
}

static int known_stack(const struct stack_tree *tree, int64_t id)
{
	struct err unsaid = { 0 };

	return id > 0 && !stack_tree_need(tree, id, &unsaid);
}

static int read_origins(struct store *s, struct escapes_sum *sum, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT thread.id, created_stack_id, tid = pid FROM main.thread "
	                                       "JOIN main.process ON process.id = process_id", err);
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		int64_t stack = statement_number(q, 1);
		*map_at(&sum->origins, (uint64_t)statement_number(q, 0)) =
			known_stack(sum->tree, stack) ? (uint32_t)stack : statement_number(q, 2) ? ESCAPES_ORIGIN_MAIN : ESCAPES_ORIGIN_UNSEEN;
	}
	statement_finish(q);
	return got;
}

uint32_t escapes_sum_origin(const struct escapes_sum *sum, int64_t thread)
{
	uint32_t origin = map_find(&sum->origins, (uint64_t)thread);

	return origin ? origin : ESCAPES_ORIGIN_UNSEEN;
}

/* --- figures -------------------------------------------------------------------------------------------- */

/* Columns of the statement. */
enum { STACK, THREAD, CLASS, OWNER, LEVEL, FREE_STACK, FREE_THREAD, BLOCKS, BYTES, UNCERTAIN };

#define COLUMNS "SELECT stack_id, thread_id, class, owner_id, level, free_stack_id, free_thread_id, blocks, bytes, uncertain FROM "
static const char all_sql[] = COLUMNS "escaped WHERE " SCOPE_THREADS;
static const char site_sql[] = COLUMNS "stack CROSS JOIN escaped ON stack_id = stack.id WHERE site_id = ?3 AND " SCOPE_THREADS;

static void vote(struct ballot *b, struct vote v)
{
	b->votes = memory_grown(b->votes, &b->room, b->count + 1, sizeof(*b->votes));
	b->votes[b->count++] = v;
}

/* The function that owns: the frame's; of a stack that freed, its site's. */
static uint32_t owner_of(const struct stack_tree *tree, int class, uint32_t node)
{
	if (!node)
		return 0;
	return class == ESCAPES_THREAD ? tree->sites[tree->nodes[node].site].function : tree->frames[tree->nodes[node].frame].function;
}

static int add_row(struct escapes_sum *sum, struct ballot *b, struct statement *q, struct err *err)
{
	const struct stack_tree *tree = sum->tree;
	int64_t stack = statement_number(q, STACK), owner = statement_number(q, OWNER), freed = statement_number(q, FREE_STACK);
	int64_t class = statement_number(q, CLASS), blocks = statement_number(q, BLOCKS);

	if (!known_stack(tree, stack) || (owner && !known_stack(tree, owner)) || (freed && !known_stack(tree, freed)))
		return err_set(err, ERR_FAILED, "the database is damaged: blocks of stack %lld died in stack %lld, freed by %lld, which is not "
		               "there", (long long)stack, (long long)owner, (long long)freed);
	if (class < 1 || class >= ESCAPES_CLASSES)
		return err_set(err, ERR_FAILED, "the database is damaged: blocks of stack %lld have the class %lld, which there is not",
		               (long long)stack, (long long)class);
	uint32_t id = tree->nodes[stack].site;
	struct escapes_site *site = &sum->sites[id];

	site->blocks[class] += blocks;
	site->bytes[class] += statement_number(q, BYTES);
	site->uncertain += statement_number(q, UNCERTAIN);
	vote(b, (struct vote){ id, VOTE_OWNER, (uint16_t)class, owner_of(tree, (int)class, (uint32_t)owner),
	                       (uint32_t)statement_number(q, LEVEL), (uint32_t)owner, blocks });
	if (freed)
		vote(b, (struct vote){ id, VOTE_FREED, 0, tree->nodes[freed].site, 0, 0, blocks });
	if (class == ESCAPES_THREAD)
		vote(b, (struct vote){ id, VOTE_THREADS, 0, escapes_sum_origin(sum, statement_number(q, THREAD)),
		                       escapes_sum_origin(sum, statement_number(q, FREE_THREAD)), 0, blocks });
	return 0;
}

/* Of one site, or (0) of all. */
static int read_rows(struct store *s, const struct scope *scope, uint32_t site, struct escapes_sum *sum, struct ballot *b, struct err *err)
{
	struct statement *q = store_prepare(s, site ? site_sql : all_sql, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	if (site)
		statement_bind_number(q, 3, site);
	while ((got = statement_step(q, err)) > 0)
		if (add_row(sum, b, q, err)) {
			got = -1;
			break;
		}
	statement_finish(q);
	return got;
}

/* The class that most blocks have, the nearest to the call of equals. */
static void settle_classes(struct escapes_sum *sum)
{
	for (uint32_t i = 1; i <= sum->tree->last_site; i++) {
		struct escapes_site *site = &sum->sites[i];
		for (int c = 1; c < ESCAPES_CLASSES; c++) {
			site->blocks[0] += site->blocks[c];
			site->bytes[0] += site->bytes[c];
			if (site->blocks[c] > (site->class ? site->blocks[site->class] : 0))
				site->class = c;
		}
	}
}

/* --- votes ---------------------------------------------------------------------------------------------- */

static int compare_votes(const void *left, const void *right)
{
	const struct vote *a = left, *b = right;
	const uint32_t keys[][2] = {
		{ a->site, b->site }, { a->kind, b->kind }, { a->class, b->class }, { a->first, b->first }, { a->second, b->second },
		{ a->node, b->node },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

enum depth { TO_FIRST, TO_SECOND, TO_NODE };

/* Blocks of the votes from v on, before end, that are for the same; *count is how many votes these are. */
static int64_t same(const struct vote *v, const struct vote *end, enum depth depth, size_t *count)
{
	int64_t blocks = 0;
	const struct vote *p = v;

	for (; p < end && p->site == v->site && p->kind == v->kind && p->class == v->class && p->first == v->first; p++) {
		if ((depth >= TO_SECOND && p->second != v->second) || (depth >= TO_NODE && p->node != v->node))
			break;
		blocks += p->blocks;
	}
	*count = (size_t)(p - v);
	return blocks;
}

/* What most blocks are for among `count` votes: the first vote for it, and how many votes for it there are. */
static const struct vote *winner(const struct vote *v, size_t count, enum depth depth, size_t *votes)
{
	const struct vote *best = v, *end = v + count;
	int64_t most = -1;
	size_t n;

	for (; v < end; v += n) {
		int64_t blocks = same(v, end, depth, &n);
		if (blocks > most) {
			most = blocks;
			best = v;
			*votes = n;
		}
	}
	return best;
}

/* `count` votes of one kind on a site; of owners those of one class. */
static void count_votes(struct escapes_site *site, const struct vote *v, size_t count)
{
	size_t votes = 0;

	if (v->kind == VOTE_FREED) {
		site->free_site = winner(v, count, TO_FIRST, &votes)->first;
	} else if (v->kind == VOTE_THREADS) {
		const struct vote *best = winner(v, count, TO_SECOND, &votes);
		site->maker = best->first;
		site->freer = best->second;
	} else if (v->class == site->class) {
		const struct vote *best = winner(v, count, TO_FIRST, &votes);
		site->owner = best->first;
		best = winner(best, votes, TO_SECOND, &votes);
		site->level = best->second;
		site->owner_node = winner(best, votes, TO_NODE, &votes)->node;
	}
}

/* Sites' votes are few each: put into the order of the sites by counting, the rest is sorted in no time. */
static void sort_votes(const struct escapes_sum *sum, struct ballot *b)
{
	size_t *start = memory_zeroed((size_t)sum->tree->last_site + 2, sizeof(*start)), begin = 0;
	struct vote *sorted = memory_resized(NULL, b->count, sizeof(*sorted));

	for (size_t i = 0; i < b->count; i++)
		start[b->votes[i].site + 1]++;
	for (uint32_t site = 1; site <= sum->tree->last_site; site++)
		start[site + 1] += start[site];
	for (size_t i = 0; i < b->count; i++)
		sorted[start[b->votes[i].site]++] = b->votes[i];
	for (uint32_t site = 1; site <= sum->tree->last_site; begin = start[site], site++)
		if (start[site] - begin > 1)
			qsort(sorted + begin, start[site] - begin, sizeof(*sorted), compare_votes);
	free(start);
	free(b->votes);
	b->votes = sorted;
}

static void settle_votes(struct escapes_sum *sum, struct ballot *b)
{
	if (b->count)
		sort_votes(sum, b);
	for (size_t i = 0, n; i < b->count; i += n) {
		const struct vote *v = &b->votes[i];
		for (n = 1; i + n < b->count && v[n].site == v->site && v[n].kind == v->kind && v[n].class == v->class; n++)
			;
		count_votes(&sum->sites[v->site], v, n);
	}
}

/* --- distributions -------------------------------------------------------------------------------------- */

static void take_lifetimes(void *to, int64_t id, const struct site_bucket *at, size_t count)
{
	struct escapes_sum *sum = to;

	if (id > 0 && id <= sum->tree->last_site)
		sum->sites[id].lifetimes = site_buckets_quantiles(at, count);
}

static void take_sizes(void *to, int64_t id, const struct site_bucket *at, size_t count)
{
	struct escapes_sum *sum = to;

	if (id > 0 && id <= sum->tree->last_site)
		sum->sites[id].sizes = site_buckets_quantiles(at, count);
}

static int read_max_live(struct store *s, const struct scope *scope, struct escapes_sum *sum, struct err *err)
{
	struct site_sums *sums = site_sums_of(s, scope, err);

	if (!sums || site_sums_need_peaks(sums, s, err))
		return -1;
	for (uint32_t id = 1; id <= sums->last && id <= sum->tree->last_site; id++)
		sum->sites[id].max_live = sums->max_live[id];
	return 0;
}

/* --- all of it ------------------------------------------------------------------------------------------ */

/* What is known of a site, or (0) of all. */
static int read_site(struct store *s, const struct scope *scope, uint32_t site, struct escapes_sum *sum, struct ballot *b, struct err *err)
{
	if (read_rows(s, scope, site, sum, b, err))
		return -1;
	if (scope->tid) /* whose they are is not kept */
		return 0;
	return site_buckets_each(s, scope, "lifetime", site, take_lifetimes, sum, err) ||
	       site_buckets_each(s, scope, "size", site, take_sizes, sum, err) ? -1 : 0;
}

int escapes_sum_load(struct store *s, const struct scope *scope, const struct stack_tree *tree, const uint32_t *sites, size_t count,
                     struct escapes_sum *sum, struct err *err)
{
	struct ballot ballot = { 0 };
	int rc;

	*sum = (struct escapes_sum){ .tree = tree, .sites = memory_zeroed((size_t)tree->last_site + 1, sizeof(*sum->sites)) };
	rc = read_origins(s, sum, err) || read_max_live(s, scope, sum, err) ? -1 : 0;
	if (!rc && !sites)
		rc = read_site(s, scope, 0, sum, &ballot, err);
	for (size_t i = 0; sites && i < count && !rc; i++)
		rc = read_site(s, scope, sites[i], sum, &ballot, err);
	if (!rc) {
		settle_classes(sum);
		settle_votes(sum, &ballot);
	}
	free(ballot.votes);
	if (rc)
		escapes_sum_release(sum);
	return rc;
}

void escapes_sum_release(struct escapes_sum *sum)
{
	free(sum->sites);
	map_release(&sum->origins);
	*sum = (struct escapes_sum){ 0 };
}
