/* SPDX-License-Identifier: MIT
 *
 * libelf's side of the symbolizer. The file is mapped, so that a large one costs only the pages that are looked at.
 */
#include "analyzer/ingest/symbol_image.h"
#include "analyzer/base/memory.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_MASK (~(uint64_t)4095)

/* Never blocks on a FIFO or a device that a trace names as a module. */
static int regular_open(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void read_build_id(struct symbol_image *image)
{
	const void *id;

	ssize_t size = dwelf_elf_gnu_build_id(image->elf, &id);

	if (size <= 0 || size > SYMBOL_BUILD_ID_MAX)
		return;
	memcpy(image->build_id, id, (size_t)size);
	image->build_id_size = (size_t)size;
}

static int read_segments(struct symbol_image *image)
{
	uint64_t low = UINT64_MAX;
	size_t count;
	GElf_Phdr p;

	if (elf_getphdrnum(image->elf, &count))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!gelf_getphdr(image->elf, (int)i, &p))
			return -1;
		if (p.p_type == PT_LOAD && p.p_vaddr < low)
			low = p.p_vaddr;
	}
	image->low = low & PAGE_MASK;
	return low == UINT64_MAX ? -1 : 0;
}

/* Sections say better than segments what is code; a file without section headers has only the latter. */
static void read_code(struct symbol_image *image)
{
	Elf_Scn *section = NULL;
	GElf_Shdr s;
	GElf_Phdr p;
	size_t count;

	while ((section = elf_nextscn(image->elf, section))) {
		if (gelf_getshdr(section, &s) && s.sh_flags & SHF_ALLOC && s.sh_flags & SHF_EXECINSTR)
			symbol_ranges_add(&image->code, s.sh_addr, s.sh_addr + s.sh_size, 0, 0);
	}
	if (!image->code.count && !elf_getphdrnum(image->elf, &count)) {
		for (size_t i = 0; i < count; i++) {
			if (gelf_getphdr(image->elf, (int)i, &p) && p.p_type == PT_LOAD && p.p_flags & PF_X)
				symbol_ranges_add(&image->code, p.p_vaddr, p.p_vaddr + p.p_memsz, 0, 0);
		}
	}
	symbol_ranges_sort(&image->code);
}

static int image_read(struct symbol_image *image)
{
	GElf_Ehdr header;

	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF || !gelf_getehdr(image->elf, &header))
		return -1;
	/* A file for supplementary debug information has no segments and is never asked for addresses. */
	if (read_segments(image) && header.e_type != ET_DYN && header.e_type != ET_EXEC && header.e_type != ET_REL)
		return -1;
	read_build_id(image);
	read_code(image);
	return 0;
}

int symbol_image_open(struct symbol_image *image, const char *path)
{
	memset(image, 0, sizeof(*image));
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -1;
	image->fd = regular_open(path);
	if (image->fd < 0)
		return -1;
	image->elf = elf_begin(image->fd, ELF_C_READ_MMAP, NULL);
	image->path = memory_resized(NULL, strlen(path) + 1, 1);
	strcpy(image->path, path);
	if (image_read(image)) {
		symbol_image_close(image);
		return -1;
	}
	return 0;
}

void symbol_image_close(struct symbol_image *image)
{
	if (!image->path)
		return;
	elf_end(image->elf);
	close(image->fd);
	free(image->path);
	symbol_ranges_release(&image->code);
	memset(image, 0, sizeof(*image));
}

int symbol_image_has_id(const struct symbol_image *image, const unsigned char *build_id, size_t size)
{
	return image->build_id_size == size && !memcmp(image->build_id, build_id, size);
}

static Elf_Scn *section_named(const struct symbol_image *image, const char *name, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(image->elf, &names))
		return NULL;
	while ((section = elf_nextscn(image->elf, section))) {
		const char *found = gelf_getshdr(section, header) ? elf_strptr(image->elf, names, header->sh_name) : NULL;

		if (found && !strcmp(found, name))
			return header->sh_type == SHT_NOBITS || !header->sh_size ? NULL : section;
	}
	return NULL;
}

int symbol_image_has(const struct symbol_image *image, const char *section)
{
	GElf_Shdr header;

	return section_named(image, section, &header) != NULL;
}

const unsigned char *symbol_image_section(const struct symbol_image *image, const char *name, size_t *size,
                                          uint64_t *address)
{
	GElf_Shdr header;
	Elf_Scn *section = section_named(image, name, &header);
	Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;

	if (!data || !data->d_buf)
		return NULL;
	*size = data->d_size;
	*address = header.sh_addr;
	return data->d_buf;
}

const char *symbol_image_debuglink(const struct symbol_image *image, uint32_t *crc)
{
	GElf_Word value;
	const char *name = dwelf_elf_gnu_debuglink(image->elf, &value);

	*crc = value;
	return name;
}

/* Whether a symbol of this type is one of those wanted. */
static int type_is(int type, enum symbol_what what)
{
	if (what == SYMBOL_VARIABLES)
		return type == STT_OBJECT || type == STT_COMMON;
	return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
}

static int symbol_read(const struct symbol_image *image, size_t names, const GElf_Sym *s, enum symbol_what what,
                       struct symbol *out)
{
	GElf_Xword place = what == SYMBOL_FUNCTIONS ? SHF_EXECINSTR : SHF_ALLOC;
	Elf_Scn *section;
	GElf_Shdr header;
	int type = GELF_ST_TYPE(s->st_info);

	if (!type_is(type, what) || s->st_shndx == SHN_UNDEF || s->st_shndx >= SHN_LORESERVE)
		return 0;
	section = elf_getscn(image->elf, s->st_shndx);
	if (!section || !gelf_getshdr(section, &header) || !(header.sh_flags & place) || header.sh_flags & SHF_TLS)
		return 0;
	out->name = elf_strptr(image->elf, names, s->st_name);
	if (!out->name || !out->name[0] || out->name[0] == '@')
		return 0;
	out->address = s->st_value;
	out->size = s->st_size;
	out->section_end = header.sh_addr + header.sh_size;
	out->function = type != STT_NOTYPE;
	out->local = GELF_ST_BIND(s->st_info) == STB_LOCAL;
	return s->st_value >= header.sh_addr && s->st_value < out->section_end;
}

size_t symbol_image_symbols(const struct symbol_image *image, enum symbol_what what, int dynamic,
                            void (*add)(void *arg, const struct symbol *symbol), void *arg)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t added = 0;

	while ((section = elf_nextscn(image->elf, section))) {
		Elf_Data *data;
		struct symbol symbol;
		GElf_Sym s;

		if (!gelf_getshdr(section, &header) || header.sh_type != (dynamic ? SHT_DYNSYM : SHT_SYMTAB))
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 1; data && gelf_getsym(data, i, &s); i++) {
			if (symbol_read(image, header.sh_link, &s, what, &symbol)) {
				add(arg, &symbol);
				added++;
			}
		}
	}
	return added;
}

struct Dwarf *symbol_image_dwarf(struct symbol_image *image)
{
	if (!symbol_image_has(image, ".debug_info") && !symbol_image_has(image, ".zdebug_info"))
		return NULL;
	return dwarf_begin_elf(image->elf, DWARF_C_READ, NULL);
}

void symbol_image_end_dwarf(struct Dwarf *dwarf)
{
	dwarf_end(dwarf);
}

const char *symbol_image_altlink(struct Dwarf *dwarf, const unsigned char **build_id, size_t *size)
{
	const char *name;
	const void *id;

	ssize_t length = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id);

	if (length <= 0)
		return NULL;
	*build_id = id;
	*size = (size_t)length;
	return name;
}

void symbol_image_set_alt(struct Dwarf *dwarf, struct Dwarf *alt)
{
	dwarf_setalt(dwarf, alt);
}
