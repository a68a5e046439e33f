/* SPDX-License-Identifier: MIT
 *
 * Costs and scopes: look-ups with sentences for what is not there, and one cost's figures by stack.
 */
#include "analyzer/store/cost.h"

#include <stdio.h>
#include <string.h>

enum unit cost_unit(const char *name)
{
	if (strcmp(name, "bytes") == 0)
		return UNIT_BYTES;
	return strcmp(name, "ns") == 0 ? UNIT_NS : UNIT_COUNT;
}

/* Appends the first column of a query, joined by ", ", up to what fits; `most` rows at the most. */
static void list_words(struct store *s, const char *sql, const struct scope *scope, int most, char *out, size_t size)
{
	struct statement *q = store_prepare(s, sql, NULL);
	size_t at = 0;

	out[0] = 0;
	if (!q)
		return;
	if (scope)
		scope_bind(q, scope);
	for (int n = 0; statement_step(q, NULL) > 0 && at + 1 < size; n++) {
		if (n == most) {
			snprintf(out + at, size - at, ", ...");
			break;
		}
		at += (size_t)snprintf(out + at, size - at, "%s%s", n ? ", " : "", statement_text(q, 0));
	}
	statement_finish(q);
}

static int read_cost(struct statement *q, struct cost *cost, struct err *err)
{
	int got = statement_step(q, err);

	if (got > 0) {
		cost->id = statement_number(q, 0);
		snprintf(cost->name, sizeof(cost->name), "%s", statement_text(q, 1));
		cost->unit = cost_unit(statement_text(q, 2));
	}
	statement_finish(q);
	return got;
}

/* What there is no figure of under the store's lens is in the file all the same. */
static int is_hidden(struct store *s, const char *name)
{
	struct statement *q = store_prepare(s, "SELECT 1 FROM main.cost WHERE name = ?1", NULL);
	int got;

	if (!q)
		return 0;
	statement_bind_text(q, 1, name, strlen(name));
	got = statement_step(q, NULL);
	statement_finish(q);
	return got > 0;
}

int cost_find(struct store *s, const char *name, struct cost *cost, struct err *err)
{
	char words[700];
	struct statement *q = store_prepare(s, "SELECT id, name, unit FROM cost WHERE name = ?1", err);

	if (!q)
		return -1;
	if (!name)
		name = "allocated_bytes";
	statement_bind_text(q, 1, name, strlen(name));
	int got = read_cost(q, cost, err);
	if (got)
		return got < 0 ? -1 : 0;
	list_words(s, "SELECT name FROM cost ORDER BY id", NULL, 100, words, sizeof(words));
	if (is_hidden(s, name))
		return err_set(err, ERR_USAGE, "the cost %s is not kept by time, so there is none of a span; there are %s", name, words);
	return err_set(err, ERR_USAGE, "there is no cost \"%s\"; there are %s", name, words);
}

int cost_find_id(struct store *s, int64_t id, struct cost *cost, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT id, name, unit FROM cost WHERE id = ?1", err);

	if (!q)
		return -1;
	statement_bind_number(q, 1, id);
	int got = read_cost(q, cost, err);
	if (got)
		return got < 0 ? -1 : 0;
	return err_set(err, ERR_FAILED, "the database has no cost %lld", (long long)id);
}

void scope_bind(struct statement *q, const struct scope *scope)
{
	statement_bind_number(q, 1, scope->pid);
	statement_bind_number(q, 2, scope->tid);
}

static int none_of_these(struct store *s, const struct scope *scope, struct err *err)
{
	char words[700];
	struct scope process = { .pid = scope->pid };

	list_words(s, "SELECT DISTINCT pid FROM process WHERE (?1 = 0 OR pid = ?1) AND ?2 = 0 ORDER BY id", &process, 20, words,
	           sizeof(words));
	if (!words[0]) {
		list_words(s, "SELECT DISTINCT pid FROM process ORDER BY id", NULL, 20, words, sizeof(words));
		return err_set(err, ERR_USAGE, "there is no process %lld in this recording; there are %s", (long long)scope->pid, words);
	}
	list_words(s, "SELECT DISTINCT thread.tid FROM thread JOIN process ON process.id = thread.process_id "
	              "WHERE (?1 = 0 OR process.pid = ?1) AND ?2 = 0 ORDER BY thread.id", &process, 20, words, sizeof(words));
	return err_set(err, ERR_USAGE, "there is no thread %lld in %s; there are %s", (long long)scope->tid,
	               scope->pid ? "this process" : "this recording", words[0] ? words : "none");
}

int scope_check(struct store *s, const struct scope *scope, struct err *err)
{
	if (!scope->pid && !scope->tid)
		return 0;
	struct statement *q = store_prepare(s, scope->tid ? "SELECT 1 FROM thread JOIN process ON process.id = thread.process_id "
	                                                    "WHERE (?1 = 0 OR process.pid = ?1) AND thread.tid = ?2 LIMIT 1"
	                                                  : "SELECT 1 FROM process WHERE pid = ?1 AND ?2 = 0 LIMIT 1", err);
	if (!q)
		return -1;
	scope_bind(q, scope);
	int got = statement_step(q, err);
	statement_finish(q);
	if (got)
		return got < 0 ? -1 : 0;
	return none_of_these(s, scope, err);
}

int cost_by_stack(struct store *s, int64_t cost_id, const struct scope *scope, int64_t *values, uint32_t last,
                  struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT stack_id, value FROM total WHERE cost_id = ?3 AND " SCOPE_THREADS, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	statement_bind_number(q, 3, cost_id);
	while ((got = statement_step(q, err)) > 0) {
		int64_t id = statement_number(q, 0);
		if (id < 1 || id > (int64_t)last) {
			got = err_set(err, ERR_FAILED, "the database is damaged: it counts something for stack %lld, which is not there",
			              (long long)id);
			break;
		}
		values[id] += statement_number(q, 1);
	}
	statement_finish(q);
	return got;
}
