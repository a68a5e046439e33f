/* SPDX-License-Identifier: MIT
 *
 * An ELF file opened for its names: an executable, a shared object, or a separate debug file of one.
 * The file is not to be trusted: whatever is in it, the functions here fail or leave things out.
 */
#ifndef INGEST_SYMBOL_IMAGE_H
#define INGEST_SYMBOL_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/symbol_range.h"

#define SYMBOL_BUILD_ID_MAX 64

struct Elf;
struct Dwarf;

struct symbol_image {
	struct Elf *elf; /* NULL: not open */
	int fd;
	char *path;
	unsigned char build_id[SYMBOL_BUILD_ID_MAX];
	size_t build_id_size;
	uint64_t low;              /* page of the lowest loaded address: what the module's base corresponds to */
	struct symbol_ranges code; /* addresses of machine code, sorted */
};

enum symbol_what {
	SYMBOL_FUNCTIONS, /* and labels in code */
	SYMBOL_VARIABLES, /* not those of threads: they have no address */
};

struct symbol {
	const char *name; /* valid while the image is open */
	uint64_t address, size;
	uint64_t section_end; /* of the section it is defined in */
	int function;         /* 0: a label; variables have 1 */
	int local;
};

/* Opens a regular file that is an ELF executable, shared object or debug file; image must be zeroed or closed.
 * 0, or -1 and image stays closed. */
int symbol_image_open(struct symbol_image *image, const char *path);
/* Closes what was opened; a zeroed or closed image is left alone. */
void symbol_image_close(struct symbol_image *image);
int symbol_image_has_id(const struct symbol_image *image, const unsigned char *build_id, size_t size);
/* 1 if the file holds a section of this name with contents. */
int symbol_image_has(const struct symbol_image *image, const char *section);
/* The contents of a section as they are in the file (not uncompressed) and its address, or NULL. */
const unsigned char *symbol_image_section(const struct symbol_image *image, const char *name, size_t *size,
                                          uint64_t *address);
/* Name of the separate debug file that the image asks for, with the CRC32 it must have; NULL: none. */
const char *symbol_image_debuglink(const struct symbol_image *image, uint32_t *crc);

/* Calls add for each function or variable defined in .symtab (dynamic: in .dynsym). Number of calls. */
size_t symbol_image_symbols(const struct symbol_image *image, enum symbol_what what, int dynamic,
                            void (*add)(void *arg, const struct symbol *symbol), void *arg);

/* The image's debug information, or NULL. To be ended before the image is closed. */
struct Dwarf *symbol_image_dwarf(struct symbol_image *image);
void symbol_image_end_dwarf(struct Dwarf *dwarf); /* NULL is allowed */
/* Name and build id of the file with what several debug files share (made by dwz); NULL: it needs none. */
const char *symbol_image_altlink(struct Dwarf *dwarf, const unsigned char **build_id, size_t *size);
void symbol_image_set_alt(struct Dwarf *dwarf, struct Dwarf *alt);

#endif
