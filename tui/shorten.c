/* SPDX-License-Identifier: MIT
 *
 * Shortening by reading brackets. `operator<`, `operator()` and the arrow `->` hold brackets that open or
 * close nothing; "(anonymous namespace)" is a name, no list of parameters.
 */
#include "tui/shorten.h"

#include <ctype.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "tui/glyph.h"

#define ANONYMOUS "(anonymous namespace)"

/* Characters at `name` that are copied as they are although they look like brackets, 0 if none. `before` is what
 * stands in front of them, from the start of the name. */
static size_t plain_brackets(const char *start, const char *name)
{
	static const char *const operators[] = { "operator()", "operator<=>", "operator<<", "operator>>", "operator<=", "operator>=",
		                                 "operator->", "operator<", "operator>" };

	if (!strncmp(name, ANONYMOUS, strlen(ANONYMOUS)))
		return strlen(ANONYMOUS);
	if (!strncmp(name, "->", 2))
		return 2;
	if (name > start && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
		return 0;
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strncmp(name, operators[i], strlen(operators[i])))
			return strlen(operators[i]);
	return 0;
}

struct writer {
	char *out;
	size_t used, size;
};

static void write_bytes(struct writer *w, const char *text, size_t n)
{
	if (w->used + n >= w->size)
		n = w->size - 1 - w->used;
	memcpy(w->out + w->used, text, n);
	w->used += n;
	w->out[w->used] = 0;
}

/* Copies a name, with `more` for all that is between an outermost `open` and its `close`. What a name begins with is
 * kept: in "<T as Trait>::f" the brackets are the name. */
static void drop_between(const char *name, char open, char close, const char *more, struct writer *w)
{
	int depth = 0, kept = 0;

	w->used = 0;
	for (const char *p = name; *p;) {
		size_t plain = plain_brackets(name, p);

		if (!plain)
			plain = 1;
		int opens = plain == 1 && *p == open, closes = plain == 1 && *p == close && depth > 0;

		if (opens && depth++ == 0) {
			kept = p == name;
			write_bytes(w, p, 1);
			if (!kept)
				write_bytes(w, more, strlen(more));
		} else if (closes && --depth == 0) {
			write_bytes(w, p, 1);
			kept = 0;
		} else if (depth == 0 || kept) {
			write_bytes(w, p, plain);
		}
		p += plain;
	}
}

/* Brackets that do not match ("f<", a broken name) would swallow the rest: such a name stays as it is. */
static int balanced(const char *name, char open, char close)
{
	int depth = 0;

	for (const char *p = name; *p;) {
		size_t plain = plain_brackets(name, p);

		if (!plain)
			plain = 1;
		if (plain == 1 && *p == open)
			depth++;
		if (plain == 1 && *p == close && --depth < 0)
			return 0;
		p += plain;
	}
	return depth == 0;
}

/* The next "::" outside brackets after the beginning, NULL if there is none. */
static char *next_scope(char *name)
{
	int depth = 0;

	for (char *p = name; *p;) {
		size_t plain = plain_brackets(name, p);

		if (plain) {
			p += plain;
			continue;
		}
		depth += (*p == '<' || *p == '(') - (*p == '>' || *p == ')');
		if (depth == 0 && p > name && p[0] == ':' && p[1] == ':')
			return p;
		p++;
	}
	return NULL;
}

/* Takes scopes off the front, "a::b::c" to "~::c", until the name fits or has none left. */
static void drop_scopes(char *name, int columns, const char *more)
{
	char *keep = name, *scope;
	size_t mark = strlen(more);

	while (glyph_columns(keep, 0) + (keep > name) > columns && (scope = next_scope(keep)) != NULL)
		keep = scope;
	if (keep == name || (size_t)(keep - name) < mark)
		return;
	memmove(name + mark, keep, strlen(keep) + 1);
	memcpy(name, more, mark);
}

/* "libcrypto.so.3+0x22f820" to "libcry~+0x22f820": the offset tells it apart. 1 if the name is of that kind. */
static int shorten_offset(const char *name, int columns, const char *more, struct writer *w)
{
	const char *plus = strrchr(name, '+');
	int left = plus ? columns - (int)strlen(plus) - glyph_columns(more, 0) : 0;

	if (!plus || strncmp(plus, "+0x", 3) || plus[3 + strspn(plus + 3, "0123456789abcdef")])
		return 0;
	write_bytes(w, name, left < 0 ? 0 : (size_t)left < (size_t)(plus - name) ? utf8_cut(name, (size_t)left) : (size_t)(plus - name));
	write_bytes(w, more, strlen(more));
	write_bytes(w, plus, strlen(plus));
	return 1;
}

char *shorten_function(const char *name, int columns, const char *more, char *out, size_t size)
{
	char parameters[1024];
	struct writer first = { parameters, 0, sizeof(parameters) }, second = { out, 0, size };

	out[0] = parameters[0] = 0;
	if (glyph_columns(name, 0) <= columns || strlen(name) >= sizeof(parameters) - 8) {
		write_bytes(&second, name, strlen(name));
		return out;
	}
	if (shorten_offset(name, columns, more, &second))
		return out;
	if (balanced(name, '(', ')'))
		drop_between(name, '(', ')', more, &first);
	else
		write_bytes(&first, name, strlen(name));
	if (glyph_columns(parameters, 0) <= columns || !balanced(parameters, '<', '>')) {
		write_bytes(&second, parameters, first.used);
		drop_scopes(out, columns, more);
		return out;
	}
	drop_between(parameters, '<', '>', more, &second);
	drop_scopes(out, columns, more);
	return out;
}

const char *shorten_path(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* Called for every row when a list is searched, hence no printf. */
char *shorten_place(const char *file, long line, const char *module, char *out, size_t size)
{
	int known = file && *file;
	const char *name = known ? shorten_path(file) : module ? shorten_path(module) : "";
	struct writer w = { out, 0, size };
	char digits[24], *first = digits + sizeof(digits);

	out[0] = 0;
	write_bytes(&w, name, strlen(name));
	if (!known || line <= 0)
		return out;
	for (; line > 0; line /= 10)
		*--first = (char)('0' + line % 10);
	*--first = ':';
	write_bytes(&w, first, (size_t)(digits + sizeof(digits) - first));
	return out;
}
