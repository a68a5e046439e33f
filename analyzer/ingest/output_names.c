/* SPDX-License-Identifier: MIT
 *
 * The naming's rows, as they are.
 */
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"

static int write_modules(const struct output *o, struct err *err)
{
	struct inserter i;

	inserter_open(&i, o->store, "INSERT INTO module VALUES (?1, ?2, ?3, ?4)", err);
	for (size_t id = 1; id <= o->naming->module_count; id++) {
		const struct named_module *m = &o->naming->modules[id];
		static const char digits[] = "0123456789abcdef";
		char hex[2 * 64 + 1];
		uint32_t size = m->build_id_size < 64 ? m->build_id_size : 64;

		for (uint32_t k = 0; k < size; k++) {
			hex[2 * k] = digits[m->build_id[k] >> 4];
			hex[2 * k + 1] = digits[m->build_id[k] & 15];
		}
		hex[2 * size] = 0;
		inserter_number(&i, 1, (int64_t)id);
		inserter_text(&i, 2, m->path);
		inserter_text(&i, 3, hex);
		inserter_text(&i, 4, m->symbols);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

static int write_functions(const struct output *o, struct err *err)
{
	struct inserter i;

	inserter_open(&i, o->store, "INSERT INTO function VALUES (?1, ?2, ?3, ?4)", err);
	for (size_t id = 1; id <= o->naming->function_count; id++) {
		const struct named_function *f = &o->naming->functions[id];

		inserter_number(&i, 1, (int64_t)id);
		inserter_text(&i, 2, f->name);
		inserter_text(&i, 3, f->linkage);
		inserter_id(&i, 4, f->module);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

static int write_files(const struct output *o, struct err *err)
{
	struct inserter i;

	inserter_open(&i, o->store, "INSERT INTO file VALUES (?1, ?2)", err);
	for (size_t id = 1; id <= o->naming->file_count; id++) {
		inserter_number(&i, 1, (int64_t)id);
		inserter_text(&i, 2, o->naming->files[id]);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

static int write_frames(const struct output *o, struct err *err)
{
	struct inserter i;

	inserter_open_numbers(&i, o->store, "frame", 6, "", err);
	for (size_t id = 1; id <= o->naming->frame_count; id++) {
		const struct named_frame *f = &o->naming->frames[id];

		inserter_number(&i, 1, (int64_t)id);
		inserter_number(&i, 2, f->function);
		inserter_id(&i, 3, f->file);
		inserter_number(&i, 4, f->line);
		inserter_number(&i, 5, (int64_t)f->address);
		inserter_number(&i, 6, f->inlined);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

static int write_sites(const struct output *o, struct err *err)
{
	struct inserter i;

	inserter_open_numbers(&i, o->store, "site", 4, "", err);
	for (size_t id = 1; id <= o->naming->site_count; id++) {
		const struct named_site *s = &o->naming->sites[id];

		inserter_number(&i, 1, (int64_t)id);
		inserter_number(&i, 2, s->function);
		inserter_id(&i, 3, s->file);
		inserter_number(&i, 4, s->line);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

static int write_stacks(const struct output *o, struct err *err)
{
	struct inserter i;

	inserter_open_numbers(&i, o->store, "stack", 5, "", err);
	for (size_t id = 1; id <= o->naming->stack_count; id++) {
		const struct named_stack *s = &o->naming->stacks[id];

		inserter_number(&i, 1, (int64_t)id);
		inserter_number(&i, 2, s->parent);
		inserter_number(&i, 3, s->frame);
		inserter_number(&i, 4, s->depth);
		inserter_number(&i, 5, s->site);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

int output_names(const struct output *o, struct err *err)
{
	if (write_modules(o, err) || write_functions(o, err) || write_files(o, err) || write_frames(o, err) ||
	    write_sites(o, err) || write_stacks(o, err))
		return -1;
	return 0;
}
