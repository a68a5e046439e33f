/* SPDX-License-Identifier: MIT
 *
 * Writing what is seen into a file. Lists are written here, as CSV or JSON: their rows in their order, with all columns.
 * Stacks, those that the view is about, are written by the reading thread, folded, by the cost that is being looked at.
 */
#include "tui/browser_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/whole_file.h"
#include "analyzer/export/export.h"
#include "analyzer/report/report_write.h"

/* --- folded stacks ---------------------------------------------------------------------------------- */

/* The file's path and the query in a text, and out of it. Caller frees. */
static char *pack(const char *file, const struct export_query *q)
{
	const char *path = q->path ? q->path : "";
	size_t size = strlen(file) + strlen(path) + 200;
	char *text = memory_zeroed(size, 1);

	snprintf(text, size, "%ld %ld %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d %s\n%s", q->pid, q->tid, q->site_id, q->function_id, q->stack_id,
	         q->lock_id, q->outwards, path, file);
	return text;
}

/* Both are in the text, which is written to. */
static const char *unpack(char *text, struct export_query *q)
{
	char *file = strchr(text, '\n');
	int path = 0;

	*file = 0;
	sscanf(text, "%ld %ld %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %d %n", &q->pid, &q->tid, &q->site_id, &q->function_id, &q->stack_id,
	       &q->lock_id, &q->outwards, &path);
	q->path = text + path;
	return file + 1;
}

static int write_stacks(struct store *s, const struct export_query *q, const char *path, struct err *err)
{
	struct whole_file file;

	if (whole_file_open(&file, path, err) < 0)
		return -1;
	if (export_find("folded")->write(s, q, file.out, err) == 0)
		return whole_file_publish(&file, err);
	whole_file_abandon(&file);
	return -1;
}

/* `name` is the cost, `text` what pack made; `number` tells one writing from another. */
static int write_folded(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct export_query query = { .cost = a->name };
	char *text = memory_text(a->text);
	const char *path = unpack(text, &query);
	int rc = write_stacks(r->store, &query, path, err);

	(void)out;
	free(text);
	return rc;
}

static const struct question question_folded = { "stacks for a file", write_folded };

void browser_fill_writing(struct browser *b, struct err *err)
{
	int news;

	if (!b->to_write.question)
		return;
	news = asked_for(&b->writing, b, &b->to_write, err);
	if (news > 0)
		browser_say(b, "%s by %s, folded, are in %s%s%s.", b->written, b->to_write.name, b->path, b->frame.lens[0] ? ", " : "", b->frame.lens);
	if (news) {
		asked_release(&b->writing);
		free((char *)b->to_write.text);
		b->to_write = (struct ask){ 0 };
	}
}

static int begin_folded(struct browser *b, const char *path, struct err *err)
{
	struct export_query query = { 0 };
	struct subject subject;
	static int64_t serial;
	char words[512] = "";

	if (b->to_write.question)
		return err_set(err, ERR_FAILED, "%s is still being written", b->path);
	browser_subject(b, &subject);
	if (b->top->ops->stacks)
		b->top->ops->stacks(b->top, &query, words, sizeof(words));
	snprintf(b->written, sizeof(b->written), "%s%s", *words ? "The stacks" : "All stacks", words);
	snprintf(b->path, sizeof(b->path), "%s", path);
	b->to_write = (struct ask){ &question_folded, .number = ++serial, .name = subject.cost ? subject.cost : "allocated_bytes", .text = pack(path, &query) };
	return 0;
}

/* --- lists ------------------------------------------------------------------------------------------ */

static int write_list(struct browser *b, const char *format, const char *path, struct err *err)
{
	const struct grid *g = browser_grid(b);
	const struct report_query query = { 0 };
	const struct report_page page = { 0 };
	struct whole_file file;

	if (!g || !g->table->column_count)
		return err_set(err, ERR_USAGE, "there is no list here: folded stacks can be written, into NAME.folded");
	const struct report shape = { .columns = g->table->columns, .column_count = g->table->column_count };
	struct table rows = *g->table;

	if (whole_file_open(&file, path, err) < 0)
		return -1;
	rows.values = memory_zeroed(rows.row_count * rows.column_count + 1, sizeof(*rows.values));
	for (size_t i = 0; i < rows.row_count; i++)
		memcpy(table_at(&rows, i, 0), table_at(g->table, g->order[i], 0), rows.column_count * sizeof(*rows.values));
	if (!strcmp(format, "csv"))
		report_write_csv(&shape, &rows, &query, &page, file.out);
	else
		report_write_json(&shape, &rows, &query, &page, file.out);
	free(rows.values);
	if (whole_file_publish(&file, err) < 0)
		return -1;
	browser_say(b, "%zu rows are in %s%s%s.", rows.row_count, path, b->frame.lens[0] ? ", " : "", b->frame.lens);
	return 0;
}

static int write_csv(struct browser *b, const char *path, struct err *err)
{
	return write_list(b, "csv", path, err);
}

static int write_json(struct browser *b, const char *path, struct err *err)
{
	return write_list(b, "json", path, err);
}

/* --- the prompt ------------------------------------------------------------------------------------- */

static const struct {
	const char *ending;
	int (*write)(struct browser *b, const char *path, struct err *err);
} formats[] = {
	{ ".csv", write_csv }, { ".json", write_json }, { ".folded", begin_folded },
};

static int ends_in(const char *path, const char *ending)
{
	size_t length = strlen(path), end = strlen(ending);

	return length > end && !strcmp(path + length - end, ending);
}

/* A file that is there is only written over when it was said so. */
static int export_done(struct browser *b, const char *text, struct err *err)
{
	const char *path = text[0] == '!' ? text + 1 : text;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!ends_in(path, formats[i].ending))
			continue;
		if (path == text && access(path, F_OK) == 0)
			return err_set(err, ERR_FAILED, "it is there already: !%s writes over it", path);
		return formats[i].write(b, path, err);
	}
	return err_set(err, ERR_USAGE, "its ending says what: .csv, .json (this list), .folded (stacks)");
}

static const struct prompt_use export_prompt = { "export to: ", export_done };

int browser_export(struct browser *b)
{
	const struct grid *g = browser_grid(b);
	char name[128];

	snprintf(name, sizeof(name), "%s%s", b->top->ops->name, g && g->table->column_count ? ".csv" : ".folded");
	browser_prompt(b, &export_prompt, name);
	return 1;
}
