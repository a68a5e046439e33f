/* SPDX-License-Identifier: MIT
 *
 * What `culprit doctor` looks at, and how a look is told. Each check is one function in doctor_*.c and one line of the table
 * in cmd_doctor.c; it reads, changes nothing that stays, and runs nothing of the command's.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <limits.h>
#include <stddef.h>

#include "cli/elf_file.h"

enum doctor_verdict {
	DOCTOR_OK,
	DOCTOR_WARNING, /* something would be missed, or might be */
	DOCTOR_FAILURE, /* nothing would be recorded */
};

#define DOCTOR_LIBRARIES 512

struct doctor_library {
	char *path; /* NULL: not found */
	char *name; /* as it is asked for */
};

struct doctor {
	const char *command, *output;  /* as given; output NULL: where record would write */
	char program[PATH_MAX];        /* the command's file; "": there is none */
	char why_not[1024];            /* "" or why there is none */
	char image[PATH_MAX];          /* what the kernel runs for it: the program, or its interpreter */
	struct elf_file elf;           /* of the image */
	int is_elf;
	struct doctor_library libraries[DOCTOR_LIBRARIES]; /* as the loader lists them */
	size_t library_count;
};

struct doctor_finding {
	enum doctor_verdict verdict; /* DOCTOR_OK at first */
	char text[1536];             /* what was found and what to do; "" when there is nothing to say */
};

typedef void (*doctor_look)(const struct doctor *d, struct doctor_finding *f);

/* The sentence, and how grave it is; a second one is added to the first, and the graver verdict stays. */
void doctor_say(struct doctor_finding *f, enum doctor_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* --- the program: doctor_program.c --- */
void doctor_program(const struct doctor *d, struct doctor_finding *f);
void doctor_loading(const struct doctor *d, struct doctor_finding *f);
void doctor_allocator(const struct doctor *d, struct doctor_finding *f);
void doctor_libraries(const struct doctor *d, struct doctor_finding *f);
void doctor_sanitizer(const struct doctor *d, struct doctor_finding *f);

/* --- what it runs in: doctor_place.c --- */
void doctor_library(const struct doctor *d, struct doctor_finding *f);
void doctor_collector(const struct doctor *d, struct doctor_finding *f);
void doctor_preloads(const struct doctor *d, struct doctor_finding *f);
void doctor_kernel(const struct doctor *d, struct doctor_finding *f);
void doctor_proc(const struct doctor *d, struct doctor_finding *f);
void doctor_limits(const struct doctor *d, struct doctor_finding *f);
void doctor_output(const struct doctor *d, struct doctor_finding *f);

/* --- the libraries the loader would load: doctor_list.c --- */

/* Fills d->libraries from d->image; nothing of the program or its libraries is run. */
void doctor_list(struct doctor *d);
void doctor_list_release(struct doctor *d);

#endif
