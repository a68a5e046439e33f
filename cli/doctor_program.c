/* SPDX-License-Identifier: MIT
 *
 * What of a program's own makes that its calls are missed: it cannot be preloaded into, or an allocator comes before the
 * preloaded one in the loader's order, which is the executable, LD_PRELOAD, then libraries.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "cli/program.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

void doctor_program(const struct doctor *d, struct doctor_finding *f)
{
	if (!d->program[0])
		doctor_say(f, DOCTOR_FAILURE, "%s", d->why_not);
	else if (strcmp(d->program, d->image) == 0)
		doctor_say(f, DOCTOR_OK, "%s", d->program);
	else
		doctor_say(f, DOCTOR_OK, "%s is a script: its interpreter %s is looked at; what it starts is recorded too, each where that can be",
		           d->program, d->image);
}

void doctor_loading(const struct doctor *d, struct doctor_finding *f)
{
	struct err err = { 0 };
	if (!d->program[0])
		return;
	if (program_check(d->image, &err) < 0)
		doctor_say(f, DOCTOR_FAILURE, "%s", err.text);
	else if (access(d->image, F_OK) < 0)
		doctor_say(f, DOCTOR_FAILURE, "the interpreter %s, which the first line of %s names, cannot be run: %s; install it, or mend the line",
		           d->image, d->program, strerror(errno));
	else if (!d->is_elf)
		doctor_say(f, DOCTOR_WARNING, "%s cannot be read, or is no program: whether it can be recorded is not known", d->image);
	else
		doctor_say(f, DOCTOR_OK, "it is linked dynamically with glibc and runs with the rights of its caller");
}

/* --- an allocator inside the executable -------------------------------------------------------- */

/* A name that an allocator has and no other, and words that stay in a stripped executable. `own_call`: a program that calls it
 * goes past malloc, and so past the hooks. */
static const struct {
	const char *symbol, *allocator, *words;
	int own_call;
} marks[] = {
	{ "__asan_init", "AddressSanitizer", NULL, 0 },
	{ "mallctl", "jemalloc", "<jemalloc>: ", 0 },
	{ "je_mallctl", "jemalloc", NULL, 0 },
	{ "_rjem_malloc", "jemalloc", NULL, 1 },
	{ "tc_malloc", "tcmalloc", "tcmalloc: large alloc", 1 },
	{ "mi_malloc", "mimalloc", "mimalloc: ", 1 },
	{ "rpmalloc", "rpmalloc", NULL, 1 },
	{ "scalable_malloc", "TBB's allocator", NULL, 1 },
};
#define MARKS (sizeof(marks) / sizeof(*marks))

struct symbols {
	uint8_t malloc[1], marks[MARKS];
	int there;
};

static void find_symbols(const struct doctor *d, uint32_t table, struct symbols *s)
{
	static const char *const malloc_name[] = { "malloc" };
	const char *names[MARKS];
	for (size_t i = 0; i < MARKS; i++)
		names[i] = marks[i].symbol;
	s->there = elf_file_find(&d->elf, table, malloc_name, 1, s->malloc);
	elf_file_find(&d->elf, table, names, MARKS, s->marks);
}

/* The mark it defines; MARKS: none. */
static size_t defined_mark(const struct symbols *s)
{
	size_t i = 0;
	while (i < MARKS && !(s->marks[i] & ELF_DEFINES))
		i++;
	return i;
}

/* The mark it calls by a name that is not malloc's; MARKS: none. */
static size_t called_mark(const struct symbols *s)
{
	size_t i = 0;
	while (i < MARKS && !(marks[i].own_call && s->marks[i] & ELF_WANTS))
		i++;
	return i;
}

static size_t marked_by_words(const struct doctor *d)
{
	size_t i = 0;
	while (i < MARKS && !(marks[i].words && elf_file_contains(&d->elf, marks[i].words)))
		i++;
	return i;
}

void doctor_allocator(const struct doctor *d, struct doctor_finding *f)
{
	struct symbols dynamic = { 0 }, all = { 0 };
	char loader[256];
	if (!d->is_elf || !elf_file_interpreter(&d->elf, loader, sizeof(loader))) /* of a static one all is said */
		return;
	find_symbols(d, SHT_DYNSYM, &dynamic);
	find_symbols(d, SHT_SYMTAB, &all);
	size_t mark = defined_mark(&dynamic);
	if (mark == MARKS)
		mark = defined_mark(&all);
	if (mark == MARKS && !all.there)
		mark = marked_by_words(d);
	const char *called = mark < MARKS ? marks[mark].allocator : "";
	if (dynamic.malloc[0] & ELF_DEFINES)
		doctor_say(f, DOCTOR_WARNING, "the executable brings its own malloc%s%s%s and exports it, which comes before a preloaded one: unless "
		           "it hands its own calls on they are not seen, those of its libraries are; link the allocator as a library to see them", *called ? " (" : "", called, *called ? ")" : "");
	else if (all.malloc[0] & ELF_DEFINES)
		doctor_say(f, DOCTOR_WARNING, "the executable brings its own malloc%s%s%s: its own calls are not seen, those of its libraries are; "
		           "link the allocator as a library to see them", *called ? " (" : "", called, *called ? ")" : "");
	else if (*called)
		doctor_say(f, DOCTOR_WARNING, "the executable carries %s under names of its own: memory that it takes there is not seen; build it "
		           "with the allocator as a library, or without", called);
	else if (called_mark(&dynamic) < MARKS)
		doctor_say(f, DOCTOR_WARNING, "it calls %s of %s, which goes past malloc: memory that it takes there is not seen; what it takes by malloc "
		           "and new is", marks[called_mark(&dynamic)].symbol, marks[called_mark(&dynamic)].allocator);
	else
		doctor_say(f, DOCTOR_OK, "the executable has no allocator of its own%s", all.there ? "" : " that could be told, being stripped");
}

/* --- its libraries ----------------------------------------------------------------------------- */

static int binds_its_own(const char *path)
{
	static const char *const names[] = { "malloc" };
	struct elf_file file;
	uint8_t found[1] = { 0 };
	if (elf_file_open(&file, path) < 0)
		return 0;
	int own = elf_file_is_symbolic(&file) && elf_file_find(&file, SHT_DYNSYM, names, 1, found) && (found[0] & ELF_DEFINES);
	elf_file_close(&file);
	return own;
}

void doctor_libraries(const struct doctor *d, struct doctor_finding *f)
{
	for (size_t i = 0; i < d->library_count; i++) {
		const struct doctor_library *l = &d->libraries[i];
		if (!l->path)
			doctor_say(f, DOCTOR_FAILURE, "%s, which it needs, is not found: the loader will not start it; install it or set "
			           "LD_LIBRARY_PATH", l->name ? l->name : "a library");
		else if (binds_its_own(l->path))
			doctor_say(f, DOCTOR_WARNING, "%s defines malloc and was linked with -Bsymbolic: its own calls go there and are not seen; "
			           "link it without", base_name(l->path));
	}
	if (d->library_count && f->verdict == DOCTOR_OK)
		doctor_say(f, DOCTOR_OK, "%zu, none of which keeps its calls to itself", d->library_count);
}

void doctor_sanitizer(const struct doctor *d, struct doctor_finding *f)
{
	const char *options = getenv("ASAN_OPTIONS");
	for (size_t i = 0; i < d->library_count; i++) {
		const char *name = base_name(d->libraries[i].path ? d->libraries[i].path : "");
		if (strncmp(name, "libasan.so", 10) == 0 && !(options && strstr(options, "verify_asan_link_order=0")))
			doctor_say(f, DOCTOR_WARNING, "it was built with AddressSanitizer, whose allocator is recorded in place of the program's usual "
			           "one; `culprit record` sets ASAN_OPTIONS=verify_asan_link_order=0 for it, without which, under LD_PRELOAD alone, it "
			           "ends at once; record a build without it");
		else if (strncmp(name, "libasan.so", 10) == 0 || strncmp(name, "libtsan.so", 10) == 0 || strncmp(name, "liblsan.so", 10) == 0 ||
		         strncmp(name, "libhwasan.so", 12) == 0)
			doctor_say(f, DOCTOR_WARNING, "it was built with a sanitizer (%s), whose allocator and locks are recorded in place of the "
			           "program's usual ones; record a build without it", name);
	}
}
