/* SPDX-License-Identifier: MIT
 *
 * Reads headers and tables with pread, each into memory of its own, after it was held against the file's size.
 */
#define _GNU_SOURCE
#include "cli/elf_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_HEADERS 65535u
#define CHUNK 65536u

/* [offset, offset + size) of the file, and a NUL behind it; NULL: it is not there. To be freed. */
static void *read_part(const struct elf_file *f, uint64_t offset, uint64_t size)
{
	char *out;
	if (offset > f->size || size > f->size - offset || !(out = malloc(size + 1)))
		return NULL;
	for (uint64_t done = 0; done < size;) {
		ssize_t n = pread(f->fd, out + done, size - done, (off_t)(offset + done));
		if (n <= 0) {
			free(out);
			return NULL;
		}
		done += (uint64_t)n;
	}
	out[size] = 0;
	return out;
}

int elf_file_open(struct elf_file *f, const char *path)
{
	struct stat s;
	*f = (struct elf_file){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (f->fd < 0)
		return -1;
	if (fstat(f->fd, &s) == 0 && S_ISREG(s.st_mode) && pread(f->fd, &f->head, sizeof(f->head), 0) == sizeof(f->head) &&
	    memcmp(f->head.e_ident, ELFMAG, SELFMAG) == 0 && f->head.e_ident[EI_CLASS] == ELFCLASS64 &&
	    f->head.e_ident[EI_DATA] == ELFDATA2LSB) {
		f->size = (uint64_t)s.st_size;
		return 0;
	}
	elf_file_close(f);
	return -1;
}

void elf_file_close(struct elf_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* The program headers; NULL: there are none. */
static Elf64_Phdr *read_segments(const struct elf_file *f)
{
	return f->head.e_phnum && f->head.e_phentsize == sizeof(Elf64_Phdr)
	               ? read_part(f, f->head.e_phoff, (uint64_t)f->head.e_phnum * sizeof(Elf64_Phdr))
	               : NULL;
}

/* The content of the first segment of this type. */
static void *read_segment(const struct elf_file *f, uint32_t type, uint64_t *size)
{
	Elf64_Phdr *segments = read_segments(f);
	void *content = NULL;
	for (unsigned i = 0; segments && i < f->head.e_phnum; i++)
		if (segments[i].p_type == type) {
			*size = segments[i].p_filesz;
			content = read_part(f, segments[i].p_offset, segments[i].p_filesz);
			break;
		}
	free(segments);
	return content;
}

int elf_file_interpreter(const struct elf_file *f, char *out, size_t size)
{
	uint64_t length;
	char *path = read_segment(f, PT_INTERP, &length);
	int there = path && *path && strlen(path) < size;
	if (there)
		memcpy(out, path, strlen(path) + 1);
	free(path);
	return there;
}

int elf_file_is_symbolic(const struct elf_file *f)
{
	uint64_t size;
	Elf64_Dyn *dynamic = read_segment(f, PT_DYNAMIC, &size);
	int symbolic = 0;
	for (uint64_t i = 0; dynamic && i < size / sizeof(*dynamic) && dynamic[i].d_tag != DT_NULL; i++)
		symbolic |= dynamic[i].d_tag == DT_SYMBOLIC || (dynamic[i].d_tag == DT_FLAGS && dynamic[i].d_un.d_val & DF_SYMBOLIC);
	free(dynamic);
	return symbolic;
}

static Elf64_Shdr *read_sections(const struct elf_file *f, uint64_t *n)
{
	const Elf64_Ehdr *e = &f->head;
	Elf64_Shdr *first;
	*n = e->e_shnum;
	if (!e->e_shoff || e->e_shentsize != sizeof(Elf64_Shdr))
		return NULL;
	if (!*n && (first = read_part(f, e->e_shoff, sizeof(*first)))) { /* too many for the field */
		*n = first->sh_size;
		free(first);
	}
	return *n && *n <= MAX_HEADERS ? read_part(f, e->e_shoff, *n * sizeof(Elf64_Shdr)) : NULL;
}

static void note_symbol(const Elf64_Sym *s, const char *name, const char *const names[], size_t n, uint8_t found[])
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			found[i] |= s->st_shndx == SHN_UNDEF ? ELF_WANTS : ELF_DEFINES;
}

static int find_in(const struct elf_file *f, const Elf64_Shdr *table, const Elf64_Shdr *text, const char *const names[], size_t n,
                   uint8_t found[])
{
	Elf64_Sym *symbols = read_part(f, table->sh_offset, table->sh_size);
	char *strings = read_part(f, text->sh_offset, text->sh_size);
	int there = symbols && strings;
	for (uint64_t i = 0; there && i < table->sh_size / sizeof(*symbols); i++)
		if (symbols[i].st_name && symbols[i].st_name < text->sh_size && ELF64_ST_TYPE(symbols[i].st_info) != STT_FILE)
			note_symbol(&symbols[i], strings + symbols[i].st_name, names, n, found);
	free(symbols);
	free(strings);
	return there;
}

int elf_file_find(const struct elf_file *f, uint32_t table, const char *const names[], size_t n, uint8_t found[])
{
	uint64_t count;
	int there = 0;
	Elf64_Shdr *sections = read_sections(f, &count);
	memset(found, 0, n);
	for (uint64_t i = 0; sections && !there && i < count; i++)
		if (sections[i].sh_type == table && sections[i].sh_link < count)
			there = find_in(f, &sections[i], &sections[sections[i].sh_link], names, n, found);
	free(sections);
	return there;
}

int elf_file_contains(const struct elf_file *f, const char *text)
{
	char chunk[CHUNK + 128];
	size_t length = strlen(text), kept = 0;
	uint64_t at = 0;
	ssize_t n;
	while ((n = pread(f->fd, chunk + kept, CHUNK, (off_t)at)) > 0) {
		size_t there = kept + (size_t)n;
		if (memmem(chunk, there, text, length))
			return 1;
		kept = there < length ? there : length - 1;
		memmove(chunk, chunk + there - kept, kept);
		at += (uint64_t)n;
	}
	return 0;
}
