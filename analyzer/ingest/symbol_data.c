/* SPDX-License-Identifier: MIT
 *
 * Variables are looked up like functions, among symbols of another type. One without a size, as hand-written assembly has
 * them, goes to the next; but not those of the linker and of the compiler's start-up files (__dso_handle, __TMC_END__),
 * which would lend their names to whatever lies behind.
 */
#include "analyzer/ingest/symbol_data.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/symbol_mini.h"
#include "analyzer/ingest/symbol_table.h"

struct symbol_data {
	struct symbol_table table;
	struct symbol_mini *mini;
};

static void data_add(void *arg, const struct symbol *symbol)
{
	if (symbol->size || symbol->name[0] != '_')
		symbol_table_add(arg, symbol);
}

struct symbol_data *symbol_data_new(const struct symbol_image *file, const struct symbol_image *debug)
{
	struct symbol_data *d = memory_zeroed(1, sizeof(*d));

	if ((!file->elf || !symbol_image_symbols(file, SYMBOL_VARIABLES, 0, data_add, &d->table)) &&
	    (!debug->elf || !symbol_image_symbols(debug, SYMBOL_VARIABLES, 0, data_add, &d->table)) && file->elf) {
		d->mini = symbol_mini_open(file, SYMBOL_VARIABLES, &d->table);
		if (!d->mini)
			symbol_image_symbols(file, SYMBOL_VARIABLES, 1, data_add, &d->table);
	}
	symbol_table_finish(&d->table);
	return d;
}

void symbol_data_free(struct symbol_data *d)
{
	if (!d)
		return;
	symbol_table_release(&d->table);
	symbol_mini_close(d->mini);
	free(d);
}

/* Length of a C name without the number that makes a function's static variables unique: "once.3". */
static size_t plain_length(const char *name)
{
	size_t size = strlen(name), end = size;

	while (end > 0 && isdigit((unsigned char)name[end - 1]))
		end--;
	return end > 1 && end < size && name[end - 1] == '.' ? end - 1 : size;
}

const char *symbol_data_name(const struct symbol_data *d, uint64_t address, struct symbol_strings *strings)
{
	uint64_t start;
	const char *linkage = symbol_table_find(&d->table, address, 0, &start);
	const char *name;

	if (!linkage)
		return NULL;
	name = symbol_strings_demangled(strings, symbol_strings_keep(strings, linkage));
	name = symbol_strings_intern(strings, name, plain_length(name));
	if (address == start)
		return name;
	return symbol_strings_format(strings, "%s+0x%llx", name, (unsigned long long)(address - start));
}
