/* SPDX-License-Identifier: MIT
 *
 * An open-addressed hash set of strings in an arena. Nothing is ever removed.
 */
#include "analyzer/ingest/symbol_string.h"
#include "analyzer/base/memory.h"
#include "analyzer/ingest/demangle.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct string {
	uint32_t hash;

	signed char note;
	size_t size;
	const struct string *demangled; /* NULL: not asked for yet */
	char text[];
};

struct chunk {
	struct chunk *next;
	size_t used, size;

	_Alignas(struct string) char data[];
};

struct symbol_strings {
	struct string **slots; /* capacity is a power of two, at most two thirds full */
	size_t capacity, count;
	struct chunk *chunks;
};

#define CHUNK_SIZE 65536u

struct symbol_strings *symbol_strings_new(void)
{
	struct symbol_strings *s = memory_zeroed(1, sizeof(*s));

	s->capacity = 1024;
	s->slots = memory_zeroed(s->capacity, sizeof(struct string *));
	return s;
}

void symbol_strings_free(struct symbol_strings *s)
{
	if (!s)
		return;
	while (s->chunks) {
		struct chunk *next = s->chunks->next;

		free(s->chunks);
		s->chunks = next;
	}
	free(s->slots);
	free(s);
}

static struct string *string_new(struct symbol_strings *s, const char *text, size_t size, uint32_t hash)
{
	size_t align = _Alignof(struct string);
	size_t bytes = (sizeof(struct string) + size + 1 + align - 1) / align * align;
	struct chunk *c = s->chunks;
	struct string *string;

	if (!c || c->size - c->used < bytes) {
		size_t room = bytes > CHUNK_SIZE ? bytes : CHUNK_SIZE;

		c = memory_resized(NULL, 1, sizeof(*c) + room);
		c->next = s->chunks;
		c->used = 0;
		c->size = room;
		s->chunks = c;
	}
	string = (struct string *)(void *)(c->data + c->used);
	c->used += bytes;
	string->hash = hash;
	string->note = -1;
	string->size = size;
	string->demangled = NULL;
	memcpy(string->text, text, size);
	string->text[size] = 0;
	return string;
}

static void strings_grow(struct symbol_strings *s)
{
	size_t capacity = s->capacity * 2;
	struct string **slots = memory_zeroed(capacity, sizeof(struct string *));

	for (size_t i = 0; i < s->capacity; i++) {
		size_t at;

		if (!s->slots[i])
			continue;
		for (at = s->slots[i]->hash & (capacity - 1); slots[at]; at = (at + 1) & (capacity - 1))
			;
		slots[at] = s->slots[i];
	}
	free(s->slots);
	s->slots = slots;
	s->capacity = capacity;
}

/* FNV-1a, folded. */
static uint32_t text_hash(const char *text, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	return (uint32_t)(hash ^ hash >> 32);
}

static struct string *strings_get(struct symbol_strings *s, const char *text, size_t size)
{
	uint32_t hash = text_hash(text, size);
	size_t at;

	if (s->count * 3 >= s->capacity * 2)
		strings_grow(s);
	for (at = hash & (s->capacity - 1); s->slots[at]; at = (at + 1) & (s->capacity - 1)) {
		struct string *string = s->slots[at];

		if (string->hash == hash && string->size == size && !memcmp(string->text, text, size))
			return string;
	}
	s->count++;
	return s->slots[at] = string_new(s, text, size, hash);
}

const char *symbol_strings_intern(struct symbol_strings *s, const char *text, size_t size)
{
	return strings_get(s, text, size)->text;
}

const char *symbol_strings_keep(struct symbol_strings *s, const char *text)
{
	return strings_get(s, text, strlen(text))->text;
}

const char *symbol_strings_format(struct symbol_strings *s, const char *format, ...)
{
	va_list arguments;
	const char *kept;
	char *text;
	int size;

	va_start(arguments, format);
	size = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	text = memory_zeroed((size_t)size + 1, 1);
	va_start(arguments, format);
	vsnprintf(text, (size_t)size + 1, format, arguments);
	va_end(arguments);
	kept = symbol_strings_keep(s, text);
	free(text);
	return kept;
}

const char *symbol_strings_demangled(struct symbol_strings *s, const char *linkage)
{
	struct string *string = strings_get(s, linkage, strlen(linkage));

	if (!string->demangled) {
		char *text = demangle(string->text);

		string->demangled = text ? strings_get(s, text, strlen(text)) : string;
		free(text);
	}
	return string->demangled->text;
}

signed char *symbol_strings_note(struct symbol_strings *s, const char *text)
{
	return &strings_get(s, text, strlen(text))->note;
}
