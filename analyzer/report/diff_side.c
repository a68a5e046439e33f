/* SPDX-License-Identifier: MIT
 *
 * Reading one side: sites first, so that a sum of a site that is not there is told as damage.
 */
#include "analyzer/report/diff_side.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/cost.h"

const char *diff_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static uint64_t hash_on(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	while (*text++);
	return hash;
}

uint64_t diff_hash(const char *a, const char *b)
{
	return hash_on(hash_on(0xcbf29ce484222325ull, a), b);
}

int64_t diff_scaled(int64_t value, double factor)
{
	double scaled = (double)value * factor;

	if (factor == 1)
		return value;
	return scaled >= 9.2e18 ? INT64_MAX : scaled <= -9.2e18 ? INT64_MIN : (int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
}

/* "libfoo.so+0x1234", "[unknown]+0x7f00": what a function is called that has no symbol. */
static int is_offset(const char *name, const char *linkage)
{
	const char *plus = strrchr(name, '+');

	return !linkage[0] && plus && !strncmp(plus, "+0x", 3) && plus[3] && !plus[3 + strspn(plus + 3, "0123456789abcdef")];
}

static int read_modules(struct diff_side *side, struct store *s, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT path, build_id FROM module", err);
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		const char *name = diff_last_part(statement_text(q, 0)), *build = statement_text(q, 1);
		*map_at(&side->modules, diff_hash(name, "")) = 1;
		*map_at(&side->modules, diff_hash(name, build)) = 1;
	}
	statement_finish(q);
	return got;
}

static const char *keep(struct diff_side *side, const char *text)
{
	return text[0] ? arena_text(&side->texts, text, strlen(text)) : "";
}

static void add_site(struct diff_side *side, struct statement *q)
{
	side->sites = memory_grown(side->sites, &side->capacity, side->count + 1, sizeof(*side->sites));
	struct diff_site *site = &side->sites[side->count++];

	*site = (struct diff_site){ .id = statement_number(q, 0), .line = statement_number(q, 4), .function_id = statement_number(q, 7) };
	site->function = keep(side, statement_text(q, 1));
	site->nameless = is_offset(site->function, statement_text(q, 2));
	site->file = keep(side, statement_text(q, 3));
	site->module = keep(side, statement_text(q, 5));
	site->build_id = keep(side, statement_text(q, 6));
}

static int read_sites(struct diff_side *side, struct store *s, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT site.id, function.name, function.linkage, file.path, site.line, module.path, "
	                                       "module.build_id, site.function_id FROM site JOIN function ON function.id = site.function_id "
	                                       "LEFT JOIN file ON file.id = site.file_id "
	                                       "LEFT JOIN module ON module.id = function.module_id ORDER BY site.id", err);
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		if (side->count == UINT32_MAX - 1) {
			got = err_set(err, ERR_FAILED, "the database has too many sites to be compared");
			break;
		}
		add_site(side, q);
	}
	statement_finish(q);
	return got;
}

/* Rows (site, value) of a measure, in the order of the sites, which are gone through beside them. */
static int read_values(struct diff_side *side, struct store *s, const char *sql, size_t measure, double factor, struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);
	size_t at = 0;
	int got;

	if (!q)
		return -1;
	statement_bind_number(q, 1, diff_measures[measure].cost_id);
	while ((got = statement_step(q, err)) > 0) {
		int64_t id = statement_number(q, 0);
		while (at < side->count && side->sites[at].id < id)
			at++;
		if (at == side->count || side->sites[at].id != id) {
			got = err_set(err, ERR_FAILED, "the database is damaged: it counts something for site %lld, which is not there",
			              (long long)id);
			break;
		}
		side->sites[at].values[measure] = diff_scaled(statement_number(q, 1), factor);
	}
	statement_finish(q);
	return got;
}

static int read_measures(struct diff_side *side, struct store *s, double factor, struct err *err)
{
	static const char costs[] = "SELECT site_id, sum(value) FROM site_total WHERE cost_id = ?1 GROUP BY 1 ORDER BY 1";
	static const char peaks[] = "SELECT site_id, max(peak_bytes) FROM site_peak WHERE thread_id = 0 AND ?1 = 0 GROUP BY 1 ORDER BY 1";

	for (size_t m = 0; m < DIFF_MEASURES; m++)
		if (read_values(side, s, diff_measures[m].cost_id ? costs : peaks, m, diff_measures[m].level ? 1 : factor, err))
			return -1;
	return 0;
}

int diff_side_read(struct diff_side *side, struct store *s, double factor, struct err *err)
{
	*side = (struct diff_side){ 0 };
	if (!read_modules(side, s, err) && !read_sites(side, s, err) && !read_measures(side, s, factor, err))
		return 0;
	diff_side_release(side);
	return -1;
}

void diff_side_release(struct diff_side *side)
{
	free(side->sites);
	map_release(&side->modules);
	arena_release(&side->texts);
}

int diff_side_knows_offsets(const struct diff_side *side, const struct diff_site *site)
{
	const char *name = diff_last_part(site->module);

	if (!name[0])
		return 0;
	return (site->build_id[0] && map_find(&side->modules, diff_hash(name, site->build_id))) ||
	       !map_find(&side->modules, diff_hash(name, ""));
}
