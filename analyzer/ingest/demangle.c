/* SPDX-License-Identifier: MIT
 *
 * libiberty's demanglers behind one function, with a bound: substitutions let a short symbol expand without end, so
 * output beyond NAME_MAX_BYTES is cut off by jumping out of the demangler, and such a symbol stays mangled.
 */
#include "analyzer/ingest/demangle.h"
#include "analyzer/base/memory.h"

#include <ctype.h>
#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 65536u
#define LINKAGE_MAX_BYTES 32768u

struct output {
	char *text;
	size_t size, capacity;

	jmp_buf full;
};

static void output_add(const char *text, size_t size, void *arg)
{
	struct output *o = arg;

	if (size > NAME_MAX_BYTES - o->size)
		longjmp(o->full, 1);
	if (!size)
		return;
	if (o->size + size >= o->capacity) {
		o->capacity = (o->size + size) * 2 + 64;
		o->text = memory_resized(o->text, o->capacity, 1);
	}
	memcpy(o->text + o->size, text, size);
	o->size += size;
	o->text[o->size] = 0;
}

/* What may follow a symbol's name, each possibly with numbers: ".part.0", ".llvm.1234567". */
static const char *const clone_words[] = {
	".cold", ".part", ".isra", ".constprop", ".lto_priv", ".llvm", ".localalias", ".clone", ".unlikely", ".hot",
};

/* Length of the suffix of `name` that is one of clone_words and numbers; 0: there is none. */
static size_t clone_suffix(const char *name, size_t size)
{
	size_t end = size;

	while (end > 1 && isdigit((unsigned char)name[end - 1])) {
		while (end > 1 && isdigit((unsigned char)name[end - 1]))
			end--;
		if (name[end - 1] != '.')
			return 0;
		end--;
	}
	for (size_t i = 0; i < sizeof(clone_words) / sizeof(clone_words[0]); i++) {
		size_t length = strlen(clone_words[i]);

		if (end > length && !memcmp(name + end - length, clone_words[i], length))
			return size - end + length;
	}
	return 0;
}

static size_t plain_size(const char *name)
{
	const char *version = strchr(name, '@');
	size_t size = version && version > name ? (size_t)(version - name) : strlen(name);
	size_t suffix;

	while ((suffix = clone_suffix(name, size)) > 0)
		size -= suffix;
	return size;
}

/* Demangles into o; 0: it is no mangled name. */
static int demangle_into(struct output *o, const char *plain)
{
	if (setjmp(o->full))
		return 0;
	if (rust_demangle_callback(plain, DMGL_PARAMS | DMGL_ANSI, output_add, o))
		return 1;
	o->size = 0;
	return cplus_demangle_v3_callback(plain, DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP, output_add, o);
}

char *demangle(const char *linkage)
{
	size_t size = plain_size(linkage);
	struct output o = {.text = NULL};
	char *plain;

	if (size > LINKAGE_MAX_BYTES || !(plain = strndup(linkage, size)))
		return NULL;
	if (plain[0] == '_' && demangle_into(&o, plain) && o.size) {
		free(plain);
		return o.text;
	}
	free(o.text);
	if (!linkage[size]) {
		free(plain);
		return NULL;
	}
	return plain;
}
