/* SPDX-License-Identifier: MIT
 *
 * What a 64-bit ELF file says of itself: its interpreter, the symbols it defines and wants. The file is read, never mapped
 * or run, and nothing in it is believed: what does not fit is as if it were not there.
 */
#ifndef CLI_ELF_FILE_H
#define CLI_ELF_FILE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
	int fd;
	uint64_t size;
	Elf64_Ehdr head;
};

/* 0; or -1: it cannot be read, or is none, and there is nothing to close. */
int elf_file_open(struct elf_file *f, const char *path);
void elf_file_close(struct elf_file *f);

/* Writes the path of the loader it asks for; 0: it asks for none. */
int elf_file_interpreter(const struct elf_file *f, char *out, size_t size);

/* 1: its own symbols come first for itself (it was linked with -Bsymbolic). */
int elf_file_is_symbolic(const struct elf_file *f);

enum { ELF_DEFINES = 1, ELF_WANTS = 2 };

/* Looks for symbols in the table of this type (SHT_DYNSYM, SHT_SYMTAB): found[i] becomes ELF_DEFINES, ELF_WANTS, or 0 where
 * names[i] does not occur. 0: there is no such table. */
int elf_file_find(const struct elf_file *f, uint32_t table, const char *const names[], size_t n, uint8_t found[]);

/* 1: these bytes occur in the file. `text` has 100 bytes at most. */
int elf_file_contains(const struct elf_file *f, const char *text);

#endif
