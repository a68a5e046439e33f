/* SPDX-License-Identifier: MIT
 *
 * libdwfl knows how to unpack .gnu_debugdata and is used for that alone: its callbacks, which could go looking for files
 * or ask servers, find nothing.
 */
#include "analyzer/ingest/symbol_mini.h"
#include "analyzer/base/memory.h"

#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <unistd.h>

struct symbol_mini {
	Dwfl *dwfl;
};

static int find_no_elf(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base, char **path, Elf **elf)
{
	(void)module, (void)data, (void)name, (void)base, (void)path, (void)elf;
	return -1;
}

static int find_no_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base, const char *path,
                             const char *link, GElf_Word crc, char **found)
{
	(void)module, (void)data, (void)name, (void)base, (void)path, (void)link, (void)crc, (void)found;
	return -1;
}

static const Dwfl_Callbacks callbacks = {.find_elf = find_no_elf, .find_debuginfo = find_no_debuginfo};

/* Fills in where the code around the symbol ends. 0: it lies in none. */
static int place_code(const struct symbol_image *image, struct symbol *symbol)
{
	size_t cursor = SYMBOL_RANGE_FIRST;
	const struct symbol_range *code = symbol_ranges_find(&image->code, symbol->address, &cursor);

	if (code)
		symbol->section_end = code->high;
	return code != NULL;
}

static void add_symbols(Dwfl_Module *module, const struct symbol_image *image, enum symbol_what what,
                        struct symbol_table *table)
{
	int type = what == SYMBOL_FUNCTIONS ? STT_FUNC : STT_OBJECT;
	int count = dwfl_module_getsymtab(module);

	for (int i = 1; i < count; i++) {
		struct symbol symbol = {.function = 1};
		GElf_Sym s;
		GElf_Addr address;
		GElf_Word section;

		symbol.name = dwfl_module_getsym_info(module, i, &s, &address, &section, NULL, NULL);
		if (!symbol.name || !symbol.name[0] || GELF_ST_TYPE(s.st_info) != type || section == SHN_UNDEF)
			continue;
		symbol.address = address;
		symbol.size = s.st_size;
		if (what == SYMBOL_FUNCTIONS ? !place_code(image, &symbol) : !symbol.size)
			continue;
		symbol.local = GELF_ST_BIND(s.st_info) == STB_LOCAL;
		symbol_table_add(table, &symbol);
	}
}

struct symbol_mini *symbol_mini_open(const struct symbol_image *image, enum symbol_what what, struct symbol_table *table)
{
	struct symbol_mini *m;
	Dwfl_Module *module = NULL;
	int fd;

	if (!symbol_image_has(image, ".gnu_debugdata"))
		return NULL;
	m = memory_zeroed(1, sizeof(*m));
	m->dwfl = dwfl_begin(&callbacks);
	fd = dup(image->fd);
	if (m->dwfl && fd >= 0) {
		module = dwfl_report_elf(m->dwfl, "module", image->path, fd, 0, true); /* owns fd from here on */
		if (!module)
			close(fd);
		dwfl_report_end(m->dwfl, NULL, NULL);
	}
	if (module)
		add_symbols(module, image, what, table);
	if (!table->count) {
		symbol_mini_close(m);
		return NULL;
	}
	return m;
}

void symbol_mini_close(struct symbol_mini *m)
{
	if (!m)
		return;
	if (m->dwfl)
		dwfl_end(m->dwfl);
	free(m);
}
