/* SPDX-License-Identifier: MIT
 *
 * Reading filters and writing them down again.
 */
#include "analyzer/store/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/store/code_class.h"

#define POSSIBLE "function=, module=, thread=, process=, class=own|library|runtime, site=ID, function_id=ID, or a function's name alone; " \
	         "- before a term excludes"

enum value_kind { VALUE_TEXT, VALUE_CLASS, VALUE_ID };

static const struct {
	const char *name;
	enum filter_kind kind;
	enum value_kind value;
} keys[] = {
	{ "function", FILTER_FUNCTION, VALUE_TEXT },
	{ "module", FILTER_MODULE, VALUE_TEXT },
	{ "thread", FILTER_THREAD, VALUE_TEXT },
	{ "process", FILTER_PROCESS, VALUE_TEXT },
	{ "class", FILTER_CLASS, VALUE_CLASS },
	{ "site", FILTER_SITE, VALUE_ID },
	{ "function_id", FILTER_FUNCTION_ID, VALUE_ID },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Length of the word before a `=` that begins the text; 0: there is none. */
static size_t key_length(const char *text)
{
	size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return text[size] == '=' ? size : 0;
}

static int find_key(const char *text, size_t size, size_t *key, struct err *err)
{
	for (*key = 0; *key < KEYS; ++*key)
		if (strlen(keys[*key].name) == size && strncmp(keys[*key].name, text, size) == 0)
			return 0;
	return err_set(err, ERR_USAGE, "no \"%.*s=\"; a filter is made of " POSSIBLE " (quote a name with a = in it)",
	               (int)(size < 60 ? size : 60), text);
}

/* Copies the value that *at begins with, its quotes taken off, and moves *at behind it. */
static int read_value(const char **at, char out[FILTER_TEXT], struct err *err)
{
	size_t size = 0;
	char quote = 0;

	for (; **at && (quote || !is_blank(**at)); ++*at) {
		char c = **at;
		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
			continue;
		}
		if (size + 1 >= FILTER_TEXT)
			return err_set(err, ERR_USAGE, "a name to filter by can be %d bytes long at the most", FILTER_TEXT - 1);
		out[size++] = c;
	}
	out[size] = 0;
	if (quote)
		return err_set(err, ERR_USAGE, "the filter has a %c without a second one", quote);
	return 0;
}

/* -1: it is no whole number. */
static int64_t number_of(const char *text)
{
	char *end;
	long long number;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return -1;
	errno = 0;
	number = strtoll(text, &end, 10);
	return errno ? -1 : number;
}

static int settle_value(struct filter_term *t, enum value_kind kind, const char *name, struct err *err)
{
	t->number = number_of(t->text);
	if (!t->text[0])
		return err_set(err, ERR_USAGE, "%s= needs a value; a filter is made of " POSSIBLE, name);
	if (kind == VALUE_ID && t->number < 1)
		return err_set(err, ERR_USAGE, "%s= needs a number, not \"%s\"", name, t->text);
	if (kind == VALUE_CLASS && (t->number = code_class_find(t->text)) < 0)
		return err_set(err, ERR_USAGE, "class= cannot be \"%s\"; it can be own, library, runtime", t->text);
	return 0;
}

static int read_term(const char **at, struct filter_term *t, struct err *err)
{
	size_t key = 0, size;

	*t = (struct filter_term){ .excluded = **at == '-' || **at == '!' };
	*at += t->excluded;
	size = key_length(*at);
	if (size && find_key(*at, size, &key, err))
		return -1;
	*at += size ? size + 1 : 0;
	t->kind = keys[key].kind;
	return read_value(at, t->text, err) || settle_value(t, keys[key].value, keys[key].name, err) ? -1 : 0;
}

int filter_parse(const char *text, struct filter *f, struct err *err)
{
	*f = (struct filter){ 0 };
	for (const char *at = text ? text : ""; *at;) {
		if (is_blank(*at)) {
			at++;
			continue;
		}
		int rc = f->count < FILTER_TERMS ? read_term(&at, &f->terms[f->count], err)
		                                 : err_set(err, ERR_USAGE, "a filter can have %d terms at the most", FILTER_TERMS);
		if (rc) {
			*f = (struct filter){ 0 };
			return -1;
		}
		f->count++;
	}
	return 0;
}

static const char *key_name(enum filter_kind kind)
{
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].kind == kind)
			return keys[i].name;
	return "";
}

/* In quotes where there are blanks; each stretch in those that it does not have. */
static size_t write_value(const char *text, char *out, size_t size)
{
	size_t used = 0;

	if (!strpbrk(text, " \t\n\"'"))
		return (size_t)snprintf(out, size, "%s", text);
	while (*text && used < size) {
		char quote = *text == '"' || (strchr(text, '"') && !strchr(text, '\'')) ? '\'' : '"';
		size_t span = 0;
		while (text[span] && text[span] != quote)
			span++;
		used += (size_t)snprintf(out + used, size - used, "%c%.*s%c", quote, (int)span, text, quote);
		text += span;
	}
	return used;
}

int filter_check_two(const struct filter *f, struct err *err)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->terms[i].kind == FILTER_SITE || f->terms[i].kind == FILTER_FUNCTION_ID)
			return err_set(err, ERR_USAGE, "%s= is a number of one recording, and two are compared: give a name", key_name(f->terms[i].kind));
	return 0;
}

void filter_words(const struct filter *f, char *out, size_t size)
{
	size_t used = 0;

	if (size)
		out[0] = 0;
	for (size_t i = 0; i < f->count && used < size; i++) {
		const struct filter_term *t = &f->terms[i];
		used += (size_t)snprintf(out + used, size - used, "%s%s%s=", i ? " " : "", t->excluded ? "-" : "", key_name(t->kind));
		if (used < size)
			used += write_value(t->text, out + used, size - used);
	}
}
