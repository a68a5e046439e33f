/* SPDX-License-Identifier: MIT
 *
 * A module's names from the best there is: DWARF for functions, inlined calls and lines; else the symbol table; else
 * the dynamic symbols; and for what has no name, where the unwind data says that its function starts. A file on disk
 * whose build id is not the recorded one is another program by now and is never looked into.
 */
#include "analyzer/ingest/symbol_module.h"
#include "analyzer/base/memory.h"
#include "analyzer/ingest/symbol_cfi.h"
#include "analyzer/ingest/symbol_data.h"
#include "analyzer/ingest/symbol_dwarf.h"
#include "analyzer/ingest/symbol_mini.h"
#include "analyzer/ingest/symbol_server.h"
#include "analyzer/ingest/symbol_table.h"

#include <stdlib.h>
#include <string.h>

struct symbol_module {
	char *recorded; /* path as in the trace */
	char *path;     /* without " (deleted)" */
	char *label;    /* how an address without a name is shown: the file's own name */
	unsigned char build_id[SYMBOL_BUILD_ID_MAX];
	size_t build_id_size;
	const struct debugfile_places *places;
	struct symbol_strings *strings;
	int opened, symbols_opened;
	const char *source;
	struct symbol_image file, debug, alt; /* what is not there is closed */
	struct Dwarf *raw, *raw_alt;
	struct symbol_dwarf *dwarf;  /* NULL: no debug information */
	struct symbol_table table;
	struct symbol_mini *mini;
	struct symbol_ranges starts; /* functions by unwind data */
	struct symbol_data *data;    /* variables; NULL: not asked for yet */
	const struct symbol_image *image; /* file, or debug if only that is there; NULL: nothing */
};

static char *text_copy(const char *text, size_t size)
{
	size_t length = strnlen(text, size);
	char *copy = memory_zeroed(length + 1, 1);

	memcpy(copy, text, length);
	return copy;
}

struct symbol_module *symbol_module_new(const char *path, const unsigned char *build_id, size_t size,
                                        const struct debugfile_places *places, struct symbol_strings *strings)
{
	static const char gone[] = " (deleted)";
	struct symbol_module *m = memory_zeroed(1, sizeof(*m));
	size_t length = strlen(path);
	const char *slash;

	if (length >= sizeof(gone) && !strcmp(path + length - (sizeof(gone) - 1), gone))
		length -= sizeof(gone) - 1;
	m->recorded = text_copy(path, strlen(path));
	m->path = text_copy(path, length);
	slash = strrchr(m->path, '/');
	if (!strcmp(m->path, "linux-vdso.so.1"))
		m->label = text_copy("[vdso]", 6);
	else if (!m->path[0])
		m->label = text_copy("[unknown]", 9);
	else
		m->label = text_copy(slash && slash[1] ? slash + 1 : m->path, length);
	m->build_id_size = size < SYMBOL_BUILD_ID_MAX ? size : SYMBOL_BUILD_ID_MAX;
	if (m->build_id_size)
		memcpy(m->build_id, build_id, m->build_id_size);
	m->places = places;
	m->strings = strings;
	m->source = "none";
	return m;
}

void symbol_module_free(struct symbol_module *m)
{
	if (!m)
		return;
	symbol_dwarf_free(m->dwarf);
	symbol_image_end_dwarf(m->raw);
	symbol_image_end_dwarf(m->raw_alt);
	symbol_table_release(&m->table);
	symbol_mini_close(m->mini);
	symbol_data_free(m->data);
	symbol_ranges_release(&m->starts);
	symbol_image_close(&m->alt);
	symbol_image_close(&m->debug);
	symbol_image_close(&m->file);
	free(m->recorded);
	free(m->path);
	free(m->label);
	free(m);
}

int symbol_module_is(const struct symbol_module *m, const char *path, const unsigned char *build_id, size_t size)
{
	return m->build_id_size == size && !strcmp(m->recorded, path) && (!size || !memcmp(m->build_id, build_id, size));
}

/* The file as it was when it was recorded, or nothing. */
static int open_checked(struct symbol_module *m, const char *path)
{
	if (symbol_image_open(&m->file, path))
		return 0;
	if (symbol_image_has_id(&m->file, m->build_id, m->build_id_size))
		return 1;
	symbol_image_close(&m->file);
	return 0;
}

static int open_prefixed(struct symbol_module *m, const char *prefix)
{
	return open_checked(m, symbol_strings_format(m->strings, "%s/%s", prefix, m->path));
}

static int open_fetched(struct symbol_module *m)
{
	char *path = symbol_server_fetch(m->places->server, SYMBOL_SERVER_EXECUTABLE, m->build_id, m->build_id_size);
	int found = path && open_checked(m, path);

	free(path);
	return found;
}

/* With a sysroot a file of this host counts only if the build id proves that it is the same. */
static void open_file(struct symbol_module *m)
{
	if (!m->path[0] || m->path[0] == '[' || !strcmp(m->label, "[vdso]"))
		return;
	if (m->places->sysroot && open_prefixed(m, m->places->sysroot))
		return;
	if ((!m->places->sysroot || m->build_id_size) && open_checked(m, m->path))
		return;
	for (size_t i = 0; i < m->places->dir_count; i++) {
		if (open_prefixed(m, m->places->dirs[i]))
			return;
	}
	if (m->places->server && m->build_id_size)
		open_fetched(m);
}

static void open_debug(struct symbol_module *m)
{
	struct debugfile_wanted wanted = {
		.path = m->path, .build_id = m->build_id, .build_id_size = m->build_id_size};

	if (m->file.elf)
		wanted.debuglink = symbol_image_debuglink(&m->file, &wanted.debuglink_crc);
	else if (!m->build_id_size)
		return;
	debugfile_open(m->places, &wanted, &m->debug);
}

/* What dwz moved to a shared file is names and types; without that file the symbol table names functions. */
static void open_alt(struct symbol_module *m, const char *referrer)
{
	const unsigned char *build_id;
	size_t size;
	const char *name = symbol_image_altlink(m->raw, &build_id, &size);

	if (!name || debugfile_open_alt(m->places, referrer, name, build_id, size, &m->alt))
		return;
	m->raw_alt = symbol_image_dwarf(&m->alt);
	if (m->raw_alt)
		symbol_image_set_alt(m->raw, m->raw_alt);
}

static void read_dwarf(struct symbol_module *m)
{
	struct symbol_image *image = &m->file;

	if (m->file.elf)
		m->raw = symbol_image_dwarf(&m->file);
	if (!m->raw) {
		open_debug(m);
		image = &m->debug;
		m->raw = m->debug.elf ? symbol_image_dwarf(&m->debug) : NULL;
	}
	m->image = m->file.elf ? &m->file : m->debug.elf ? &m->debug : NULL;
	if (!m->raw)
		return;
	open_alt(m, image->path);
	m->dwarf = symbol_dwarf_new(m->raw, &m->image->code);
}

/* The fullest symbol table of those there are. Returns what it is called. */
static const char *read_symbols(struct symbol_module *m)
{
	if ((m->file.elf && symbol_image_symbols(&m->file, SYMBOL_FUNCTIONS, 0, symbol_table_add, &m->table)) ||
	    (m->debug.elf && symbol_image_symbols(&m->debug, SYMBOL_FUNCTIONS, 0, symbol_table_add, &m->table)))
		return "symbol table";
	if (m->file.elf) {
		m->mini = symbol_mini_open(&m->file, SYMBOL_FUNCTIONS, &m->table);
		if (m->mini)
			return "symbol table";
		if (symbol_image_symbols(&m->file, SYMBOL_FUNCTIONS, 1, symbol_table_add, &m->table))
			return "dynamic symbols";
	}
	return "none";
}

/* The symbol table and the unwind data: read when the debug information has no answer, for large files not before. */
static void symbols_open(struct symbol_module *m)
{
	const unsigned char *unwind;
	const char *source;
	uint64_t address;
	size_t size;

	if (m->symbols_opened || !m->image)
		return;
	m->symbols_opened = 1;
	source = read_symbols(m);
	if (!m->dwarf)
		m->source = source;
	symbol_table_finish(&m->table);
	unwind = symbol_image_section(m->image, ".eh_frame", &size, &address);
	if (unwind)
		symbol_cfi_read(&m->starts, unwind, size, address);
}

static void module_open(struct symbol_module *m)
{
	if (m->opened)
		return;
	m->opened = 1;
	open_file(m);
	read_dwarf(m);
	if (m->dwarf)
		m->source = "debug info";
	else
		symbols_open(m);
}

const char *symbol_module_source(struct symbol_module *m)
{
	module_open(m);
	return m->source;
}

static const char *label_at(const struct symbol_module *m, uint64_t offset)
{
	return symbol_strings_format(m->strings, "%s+0x%llx", m->label, (unsigned long long)offset);
}

/* Name of the physical function without debug information, and where it starts (an address; 0: unknown). */
static const char *symbol_name(struct symbol_module *m, uint64_t address, const char **linkage, uint64_t *entry)
{
	size_t cursor = SYMBOL_RANGE_FIRST;
	const struct symbol_range *start;
	const char *name;

	symbols_open(m);
	start = symbol_ranges_find(&m->starts, address, &cursor);
	name = symbol_table_find(&m->table, address, start ? start->low : 0, entry);
	if (name) {
		*linkage = symbol_strings_keep(m->strings, name);
		return symbol_strings_demangled(m->strings, *linkage);
	}
	*linkage = symbol_strings_keep(m->strings, "");
	*entry = start ? start->low : 0;
	return NULL;
}

/* glibc's functions bear inner names in the debug information (`_IO_new_fopen`); the symbol table knows the one that
 * programs call them by. */
static void prefer_plain(struct symbol_module *m, struct symbol_frame *frame, uint64_t entry)
{
	uint64_t start;
	const char *name;

	if (frame->function[0] != '_' || !strncmp(frame->linkage, "_Z", 2) || !strncmp(frame->linkage, "_R", 2))
		return;
	symbols_open(m);
	name = symbol_table_find(&m->table, entry, 0, &start);
	if (!name || start != entry || strspn(name, "_") >= strspn(frame->function, "_"))
		return;
	frame->linkage = symbol_strings_keep(m->strings, name);
	frame->function = symbol_strings_demangled(m->strings, frame->linkage);
}

void symbol_module_frames(struct symbol_module *m, uint64_t offset, struct symbol_frames *frames)
{
	uint64_t low, address, entry = 0;
	size_t first = frames->count;
	struct symbol_frame *last;

	module_open(m);
	low = m->image ? m->image->low : 0;
	address = low + offset;
	if (!m->dwarf || !symbol_dwarf_frames(m->dwarf, address, m->strings, frames, &entry))
		symbol_frames_add(frames)->file = symbol_strings_keep(m->strings, "");
	last = &frames->items[frames->count - 1];
	if (last->function)
		prefer_plain(m, last, entry);
	else
		last->function = symbol_name(m, address, &last->linkage, &entry);
	if (!entry || entry < low)
		entry = address;
	if (!last->function)
		last->function = label_at(m, entry - low);
	for (size_t i = first; i < frames->count; i++) {
		frames->items[i].function_offset = entry - low;
		frames->items[i].offset = offset;
	}
}

const char *symbol_module_data(struct symbol_module *m, uint64_t offset)
{
	const char *name;

	module_open(m);
	if (!m->data)
		m->data = symbol_data_new(&m->file, &m->debug);
	name = m->image ? symbol_data_name(m->data, m->image->low + offset, m->strings) : NULL;
	return name ? name : label_at(m, offset);
}
